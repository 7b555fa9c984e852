"""Interpolation: the way from this brain to another."""

import gradio as gr

from explorer.page.controls import Bound, bind, draw_seed_button, on_click, seed_box
from explorer.recipe import Recipe, Walk

SPACES = [("straight line in w", "w"), ("arc on the sphere of z", "z")]


def panel(recipe: Recipe) -> list[Bound]:
    """Draw the group; returns its widgets."""
    walk = recipe.walk or Walk()
    gr.Markdown(
        "Move the slider to walk from this brain to another. In **w** the way is usually even; "
        "in **z** it can rush and linger. Compare the two."
    )
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Other brain (seed)", walk.seed, "walk-seed")
        draw_seed_button("New other brain", seed, "walk-new")
    space = gr.Radio(
        SPACES, value=walk.space, label="Way", elem_id="walk-space",
        info="Both ends are the same; what lies between differs.",
    )  # fmt: skip
    place = gr.Slider(
        0, 1, walk.t, step=0.005, elem_id="walk-t",
        label="Place on the way", info="0 is this brain, 1 is the other.",
    )  # fmt: skip
    play = gr.Button("Play", elem_id="walk-play", min_width=120)
    on_click(play, "() => window.brain.play(document.querySelector('#walk-play'))")
    return [bind(seed, "walk.seed"), bind(space, "walk.space"), bind(place, "walk.t")]
