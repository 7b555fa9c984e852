"""How a widget and a field of the recipe are tied together."""

import gradio as gr
from gradio.components import Component

from explorer.recipe import MAX_SEED

# One input for each listener: a slider costs the same however many there are.
QUIET = {"fn": None, "show_progress": "hidden", "queue": False, "api_visibility": "private"}
# Seeds that are drawn are short enough to read out in class.
DRAWN_SEEDS = 1_000_000


def bind(component: Component, field: str, value: str = "v") -> None:
    """Every change of the widget goes into the recipe's field, as the JavaScript `value` of it.

    A number box that is being emptied changes nothing.
    """
    script = f"(v) => {{ if (v !== null) window.brain?.set('{field}', {value}); }}"
    component.change(inputs=component, js=script, trigger_mode="multiple", **QUIET)


def bind_direction(slider: gr.Slider, direction: str) -> None:
    """Every change of the slider becomes the direction's strength."""
    script = f"(v) => {{ if (v !== null) window.brain?.edit('{direction}', v); }}"
    slider.change(inputs=slider, js=script, trigger_mode="multiple", **QUIET)


def on_click(button: gr.Button, script: str, outputs: Component | list | None = None) -> None:
    """Run JavaScript in the page; what it returns goes into `outputs`."""
    button.click(js=script, outputs=outputs, **QUIET)


def seed_box(label: str, seed: int, elem_id: str) -> gr.Number:
    """A number box for a seed."""
    return gr.Number(
        seed, label=label, precision=0, minimum=0, maximum=MAX_SEED, step=1, elem_id=elem_id
    )


def draw_seed_button(label: str, box: gr.Number, elem_id: str, variant="secondary") -> gr.Button:
    """A button that puts a random number into a seed box."""
    button = gr.Button(label, elem_id=elem_id, variant=variant, min_width=120)
    on_click(button, f"() => Math.floor(Math.random() * {DRAWN_SEEDS})", box)
    return button
