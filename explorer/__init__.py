"""Explore a trained StyleGAN2.

>>> from explorer import load, Recipe, render
>>> picture = render(load(), Recipe(seed=5, psi=0.8))  # uint8 [R, R]
"""

from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Recipe

__all__ = ["Recipe", "load", "render"]
