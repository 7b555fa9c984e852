"""The same brains in all spaces of a model: Z, W, W+ and S, and what few axes make of them.

Z    z as the mapping network reads it, of unit mean square; with it the condition, if there is
     one: that, too, is what a picture is made from
W    w = f(z, c)
W+   a w for each group of layers. For brains as they come it is W again, so the groups are
     drawn apart: each gets the w of a z of its own (and the same condition), and the pictures
     are other brains. So a group's own share of a factor can be seen.
S    the styles of all convolutions, s = A w + b (Wu 2021, StyleSpace); those of the toRGBs
     apart. Of brains as they come S holds what W holds, along other axes.
"""

from dataclasses import dataclass

import numpy as np
import torch

from explorer.knowledge.samples import sample_classes, sample_w, sample_z
from explorer.work.background import computing
from gan.generator import Generator, class_vectors
from gan.layers import pixel_norm

AXES, MOST_AXES = 20, 1000
Groups = dict[str, tuple[int, int]]  # name -> layers (first, end)


@dataclass(frozen=True)
class Codes:
    """Brains in one space. values: float32 [N, M]; names: of its M axes.

    axes: "own" (the space's own: entries of z or w, channels) or "pca". share: of the space's
    variance that these axes hold, 0..1.
    """

    space: str
    axes: str
    values: np.ndarray
    names: tuple[str, ...]
    share: float = 1.0


@dataclass(frozen=True)
class Brains:
    """N brains. z: [N, z_dim], of unit mean square; c: [N, c_dim] or None; w: [N, w_dim]; all
    float32. Rows first.. of `sample_w`."""

    z: torch.Tensor
    c: torch.Tensor | None
    w: torch.Tensor

    def __len__(self) -> int:
        return len(self.w)

    def __getitem__(self, rows) -> "Brains":
        return Brains(self.z[rows], None if self.c is None else self.c[rows], self.w[rows])


def draw_brains(generator: Generator, count: int, first: int = 0) -> Brains:
    """Always the same ones: of the fixed draw of the population from the first on."""
    samples = first + count
    z = torch.from_numpy(sample_z(generator, samples))
    classes = sample_classes(generator, samples)
    c = None
    if classes is not None:
        c = class_vectors(torch.from_numpy(classes), generator.config.c_dim)
    w = torch.from_numpy(whole_w(generator, samples))
    found = Brains(pixel_norm(z), c, w)
    return found[slice(first, samples)]


