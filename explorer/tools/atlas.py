"""The model's own brains as points of a plane, and where a picture lies among them."""

from dataclasses import dataclass

import numpy as np
import torch

from explorer.knowledge.directions.own import Grouping, between_groups
from explorer.knowledge.library import Library
from explorer.knowledge.reference import HONEST
from explorer.knowledge.samples import sample_classes
from explorer.picture.latents import away_of, pack_ws, place_of
from explorer.picture.model import Model
from explorer.picture.render import to_measure
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, is_whole, pack_vector, short
from explorer.tools.views import mean_w

MOST_EXAMPLES = 300  # of a group: more tell a direction no better and only take time


@dataclass(frozen=True)
class Axis:
    """A number that every brain has. kind: "pca", "measured", "value", "tsne", or of a
    model whose classes are in order "condition", their scale."""

    key: str
    name: str
    kind: str
    unit: str = "SD"


def axes(library: Library) -> list[Axis]:
    """All axes of a map; raises StillComputing until the population is there."""
    linear = [*library.pca, *library.measured()]
    values = [Axis(f"value:{m.key}", m.name, "value", m.unit) for m in library.ruler.usable]
    tsne = [Axis(f"tsne{i}", f"t-SNE {i}", "tsne", "") for i in (1, 2)]
    scale = library.scale
    given = [Axis("condition", scale.name, "condition", scale.unit)] if scale else []
    return [*(Axis(d.key, d.name, d.source) for d in linear), *given, *values, *tsne]


def coordinates(library: Library, axis: Axis) -> np.ndarray:
    """The axis' number of each of the population's brains: float64 [N], NaN where it failed.

    Raises StillComputing while the population or the t-SNE is being computed.
    """
    population = library.population()
    if axis.kind == "value":
        return population.table[:, _column(library, axis)].astype(np.float64)
    if axis.kind == "condition":
        places = sample_classes(library.generator, len(population.table))
        return np.array([library.scale.value(place) for place in places])
    if axis.kind == "tsne":
        return library.tsne()[:, int(axis.key[-1]) - 1].astype(np.float64)
    return _along(library, axis, library.w[: len(population.table)])


def place(model: Model, recipe: Recipe, wanted: tuple[Axis, ...]) -> tuple[list[float], bool]:
    """Where a recipe's picture lies on each axis, and whether that is only its neighbour's place.

    Along directions w itself is projected (averaged over its layers) and for measurements the
    picture is measured. t-SNE places no new points: there the sample with the nearest w stands for
    it.
    """
    library, kinds = model.library, {axis.kind for axis in wanted}
    w = mean_w(model, recipe).astype(np.float64)
    values = library.ruler.measure(to_measure(model, recipe)[None])[0] if "value" in kinds else None
    nearest = _nearest(model, recipe, w) if "tsne" in kinds else None
    at = []
    for axis in wanted:
        if axis.kind == "value":
            at.append(float(values[_column(library, axis)]))
        elif axis.kind == "condition":
            at.append(library.scale.value(place_of(model, recipe)))
        elif axis.kind == "tsne":
            at.append(float(coordinates(library, axis)[nearest]))
        else:
            at.append(float(_along(library, axis, w[None])[0]))
    return at, "tsne" in kinds


def _nearest(model: Model, recipe: Recipe, w: np.ndarray) -> int:
    """Number of the sample of t-SNE that a w is nearest to, both as at the middle of a scale."""
    samples = model.library.people[: len(model.library.population().table)]
    return int(((samples - (w - np.asarray(away_of(model, recipe)))) ** 2).sum(axis=1).argmin())


def reals(library: Library, axis: Axis) -> tuple[list[float] | None, str]:
    """Places of the shown real slices on an axis, None if there are none, and what to know of them.

    Measured axes hold what was measured, directions what is estimated. Raises StillComputing.
    """
    found = library.reals
    if found is None:
        return None, library.reals_problem or "This model carries no reference of real slices."
    if axis.kind == "tsne":
        return None, "A t-SNE has no place for real slices: they were not there when it was made."
    if axis.kind == "condition":
        return None, f"The reference of real slices does not tell {axis.name}."
    if axis.kind == "value":
        column = found.column(axis.key.removeprefix("value:"))
        if column is None:
            return None, f"The reference of real slices does not tell {axis.name}."
        return column[found.shown].tolist(), ""
    at, told = found.along(library.find(axis.key).vector.numpy(), library.whole_spread)
    if told < HONEST:
        return None, (
            f"Real slices have no place along {axis.name}: a picture tells too little of it "
            f"(R² {max(told, 0):.2f}, at least {HONEST:g} is needed)."
        )
    return at[found.shown].tolist(), (
        f"{axis.name} of real slices is an estimate (R² {told:.2f} on generated pictures)."
    )


def _along(library: Library, axis: Axis, w: np.ndarray) -> np.ndarray:
    """w [N, w_dim] -> [N] in standard deviations along a direction, from the mean."""
    vector = library.find(axis.key).vector.double().numpy()
    return (w.astype(np.float64) - library.whole_spread.mean) @ vector / (vector @ vector)


def _column(library: Library, axis: Axis) -> int:
    return library.ruler.keys.index(axis.key.removeprefix("value:"))


def sample(model: Model, number: object) -> Recipe:
    """The recipe of a brain of the population; raises RecipeError if there is none."""
    most = len(model.library.population().table)
    if not is_whole(number) or not 0 <= number < most:
        raise RecipeError(f"sample: expected a number from 0 to {most - 1}, got {short(number)}")
    labels = sample_classes(model.generator, number + 1)
    w = model.library.w[number]
    if model.scale:
        condition = model.scale.value(float(labels[number]))
        return Recipe(
            psi=1, condition=condition, w=pack_ws(model, torch.from_numpy(w)[None], condition)
        )
    class_index = None if labels is None else int(labels[number])
    return Recipe(psi=1, class_index=class_index, w=pack_vector(w))


def classes(model: Model) -> list[int] | None:
    """The number of every sample's class; None for a model without classes, or with a scale."""
    if model.scale:
        return None
    labels = sample_classes(model.generator, len(model.library.population().table))
    return None if labels is None else labels.tolist()


def divide(
    model: Model, name: str, more: object, less: object, taken: set[str] = frozenset()
) -> Grouping:
    """A direction from the samples numbered `less` to those in `more`; see `between_groups`."""
    groups = [_group(model, numbers) for numbers in (more, less)]
    return between_groups(name, *groups, model.library.spread, taken)


def _group(model: Model, numbers: object) -> np.ndarray:
    """w of a list of samples, wherever they are on a scale; evenly thinned out if very many."""
    most = len(model.library.population().table)
    if not isinstance(numbers, list) or not 0 < len(numbers) <= most:
        raise RecipeError("groups: mark at least one brain in each")
    if not all(is_whole(i) and 0 <= i < most for i in numbers):
        raise RecipeError(f"groups: expected numbers of samples from 0 to {most - 1}")
    kept = np.unique(np.linspace(0, len(numbers) - 1, MOST_EXAMPLES).astype(int))
    return model.library.people[np.array(numbers)[kept]]
