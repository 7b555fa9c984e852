"""Many w and many pictures of a generator, always the same ones."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from explorer.work.ahead import in_order
from explorer.work.background import computing
from gan.config import ModelConfig
from gan.fast import for_many
from gan.generator import Generator, class_vectors
from gan.picture import grey, to_uint8

SAMPLES = 20_000
_DRAWN = 1000  # samples at a time
_BATCH = 8  # pictures at a time: a page that is open meanwhile stays quick


def sample_w(generator: Generator, samples: int = SAMPLES) -> np.ndarray:
    """w of fixed random z (and classes): float32 [samples, w_dim], without truncation."""
    batches = []
    for z, labels in _draws(generator.config, samples):
        c = None
        if labels is not None:
            c = class_vectors(torch.from_numpy(labels), generator.config.c_dim)
        with computing(), torch.inference_mode():
            batches.append(generator.mapping(torch.from_numpy(z).float(), c).numpy())
    return np.concatenate(batches)


def sample_z(generator: Generator, samples: int = SAMPLES) -> np.ndarray:
    """The z that the first of `sample_w` were made from: float32 [samples, z_dim]."""
    batches = [z for z, _ in _draws(generator.config, samples)]
    return np.concatenate(batches).astype(np.float32)


def sample_classes(generator: Generator, samples: int) -> np.ndarray | None:
    """The classes that the first of `sample_w` were drawn with: [samples], None without classes.

    Numbers of classes; of classes in order places anywhere on their scale.
    """
    if not generator.config.c_dim:
        return None
    whole = -(-samples // _DRAWN) * _DRAWN
    return np.concatenate([labels for _, labels in _draws(generator.config, whole)])[:samples]


def _draws(config: ModelConfig, samples: int) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """z and class numbers, a thousand at a time."""
    random = np.random.RandomState(0)
    for start in range(0, samples, _DRAWN):
        size = min(_DRAWN, samples - start)
        z = random.randn(size, config.z_dim)
        if not config.c_dim:
            yield z, None
        elif config.c_ordered:
            yield z, random.uniform(0, config.c_dim - 1, size)
        else:
            yield z, random.randint(0, config.c_dim, size)


def centre(generator: Generator, place: float) -> torch.Tensor:
    """What truncation draws towards: the mean of w, [w_dim].

    With classes in order the mean at this place of their scale, of a thousand fixed z: the mean of
    all would be another place's.
    """
    if not generator.config.c_ordered:
        return generator.mapping.w_avg
    return brains_at(generator, place).mean(dim=0)


def brains_at(generator: Generator, place: float) -> torch.Tensor:
    """w of a thousand fixed z at a place on the scale of classes in order: [1000, w_dim]."""
    config = generator.config
    z = torch.from_numpy(np.random.RandomState(0).randn(_DRAWN, config.z_dim)).float()
    c = class_vectors(torch.tensor([float(place)]), config.c_dim).expand(_DRAWN, -1)
    with computing(), torch.inference_mode():
        return generator.mapping(z, c)


def pictures_of(
    generator: Generator, ws: torch.Tensor, report: Callable[[float], None] | None = None
) -> Iterator[np.ndarray]:
    """Pictures of ws [N, num_ws, w_dim] with the stored noise, grey: uint8 [<= 8, R, R] at a time.

    `report` gets the share that is done.
    """
    synthesis = for_many(generator.synthesis)

    def make(some: torch.Tensor) -> np.ndarray:
        with computing(), torch.inference_mode():
            images = synthesis(some, noise_mode="const")
        return grey(to_uint8(images))

    for number, found in enumerate(in_order(make, ws.split(_BATCH))):
        yield found
        if report:
            report(min(1.0, (number + 1) * _BATCH / len(ws)))
