"""What a lesson sets on the page: a recipe, with words for what differs from model to model."""

from dataclasses import dataclass, replace

import numpy as np

from explorer.lessons.fields import LessonError, check_word, table_of, within
from explorer.picture.latents import check
from explorer.picture.model import Model
from explorer.recipe import Mix, Own, Recipe
from explorer.recipe.checks import RecipeError, pack_vector, short

GROUPS = ("coarse", "middle", "fine")
BEST = "measured#"  # "measured#1": the measured direction with the largest R^2
RANDOM = "random:"  # "random:3": a direction drawn at random, the same for every reader


@dataclass(frozen=True)
class Setting:
    """A recipe as a lesson writes it.

    As any recipe, but mix may say "layers": "coarse" in the place of its weights, and directions
    may be "measured#1" (the best measured one) or "random:3". values: the table without these;
    layers: the mixed group, or "all".
    """

    values: Recipe
    layers: str | None = None

    @classmethod
    def read(cls, values: object, where: str) -> "Setting":
        values = dict(table_of(values, where))
        layers, mix = None, values.get("mix")
        if isinstance(mix, dict) and "layers" in mix:
            layers = mix["layers"]
            try:
                check_word("layers", layers, (*GROUPS, "all"))
            except LessonError as error:
                raise LessonError(within(within(where, "mix"), str(error))) from error
            values["mix"] = {k: v for k, v in mix.items() if k != "layers"}
        try:
            recipe = Recipe.from_dict(values)
            for key in (*(edit.direction for edit in recipe.edits), *recipe.hold):
                check_key(key)
        except LessonError as error:
            raise LessonError(within(where, str(error))) from error
        except RecipeError as error:
            raise LessonError(f"{where}: {error}") from error
        return cls(recipe, layers)

    def on(self, model: Model, brain: int = 0) -> Recipe:
        """The recipe for a model; `brain` counts on all seeds in it, for one brain among several.

        Raises RecipeError where the model has not what it asks for.
        """
        recipe = self.values
        mix = recipe.mix
        if mix and self.layers:
            num_ws = model.config.num_ws
            first, end = (0, num_ws) if self.layers == "all" else group(model, self.layers)
            weights = tuple(float(first <= i < end) for i in range(num_ws))
            mix = Mix(mix.seed + brain, weights)
        edits = tuple(replace(e, direction=key_of(model, e.direction)) for e in recipe.edits)
        drawn = {e.direction for e in recipe.edits if e.direction.startswith(RANDOM)}
        own = (*recipe.own, *(random_own(model, key) for key in sorted(drawn)))
        noise = replace(recipe.noise, seed=recipe.noise.seed + brain)
        made = replace(recipe, seed=recipe.seed + brain, mix=mix, edits=edits, own=own, noise=noise)
        check(model, made)
        return made


def group(model: Model, name: str) -> tuple[int, int]:
    """(first, end) of a group of layers; raises RecipeError where the model has none."""
    if name not in model.library.groups:
        raise RecipeError(f"this model has no {name} layers")
    return model.library.groups[name]


def check_key(key: str) -> None:
    """Raise LessonError where a number should follow and does not."""
    for prefix in (BEST, RANDOM):
        number = key.removeprefix(prefix)
        if key.startswith(prefix) and not (number.isascii() and number.isdigit() and int(number)):
            raise LessonError(f"direction: expected {prefix}1 or another number, got {short(key)}")


def key_of(model: Model, direction: str) -> str:
    """The key that recipes know. Raises RecipeError where there is no such direction."""
    if direction.startswith(RANDOM):
        return _random_key(direction)
    if direction.startswith(BEST):
        found, number = model.library.measured(), int(direction.removeprefix(BEST))
        if len(found) < number:
            raise RecipeError(f"this model has {len(found)} measured directions")
        return found[number - 1].key
    return direction


def random_own(model: Model, direction: str) -> Own:
    """A direction drawn at random, one standard deviation of w long, for the recipe to carry."""
    seed = int(direction.removeprefix(RANDOM))
    axis = np.random.default_rng(seed).standard_normal(model.config.w_dim)
    vector = pack_vector(model.library.spread.scaled(axis).numpy())
    return Own(_random_key(direction), f"Random direction {seed}", vector)


def _random_key(direction: str) -> str:
    return f"own:{direction.replace(':', '-')}"
