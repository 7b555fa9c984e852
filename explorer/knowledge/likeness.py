"""How alike two pictures are: what projection makes small, and what it reports."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from explorer.knowledge.heads import head_of
from gan.picture import grey
from gan.ssim import structural_similarity

_SCALES, _SMALLEST = 4, 4
_WINDOW = 7
_CLOSE, _FAR = 10, 20  # grey levels


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


@dataclass(frozen=True)
class Likeness:
    """How a reconstruction compares with its picture.

    error: mean absolute difference over the head in grey levels, 0..255; coarse: the same after
    blurring, which leaves shape and large structures; ssim: 1 for equal pictures. words: sentences.
    difference: uint8 [R, R], absolute, in grey levels.
    """

    error: float
    coarse: float
    ssim: float
    words: tuple[str, ...]
    difference: np.ndarray


def compare(target: np.ndarray, found: np.ndarray) -> Likeness:
    """target, found: uint8 [R, R] or [R, R, 3]."""
    a, b = (grey(p[None])[0].astype(np.float32) for p in (target, found))
    head = head_of(target) | head_of(found)
    signed = b - a
    smooth = ndimage.gaussian_filter(signed, len(a) / 32)
    error = float(np.abs(signed)[head].mean())
    coarse = float(np.abs(smooth)[head].mean())
    pair = torch.from_numpy(np.stack([a, b]))[:, None, None] / 255
    words = _words(error, coarse, np.where(head, smooth, 0))
    return Likeness(
        error, coarse, float(ssim(pair[0], pair[1])), words, np.abs(signed).astype(np.uint8)
    )


def error_in_head(target: np.ndarray, found: np.ndarray, head: np.ndarray) -> float:
    """Mean absolute difference over a mask, in grey levels: the error curve's value."""
    difference = np.abs(target.astype(np.float32) - found)
    return float(difference[head].mean())


def _words(error: float, coarse: float, smooth: np.ndarray) -> tuple[str, ...]:
    how = "close" if error < _CLOSE else "alike" if error < _FAR else "only similar"
    words = [f"Mean error in the head: {error:.0f} of 255 grey levels ({how})."]
    if error < 1:
        return tuple(words)
    if coarse < 0.5 * error:
        words.append(
            f"Shape and large structures are off by {coarse:.0f} on average; most of the error is "
            "fine detail, which the model can only make in its own way."
        )
    else:
        words.append(f"Shape and large structures differ too, by {coarse:.0f} on average.")
    y, x = np.unravel_index(np.abs(smooth).argmax(), smooth.shape)
    most = smooth[y, x]
    if abs(most) >= 2 * _CLOSE:
        sign = "brighter" if most < 0 else "darker"
        words.append(
            f"The model can't make this: {_place(y, x, len(smooth))} the scan is {sign} by "
            f"{abs(most):.0f} levels."
        )
    return tuple(words)


def _place(y: int, x: int, R: int) -> str:
    """A place in words, as the picture stands."""
    rows, columns = ("top", "", "bottom"), ("left", "", "right")
    name = " ".join(w for w in (rows[min(3 * y // R, 2)], columns[min(3 * x // R, 2)]) if w)
    return f"at the {name}" if name else "in the middle"
