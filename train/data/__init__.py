"""Slices and volumes of any layout as one uint8 array, without a conversion step.

files -> plan (items, people, splits, classes) -> decode -> cache -> slices
"""

from train.data.load import load_both, load_parts, load_slices
from train.data.options import DataConfig
from train.data.slices import Slices
from train.data.splits import NobodyHeldOut

__all__ = ["DataConfig", "NobodyHeldOut", "Slices", "load_both", "load_parts", "load_slices"]
