"""The real slices nearest to a picture, where the model carries a reference with pictures."""

from collections.abc import Callable

import gradio as gr

from explorer.page.answers import answering, picture_uri
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.picture.render import render
from explorer.recipe import Recipe
from gan.picture import contact_sheet, png_bytes

_REAL = "REAL slices that a generative model was trained on. Not for diagnosis."


def panel(model: Model) -> gr.HTML:
    """Draw the group, shut at first."""
    return gr.HTML(
        elem_id="nearest", server_functions=[searching(model)],
        **parts("panels/nearest"),
    )  # fmt: skip


def searching(model: Model) -> Callable[[object], dict]:
    """{"src": the nearest side by side or None, "words": sentences} of a posted recipe."""

    @answering
    def nearest(posted: object) -> dict:
        recipe = Recipe.from_dict(posted)
        if why := missing(model):
            return {"src": None, "words": [why]}
        return neighbours(model, render(model, recipe), "This picture")

    return nearest


def missing(model: Model) -> str | None:
    """Why there are no real slices to show; None where there are."""
    reals = model.library.reals
    if reals and reals.has_pictures:
        return None
    lacking = "The model’s reference holds numbers only."
    if not reals:
        none = "This model carries no reference of real slices."
        lacking = model.library.reals_problem or none
    return (
        f"{lacking} This makes one with pictures, on your machine: "
        "python -m train reference CHECKPOINT --data DATA --pictures"
    )


def neighbours(model: Model, picture, what: str) -> dict:
    """What `searching` answers, of a uint8 picture [R, R] or [R, R, 3]; not if it is `missing`."""
    found = model.library.reals.nearest(picture)
    sheet = contact_sheet(found.pictures, len(found.pictures))
    return {"src": picture_uri(png_bytes(sheet, _REAL)), "words": found.words(what)}
