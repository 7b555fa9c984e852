"""Sliders along the principal axes of w."""

import gradio as gr
from gradio.components import Component

from explorer.model import Model
from explorer.page.controls import bind_direction

REACH = 3  # standard deviations to either side


def panel(model: Model) -> list[Component]:
    """Draw the group; returns the sliders."""
    gr.Markdown(
        "The directions in which the model's brains differ most, found by principal component "
        "analysis of **w**, with their share of all variety. The unit is one standard deviation: "
        "±1 is common, ±3 rare. What does each one change?"
    )
    sliders = []
    with gr.Row(elem_classes="directions"):
        for number, direction in enumerate(model.directions.values(), start=1):
            slider = gr.Slider(
                -REACH, REACH, 0, step=0.05, elem_id=f"axis-{number}", min_width=240,
                label=f"Direction {number} ({_percent(direction.variance)})",
            )  # fmt: skip
            bind_direction(slider, direction.name)
            sliders.append(slider)
    return sliders


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"
