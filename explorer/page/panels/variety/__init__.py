"""A grid of brains that answers to the slider of variety: quality against variety at a glance."""

from collections.abc import Callable

import gradio as gr

from explorer.page.answers import answering, tiles
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import as_table
from explorer.tools.variety import BRAINS, brains, variety
from gan.picture import contact_sheet

_COLUMNS = 6


def panel(model: Model) -> gr.HTML:
    """Draw the group, shut at first; the browser fills it."""
    return gr.HTML(
        elem_id="variety", count=BRAINS, columns=_COLUMNS, server_functions=[showing(model)],
        **parts("panels/variety"),
    )  # fmt: skip


def showing(model: Model) -> Callable[[object], dict]:
    """{"src": contact sheet} of posted {"recipe", "first": seed, "measure": bool}; measured also
    {"differ": grey levels, "unreadable": how many or None}."""

    @answering
    def grid(posted: object) -> dict:
        posted = as_table(posted, "posted")
        pictures = brains(model, Recipe.from_dict(posted.get("recipe")), posted.get("first"))
        shown = tiles(model, contact_sheet(pictures, _COLUMNS), _COLUMNS)
        return {**shown, **vars(variety(model, pictures))} if posted.get("measure") else shown

    return grid
