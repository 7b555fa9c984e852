"""Adaptive discriminator augmentation (ADA; Karras et al. 2020b, appendix B).

The discriminator only ever sees augmented pictures, real and generated ones alike. With few
slices it would otherwise learn them by heart; and as long as no transformation is applied to all
pictures, the generator cannot tell that they were there and does not copy them.
"""

import math
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Low-pass filter of the sym6 wavelet: upsampling and downsampling with it undo each other exactly.
SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633,
    0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip


@dataclass(frozen=True)
class Augmentations:
    """How likely each transformation is, as a multiple of p.

    The defaults suit oriented grey slices on black: no mirroring (left is not right), no quarter
    turns, no inverted grey levels, and each of the two rotations by at most `max_rotation` degrees
    (the paper's are by any angle): nobody lies upside down in a scanner. Hue and saturation only
    touch colour pictures.
    """

    xflip: float = 0.0
    rotate90: float = 0.0
    xint: float = 1.0
    scale: float = 1.0
    rotate: float = 1.0
    aniso: float = 1.0
    xfrac: float = 1.0
    brightness: float = 1.0
    contrast: float = 1.0
    lumaflip: float = 0.0
    hue: float = 1.0
    saturation: float = 1.0
    max_rotation: float = 15.0


@dataclass(frozen=True)
class Transforms:
    """What happens to each picture of a batch: drawn once, so that parts of it can be had.

    matrices: from output to input coordinates, -1..1 [N, 3, 3]; brightness, contrast, luma (1, or
    -1 where grey levels are inverted), saturation [N]; hue: turn of the colours in radians [N].
    """

    matrices: Tensor
    brightness: Tensor
    contrast: Tensor
    luma: Tensor
    hue: Tensor
    saturation: Tensor

    def __getitem__(self, places: Tensor) -> "Transforms":
        """Those of the pictures at `places`, int64 [n]."""
        return Transforms(*(getattr(self, f.name)[places] for f in fields(self)))


def draw_transforms(
    N: int, resolution: int, p: float, kinds: Augmentations | None = None, device=None
) -> Transforms:
    """Draw the transformations of N pictures; each kind happens with probability p (0..1).

    Draws from torch's global random state.
    """
    kinds = kinds or Augmentations()
    one, zero = torch.ones(N, device=device), torch.zeros(N, device=device)
    draw = lambda: torch.randn(N, device=device)  # noqa: E731
    happens = lambda q: torch.rand(N, device=device) < q * p  # noqa: E731
    half = lambda: torch.rand(N, device=device) < 0.5  # noqa: E731
    angle = (torch.rand(N, device=device) * 2 - 1) * math.pi
    return Transforms(
        matrices=_geometry(N, resolution, p, kinds, device),
        brightness=torch.where(happens(kinds.brightness), 0.2 * draw(), zero),
        contrast=torch.where(happens(kinds.contrast), torch.exp2(0.5 * draw()), one),
        luma=torch.where(happens(kinds.lumaflip) & half(), -one, one),
        hue=torch.where(happens(kinds.hue), angle, zero),
        saturation=torch.where(happens(kinds.saturation), torch.exp2(draw()), one),
    )


def apply_transforms(images: Tensor, transforms: Transforms) -> Tensor:
    """Transform every picture [N, C, R, R] in -1..1, C 1 or 3.

    What comes in from outside the picture is black (-1). Differentiable once.
    """
    return _colour(_resample(images, transforms.matrices), transforms)


def augment(images: Tensor, p: float, kinds: Augmentations | None = None) -> Tensor:
    """Draw and apply transformations: images [N, C, R, R] in -1..1, p 0..1."""
    if p == 0:
        return images
    N, R = len(images), images.shape[3]
    return apply_transforms(images, draw_transforms(N, R, p, kinds, images.device))


