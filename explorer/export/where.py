"""Which pictures a data set takes: conditions on what is measured, like "ventricles>p80"."""

import math
import re
from dataclasses import dataclass

import numpy as np

from explorer.knowledge.ruler import Ruler
from explorer.picture.model import Model
from explorer.recipe.checks import RecipeError, as_table, is_number, short

_NUMBER = r"\s*(p?)\s*(-?\d+(?:\.\d+)?)\s*"
_ONE_SIDE = re.compile(rf"\s*(\w+)\s*([<>]){_NUMBER}")
_BETWEEN = re.compile(rf"\s*(\w+)\s*[=: ]\s*{_NUMBER}\.\.{_NUMBER}")
HOW = '"ventricles>p80", "area<20" or "height 0..20"; p80: more than 80 % of the model\'s brains'


@dataclass(frozen=True)
class Limit:
    """An end of a range: a value in the measurement's unit, or a percentile of the population."""

    value: float
    percentile: bool = False

    def __post_init__(self):
        if not is_number(self.value):
            raise RecipeError(f"where: expected a number, got {short(self.value)}")
        if not isinstance(self.percentile, bool):
            raise RecipeError("where: percentile must be true or false")
        if self.percentile and not 0 <= self.value <= 100:
            raise RecipeError(f"where: percentiles go from 0 to 100, not {short(self.value)}")

    def __str__(self) -> str:
        value = np.format_float_positional(float(f"{self.value:.15g}"), trim="-")
        return f"{'p' if self.percentile else ''}{value}"


@dataclass(frozen=True)
class Condition:
    """low <= measurement < high; at least one of them. key: as gan.measure and the ruler have it.

    The population is the model's own: random pictures at psi 1 without edits; where all pictures of
    a set have one place on the model's scale, those near it.
    """

    key: str
    low: Limit | None = None
    high: Limit | None = None

    def __post_init__(self):
        if not isinstance(self.key, str) or not 0 < len(self.key) <= 40:
            raise RecipeError(f"where: expected a measurement, got {short(self.key)}")
        if self.low is None and self.high is None:
            raise RecipeError(f"where: {self.key}: give a lower limit, an upper one or both")
        kinds = {limit.percentile for limit in (self.low, self.high) if limit}
        if self.low and self.high and len(kinds) == 1 and self.low.value >= self.high.value:
            raise RecipeError(f"where: {self}: the lower limit must lie below the upper one")

    def __str__(self) -> str:
        if self.low and self.high:
            return f"{self.key} {self.low}..{self.high}"
        return f"{self.key}>{self.low}" if self.low else f"{self.key}<{self.high}"

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """What `str` of a condition gives, with spaces as you like; raises RecipeError."""
        if found := _ONE_SIDE.fullmatch(text):
            key, sign, p, value = found.groups()
            limit = Limit(float(value), bool(p))
            return cls(key, limit if sign == ">" else None, limit if sign == "<" else None)
        if found := _BETWEEN.fullmatch(text):
            key, p, low, q, high = found.groups()
            return cls(key, Limit(float(low), bool(p)), Limit(float(high), bool(q)))
        raise RecipeError(f"where: {short(text)} is no condition; write {HOW}")

    @classmethod
    def from_dict(cls, values: object) -> "Condition":
        """{"key", "low": {"value", "percentile"} or None, "high"}; raises RecipeError."""
        values = as_table(values, "where")
        limits = [values.get("low"), values.get("high")]
        low, high = (
            None if x is None else Limit(x.get("value"), x.get("percentile", False))
            for x in (x if x is None else as_table(x, "where") for x in limits)
        )
        return cls(values.get("key"), low, high)


@dataclass(frozen=True)
class Range:
    """A condition in numbers: low <= value < high in one column of the ruler's table."""

    column: int
    low: float = -math.inf
    high: float = math.inf

    def holds(self, row: np.ndarray) -> bool:
        """row: [K]; what could not be measured (NaN) is in no range."""
        return bool(self.low <= row[self.column] < self.high)


def resolve(model: Model, condition: Condition, place: float | None = None) -> Range:
    """place: percentiles are those of the model's brains near this place on its scale, as of
    Population.near. Raises RecipeError for a measurement the model lacks, StillComputing without
    population."""
    column = column_of(model.library.ruler, condition.key)
    low, high = (
        None if limit is None else _value(model, column, limit, place)
        for limit in (condition.low, condition.high)
    )
    found = Range(column, -math.inf if low is None else low, math.inf if high is None else high)
    if not found.low < found.high:
        raise RecipeError(
            f"where: {condition}: nothing lies between {found.low:g} and {found.high:g}"
        )
    return found


def column_of(ruler: Ruler, key: str) -> int:
    if key not in [m.key for m in ruler.usable]:
        known = ", ".join(m.key for m in ruler.usable)
        raise RecipeError(f"where: {short(key)} is not measured; choose among {known}")
    return ruler.keys.index(key)


def _value(model: Model, column: int, limit: Limit, place: float | None) -> float:
    if not limit.percentile:
        return limit.value
    values = model.library.population().near(place)[column].astype(np.float64)
    if not len(values):
        key = model.library.ruler.keys[column]
        raise RecipeError(f"where: {key} cannot be measured on this model's brains")
    return float(np.percentile(values, limit.value))
