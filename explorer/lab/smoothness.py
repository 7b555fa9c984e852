"""Path length: how fast pictures change on the way between brains (Karras 2019, section 4.1).

    length = mean of d(g(p(t)), g(p(t + eps))) / eps^2

over pairs of brains, p a way between them: around the sphere in Z (then mapped to W), or straight
in W. "full": t anywhere on the way; "end": t = 0, at brains that the mapping knows. Without
truncation and crop; both pictures of a step have the same noise, drawn afresh for each pair; both
ends of a way have the same condition. The lowest and highest hundredth of the values is left out.

With the distances of `lab.distance` this is called "path length (feature)" and "(pixel)", never
perceptual path length, whose numbers belong to VGG16. If the way through Z is longer than that
through W, f has made even what was bent.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.lab.codes import Brains, draw_brains
from explorer.lab.distance import DISTANCES, Distance
from explorer.work.ahead import in_order
from explorer.work.background import computing
from gan.fast import for_many
from gan.generator import Generator
from gan.layers import pixel_norm

PAIRS, EPS = 250, 1e-3
VARIANTS = ("Z full", "W full", "Z end", "W end")
_BATCH = 8
_FIRST = 4000  # of the brains of the pairs: others than those that are measured
_TRIM = 1.0  # per cent at each side


@dataclass(frozen=True)
class Length:
    """A path length with its 95 % interval over `pairs`; lengths: of each pair."""

    mean: float
    interval: tuple[float, float]
    lengths: np.ndarray

    @property
    def pairs(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True)
class Smoothness:
    """lengths: distance -> variant (of VARIANTS) -> Length. ratios: distance -> "full" and "end" ->
    length through Z over that through W and its interval, over the same pairs."""

    eps: float
    lengths: dict[str, dict[str, Length]]
    ratios: dict[str, dict[str, tuple[float, float, float]]]


def smoothness(
    generator: Generator, pairs: int = PAIRS, eps: float = EPS,
    distances: dict[str, Distance] | None = None, report: Callable[[float], None] | None = None,
    seed: int = 0,
) -> Smoothness:  # fmt: skip
    """All four path lengths, on the same pairs, places and noise."""
    distances = DISTANCES if distances is None else distances
    brains = draw_brains(generator, 2 * pairs, _FIRST)
    ends = brains[slice(0, pairs)], brains[slice(pairs, 2 * pairs)]
    t = torch.from_numpy(np.random.default_rng(seed).random(pairs)).float()
    synthesis = for_many(generator.synthesis)

    def measure(start: int) -> dict[tuple[str, str], np.ndarray]:
        """The lengths of some pairs: by distance and variant, [<= 8] each."""
        rows, found = slice(start, start + _BATCH), {}
        a, b = ends[0][rows], ends[1][rows]
        noise = _noise(generator, len(a), seed, start)
        for variant in VARIANTS:
            at = t[rows] if variant.endswith("full") else torch.zeros(len(a))
            with computing(), torch.inference_mode():
                first, second = (_w_on_way(generator, a, b, s, variant[0]) for s in (at, at + eps))
                pictures = [synthesis(generator.broadcast(w), noise=noise) for w in (first, second)]
                for name, distance in distances.items():
                    found[name, variant] = distance(*pictures).double().numpy() / eps**2
        return found

    parts = []
    for found in in_order(measure, range(0, pairs, _BATCH)):
        parts.append(found)
        if report:
            report(min(1.0, len(parts) * _BATCH / pairs))
    tables = {
        name: {v: np.concatenate([part[name, v] for part in parts]) for v in VARIANTS}
        for name in distances
    }
    lengths = {
        name: {variant: length(values, seed=seed) for variant, values in each.items()}
        for name, each in tables.items()
    }
    ratios = {
        name: {end: _ratio(each[f"Z {end}"], each[f"W {end}"], seed) for end in ("full", "end")}
        for name, each in tables.items()
    }
    return Smoothness(eps, lengths, ratios)


def length(values: np.ndarray, times: int = 1000, seed: int = 0) -> Length:
    """Trimmed mean of the pairs' lengths [n] with its percentile interval."""
    picked = np.random.default_rng(seed).integers(0, len(values), (times, len(values)))
    drawn = trimmed(values[picked])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Length(float(trimmed(values)), (float(low), float(high)), values)


def trimmed(values: np.ndarray) -> np.ndarray:
    """Mean of what lies between the 1st and the 99th percentile, over the last axis."""
    low, high = np.percentile(values, [_TRIM, 100 - _TRIM], axis=-1, keepdims=True)
    inside = (values >= low) & (values <= high)
    return (values * inside).sum(axis=-1) / inside.sum(axis=-1)


def _ratio(z: np.ndarray, w: np.ndarray, seed: int) -> tuple[float, float, float]:
    picked = np.random.default_rng(seed).integers(0, len(z), (1000, len(z)))
    drawn = trimmed(z[picked]) / np.maximum(trimmed(w[picked]), 1e-300)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(trimmed(z) / max(trimmed(w), 1e-300)), float(low), float(high)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Around the sphere from the directions of a to those of b, [N, D] each; t: [N].

    As Karras 2019: the part of b that is square to a turns in. Where a and b are all but parallel
    there is nothing to turn, and a stays.
    """
    a, b = (torch.nn.functional.normalize(x, dim=1) for x in (a, b))
    across = (a * b).sum(dim=1, keepdim=True)
    angle = torch.acos(across.clamp(-1, 1)) * t[:, None]
    square = torch.nn.functional.normalize(b - across * a, dim=1)
    return a * torch.cos(angle) + square * torch.sin(angle)


def _w_on_way(generator: Generator, a: Brains, b: Brains, t: Tensor, space: str) -> Tensor:
    """w at the places t of the ways from a to b, under the condition of a: [N, w_dim]."""
    if space == "Z":
        return generator.mapping(pixel_norm(slerp(a.z, b.z, t)), a.c)
    end = b.w if a.c is None else generator.mapping(b.z, a.c)
    return torch.lerp(a.w, end, t[:, None])


def _noise(generator: Generator, count: int, seed: int, start: int) -> list[Tensor]:
    """Fresh maps for each layer and pair, always the same ones."""
    random = torch.Generator().manual_seed(seed * 1_000_003 + start)
    return [
        torch.randn(count, 1, layer.resolution, layer.resolution, generator=random)
        for layer in generator.synthesis.layers
    ]
