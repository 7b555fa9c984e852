"""Style mixing: every layer may take its style from a second brain, wholly or in part."""

import gradio as gr

from explorer.page.controls import Bound, bind, draw_seed_button, seed_box
from explorer.page.panels.mix.answers import matrixing
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.recipe import Mix, Recipe
from explorer.tools.matrix import MOST

LABELS = {"coarse": "Coarse: shape", "middle": "Middle: structures", "fine": "Fine: texture"}


def panel(model: Model, recipe: Recipe) -> list[Bound]:
    """Draw the group; returns its widgets."""
    mix = recipe.mix or Mix()
    gr.Markdown(
        "Each layer can take its style from a second brain, wholly or in part. Early layers "
        "decide the large shape, late layers the texture. Each is named by its number and the size "
        "of the pictures it works on."
    )
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Second brain (seed)", mix.seed, "mix-seed")
        draw_seed_button("New second brain", seed, "mix-new")
    num_ws = model.config.num_ws
    groups = [
        [LABELS[name], list(span), [layer_name(i, num_ws) for i in range(*span)]]
        for name, span in model.library.groups.items()
    ]
    gr.HTML(
        elem_id="mix", groups=groups, most=MOST, size=model.config.resolution,
        **parts("panels/mix"),
        server_functions=matrixing(model),
    )  # fmt: skip
    return [bind(seed, "mix.seed", "r.mix.recipe ? null : r.mix.seed")]


def layer_name(layer: int, num_ws: int) -> str:
    """ "3 · 8 px": the layer's number and the size of the feature maps it styles."""
    if layer == num_ws - 1:
        return f"{layer + 1} · output grey levels"
    return f"{layer + 1} · {2 ** (2 + (layer + 1) // 2)} px"
