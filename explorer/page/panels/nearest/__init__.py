"""The real slices nearest to a picture, where the model carries a reference with pictures; else
what its evaluation found about copies."""

from collections.abc import Callable

import gradio as gr

from explorer.lessons.facts import Evaluation
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
    """{"src": the nearest side by side or None, "words": sentences} of a posted recipe.

    "lacks": a sentence beside these, where they are of the model and not of this picture.
    """

    @answering
    def nearest(posted: object) -> dict:
        recipe = Recipe.from_dict(posted)
        if why := missing(model):
            told = evaluated(model)
            return {"src": None, "words": told or [why], "lacks": why if told else None}
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
        f"{lacking} Whoever has the data makes one with pictures: "
        "python -m train reference CHECKPOINT --data DATA --pictures"
    )


def evaluated(model: Model) -> list[str]:
    """What the trainer found about copies; empty without an evaluation.json beside the model."""
    copied, real = (
        Evaluation(f"copies.{whose}.memorised", percent=True).find(model)
        for whose in ("value", "floor")
    )
    made, apart = (Evaluation(f"slices.{which}").find(model) for which in ("generated", "held_out"))
    if None in (copied, real, made):
        return []
    people = "people that it never saw" if apart else "other people"
    verdict = "by this yardstick there is no sign of copying."
    if copied.number > real.number:
        verdict = "some of its pictures come suspiciously near."
    return [
        f"Of {made.words} pictures of this model, {copied.words} are nearer to a training slice "
        f"than are 99 % of the slices of {people}.",
        f"Of real slices, {real.words} are as near to another person’s: {verdict}",
    ]


def neighbours(model: Model, picture, what: str) -> dict:
    """What `searching` answers, of a uint8 picture [R, R] or [R, R, 3]; not if it is `missing`."""
    found = model.library.reals.nearest(picture)
    sheet = contact_sheet(found.pictures, len(found.pictures))
    return {"src": picture_uri(png_bytes(sheet, _REAL)), "words": found.words(what)}
