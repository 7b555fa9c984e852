"""Slices and volumes of any layout as one uint8 array, without a conversion step.

files -> plan (items, people, splits, classes) -> decode -> cache -> slices
"""

from train.data.load import load_slices
from train.data.options import DataConfig
from train.data.slices import Slices

__all__ = ["DataConfig", "Slices", "load_slices"]
