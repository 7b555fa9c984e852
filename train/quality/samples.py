"""Random, uncurated pictures of a generator, without disturbing anybody's random state."""

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from gan.generator import Generator, class_vectors


def draw(
    generator: Generator, count: int, seed: int, psi: float = 1.0, labels: np.ndarray | None = None
) -> Tensor:
    """Pictures as 8-bit grey levels would show them: [N, C, R, R] in -1..1, on the CPU.

    labels: class numbers to draw from, for a conditional model; without them all alike.
    Raises ValueError if the generator makes anything but numbers.
    """
    return draw_labelled(generator, count, seed, psi, labels)[0]


@torch.inference_mode()
def draw_labelled(
    generator: Generator, count: int, seed: int, psi: float = 1.0, labels: np.ndarray | None = None
) -> tuple[Tensor, np.ndarray]:
    """The pictures of `draw`, and the class number of each, or place between classes: [N].

    All 0 for a model without classes.
    """
    config = generator.config
    device = next(generator.parameters()).device
    random = np.random.RandomState(seed)
    size = 16 if device.type == "cpu" else 64
    choices = np.arange(max(config.c_dim, 1)) if labels is None else labels
    pieces, numbers = [], np.zeros(count, choices.dtype)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)  # of the noise
        for start in tqdm(range(0, count, size), "drawing", leave=False, mininterval=1):
            N = min(size, count - start)
            z = torch.from_numpy(random.randn(N, config.z_dim)).float().to(device)
            c = None
            if config.c_dim:
                numbers[start : start + N] = random.choice(choices, N)
                chosen = torch.from_numpy(numbers[start : start + N]).to(device)
                c = class_vectors(chosen, config.c_dim)
            pieces.append(generator(z, c, truncation_psi=psi).cpu())
    images = torch.cat(pieces)
    if not images.isfinite().all():
        raise ValueError("the generator's pictures hold NaN or infinity")
    return (images * 127.5 + 128).clamp(0, 255).floor() / 127.5 - 1, numbers