class AdaptiveP:
    """Adjusts p so that the discriminator is right about real pictures as often as it should be.

    r_t = E[sign D(x_real)] over the last `interval` steps: 0 where it cannot tell, 1 where it knows
    every training picture. p moves by the images shown in them over `speed_kimg`, up where r_t is
    above the target, down where it is below (Karras 2020b, section 3).
    """

    def __init__(self, target: float = 0.6, interval: int = 4, speed_kimg: float = 500.0):
        self.target, self.interval, self.speed_kimg = target, interval, speed_kimg
        self.p = 0.0
        self.signs: Tensor | float = 0.0  # sum of sign D(x_real) since the last adjustment ...
        self.count = 0  # ... over so many pictures ...
        self.steps = 0  # ... in so many steps
        self.r_t = 0.0

    def update(self, signs: Tensor | float, count: int) -> None:
        """Take in one step: the sum of sign D(x) over `count` augmented real pictures.

        A sum on a card stays there, and is waited for only where p is adjusted.
        """
        self.signs = self.signs + signs
        self.count += count
        self.steps += 1
        if self.steps == self.interval:
            self.r_t = self._sum() / self.count
            step = self.count / (self.speed_kimg * 1000)
            direction = np.sign(self.r_t - self.target).item()  # 0 at the target
            self.p = min(max(self.p + step * direction, 0.0), 1.0)
            self.signs, self.count, self.steps = 0.0, 0, 0

    def state(self) -> Tensor:
        """Everything `restore` needs, as one float64 tensor [5] on the CPU."""
        values = [self.p, self._sum(), self.count, self.steps, self.r_t]
        return torch.tensor(values, dtype=torch.float64)

    def restore(self, state: Tensor) -> None:
        self.p, self.signs, self.count, self.steps, self.r_t = state.tolist()
        self.count, self.steps = int(self.count), int(self.steps)

    def _sum(self) -> float:
        return torch.as_tensor(self.signs).item()


def _geometry(N: int, R: int, p: float, kinds: Augmentations, device=None) -> Tensor:
    """One matrix for each picture, from output to input coordinates: [N, 3, 3].

    Coordinates run from -1 to 1. The inverse of each transformation is multiplied from the right,
    in the paper's order.
    """
    uniform = lambda: torch.rand(N, device=device)  # noqa: E731
    normal = lambda: torch.randn(N, device=device)  # noqa: E731
    happens = lambda probability: uniform() < probability  # noqa: E731
    zero, one = torch.zeros(N, device=device), torch.ones(N, device=device)
    M = torch.eye(3, device=device).expand(N, 3, 3)

    def then(inverse: Tensor) -> None:
        nonlocal M
        M = M @ inverse

    flip = torch.where(happens(kinds.xflip * p) & (uniform() < 0.5), -one, one)
    then(_matrix(flip, zero, zero, zero, one, zero))
    quarter = (uniform() * 4).floor() * (math.pi / 2)
    then(_rotation(torch.where(happens(kinds.rotate90 * p), quarter, zero)))
    # By whole pixels, so that nothing is blurred.
    x, y = (((uniform() * 2 - 1) * 0.125 * R).round() * 2 / R for _ in range(2))
    on = happens(kinds.xint * p)
    then(_translation(torch.where(on, -x, zero), torch.where(on, -y, zero)))
    size = torch.where(happens(kinds.scale * p), torch.exp2(0.2 * normal()), one)
    then(_matrix(1 / size, zero, zero, zero, 1 / size, zero))
    # Two chances to rotate, before and after the stretching, that together make up p.
    once = 1 - math.sqrt(1 - min(kinds.rotate * p, 1.0))
    angle = lambda: (uniform() * 2 - 1) * math.radians(kinds.max_rotation)  # noqa: E731
    then(_rotation(torch.where(happens(once), angle(), zero)))
    stretch = torch.where(happens(kinds.aniso * p), torch.exp2(0.2 * normal()), one)
    then(_matrix(1 / stretch, zero, zero, zero, stretch, zero))
    then(_rotation(torch.where(happens(once), angle(), zero)))
    on = happens(kinds.xfrac * p)
    x, y = (0.125 * 2 * normal() for _ in range(2))
    then(_translation(torch.where(on, -x, zero), torch.where(on, -y, zero)))
    return M


