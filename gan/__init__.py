"""StyleGAN2 (Karras et al. 2020, configuration F): networks, losses, checkpoints."""

from gan.config import ModelConfig
from gan.discriminator import Discriminator
from gan.generator import Generator

__version__ = "0.1.0"
__all__ = ["Discriminator", "Generator", "ModelConfig", "__version__"]
