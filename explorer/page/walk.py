"""Interpolation: the way from this brain to another."""

import gradio as gr
from gradio.components import Component

from explorer.page.controls import bind, draw_seed_button, on_click, seed_box
from explorer.recipe import Walk

SPACES = [("straight line in w", "w"), ("arc on the sphere of z", "z")]


def panel() -> list[Component]:
    """Draw the group; returns the widgets that "Reset" puts back."""
    gr.Markdown(
        "Move the slider to walk from this brain to another. In **w** the way is usually even; "
        "in **z** it can rush and linger. Compare the two."
    )
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Other brain (seed)", Walk().seed, "walk-seed")
        draw_seed_button("New other brain", seed, "walk-new")
    bind(seed, "walk.seed")
    space = gr.Radio(SPACES, value=Walk().space, label="Way", elem_id="walk-space")
    bind(space, "walk.space")
    place = gr.Slider(
        0, 1, Walk().t, step=0.005, elem_id="walk-t",
        label="Place on the way", info="0 is this brain, 1 is the other.",
    )  # fmt: skip
    bind(place, "walk.t")
    play = gr.Button("Play", elem_id="walk-play", min_width=120)
    on_click(play, "() => window.brain.play(document.querySelector('#walk-play'))")
    return [place, space]
