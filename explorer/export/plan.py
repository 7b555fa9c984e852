"""What a data set is to hold: the plan from which every picture of it follows."""

import math
from dataclasses import asdict, dataclass, replace

import numpy as np

from explorer.export.where import Condition, Limit, Range, column_of, resolve
from explorer.picture.latents import check, check_condition, place_of
from explorer.picture.model import Model
from explorer.picture.render import check_bits
from explorer.recipe import MAX_SEED, Recipe
from explorer.recipe.checks import (
    RecipeError,
    as_table,
    as_tuple,
    check_choice,
    check_whole,
    is_number,
    short,
)

MOST_PICTURES = 100_000
_GOLDEN = (5**0.5 - 1) / 2
VARY = ("brain", "noise", "both")


@dataclass(frozen=True)
class Balance:
    """Equal numbers of pictures from `parts` ranges that each hold as much of the population."""

    key: str
    parts: int = 3

    def __post_init__(self):
        check_whole(self, "parts", 2, 10)

    def conditions(self) -> list[Condition]:
        cuts = [Limit(round(100 * i / self.parts, 3), True) for i in range(1, self.parts)]
        ends = zip([None, *cuts], [*cuts, None], strict=True)
        return [Condition(self.key, low, high) for low, high in ends]


@dataclass(frozen=True)
class Plan:
    """A data set of `count` pictures, 1..100,000.

    base: everything but what varies: truncation, edits, mix, ... vary: "brain", another seed for
    each picture; "noise", the base's own brain with fresh noise; "both". first_seed: of what
    varies; each candidate takes the next. classes: equal numbers of each; empty for the base's
    own. conditions: lowest and highest of a model whose classes are in order, spread evenly over
    the pictures; None for the base's own. where: what must be measured on a picture for it to be
    taken. balance: equal numbers over ranges of a measurement. bits: of grey, 8 or 16. tries:
    candidates for each picture at most, on average, before a wish is given up as hopeless.

    Raises RecipeError on a value outside its range.
    """

    base: Recipe
    count: int
    first_seed: int = 0
    vary: str = "brain"
    classes: tuple[int, ...] = ()
    where: tuple[Condition, ...] = ()
    balance: Balance | None = None
    bits: int = 8
    tries: int = 200
    conditions: tuple[float, float] | None = None

    def __post_init__(self):
        check_whole(self, "count", 1, MOST_PICTURES)
        check_whole(self, "first_seed", 0, MAX_SEED)
        check_choice(self, "vary", VARY)
        check_whole(self, "tries", 1, 100_000)
        classes = as_tuple(self.classes, "classes")
        if len(set(classes)) < len(classes) or len(classes) > 1000:
            raise RecipeError(f"classes: expected different ones, got {short(classes)}")
        if self.conditions is not None:
            ends = as_tuple(self.conditions, "conditions")
            if len(ends) != 2 or not all(map(is_number, ends)) or not ends[0] <= ends[1]:
                raise RecipeError(f"conditions: expected (lowest, highest), got {short(ends)}")
            object.__setattr__(self, "conditions", tuple(map(float, ends)))
        if len(self.where) > 10:
            raise RecipeError("where: at most 10 conditions")
        object.__setattr__(self, "base", _essential(self.base))
        if self.vary == "noise" and len(classes) > 1:
            raise RecipeError("classes: one brain with fresh noise has one class")

    @classmethod
    def from_dict(cls, values: object) -> "Plan":
        """What `to_dict` gave, or anything a page sends instead; raises RecipeError."""
        values = dict(as_table(values, "plan"))
        unknown = [name for name in values if name not in cls.__dataclass_fields__]
        if unknown:
            raise RecipeError(f"plan: unknown field {short(unknown[0])}")
        values["base"] = Recipe.from_dict(values.get("base"))
        where = as_tuple(values.get("where", ()), "where")[:11]
        values["where"] = tuple(Condition.from_dict(each) for each in where)
        if values.get("balance") is not None:
            balance = as_table(values["balance"], "balance")
            values["balance"] = Balance(balance.get("key"), balance.get("parts", 3))
        if "classes" in values:
            values["classes"] = as_tuple(values["classes"], "classes")
            if not all(isinstance(c, int) for c in values["classes"]):
                raise RecipeError("classes: expected numbers of classes")
        if "count" not in values:
            raise RecipeError("count: how many pictures?")
        return cls(**values)

    def to_dict(self) -> dict:
        plain = {**asdict(self), "base": self.base.compact()}
        if self.conditions is None:  # as it was before there were such
            del plain["conditions"]
        return plain

    def candidate(self, number: int) -> Recipe:
        """The recipe of candidate `number`, 0 the first."""
        seed = (self.first_seed + number) % (MAX_SEED + 1)
        recipe = self.base
        if self.vary in ("brain", "both"):
            recipe = recipe.with_seed(seed)
        if self.vary in ("noise", "both"):
            recipe = replace(recipe, noise=replace(recipe.noise, mode="random", seed=seed))
        if self.classes:
            recipe = replace(recipe, class_index=self.class_of(number))
        if self.conditions:
            low, high = self.conditions
            share = number * _GOLDEN % 1  # any few that follow each other lie far apart
            recipe = replace(recipe, condition=_rounded(low + share * (high - low), high - low))
        return recipe

    def class_of(self, number: int) -> int | None:
        """Candidates take the classes in turn."""
        return self.classes[number % len(self.classes)] if self.classes else None


