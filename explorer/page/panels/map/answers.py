"""What the map asks the server."""

from collections.abc import Callable

from explorer.page.answers import answering, known, picture_uri, taken_keys, tiles
from explorer.picture.model import Model
from explorer.picture.preview import shown
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_table, name_of, short
from explorer.tools import atlas

_TILE = 128  # px: the card beside a dot fills no more


def charting(model: Model) -> list[Callable[[object], dict]]:
    """Axes, points, thumbnails, the place of a picture, directions between groups of points."""

    def axis(key: object) -> atlas.Axis:
        found = next((a for a in atlas.axes(model.library) if a.key == key), None)
        if found is None:
            raise RecipeError(f"map: there is no axis {short(key)}")
        return found

    @answering
    def axes(posted: object) -> dict:
        """{"axes": [{key, name, kind, unit}], "classes": number of each sample's class or None}."""
        found = [vars(a) for a in atlas.axes(model.library)]
        return {"axes": found, "classes": atlas.classes(model)}

    @answering
    def points(posted: object) -> dict:
        """{"values": [number or None]} of every sample on one axis."""
        values = atlas.coordinates(model.library, axis(as_table(posted, "posted").get("axis")))
        return {"values": [known(round(x, 4)) for x in values.tolist()]}

    @answering
    def reals(posted: object) -> dict:
        """{"values": [number or None] or None, "note": sentence} of real slices on one axis."""
        key = as_table(posted, "posted").get("axis")
        values, note = atlas.reals(model.library, axis(key))
        return {"values": values and [known(round(x, 4)) for x in values], "note": note}

    @answering
    def sample(posted: object) -> dict:
        """A sample's recipe and picture, which for large networks is a smaller one."""
        recipe = atlas.sample(model, as_table(posted, "posted").get("sample"))
        found = {"recipe": recipe.compact()}
        if model.library.sketched:
            return found | tiles(model, shown(model, recipe, _TILE), 1)
        return found | {"src": picture_uri(export_png(model, recipe)), "preview": ""}

    @answering
    def place(posted: object) -> dict:
        """Where a recipe's picture lies: {"at": [x, y], "nearest": whether its neighbour's}."""
        posted = as_table(posted, "posted")
        wanted = tuple(axis(posted.get(k)) for k in ("across", "up"))
        at, nearest = atlas.place(model, Recipe.from_dict(posted.get("recipe")), wanted)
        return {"at": [known(x) for x in at], "nearest": nearest}

    @answering
    def divide(posted: object) -> dict:
        """A direction of one's own from the samples in `less` to those in `more`."""
        posted = as_table(posted, "posted")
        taken = taken_keys(Recipe.from_dict(posted.get("recipe", {})))
        name = name_of(posted.get("name"), "Map")
        found = atlas.divide(model, name, posted.get("more"), posted.get("less"), taken)
        used = [min(len(posted[k]), atlas.MOST_EXAMPLES) for k in ("more", "less")]
        return {
            "own": vars(found.own), "right": known(found.right), "of": found.examples, "used": used
        }  # fmt: skip

    return [axes, points, reals, sample, place, divide]
