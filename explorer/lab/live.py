"""The race of one brain, live: four ways to the same change, their pictures and recipes."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from explorer.lab.codes import Brains
from explorer.lab.dependency import leaks
from explorer.lab.edits import recipe_of
from explorer.lab.factors import Factors
from explorer.lab.race import Lane, Race, run
from explorer.lab.ways import Way, pictures
from explorer.picture.latents import place_of, z_of_seed
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.work.turns import Turns
from gan.fast import for_many
from gan.generator import Generator, Synthesis, class_vectors
from gan.layers import pixel_norm


@dataclass(frozen=True)
class Runner:
    """One way's end. reached: whether the factor moved by one standard deviation, within 0.1; step:
    in standard deviations along the way (S: of the channel that moves most); changes: of all
    factors, [K], in standard deviations; leak: mean size of the others' for one of the target's,
    NaN where it hardly moved; picture: uint8 [R, R]; recipe: makes it again."""

    space: str
    name: str
    reached: bool
    step: float
    changes: np.ndarray
    leak: float
    picture: np.ndarray
    recipe: Recipe


@dataclass(frozen=True)
class Heat:
    """One brain's race. start: its factors [K], in standard deviations from the mean; picture and
    recipe: before; runners: one for each way. measured: whether the target could be measured on it;
    if not there are no runners."""

    start: np.ndarray
    picture: np.ndarray
    recipe: Recipe
    runners: tuple[Runner, ...]

    @property
    def measured(self) -> bool:
        return bool(self.runners)


def brain_of(model: Model, recipe: Recipe) -> Brains:
    """The brain of a recipe's seed and condition, at psi 1 and without edits: one that has a z.

    Raises RecipeError where the recipe's brain is no seed's.
    """
    if recipe.w is not None or (recipe.walk is not None and recipe.walk.keys):
        raise RecipeError("race: only a brain drawn from a seed has a z; draw one by its number")
    c = None
    if model.config.c_dim:
        place = place_of(model, recipe) if model.scale else recipe.class_index or 0
        c = class_vectors(torch.tensor([place]), model.config.c_dim)
    z = pixel_norm(z_of_seed(recipe.seed, model.config.z_dim))
    with torch.inference_mode():
        return Brains(z, c, model.generator.mapping(z, c))


def race_of(model: Model, brain: Brains, race: Race, factors: Factors) -> Heat:
    """Race one brain along the ways of a kept race. Each picture, and each measurement, takes its
    turn, so that nobody who moves a slider meanwhile waits for the whole."""
    factors = replace(
        factors, read=lambda some, read=factors.read: model.turns.take_idle(lambda: read(some))
    )
    (picture,) = _pictures(model, model.generator, brain, None, 0.0)
    start = factors.scaled(factors.read(_pictures(model, model.lab.generator, brain, None, 0.0)))
    ways, runners = [lane.way for lane in race.lanes.values()], []
    if np.isfinite(start[0, race.target]):
        heat = run(_in_turns(model, model.lab.generator), brain, start, ways, factors, race.target)
        runners = [_runner(model, brain, lane, race.target) for lane in heat.lanes.values()]
    return Heat(start[0], picture, recipe_of(model, brain, None, 0.0), tuple(runners))


def _runner(model: Model, brain: Brains, lane: Lane, target: int) -> Runner:
    arrival, way = lane.arrival, lane.way
    step = float(arrival.step[0])
    (picture,) = _pictures(model, model.generator, brain, way, step)
    leak = float(leaks(arrival.changes, target)[0])
    return Runner(
        way.space, way.name, bool(arrival.reached[0]), step, arrival.changes[0], leak, picture,
        recipe_of(model, brain, way, step),
    )  # fmt: skip


def _pictures(
    model: Model, generator: Generator, brain: Brains, way: Way | None, step: float
) -> np.ndarray:
    return next(iter(pictures(_in_turns(model, generator), brain, way, np.array([step]))))


class _Through:
    """An object with one attribute replaced."""

    def __init__(self, whole: object, **others):
        self._whole = whole
        self.__dict__.update(others)

    def __getattr__(self, name: str):
        return getattr(self._whole, name)


class _Synthesis(_Through):
    """A synthesis network that waits for its turn."""

    def __init__(self, whole: Synthesis, turns: Turns):
        super().__init__(whole, _turns=turns, _make=for_many(whole))

    def __call__(self, *args, **options):
        return self._turns.take_idle(lambda: self._make(*args, **options))


def _in_turns(model: Model, generator: Generator) -> Generator:
    """The model's generator, or its sketch, whose pictures take turns with those of the page."""
    synthesis = _Synthesis(generator.synthesis, model.turns)
    return _Through(generator, synthesis=synthesis)
