"""The canvas, and what stands beside it: numbers, companions, history."""

import gradio as gr

from explorer.page.answers import adopting, drawing, freezing, looking, showing, start_values
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.work.uploads import OFF, uploads_taken


def live_view(model: Model, recipe: Recipe) -> gr.HTML:
    """A canvas that shows a recipe, always the newest, while the page changes it."""
    scale = model.scale
    if scale:
        shown = {"step": scale.step, "name": scale.name, "title": scale.title}
        scale = {**scale.to_dict(), **shown}
    return gr.HTML(
        value=start_values(recipe),
        defaults=start_values(Recipe()),
        digest=model.digest[:12],
        ordered=scale,
        elem_id="view",
        size=model.config.resolution,
        label="Synthetic axial brain slice",
        **parts("shared/live_view"),
        server_functions=[drawing(model), adopting(model), freezing(model)],
    )


def numbers(model: Model) -> gr.HTML:
    """Measurements, gauge and companions; they follow once the hand rests."""
    reals, near = model.library.reals, ""
    if model.scale:
        name = model.scale.name.lower()
        near = f"Bars, ranks and spread: among the model’s brains near this {name}."
    return gr.HTML(
        reals=reals.origin if reals else "", reals_problem=model.library.reals_problem,
        told=model.library.told, near=near, elem_id="numbers", server_functions=looking(model),
        **parts("shared/numbers"),
    )  # fmt: skip


def viewer(model: Model) -> gr.HTML:
    """Comparing, zoom, grey window, sides."""
    return gr.HTML(
        axial=model.axial, mirrored=model.mirrored, elem_id="viewer",
        **parts("shared/viewer"),
    )  # fmt: skip


def desk(model: Model) -> gr.HTML:
    """Undo and redo, presets, links, files, keyboard."""
    return gr.HTML(
        no_files="" if uploads_taken() else OFF,
        elem_id="desk", **parts("shared/desk"), server_functions=[showing(model)],
    )  # fmt: skip
