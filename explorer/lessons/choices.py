"""What a lesson chooses for the model that is open, by what is measured there.

A choice has `find(model)`: its parts, which take the place of "$name.part" in the lesson's file; or
None where this model cannot show it, which `lacking` says. `stand_in` has the same parts, for a
file to be checked by before a model is open. All raise StillComputing until the receipts are there.
"""

import math
from dataclasses import dataclass
from itertools import permutations
from typing import ClassVar

import numpy as np

from explorer.knowledge import receipts
from explorer.knowledge.effects import pearson
from explorer.knowledge.receipts import Receipt
from explorer.lessons.tasks import MEASURED, moved
from explorer.picture.model import Model
from explorer.recipe import Edit, Recipe
from explorer.tools.noise_map import NoiseMaps

Parts = dict[str, str | int | float]
TOGETHER = 0.5  # correlation of two measurements that "go together"
HEARD = 0.5  # grey levels of 255 that a layer's noise has to move to be seen
SEEDS = range(30, 42)
RISE = 0.6  # SD; a little more than tasks ask for
_FEW_DRAWS = 4  # enough to tell loud layers from silent ones


@dataclass(frozen=True)
class Pair:
    """Two measurements that go together, a PCA axis that moves both, and the slider of one.

    Among pairs with a correlation of 0.5 or more over the model's own brains, as students see them,
    the one whose slider leaves the other alone best;
    back: among those of which both have a slider.
    Parts: a and b (keys, with a_name, a_word, ...); free, free_name, free_end, free_says, free_way:
    the axis and where two steps of it move `a` upwards; aim, aim_end: the slider of `a` and where
    it has raised it by an SD; back, back_end: that of `b`; seed: a brain on which the slider (with
    back that of `b`) does move what it is for.
    """

    back: bool = False

    lacking: ClassVar[str] = (
        "this model has no two measurements that go together, with a slider that surely moves one"
    )
    stand_in: ClassVar[Parts] = {
        "a": "area", "a_name": "Brain area", "a_word": "brain area", "b": "sharpness",
        "b_name": "Sharpness", "b_word": "sharpness", "free": "pca1", "free_name": "PCA 1",
        "free_end": 2, "free_says": "+2", "free_way": "up", "aim": "measured:area", "aim_end": 2,
        "back": "measured:sharpness", "back_end": 2, "seed": 30,
    }  # fmt: skip

    def find(self, model: Model) -> Parts | None:
        library, keys = model.library, model.library.ruler.keys
        known = library.receipts()
        table, best = library.population().table, None
        for a, b in permutations(range(len(keys)), 2):
            aim, back = (known.get(f"measured:{keys[k]}") for k in (a, b))
            if not abs(pearson(table[:, [a, b]])) >= TOGETHER:
                continue
            if not (aim and counted(aim, b) and certain(model, aim, a)):
                continue
            if self.back and not (back and counted(back, a) and certain(model, back, b)):
                continue
            axes = [d for d in library.pca if all(certain(model, known[d.key], k) for k in (a, b))]
            left = abs(aim.effect[b] / aim.effect[a])
            if axes and (best is None or left < best[0]):
                least = {d: min(abs(known[d.key].effect[k]) for k in (a, b)) for d in axes}
                best = left, a, b, max(least, key=lambda d: least[d])
        if best is None:
            return None
        _, a, b, axis = best
        up, aim, back = known[axis.key].effect[a] > 0, f"measured:{keys[a]}", f"measured:{keys[b]}"
        parts: Parts = {
            **_named("a", keys[a]), **_named("b", keys[b]), "free": axis.key,
            "free_name": axis.name, "free_end": 2 if up else -2, "free_says": "+2" if up else "−2",
            "free_way": "up" if up else "down", "aim": aim, "aim_end": _end(known[aim], a),
            "back": back, "back_end": _end(known[back], b) if back in known else 0,
        }  # fmt: skip
        slider, end, of = ("back", "back_end", "b") if self.back else ("aim", "aim_end", "a")
        edit = Edit(str(parts[slider]), float(parts[end]))
        return parts | {"seed": _seed(model, edit, str(parts[of]))}


@dataclass(frozen=True)
class Focused:
    """The measured direction whose own effect is the largest part of all it does.

    Parts: key, name, aim and aim_word (the measurement it was made for).
    """

    lacking: ClassVar[str] = "no measured direction of this model surely moves what it was made for"
    stand_in: ClassVar[Parts] = {
        "key": "measured:area", "name": "Brain area", "aim": "area", "aim_word": "brain area",
    }  # fmt: skip

    def find(self, model: Model) -> Parts | None:
        known, keys = model.library.receipts(), model.library.ruler.keys
        best = None
        for direction in model.library.measured():
            key = direction.key.removeprefix("measured:")
            receipt, k = known.get(direction.key), keys.index(key)
            if receipt is None or not certain(model, receipt, k):
                continue
            effect = effects(receipt)
            share = effect[k] ** 2 / (effect**2).sum()
            if best is None or share > best[0]:
                best = share, direction.key, key
        if best is None:
            return None
        _, direction, key = best
        name = MEASURED[key].name
        return {"key": direction, "name": name, "aim": key, "aim_word": name.lower()}


