"""How alike two pictures are: what projection makes small, and what it is judged by."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from explorer.knowledge.heads import head_of, heads_of
from gan.picture import grey, shrink
from gan.ssim import similarity_maps, structural_similarity

_SCALES, _SMALLEST = 4, 4
_WINDOW = 7
_THUMBNAIL = 32  # pixels of a side
_STRIKING = 20  # grey levels


def distance(images: Tensor, target: Tensor) -> Tensor:
    """What projection makes small, [N]: 0 for equal pictures.

    images: [N, C, R, R] about -1..1; target: [1, C, R, R]. The mean absolute difference at four
    scales, so that shape counts beside texture, plus the mean square, plus 1 - SSIM. Karras
    2020 takes LPIPS, whose weights come from photographs; on slices these terms were compared.
    """
    difference = images - target
    total = 2 * difference.square().mean(dim=(1, 2, 3))
    total = total + 0.3 * (1 - ssim((images + 1) / 2, (target + 1) / 2))
    scales = 0
    while scales < _SCALES and difference.shape[2] >= _SMALLEST:
        total = total + difference.abs().mean(dim=(1, 2, 3)) / _SCALES
        difference = F.avg_pool2d(difference, 2)
        scales += 1
    return total


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity, mean over the picture: [N].

    a: [N, C, R, R] in 0..1; b: the same, or one picture. Gaussian window of 7 px, sigma 1.5.
    """
    return structural_similarity(a, b, _WINDOW)[0].mean(dim=1)


def structure(
    pictures: np.ndarray, target: np.ndarray, heads: np.ndarray | None = None
) -> np.ndarray:
    """Structural similarity within the head of either picture, [N]; 1 for equal pictures.

    pictures: uint8 [N, R, R]; target: uint8 [R, R]; heads: masks of the pictures, where they are
    known. What lies around the heads is black in all of them, so it would make any two alike.
    """
    heads = heads_of(pictures) if heads is None else heads
    inside = torch.from_numpy(heads | head_of(target)).float()
    a, b = (
        F.pad(torch.from_numpy(x)[:, None].float() / 255, (_WINDOW // 2,) * 4)
        for x in (pictures, target[None])
    )
    similarity = similarity_maps(a, b, _WINDOW)[0][:, 0]
    return ((similarity * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2))).numpy()


def thumbnails(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, R, R] -> [N, 32, 32] (smaller ones keep their size): structure without detail."""
    return np.rint(shrink(pictures, _THUMBNAIL)).astype(np.uint8)


@dataclass(frozen=True)
class Likeness:
    """How a reconstruction compares with its picture.

    error: mean absolute difference over the head in grey levels, 0..255; structure: as of
    `structure`. place: a sentence on where large structures differ most; None where they do not.
    difference: uint8 [R, R], absolute, in grey levels.
    """

    error: float
    structure: float
    place: str | None
    difference: np.ndarray


def compare(target: np.ndarray, found: np.ndarray) -> Likeness:
    """target, found: uint8 [R, R] or [R, R, 3]."""
    pair = np.concatenate([grey(p[None]) for p in (target, found)])
    head = head_of(target) | head_of(found)
    signed = pair[1].astype(np.float32) - pair[0]
    smooth = np.where(head, ndimage.gaussian_filter(signed, len(signed) / 32), 0)
    return Likeness(
        error_in_head(target, found, head), float(structure(pair[1:], pair[0])[0]),
        _where(smooth), np.abs(signed).astype(np.uint8),
    )  # fmt: skip


def error_in_head(target: np.ndarray, found: np.ndarray, head: np.ndarray) -> float:
    """Mean absolute difference over a mask, in grey levels: the error curve's value."""
    difference = np.abs(target.astype(np.float32) - found)
    return float(difference[head].mean())


def _where(smooth: np.ndarray) -> str | None:
    y, x = np.unravel_index(np.abs(smooth).argmax(), smooth.shape)
    most = smooth[y, x]
    if abs(most) < _STRIKING:
        return None
    sign = "brighter" if most < 0 else "darker"
    return (
        f"They differ most {_place(y, x, len(smooth))}: there the scan is {sign} by "
        f"{abs(most):.0f} levels."
    )


def _place(y: int, x: int, R: int) -> str:
    """A place in words, as the picture stands."""
    rows, columns = ("top", "", "bottom"), ("left", "", "right")
    name = " ".join(w for w in (rows[min(3 * y // R, 2)], columns[min(3 * x // R, 2)]) if w)
    return f"at the {name}" if name else "in the middle"
