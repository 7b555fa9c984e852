"""Noise: the part of a picture that is chance."""

import gradio as gr
from gradio.components import Component

from explorer.page.controls import DRAWN_SEEDS, QUIET, bind, on_click, seed_box
from explorer.recipe import Noise

MODES = [("Fixed", "const"), ("Drawn from a seed", "random"), ("Off", "none")]


def panel() -> list[Component]:
    """Draw the group; returns the widgets that "Reset" puts back."""
    gr.Markdown(
        "Every layer adds random noise, which the model turns into fine detail. What changes "
        "here is chance; what stays is anatomy."
    )
    mode = gr.Radio(MODES, value=Noise().mode, label="Noise", elem_id="noise-mode")
    bind(mode, "noise.mode")
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Noise seed", Noise().seed, "noise-seed")
        draw = gr.Button("Draw new noise", elem_id="noise-new", min_width=120)
    bind(seed, "noise.seed")
    # Whoever types a seed wants to see it.
    seed.input(js="() => 'random'", outputs=mode, trigger_mode="multiple", **QUIET)
    on_click(draw, f"() => ['random', Math.floor(Math.random() * {DRAWN_SEEDS})]", [mode, seed])
    strength = gr.Slider(
        0, 3, Noise().strength, step=0.05, elem_id="noise-strength",
        label="Strength", info="1 is what the model learned, 0 switches the noise off.",
    )  # fmt: skip
    bind(strength, "noise.strength")
    return [mode, strength]
