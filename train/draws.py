"""Everything random of a step, drawn for the whole batch and handed out in parts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan.augment import Transforms, draw_transforms
from gan.generator import class_vectors
from train.config import TrainConfig, UsageError
from train.data import Slices
from train.parallel import World, groups, half_places, part_places, whole_group
from train.state import TrainState


@dataclass(frozen=True)
class Part:
    """What one turn of one process shows: a part of the step's batch, and its random numbers.

    real: [n, C, R, R] in -1..1; c: [n, c_dim]; z: [2, n, z_dim]; crossover: layer at which the
    style of the second z begins; noise: one map [n, 1, r, r] for each layer; transforms: what the
    discriminator sees of real, generated, and generated slices when the generator learns.
    """

    real: Tensor
    c: Tensor
    z: Tensor
    crossover: int
    noise: list[Tensor]
    transforms: tuple[Transforms, Transforms, Transforms] | None


@dataclass(frozen=True)
class PathPart:
    """The same for a path-length step, with its random directions y [n, C, R, R]."""

    c: Tensor
    z: Tensor
    crossover: int
    noise: list[Tensor]
    y: Tensor


class Draws:
    """Batches and random numbers, the same in every process; each takes its own parts."""

    def __init__(self, state: TrainState, slices: Slices, config: TrainConfig, world: World):
        """Raises UsageError if the batch cannot be divided, or nothing alike is compared."""
        self.state, self.slices, self.config, self.world = state, slices, config, world
        model = state.model
        self.parts = world.size * config.accumulate
        group = whole_group(config.batch, model.mbstd_group, self.parts)
        if group is None:
            raise UsageError(
                f"--batch {config.batch}: for {world.size} processes and --accumulate "
                f"{config.accumulate} it must be a multiple of {8 * self.parts}"
            )
        self.group = group
        if config.mbstd_alike:
            if not model.c_dim:
                raise UsageError("--mbstd-alike: there are no classes; name them with --labels")
            if model.d_architecture == "projected" or group == 1:
                raise UsageError("--mbstd-alike: this discriminator compares no pictures")

    def batch(self) -> Iterator[Part]:
        """This process's parts of the next batch."""
        config, device, batch = self.config, self.state.device, self.config.batch
        chosen, flips = self._order(batch)
        if config.mbstd_alike:  # a row of alike ones is a group
            back = groups(batch, self.group).flatten().argsort().numpy()
            chosen, flips = chosen[back], flips[back]
        flips &= config.mirror
        z, crossover, noise = self._latents(batch)
        p = {"none": 0.0, "fixed": config.augment_p, "ada": self.state.ada.p}[config.augment]
        # The three times that D sees pictures in one draw: its calls cost more than its numbers.
        resolution = self.state.model.resolution
        transforms = draw_transforms(3 * batch, resolution, p, device=device) if p else None
        for part in self._own_parts():
            places = part_places(batch, part, self.parts, group=self.group)
            images, labels = self.slices.take(chosen[places], flips[places])
            places = part_places(batch, part, self.parts, device, self.group)
            real = torch.from_numpy(images).to(device).float() / 127.5 - 1
            yield Part(
                real, self._classes(labels), z[:, places], crossover, [n[places] for n in noise],
                None if transforms is None
                else tuple(transforms[time * batch + places] for time in range(3)),
            )  # fmt: skip

    def path(self) -> Iterator[PathPart]:
        """This process's parts of a path-length step: half a batch (Karras 2020b)."""
        config, model, device = self.config, self.state.model, self.state.device
        size = len(half_places(config.batch, group=self.group))
        z, crossover, noise = self._latents(size)
        y = torch.randn(size, model.img_channels, *[model.resolution] * 2, device=device)
        labels = self.slices.labels[self._order(size)[0]]
        for part in self._own_parts():
            places = part_places(size, part, self.parts, group=self.group)
            classes = self._classes(labels[places])
            places = part_places(size, part, self.parts, device, self.group)
            yield PathPart(
                classes, z[:, places], crossover,
                [n[places] for n in noise], y[places],
            )  # fmt: skip

    def _order(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Which pictures come next, and which may be turned. With --mbstd-alike in rows that are
        alike: what varies with the class cannot hide from a discriminator that compares them that
        all generated pictures of one class look the same."""
        alike = self.group if self.config.mbstd_alike else 1
        return self.slices.order(self.state.seen, size, self.config.seed, alike)

    def _own_parts(self) -> range:
        turns = self.config.accumulate
        return range(self.world.rank * turns, (self.world.rank + 1) * turns)

    def _latents(self, N: int) -> tuple[Tensor, int, list[Tensor]]:
        """z of two styles, the layer at which the second begins, and noise, for N pictures."""
        G, device = self.state.G, self.state.device
        z = torch.randn(2, N, G.config.z_dim, device=device)
        crossover = G.config.num_ws  # no mixing
        if torch.rand([]) < self.config.style_mixing:
            crossover = int(torch.randint(1, G.config.num_ws, []))
        return z, crossover, [layer.draw_noise("random", N) for layer in G.synthesis.layers]

    def _classes(self, labels: np.ndarray) -> Tensor:
        c_dim, device = self.state.model.c_dim, self.state.device
        labels = torch.from_numpy(labels).to(device)
        return class_vectors(labels, c_dim) if c_dim else labels.new_zeros(len(labels), 0).float()
