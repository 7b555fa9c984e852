"""The canvas, and the one function of the server that draws on it."""

import base64
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from explorer.model import Model
from explorer.recipe import Recipe, RecipeError
from explorer.render import export_png

_SCRIPT = (Path(__file__).parent / "live_view.js").read_text(encoding="utf-8")

_TEMPLATE = """
<figure class="lv">
  <div class="lv-frame">
    <canvas width="${size}" height="${size}" role="img" aria-label="${label}"></canvas>
    <div class="lv-message" role="alert" hidden></div>
  </div>
  <figcaption>
    <span>Synthetic picture: not a real person, not for diagnosis.</span>
    <span class="lv-timing" aria-live="off"></span>
  </figcaption>
</figure>
"""


def live_view(model: Model, recipe: Recipe) -> gr.HTML:
    """A canvas that shows a recipe, always the newest, while the page changes it."""
    return gr.HTML(
        value=start_values(recipe),
        elem_id="view",
        size=model.config.resolution,
        label="Synthetic axial brain slice",
        html_template=_TEMPLATE,
        css_template="",  # all styles are in page.css
        js_on_load=_SCRIPT,
        server_functions=[drawing(model)],
    )


def start_values(recipe: Recipe) -> dict:
    """The recipe as the page keeps it: with every part that a control may change."""
    values = recipe.to_dict()
    values["walk"] = values["walk"] or {"seed": 1, "t": 0, "space": "w"}
    values["mix"] = values["mix"] or {"seed": 1, "weights": []}
    return values


def drawing(model: Model) -> Callable[[object], dict]:
    """What the page calls for each picture.

    Anything can be posted here, so the recipe is checked as a stranger's; a mistake comes back
    as {"error": sentence}. Otherwise {"src": PNG as data URI, "ms": time to make it}.
    """

    def draw(values: object) -> dict:
        start = time.perf_counter()
        try:
            png = export_png(model, Recipe.from_dict(values))
        except RecipeError as error:
            return {"error": str(error)}
        source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
        return {"src": source, "ms": (time.perf_counter() - start) * 1000}

    return draw
