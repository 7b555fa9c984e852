"""Closed-form factorisation of the style weights (SeFa, Shen and Zhou 2021)."""

import re

import numpy as np

from explorer.knowledge.directions.direction import Direction, Spread, fixed_sign
from gan.generator import Generator

AXES = 10
_KEY = re.compile(r"sefa([1-9]\d{0,3})(?:@(\d{1,2})-(\d{1,2}))?")


def style_weights(generator: Generator, first: int, end: int) -> np.ndarray:
    """The affine maps w -> styles of the layers first..end, stacked: float64 [channels, w_dim].

    Layer i is the i-th convolution; the last layer of all is the last toRGB (the others share
    their w with a convolution). Each row has unit length: every channel has one vote.
    """
    blocks = generator.synthesis.blocks
    affines = [layer.affine for layer in generator.synthesis.layers] + [blocks[-1].torgb.affine]
    rows = np.concatenate([a.weight.numpy().astype(np.float64) for a in affines[first:end]])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def closed_form(
    generator: Generator,
    spread: Spread,
    layers: tuple[int, int] | None = None,
    axes: int = AXES,
) -> list[Direction]:
    """The directions n of unit length that move the styles A n most: eigenvectors of A^T A.

    Largest eigenvalue first; `layers` (first, end): the styles of these alone, and the edit acts on
    these alone. Keys: "sefa1" for all layers, "sefa1@4-8" for a range.
    """
    first, end = layers or (0, generator.config.num_ws)
    A = style_weights(generator, first, end)
    values, vectors = np.linalg.eigh(A.T @ A)
    suffix = f"@{first}-{end}" if layers else ""
    return [
        Direction(
            f"sefa{i}{suffix}", f"SeFa {i}", "sefa", spread.scaled(fixed_sign(vectors[:, -i])),
            float(values[-i] / values.sum()), layers,
        )
        for i in range(1, min(axes, len(values)) + 1)
    ]  # fmt: skip


def parse_key(key: str, num_ws: int) -> tuple[int, tuple[int, int] | None] | None:
    """ "sefa3@4-8" -> (3, (4, 8)), "sefa3" -> (3, None); None for what is no such key."""
    match = _KEY.fullmatch(key)
    if not match:
        return None
    number = int(match[1])
    if match[2] is None:
        return number, None
    layers = int(match[2]), int(match[3])
    return (number, layers) if layers[0] < layers[1] <= num_ws else None