@dataclass(frozen=True)
class Layers:
    """Three layers by what their noise does to the picture: the two loudest and the most silent.

    Parts: loud, second, quiet (numbers from 0, with loud_name, ...); low, mid, high (the same three
    from coarse to fine, with names); heard: in how many of the `all` layers noise can be seen.
    """

    lacking: ClassVar[str] = "in no layer of this model does noise do anything that can be seen"
    stand_in: ClassVar[Parts] = {
        **{key: i for i, key in enumerate(("loud", "second", "quiet"))},
        **{key: i for i, key in enumerate(("low", "mid", "high"))},
        **{f"{key}_name": key for key in ("loud", "second", "quiet", "low", "mid", "high")},
        "heard": 2, "all": 9,
    }  # fmt: skip

    def find(self, model: Model) -> Parts | None:
        maps, layers = NoiseMaps(model), range(model.config.num_ws - 1)
        acts = [float(maps.get(Recipe(), _FEW_DRAWS, i).deviation.mean()) for i in layers]
        ranked = sorted(layers, key=lambda i: -acts[i])
        if len(ranked) < 3 or acts[ranked[0]] < HEARD:
            return None
        three = ranked[0], ranked[1], ranked[-1]
        parts: Parts = {"heard": sum(x >= HEARD for x in acts), "all": len(acts)}
        for names, order in ((("loud", "second", "quiet"), three),
                             (("low", "mid", "high"), sorted(three))):  # fmt: skip
            for name, layer in zip(names, order, strict=True):
                parts |= {name: layer, f"{name}_name": layer_name(layer)}
        return parts


@dataclass(frozen=True)
class Floors:
    """Three measurements by how much of them noise decides: most, middle and least.

    Parts: x, y, z (keys in the table's order, with x_name, x_word, ...), most and least.
    """

    lacking: ClassVar[str] = "fewer than three measurements of this model depend on noise at all"
    stand_in: ClassVar[Parts] = {
        f"{part}{end}": value
        for part, key in (
            ("x", "area"), ("y", "rotation"), ("z", "sharpness"), ("most", "sharpness"),
            ("least", "area"),
        )
        for end, value in (("", key), ("_name", MEASURED[key].name),
                           ("_word", MEASURED[key].name.lower()))
    }  # fmt: skip

    def find(self, model: Model) -> Parts | None:
        population, keys = model.library.population(), model.library.ruler.keys
        floor = population.floor / population.deviation
        told = np.isfinite(population.table).mean(axis=0) >= 0.5
        ranked = [k for k in np.argsort(-np.nan_to_num(floor)) if told[k] and floor[k] > 0]
        if len(ranked) < 3:
            return None
        most, least = ranked[0], ranked[-1]
        x, y, z = sorted((most, ranked[len(ranked) // 2], least))
        chosen = {"x": x, "y": y, "z": z, "most": most, "least": least}
        return {k: v for part, i in chosen.items() for k, v in _named(part, keys[i]).items()}


Choice = Pair | Focused | Layers | Floors
CHOICES = {"pair": Pair, "focused": Focused, "noise layers": Layers, "noise floors": Floors}


def certain(model: Model, receipt: Receipt, k: int) -> bool:
    """Whether a receipt's effect on measurement k is large, agreed, and more than noise."""
    population, effect = model.library.population(), abs(receipt.effect[k])
    noise = np.nan_to_num(population.floor[k]) / population.deviation[k]
    return bool(
        counted(receipt, k)
        and effect >= max(receipts.LEAST_EFFECT, receipt.margin[k])
        and receipt.agreement[k] >= receipts.LEAST_AGREEMENT
        and effect > receipts.ABOVE_NOISE * noise
    )


def counted(receipt: Receipt, k: int) -> bool:
    """Whether half of the brains tell an effect on measurement k."""
    return receipt.counted[k] >= receipts.BRAINS // 2 and bool(np.isfinite(receipt.effect[k]))


def effects(receipt: Receipt) -> np.ndarray:
    """All effects in SD, [K]; 0 where fewer than half of the brains tell one."""
    return np.array([e if counted(receipt, k) else 0.0 for k, e in enumerate(receipt.effect)])


def layer_name(layer: int) -> str:
    """ "layer 7 (32 px)", as the page numbers them."""
    return f"layer {layer + 1} ({2 ** (2 + (layer + 1) // 2)} px)"


def _end(receipt: Receipt, k: int) -> int:
    """One to three steps, to where measurement k has risen by about a standard deviation."""
    return round(math.copysign(np.clip(1 / abs(receipt.effect[k]), 1, 3), receipt.effect[k]))


def _seed(model: Model, edit: Edit, of: str) -> int:
    """The first of a dozen seeds on which an edit raises a measurement; the first if on none."""
    for seed in SEEDS:
        if moved(model, Recipe(seed), Recipe(seed, edits=(edit,)))[of] >= RISE:
            return seed
    return SEEDS[0]


def _named(part: str, key: str) -> Parts:
    name = MEASURED[key].name
    return {part: key, f"{part}_name": name, f"{part}_word": name.lower()}
