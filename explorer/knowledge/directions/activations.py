"""Principal axes of a layer's feature maps, brought back to w (GANSpace, Harkonen 2020).

The maps y of many brains have principal coordinates x = V^T (y - mean). The direction of w for axis
k is the one that goes with its coordinate, by least squares: u_k = sum (w - mean) x_k / sum x_k^2.
"""

import re
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from explorer.knowledge.directions.direction import Direction, Spread, fixed_sign
from gan.card import home
from gan.generator import Generator
from gan.trace import trace

AXES = 10
SAMPLES = 1000
_BATCH = 8
_LARGEST = 8  # pixels: larger maps are averaged down to this, which keeps shapes and drops texture
_KEY = re.compile(r"act([1-9]\d?)@(\d{1,2})")


def activation_axes(
    generator: Generator,
    w: np.ndarray,
    spread: Spread,
    layer: int,
    report: Callable[[float], None] | None = None,
    axes: int = AXES,
) -> list[Direction]:
    """Of synthesis layer `layer`, largest variance first: "act1@5", "act2@5", ... for layer 5.

    w: [N, w_dim], without truncation. share: of the variance of the (averaged) maps.
    """
    maps = _maps(generator, w, layer, report)
    maps -= maps.mean(axis=0)
    # There are more places than samples: the small product has the same axes.
    values, vectors = np.linalg.eigh((maps @ maps.T).astype(np.float64))
    centred = w.astype(np.float64) - w.mean(axis=0, dtype=np.float64)
    found = []
    for i in range(1, min(axes, len(w) - 1, maps.shape[1]) + 1):
        step = centred.T @ vectors[:, -i]  # coordinates up to their scale, which `scaled` sets
        share = float(max(values[-i], 0) / max(values.sum(), 1e-30))
        found.append(Direction(*named(layer, i), spread.scaled(fixed_sign(step)), share))
    return found


def named(layer: int, number: int) -> tuple[str, str, str]:
    """Key, name and source of an axis."""
    return f"act{number}@{layer}", f"Layer {layer + 1} axis {number}", "activations"


def parse_key(key: str, layers: int) -> int | None:
    """ "act3@5" -> layer 5; None for what is no such key of a model with so many layers."""
    match = _KEY.fullmatch(key)
    return int(match[2]) if match and int(match[2]) < layers else None


def _maps(generator: Generator, w: np.ndarray, layer: int, report) -> np.ndarray:
    """Feature maps with the stored noise, at most 8 x 8 pixels, flat: float32 [N, C r r]."""
    noise = [one.noise_const[None, None] for one in generator.synthesis.layers]
    rows = []
    for start in range(0, len(w), _BATCH):
        with torch.inference_mode():
            ws = generator.broadcast(torch.from_numpy(w[start : start + _BATCH]))
            maps = trace(home(generator.synthesis), ws, noise, layers=layer + 1)[0][layer]
            if maps.shape[-1] > _LARGEST:
                maps = F.adaptive_avg_pool2d(maps, _LARGEST)
            rows.append(maps.flatten(1).cpu().numpy())
        if report:
            report(min(1.0, (start + _BATCH) / len(w)))
    return np.concatenate(rows)
