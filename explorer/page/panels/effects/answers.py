"""What the matrix of effects asks the server."""

from collections.abc import Callable

from explorer.knowledge import effects
from explorer.page.answers import answering, known
from explorer.picture.latents import find_direction
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_table, as_tuple, short

_MOST_LINES, _MOST_MEASURED = 200, 20  # for one request; a layer has 10 axes, a user 20 directions


def comparing(model: Model) -> list[Callable[[object], dict]]:
    """Each posts {"recipe"}, which holds the user's own directions, and more."""
    library = model.library

    def found(posted: dict, keys: object, measure: bool) -> list[effects.Line]:
        recipe = Recipe.from_dict(posted.get("recipe", {}))
        keys = [_key(key) for key in as_tuple(keys, "keys", _MOST_LINES)]
        if measure and len(set(keys) - set(library.receipts())) > _MOST_MEASURED:
            raise RecipeError(f"keys: at most {_MOST_MEASURED} that are not in the list")
        directions = [find_direction(model, recipe, key) for key in keys]
        return [effects.line_of(library, direction, measure) for direction in directions]

    @answering
    def matrix(posted: object) -> dict:
        """{"rows"} of a "source": see knowledge.effects.lines; `effect` is None where it has not
        been measured yet."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe", {}))
        return {
            "rows": [_row(line) for line in effects.lines(library, recipe, posted.get("source"))]
        }

    @answering
    def measure(posted: object) -> dict:
        """{"row"} of a "direction", measured now if need be."""
        posted = as_table(posted, "posted")
        return {"row": _row(*found(posted, [posted.get("direction")], True))}

    @answering
    def beside(posted: object) -> dict:
        """What a "direction" does to the measurements "wanted" and "other"."""
        posted = as_table(posted, "posted")
        numbers = [_measurement(model, posted.get(name)) for name in ("wanted", "other")]
        (line,) = found(posted, [posted.get("direction")], True)
        facts = effects.beside(library.population(), line.receipt, *numbers)
        place = model.scale.name if model.scale else None
        return {k: known(v) for k, v in vars(facts).items()} | {"place": place}

    @answering
    def alike(posted: object) -> dict:
        """{"pairs": [{"first", "second", "cosine", "effects"}]} among the directions "keys"."""
        posted = as_table(posted, "posted")
        pairs = effects.alike(found(posted, posted.get("keys"), False), model.config.num_ws)
        return {"pairs": [{**vars(p), "effects": known(p.effects)} for p in pairs]}

    @answering
    def table(posted: object) -> dict:
        """{"csv"} of the directions "keys"."""
        posted = as_table(posted, "posted")
        lines = found(posted, posted.get("keys"), True)
        side = library.side if library.sketched else None
        measurements = library.ruler.measurements
        return {"csv": effects.table_csv(lines, library.population(), measurements, side)}

    return [matrix, measure, beside, alike, table]


def _key(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise RecipeError(f"direction: expected its key, got {short(value)}")
    return value


def _measurement(model: Model, value: object) -> int:
    keys = model.library.ruler.keys
    if value not in keys:
        raise RecipeError(f"effects: {short(value)} is not measured")
    return keys.index(value)


def _row(line: effects.Line) -> dict:
    direction, receipt = line.direction, line.receipt
    row = {
        "key": direction.key, "name": line.name, "source": direction.source,
        "layers": direction.layers, "effect": None,
    }  # fmt: skip
    if receipt is not None:
        row |= {
            "says": receipt.name, "purity": known(receipt.purity),
            "effect": [known(x) for x in receipt.effect],
            "margin": [known(x) for x in receipt.margin], "counted": receipt.counted,
            "agreement": [known(x) for x in receipt.agreement],
        }  # fmt: skip
    return row
