"""Reads known factors back from pictures: a small network learned from pictures whose factors are
in a table.

Where the factors of the training pictures are known (phantoms), those of a generated picture can be
read too, so that "disentangled" can be held against the truth. How well each is read is measured on
pictures kept apart, and goes with every figure that rests on it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gan.checkpoint import write_atomic
from gan.picture import shrink

FILE = "factors.safetensors"  # beside the checkpoint
SIDE = 64  # pictures are read at this size
_CHANNELS, _HIDDEN = (1, 16, 32, 64, 96), 96
_EPOCHS, _BATCH, _LR = 10, 64, 2e-3
_READ = 100  # pictures at a time


class _Network(nn.Module):
    """Four convolutions that halve the picture, then two layers: [N, 1, 64, 64] -> [N, K]."""

    def __init__(self, factors: int):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, stride=2, padding=1) for i, o in pairwise(_CHANNELS)
        )
        places = (SIDE // 2 ** len(self.convs)) ** 2
        self.hidden = nn.Linear(_CHANNELS[-1] * places, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, factors)

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.2)
        return self.out(F.leaky_relu(self.hidden(x.flatten(1)), 0.2))


@dataclass(frozen=True)
class FactorReader:
    """names: of the K factors; mean, deviation: of each in the pictures it was learned from, [K];
    r2: share of each one's variance that is read right in pictures kept apart, [K]."""

    names: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray
    r2: np.ndarray
    network: _Network

    @torch.inference_mode()
    def read(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 [N, R, R], R >= 64 a power of two -> float64 [N, K], each in its own unit.

        NaN for smaller pictures.
        """
        if pictures.shape[1] < SIDE:
            return np.full((len(pictures), len(self.names)), np.nan)
        parts = [
            self.network(_tensor(pictures[i : i + _READ])).double().numpy()
            for i in range(0, len(pictures), _READ)
        ]
        standard = np.concatenate(parts) if parts else np.empty((0, len(self.names)))
        return standard * self.deviation + self.mean


def _tensor(pictures: np.ndarray) -> Tensor:
    small = pictures if pictures.shape[1] == SIDE else shrink(pictures, SIDE)
    return torch.from_numpy(np.asarray(small, np.float32) / 127.5 - 1)[:, None]


def learn(
    pictures: np.ndarray, factors: np.ndarray, names: tuple[str, ...], apart: np.ndarray,
    report: Callable[[float], None] | None = None, seed: int = 0,
) -> FactorReader:  # fmt: skip
    """Learn to read the factors.

    pictures: uint8 [N, R, R]; factors: [N, K], finite; apart: bool [N], kept apart to tell how well
    it reads. It sees each picture a little noisier and softer or as it is, because generated
    pictures have another grain than drawn ones.
    """
    own = np.flatnonzero(~apart)
    mean, deviation = factors[own].mean(axis=0), np.maximum(factors[own].std(axis=0), 1e-9)
    target = torch.from_numpy(((factors - mean) / deviation).astype(np.float32))
    x = _tensor(pictures)
    chance, torch_chance = np.random.RandomState(seed), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _Network(factors.shape[1])
    steps = _EPOCHS * -(-len(own) // _BATCH)
    optimiser = torch.optim.Adam(network.parameters(), _LR)
    pace = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for epoch in range(_EPOCHS):
        order = chance.permutation(own)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            loss = F.mse_loss(network(_disturbed(x[batch], torch_chance)), target[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            pace.step()
        if report:
            report((epoch + 1) / _EPOCHS)
    reader = FactorReader(names, mean, deviation, np.zeros(len(names)), network.eval())
    wrong = reader.read(pictures[apart]) - factors[apart]
    r2 = 1 - (wrong**2).mean(axis=0) / np.maximum(factors[apart].var(axis=0), 1e-12)
    return FactorReader(names, mean, deviation, r2, network)


def _disturbed(x: Tensor, chance: torch.Generator) -> Tensor:
    """Softened to a random share, with noise of up to 4 grey levels, and a little brighter."""
    draw = lambda: torch.rand(len(x), 1, 1, 1, generator=chance)  # noqa: E731
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    x = x + 0.5 * draw() * (soft - x)
    x = x + 0.03 * draw() * torch.randn(x.shape, generator=chance)
    return (x + 1) * (0.97 + 0.06 * draw()) - 1


def save_reader(reader: FactorReader, path: Path) -> None:
    """For `load_reader`; the network in half precision."""
    tensors = {name: t.half().contiguous() for name, t in reader.network.state_dict().items()}
    table = {name: getattr(reader, name).tolist() for name in ("mean", "deviation", "r2")}
    write_atomic(path, save(tensors, {"factors": json.dumps({"names": reader.names, **table})}))


def load_reader(path: Path) -> FactorReader | None:
    """The reader in a file; None if there is none, or it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
            table = json.loads((file.metadata() or {})["factors"])
        names = tuple(str(name) for name in table["names"])
        numbers = [np.array(table[name], np.float64) for name in ("mean", "deviation", "r2")]
        network = _Network(len(names))
        network.load_state_dict(tensors)
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError):
        return None
    whole = all(n.shape == (len(names),) and np.isfinite(n).all() for n in numbers)
    whole = whole and all(t.isfinite().all() for t in tensors.values())
    return FactorReader(names, *numbers, network.eval()) if whole and names else None
