"""The canvas, and what stands beside it: numbers, companions, history."""

import gradio as gr

from explorer.model import Model
from explorer.page.answers import adopting, drawing, looking, showing, start_values
from explorer.page.parts import part, script
from explorer.recipe import Recipe


def live_view(model: Model, recipe: Recipe) -> gr.HTML:
    """A canvas that shows a recipe, always the newest, while the page changes it."""
    return gr.HTML(
        value=start_values(recipe),
        defaults=start_values(Recipe()),
        digest=model.digest[:12],
        elem_id="view",
        size=model.config.resolution,
        label="Synthetic axial brain slice",
        html_template=part("live_view.html"),
        css_template="",  # all styles are in the folder's files
        js_on_load=script("live_view.js"),
        server_functions=[drawing(model), adopting(model)],
    )


def numbers(model: Model) -> gr.HTML:
    """Measurements, gauge and companions; they follow once the hand rests."""
    reals = model.library.reals
    return gr.HTML(
        reals=reals.origin if reals else "", reals_problem=model.library.reals_problem,
        elem_id="numbers", html_template=part("numbers.html"), css_template="",
        js_on_load=script("numbers.js"), server_functions=[looking(model)],
    )  # fmt: skip


def viewer(model: Model) -> gr.HTML:
    """Comparing, zoom, grey window, sides."""
    return gr.HTML(
        axial=model.axial, mirrored=model.mirrored, elem_id="viewer",
        html_template=part("viewer.html"), css_template="", js_on_load=script("viewer.js"),
    )  # fmt: skip


def desk(model: Model) -> gr.HTML:
    """Undo and redo, presets, links, files, keyboard."""
    return gr.HTML(
        elem_id="desk", html_template=part("desk.html"), css_template="",
        js_on_load=script("desk.js"), server_functions=[showing(model)],
    )  # fmt: skip
