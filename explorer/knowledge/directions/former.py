"""Measured directions as earlier versions of the program found them, for recipes of that time.

Recipes name a direction and do not carry it. When measured directions began to be made from other
instruments than those that judge them, they changed; what was saved before keeps its picture.
"""

from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from explorer.knowledge.directions.direction import Direction

FILE = "former.safetensors"  # beside a checkpoint: "area": [w_dim], ...
FORMER, MEASURED = "former:", "measured:"


@cache
def former_directions(folder: Path, w_dim: int) -> dict[str, Direction]:
    """By key, "former:area", ...; empty for a model that has none, or a damaged file."""
    try:
        with safe_open(folder / FILE, framework="pt") as file:
            vectors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return {}
    if not all(v.shape == (w_dim,) and torch.isfinite(v).all() for v in vectors.values()):
        return {}
    return {
        FORMER + name: Direction(FORMER + name, f"{name} (of before)", "measured", v, 0.0)
        for name, v in vectors.items()
    }
