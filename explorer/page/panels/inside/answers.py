"""What the look inside asks the server; each posts {"recipe"} and more."""

import base64
from collections.abc import Callable

from explorer.page.answers import answering, picture_source
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import as_table
from explorer.tools import inside_views


def looking_inside(model: Model) -> list[Callable[[object], dict]]:
    """One function for each of the views."""

    @answering
    def feature_maps(posted: object) -> dict:
        """Of "layer", in "look" (grey or signed), 64 channels of "page"."""
        posted, recipe = _read(posted)
        sheet, facts = inside_views.maps_sheet(
            model, recipe, posted.get("layer"), posted.get("look", "grey"), posted.get("page", 0)
        )
        return {"src": picture_source(sheet), **facts}

    @answering
    def parts(posted: object) -> dict:
        _, recipe = _read(posted)
        sheet, rows = inside_views.parts_sheet(model, recipe)
        return {"src": picture_source(sheet), "rows": rows}

    @answering
    def styles(posted: object) -> dict:
        _, recipe = _read(posted)
        return {"rows": inside_views.style_rows(model, recipe)}

    @answering
    def spectrum(posted: object) -> dict:
        """{"side": R, "decibels": [R, R] bytes as base64, "most": the largest}."""
        _, recipe = _read(posted)
        decibels = inside_views.spectrum_decibels(model, recipe)
        packed = base64.b64encode(decibels.tobytes()).decode("ascii")
        return {"side": len(decibels), "decibels": packed, "most": int(decibels.max())}

    return [feature_maps, parts, styles, spectrum]


def _read(posted: object) -> tuple[dict, Recipe]:
    posted = as_table(posted, "posted")
    return posted, Recipe.from_dict(posted.get("recipe"))
