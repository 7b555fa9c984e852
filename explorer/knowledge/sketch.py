"""Large networks are measured on a smaller picture, which they make on the way to the whole one.

Each block of a skip generator adds its part to the picture of the block below (Karras 2020, figure
7b), so the blocks up to 64 px are a generator of their own, of the same brains.
"""

from dataclasses import replace

import torch

from gan.config import ModelConfig
from gan.generator import Generator

SIDE = 64
LARGE = 8e9  # multiplications a picture: a seventh of a second on one core


def is_large(config: ModelConfig) -> bool:
    return config.resolution > SIDE and config.multiplications > LARGE


def sketch_of(generator: Generator, side: int = SIDE) -> Generator:
    """The generator up to `side` px. Its weights are the generator's own, not copies."""
    with torch.device("meta"):
        sketch = Generator(replace(generator.config, resolution=side)).eval()
    sketch.mapping = generator.mapping
    for r in sketch.config.block_resolutions:
        setattr(sketch.synthesis, f"b{r}", getattr(generator.synthesis, f"b{r}"))
    return sketch
