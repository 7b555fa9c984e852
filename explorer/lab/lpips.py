"""LPIPS, where somebody gives its weights (Zhang 2018, eq. 1, version 0.1 with VGG16).

    d(a, b) = sum over layers of mean over pixels of sum_c lin_c (a_c - b_c)^2

where a_c, b_c are the maps of VGG16 behind the last ReLU before each of its five poolings, of unit
length over the channels. With it the path lengths are those that papers call perceptual. Two files:
VGG16 of torchvision (vgg16-*.pth) and LPIPS's own few numbers (vgg.pth); both are read as data,
nothing in them is run.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.checkpoint import CheckpointError
from gan.convert.conversion import printable, reason
from gan.convert.files import open_file
from gan.convert.pickled import Refused
from gan.convert.storages import Stored

NAME = "lpips"
_WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # pools between
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of its input, by colour


class Lpips:
    """Distance of two pictures [N, 1 or 3, R, R] in -1..1, R at least 16: [N]."""

    def __init__(self, vgg: dict[str, Tensor], lin: dict[str, Tensor]):
        """vgg: features.K.weight and .bias; lin: linK.model.1.weight. Raises KeyError or ValueError
        where one is missing or of another shape."""
        self._stages, number, below = [], 0, 3
        for k, widths in enumerate(_WIDTHS):
            stage = []
            for width in widths:
                shapes = {"weight": (width, below, 3, 3), "bias": (width,)}
                stage.append([_of(vgg, f"features.{number}.{n}", s) for n, s in shapes.items()])
                number, below = number + 2, width
            number += 1  # the pooling
            self._stages.append((stage, _of(lin, f"lin{k}.model.1.weight", (1, below, 1, 1))))

    @torch.inference_mode()
    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        x, total = self._scaled(torch.cat([a, b])), 0.0
        for k, (stage, lin) in enumerate(self._stages):
            x = F.max_pool2d(x, 2) if k else x
            for weight, bias in stage:
                x = F.relu(F.conv2d(x, weight, bias, padding=1))
            first, second = (x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)).chunk(2)
            total = total + F.conv2d((first - second).square(), lin).mean(dim=(1, 2, 3))
        return total

    @staticmethod
    def _scaled(images: Tensor) -> Tensor:
        shift, scale = (torch.tensor(x)[:, None, None] for x in (_SHIFT, _SCALE))
        return (images.expand(-1, 3, -1, -1) - shift) / scale


def read_lpips(vgg: Path, lin: Path) -> Lpips:
    """Raises CheckpointError, with the file, where one is not what it should be."""
    tables = [_table(path) for path in (vgg, lin)]
    try:
        return Lpips(*tables)
    except (KeyError, ValueError) as error:
        which = lin if "lin" in str(error) else vgg
        raise CheckpointError(
            f"{which}: no {'weights of LPIPS' if which is lin else 'VGG16 of torchvision'} "
            f"({error.args[0]})"
        ) from error


def _of(table: dict[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    if name not in table:
        raise KeyError(f"it lacks {name}")
    if tuple(table[name].shape) != shape:
        raise ValueError(f"{name} is {list(table[name].shape)}, not {list(shape)}")
    return table[name].float()


def _table(path: Path) -> dict[str, Tensor]:
    """The tensors of a state dict by name."""
    try:
        opened = open_file(path)
        content = opened.content if isinstance(opened.content, dict) else {}
        found = {k: v for k, v in content.items() if isinstance(k, str) and isinstance(v, Stored)}
        opened.allowance.take(list(found.values()))
        return {name: one.tensor() for name, one in found.items()}
    except Refused as error:
        raise CheckpointError(printable(f"{path}: {error}")) from error
    except OSError as error:
        raise CheckpointError(printable(f"{path}: {reason(error)}")) from error
