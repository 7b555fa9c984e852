"""Which brain: seed, class, and how typical it is."""

import gradio as gr
from gradio.components import Component

from explorer.model import Model
from explorer.page.controls import bind, draw_seed_button, seed_box
from explorer.recipe import Recipe


def panel(model: Model, recipe: Recipe) -> list[Component]:
    """Draw the group; returns the widgets that "Reset" puts back."""
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Brain (seed)", recipe.seed, "seed")
        draw_seed_button("New brain", seed, "new-brain", variant="primary")
    bind(seed, "seed")
    psi = gr.Slider(
        0, 1.5, recipe.psi, step=0.01, elem_id="psi",
        label="Variety (truncation ψ)",
        info="0 is the average brain, 1 as varied as the training data, above 1 exaggerated.",
    )  # fmt: skip
    bind(psi, "psi")
    if model.classes:
        choices = list(zip(model.classes, range(len(model.classes)), strict=True))
        group = gr.Radio(choices, value=0, label="Class", elem_id="class")
        bind(group, "class_index")
    return [psi]
