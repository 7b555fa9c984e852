"""Many w and many pictures of a generator, always the same ones."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from gan.generator import Generator, one_hot
from gan.picture import to_uint8

SAMPLES = 20_000
_BATCH = 8  # pictures at a time: a page that is open meanwhile stays quick


def sample_w(generator: Generator, samples: int = SAMPLES) -> np.ndarray:
    """w of fixed random z (and classes): float32 [samples, w_dim], without truncation."""
    random = np.random.RandomState(0)
    config = generator.config
    batches = []
    with torch.inference_mode():
        for start in range(0, samples, 1000):
            size = min(1000, samples - start)
            z = torch.from_numpy(random.randn(size, config.z_dim)).float()
            c = None
            if config.c_dim:
                c = one_hot(torch.from_numpy(random.randint(0, config.c_dim, size)), config.c_dim)
            batches.append(generator.mapping(z, c).numpy())
    return np.concatenate(batches)


def pictures_of(
    generator: Generator, ws: torch.Tensor, report: Callable[[float], None] | None = None
) -> Iterator[np.ndarray]:
    """Pictures of ws [N, num_ws, w_dim] with the stored noise, grey: uint8 [<= 8, R, R] at a time.

    `report` gets the share that is done.
    """
    for start in range(0, len(ws), _BATCH):
        with torch.inference_mode():
            images = generator.synthesis(ws[start : start + _BATCH], noise_mode="const")
        yield grey(to_uint8(images))
        if report:
            report(min(1.0, (start + _BATCH) / len(ws)))


def grey(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, R, R, 3] -> [N, R, R] (ITU-R 601 luma); grey pictures pass."""
    if pictures.ndim == 3:
        return pictures
    return np.rint(pictures @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