def _rounded(value: float, span: float) -> float:
    """To four digits behind the point, and more where the span is below 1; as it is without one."""
    return round(value, 4 - min(0, math.floor(math.log10(span)))) if span else value


def _essential(recipe: Recipe) -> Recipe:
    """Without what has no effect, since it goes into every picture."""
    mix = recipe.mix if recipe.mix and any(recipe.mix.weights) else None
    if not recipe.edits:
        return replace(recipe, mix=mix, hold=(), own=())
    used = {edit.direction for edit in recipe.edits} | set(recipe.hold)
    own = tuple(each for each in recipe.own if each.key in used)
    return replace(recipe, mix=mix, own=own)


@dataclass(frozen=True)
class Group:
    """Pictures that are counted together: of one class, with all measurements in their ranges."""

    name: str
    class_index: int | None
    ranges: tuple[Range, ...]
    count: int

    def fits(self, row: np.ndarray) -> bool:
        """row: a picture's measurements [K], columns as the ruler's keys."""
        return all(each.holds(row) for each in self.ranges)


def groups_of(model: Model, plan: Plan) -> list[Group]:
    """The plan's classes times its ranges, with equal counts; the first get what does not divide.

    Raises RecipeError where the plan asks for what the model lacks, StillComputing as long as its
    population is being measured and the plan needs it.
    """
    check_bits(model, plan.bits)
    for index in plan.classes:
        check(model, replace(plan.base, class_index=index))
    for end in plan.conditions or ():
        check_condition(model, end)
    check(model, plan.base)
    if plan.vary != "brain" and plan.base.noise.strength == 0:
        raise RecipeError("noise: its strength is 0, so every picture would be the same")
    place = place_of(model, plan.base) if model.scale and not plan.conditions else None
    shared = tuple(resolve(model, condition, place) for condition in plan.where)
    parts = [("", ())]
    if plan.balance:
        column_of(model.library.ruler, plan.balance.key)
        conditions = plan.balance.conditions()
        parts = [(str(each), (resolve(model, each, place),)) for each in conditions]
    kinds = [
        (" ".join(filter(None, (model.classes[c] if c is not None else "", name))), c, ranges)
        for c in (plan.classes or (None,))
        for name, ranges in parts
    ]
    if plan.count < len(kinds):
        raise RecipeError(f"count: {plan.count} is too few for {len(kinds)} groups of equal size")
    share, rest = divmod(plan.count, len(kinds))
    return [
        Group(name, c, (*shared, *ranges), share + (i < rest))
        for i, (name, c, ranges) in enumerate(kinds)
    ]


def notes(model: Model, plan: Plan) -> list[str]:
    """What to know of the measurements that the plan chooses by, as sentences."""
    ruler = model.library.ruler
    chosen = {each.key for each in (*plan.where, *([plan.balance] if plan.balance else []))}
    return [
        f"{m.name}: slices where it has no value are left out. {ruler.ranges[m.key].sentence()}"
        for m in ruler.usable
        if m.key in chosen & ruler.ranges.keys()
    ]