def _matrix(a, b, c, d, e, f) -> Tensor:
    """Rows (a b c), (d e f), (0 0 1) for each picture."""
    zero, one = torch.zeros_like(a), torch.ones_like(a)
    return torch.stack([a, b, c, d, e, f, zero, zero, one], dim=1).view(-1, 3, 3)


def _rotation(angle: Tensor) -> Tensor:
    """Clockwise on the screen, in radians."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return _matrix(cos, sin, zero, -sin, cos, zero)


def _translation(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix(one, zero, x, zero, one, y)


def _resample(images: Tensor, M: Tensor) -> Tensor:
    """Sample the pictures at M times their pixel places, at twice the resolution: no blur."""
    N, C, R, _ = images.shape
    room = 6  # for the filter's tails
    wide = R + 2 * room
    double = _wavelet_matrix(wide, images.device)
    x = F.pad(images + 1, [room] * 4)  # black is 0 now
    x = double @ x @ double.T
    # From our coordinates, -1..1 over the picture, to affine_grid's, -1..1 over the padded one,
    # moved by the wavelet's own shift: its centre is not quite its middle.
    A, t, shift = M[:, :2, :2], M[:, :2, 2:], _wavelet_shift() / wide
    theta = torch.cat([A, R / wide * t + shift * (1 - A.sum(dim=2, keepdim=True))], dim=2)
    grid = F.affine_grid(theta, [N, C, 2 * wide, 2 * wide], align_corners=False)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    x = double.T @ x @ double
    return x[:, :, room:-room, room:-room] - 1


def _wavelet_shift() -> float:
    """How far the wavelet's centre of mass lies beside its middle, in doubled pixels."""
    return sum(k * h for k, h in enumerate(SYM6)) / sum(SYM6) - (len(SYM6) - 1) / 2


@lru_cache(maxsize=4)
@torch.inference_mode(False)  # what is kept must serve training as well
def _wavelet_matrix(size: int, device: torch.device) -> Tensor:
    """Upsampling by two along one axis as a matrix [2 size, size]; its transpose undoes it.

    A matrix product is faster here than a convolution with one channel.
    """
    impulses = torch.eye(size)[:, None]  # [size, 1, size]
    rows = F.conv_transpose1d(impulses, torch.tensor(SYM6)[None, None], stride=2, padding=5)
    return rows[:, 0].T.contiguous().to(device)


def _colour(images: Tensor, transforms: Transforms) -> Tensor:
    """Brightness, contrast, luma flip and, for colour pictures, hue and saturation."""
    each = lambda values: values[:, None, None, None]  # noqa: E731
    x = (images + each(transforms.brightness)) * each(transforms.contrast)
    # The mean is the grey axis of colour space; reflecting along it inverts the luma.
    x = x + each(transforms.luma - 1) * x.mean(dim=1, keepdim=True)
    if x.shape[1] == 3:
        x = torch.einsum("nij,njhw->nihw", _grey_axis_rotation(transforms.hue), x)
        luma = x.mean(dim=1, keepdim=True)
        x = luma + (x - luma) * each(transforms.saturation)
    return x


def _grey_axis_rotation(angle: Tensor) -> Tensor:
    """Rotation about (1, 1, 1) by Rodrigues' formula: [N, 3, 3]."""
    axis = 1 / math.sqrt(3)
    cross = torch.tensor([[0.0, -axis, axis], [axis, 0.0, -axis], [-axis, axis, 0.0]])
    cross = cross.to(angle.device)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    outer = torch.full((3, 3), 1 / 3, device=angle.device)
    return cos * torch.eye(3, device=angle.device) + sin * cross + (1 - cos) * outer
