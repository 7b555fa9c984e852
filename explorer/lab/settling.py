"""When does a training decide what a brain looks like, and does the discriminator notice?

The same z at every moment that was kept. Pictures are parted into bands: what blocks of R/8 pixels
average to (8 px across), then what each finer size adds to that, down to single pixels; the parts
are orthogonal. How far a moment has decided a band: the correlation of each picture's band with
that of the finished picture of the same z, both without the mean over all z, so that what all
brains share counts for nothing. Between other z it is 0 by construction, up to chance: the control.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.lab.intervals import of_mean
from explorer.lab.moments import Moment, networks_of, verdict, ws_of
from explorer.work.background import computing
from gan.generator import Generator
from gan.measure import head_masks
from gan.picture import grey, to_uint8

COARSEST = 8  # pixels across
DECIDED = 0.5  # a band is, from the first moment whose interval lies above this correlation
_BATCH = 20


@dataclass(frozen=True)
class Settling:
    """M moments before the last one, B bands. kimg: [M + 1]; bands: pixels across, coarsest first.

    agreement: correlation with the finished picture and its interval, [M, B, 3]; control: the same
    with the finished picture of another z, [M, B, 3]. logit: mean verdict of each moment's own
    discriminator on its own pictures, [M + 1, 3]; fooled: share of them it takes for real,
    [M + 1, 3]; NaN without a discriminator. gaze: share of the size of the last verdicts' gradient
    that lies in the head, head: share of the pixels that do, [3] each: as large if it looked
    everywhere alike. brains: z that it was measured on.
    """

    kimg: np.ndarray
    bands: tuple[int, ...]
    agreement: np.ndarray
    control: np.ndarray
    logit: np.ndarray
    fooled: np.ndarray
    gaze: np.ndarray
    head: np.ndarray
    brains: int

    @property
    def judged(self) -> bool:
        """Whether there was a discriminator at every moment."""
        return bool(np.isfinite(self.logit).all())

    def apart(self) -> int:
        """The moment at which the coarsest and the finest band agree least alike."""
        return int(np.abs(self.agreement[:, 0, 0] - self.agreement[:, -1, 0]).argmax())

    def recent(self) -> slice:
        """The last third of the moments: one alone says little, for verdicts swing."""
        return slice(len(self.kimg) - max(3, len(self.kimg) // 3), None)

    def lately(self, of: np.ndarray) -> tuple[float, float, float]:
        """The mean of `logit` or `fooled` over those, with its interval over moments."""
        return _mean(of[self.recent(), 0])

    def decided(self) -> list[float | None]:
        """For each band, from which kimg on: the first moment from which on the whole interval
        stays above 0.5; None if that is only the last."""
        found = []
        for band in range(len(self.bands)):
            above = self.agreement[:, band, 1] > DECIDED
            lasts = np.logical_and.accumulate(above[::-1])[::-1]
            found.append(float(self.kimg[int(lasts.argmax())]) if lasts.any() else None)
        return found


def settling(
    moments: list[Moment], z: Tensor, report: Callable[[float], None] | None = None
) -> Settling:
    """z: [N, z_dim], N >= 2. Raises gan.checkpoint.CheckpointError.

    The moments' pictures must all be of the last one's size, or smaller: those are enlarged, as the
    pixels of a network that still has to grow.
    """
    last = _seen(moments[-1], z, gazing=True)
    side = last.pictures.shape[-1]
    finished = _apart(last.pictures)
    agreement, control, verdicts = [], [], []
    for number, moment in enumerate(moments[:-1]):
        seen = _seen(moment, z)
        bands = _apart(_enlarged(seen.pictures, side))
        pairs = list(zip(bands, finished, strict=True))
        agreement.append([_mean(_correlation(a, b)) for a, b in pairs])
        control.append([_mean(_correlation(a, np.roll(b, 1, axis=0))) for a, b in pairs])
        verdicts.append(seen.logits)
        if report:
            report((number + 1) / len(moments))
    verdicts.append(last.logits)
    return Settling(
        np.array([moment.kimg for moment in moments]),
        tuple(COARSEST * 2**k for k in range(len(finished))), np.array(agreement),
        np.array(control), np.array([_mean(found) for found in verdicts]),
        np.array([_mean(np.where(np.isfinite(found), found > 0, np.nan)) for found in verdicts]),
        np.array(_mean(last.gaze)), np.array(_mean(last.head)), len(z),
    )  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """pictures: grey, 0..255, [N, R, R]; logits: [N], NaN without a discriminator. gaze, head:
    shares of the verdict's gradient and of the pixels that lie in the head, [N]; NaN where it was
    not asked for, there is no discriminator, or no head is found."""

    pictures: np.ndarray
    logits: np.ndarray
    gaze: np.ndarray
    head: np.ndarray


def _seen(moment: Moment, z: Tensor, gazing: bool = False) -> _Seen:
    networks, batches = networks_of(moment.path), []
    D = networks.discriminator
    for some in z.split(_BATCH):
        with computing():
            images = _images(networks.generator, some)
            pictures = grey(to_uint8(images))
            logits, gaze, head = (np.full(len(some), np.nan) for _ in range(3))
            if D is not None:
                found, gradient = verdict(D, networks.generator, images)
                logits = found.numpy()
                if gazing:
                    gaze, head = _gaze(pictures, gradient.abs().sum(dim=1).numpy())
        batches.append((pictures, logits, gaze, head))
    pictures, *rest = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return _Seen(pictures.astype(np.float32), *rest)


def _enlarged(pictures: np.ndarray, side: int) -> np.ndarray:
    x = torch.from_numpy(pictures)[:, None]
    return F.interpolate(x, size=(side, side), mode="nearest")[:, 0].numpy()


def _gaze(pictures: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the gradient's size and of the pixels that lie in the head, [N] each; NaN where no
    head is found. pictures: uint8 [N, R, R]; gradient: [N, R, R]."""
    masks = head_masks(pictures)
    whole = np.maximum(gradient.sum(axis=(1, 2)), 1e-30)
    gaze, head = (gradient * masks).sum(axis=(1, 2)) / whole, masks.mean(axis=(1, 2))
    return np.where(head > 0, gaze, np.nan), np.where(head > 0, head, np.nan)


def _images(generator: Generator, z: Tensor) -> Tensor:
    with torch.inference_mode():
        return generator.synthesis(ws_of(generator, z), noise_mode="const")


def _apart(pictures: np.ndarray) -> list[np.ndarray]:
    """Bands of [N, R, R] without their mean over N, [N, P] each, coarsest first."""
    x = torch.from_numpy(pictures).double()[:, None]
    below, bands = None, []
    side = COARSEST
    while side <= x.shape[-1]:
        here = F.adaptive_avg_pool2d(x, side)
        band = here if below is None else here - F.interpolate(below, scale_factor=2.0)
        bands.append((band - band.mean(dim=0)).flatten(1).numpy())
        below, side = here, 2 * side
    return bands


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of rows, about 0: [N]; 0 where one of them is empty."""
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.maximum(size, 1e-12)


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    """With its interval, over those that are known."""
    values = np.asarray(values, float)
    if not np.isfinite(values).any():
        return (np.nan,) * 3
    return (float(np.nanmean(values)), *of_mean(values))
