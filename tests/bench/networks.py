"""The networks that are timed: the published widths, with random weights."""

import torch

from gan import Generator, ModelConfig

NETWORKS = {  # resolution, channel_base, channel_max
    "64 px": (64, 2048, 128),
    "128 px": (128, 8192, 256),
    "256 px": (256, 16384, 512),
    "1024 px": (1024, 32768, 512),
}


def random_network(name: str) -> Generator:
    """One of NETWORKS, with noise and biases that do something."""
    resolution, base, most = NETWORKS[name]
    torch.manual_seed(0)
    config = ModelConfig(resolution=resolution, channel_base=base, channel_max=most)
    G = Generator(config).requires_grad_(False)
    for layer in G.synthesis.layers:
        layer.noise_strength.fill_(0.1)
        layer.bias.normal_(std=0.1)
    return G.to(memory_format=torch.channels_last)