def whole_w(generator: Generator, samples: int) -> np.ndarray:
    """The first of `sample_w`, drawn in whole batches: a class is drawn after the z of a batch."""
    return sample_w(generator, -(-samples // 1000) * 1000)[:samples]


def mix_brains(generator: Generator, brains: Brains, groups: Groups) -> torch.Tensor:
    """Brains whose groups of layers each have the w of a z of its own: ws [N, num_ws, w_dim].

    The first group keeps the brains' w. Layers that are in no group too. Each group has a condition
    of its own as well, for one that all shared would tell in every group what goes with it.
    """
    ws = generator.broadcast(brains.w).clone()
    others = sample_z(generator, len(brains) * len(groups))
    random = np.random.default_rng(0)
    for number, (first, end) in enumerate(groups.values()):
        if number:
            z = torch.from_numpy(others[number * len(brains) :][: len(brains)])
            c = brains.c if brains.c is None else brains.c[random.permutation(len(brains))]
            with computing(), torch.inference_mode():
                ws[:, first:end] = generator.mapping(z, c)[:, None]
    return ws


def z_codes(generator: Generator, brains: Brains) -> Codes:
    """Z, and the condition: one column for classes in order, otherwise one for each class."""
    values, names = [brains.z.numpy()], [f"z{i + 1}" for i in range(brains.z.shape[1])]
    if brains.c is not None and generator.config.c_ordered:
        place = brains.c @ torch.arange(brains.c.shape[1], dtype=torch.float32)
        values.append(place.numpy()[:, None])
        names.append("condition")
    elif brains.c is not None:
        values.append(brains.c.numpy())
        names += [f"class {i + 1}" for i in range(brains.c.shape[1])]
    return Codes("Z", "own", np.concatenate(values, axis=1), tuple(names))


def w_codes(w: torch.Tensor, space: str = "W") -> Codes:
    """W of [N, w_dim]."""
    return Codes(space, "own", w.numpy(), tuple(f"w{i + 1}" for i in range(w.shape[1])))


def group_codes(ws: torch.Tensor, groups: Groups) -> dict[str, Codes]:
    """W+ of mixed brains, group by group. ws: of `mix_brains`."""
    return {name: w_codes(ws[:, first], f"W+ {name}") for name, (first, _) in groups.items()}


@torch.inference_mode()
def s_codes(generator: Generator, ws: torch.Tensor, rgb: bool = False) -> Codes:
    """S of ws [N, num_ws, w_dim]: the styles of all convolutions, or (rgb) of all toRGBs."""
    synthesis = generator.synthesis
    if rgb:
        read = [(2 * b + 1, block.torgb.affine) for b, block in enumerate(synthesis.blocks)]
    else:
        read = [(k, layer.affine) for k, layer in enumerate(synthesis.layers)]
    styles = [affine(ws[:, row]).numpy() for row, affine in read]
    what = "toRGB" if rgb else "layer"
    names = [
        f"{what} {k + 1} channel {u + 1}"
        for k, style in enumerate(styles)
        for u in range(style.shape[1])
    ]
    space = "S toRGB" if rgb else "S"
    return Codes(space, "own", np.concatenate(styles, axis=1), tuple(names))


def principal(codes: Codes, axes: int = AXES) -> Codes:
    """The first principal axes of a space, as coordinates of the brains: [N, axes].

    Channels of S are taken in units of their own spread, one vote each: their sizes differ from
    layer to layer. Z has no axes that hold more than others, so its first ones are any; `share`
    says how little they hold.
    """
    x = codes.values.astype(np.float64)
    x = x - x.mean(axis=0)
    if codes.space.startswith("S"):
        x = x / np.maximum(x.std(axis=0), 1e-12)
    coordinates, variances = turned(x)
    share = float(variances[:axes].sum() / max(variances.sum(), 1e-300))
    names = tuple(f"{codes.space} axis {i + 1}" for i in range(min(axes, len(variances))))
    return Codes(codes.space, "pca", coordinates[:, :axes].astype(np.float32), names, share)


def turned(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x [N, M], centred, along its principal axes: coordinates [N, r] and their variances [r], the
    largest first; r is its rank. The largest coordinate of each axis is positive."""
    N, M = x.shape
    values, vectors = np.linalg.eigh(x.T @ x if M <= N else x @ x.T)
    order = np.argsort(-values)
    order = order[values[order] > 1e-9 * max(values.max(), 1e-300)]
    vectors = vectors[:, order]
    found = x @ vectors if M <= N else vectors * np.sqrt(values[order])
    sign = np.sign(found[np.abs(found).argmax(axis=0), range(found.shape[1])])
    return found * sign, values[order] / N


def telling(codes: Codes, factors: np.ndarray, most: int = MOST_AXES) -> Codes:
    """Of a space with very many axes those that tell most of some factor, alone on a straight line:
    what is left out has next to no weight in any metric. factors: [N, K]; NaN allowed."""
    if codes.values.shape[1] <= most:
        return codes
    x = codes.values.astype(np.float64)
    x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)
    v = factors - np.nanmean(factors, axis=0)
    found = np.isfinite(v)
    v = np.where(found, v, 0) / np.maximum(np.nanstd(factors, axis=0), 1e-12)
    told = np.abs(x.T @ v / np.maximum(found.sum(axis=0), 1)).max(axis=1)
    kept = np.sort(np.argsort(-told, kind="stable")[:most])
    names = tuple(codes.names[i] for i in kept)
    share = codes.share * most / codes.values.shape[1]
    return Codes(codes.space, codes.axes, codes.values[:, kept], names, share)


def joined(space: str, parts: list[Codes]) -> Codes:
    """Several spaces side by side; each holds as much of the whole as the others."""
    values = np.concatenate([part.values for part in parts], axis=1)
    names = tuple(name for part in parts for name in part.names)
    share = float(np.mean([part.share for part in parts]))
    return Codes(space, parts[0].axes, values, names, share)
