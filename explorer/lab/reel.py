"""The moments of a training to go to and fro in: the open model's, or the bundled one's."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from explorer.knowledge.directions.direction import Direction
from explorer.lab import moments
from explorer.lab.moments import Moment, Shown
from explorer.picture.latents import z_of_seed
from explorer.picture.model import Model
from explorer.picture.variants import opened
from explorer.recipe import MAX_SEED
from explorer.recipe.checks import (
    RecipeError,
    as_tuple,
    check_number,
    check_whole,
    is_whole,
    short,
)
from gan.checkpoint import CheckpointError

SEEDS, STEP, PSI = 12, 4.0, 1.5  # most that are shown together, and can be asked for


@dataclass(frozen=True)
class Look:
    """What is asked of a moment. number: of the moment; seeds: of the brains; psi: truncation,
    0..1.5; step: along the finished model's first principal axis, -4..4 standard deviations."""

    number: int
    seeds: tuple[int, ...]
    psi: float = 1.0
    step: float = 0.0

    def __post_init__(self):
        """Raises RecipeError."""
        check_whole(self, "number", 0, 10_000)
        check_number(self, "psi", 0, PSI)
        check_number(self, "step", -STEP, STEP)
        seeds = as_tuple(self.seeds, "seeds", SEEDS)
        for seed in seeds:
            if not is_whole(seed) or not 0 <= seed <= MAX_SEED:
                raise RecipeError(f"seeds: expected whole numbers, got {short(seed)}")
        if not seeds:
            raise RecipeError("seeds: expected at least one")
        object.__setattr__(self, "seeds", seeds)


class Reel:
    """own: whether the moments are the open model's. Safe to use from several threads."""

    def __init__(self, model: Model, otherwise: Path = moments.BUNDLED):
        """otherwise: whose moments are shown where the model has none beside it."""
        self._model = model
        self.moments: list[Moment] = moments.moments_beside(model.path)
        self.own = bool(self.moments)
        self.checkpoint = model.path if self.own else otherwise
        if not self.own:
            self.moments = moments.moments_beside(otherwise)

    @cached_property
    def finished(self) -> Model:
        """The model that the training led to."""
        return self._model if self.own else opened(self.checkpoint)

    def show(self, look: Look) -> Shown:
        """Takes its turn: nobody who moves a slider meanwhile waits for it.

        Raises RecipeError for a moment that there is not, or whose file cannot be used.
        """
        if look.number >= len(self.moments):
            raise RecipeError(f"number: there are {len(self.moments)} moments")
        try:
            networks = moments.networks_of(self.moments[look.number].path)
        except CheckpointError as error:
            raise RecipeError(str(error)) from error
        z_dim = networks.generator.config.z_dim
        z = torch.cat([z_of_seed(seed, z_dim) for seed in look.seeds])
        shift = look.step * self._axis.vector if look.step else None
        return self._model.turns.take_idle(lambda: moments.show(networks, z, look.psi, shift))

    @property
    def _axis(self) -> Direction:
        return self.finished.library.pca[0]
