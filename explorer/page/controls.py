"""How a widget and a field of the recipe are tied together."""

from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from explorer.recipe import MAX_SEED

# One input for each listener: a slider costs the same however many there are.
QUIET = {"fn": None, "show_progress": "hidden", "queue": False, "api_visibility": "private"}
# Seeds that are drawn are short enough to read out in class.
DRAWN_SEEDS = 1_000_000


@dataclass(frozen=True)
class Bound:
    """A widget and the JavaScript expression that reads its value out of a recipe `r`."""

    widget: Component
    read: str


def bind(component: Component, field: str, read: str | None = None, write: str = "v") -> Bound:
    """Every change of the widget goes into the recipe's field, as the JavaScript `write` of it.

    read: the way back, for recipes that come from elsewhere. A number box that is being emptied
    changes nothing.
    """
    script = f"(v) => {{ if (v !== null) window.brain?.set('{field}', {write}); }}"
    component.change(inputs=component, js=script, trigger_mode="multiple", **QUIET)
    return Bound(component, read or f"r.{field}")


def on_click(button: gr.Button, script: str, outputs: Component | list | None = None) -> None:
    """Run JavaScript in the page; what it returns goes into `outputs`."""
    button.click(js=script, outputs=outputs, **QUIET)


def restoring(bound: list[Bound]) -> gr.Button:
    """A button out of sight that the page presses to make every widget show its recipe."""
    button = gr.Button("Restore", elem_id="restore", visible="hidden")
    values = ", ".join(b.read for b in bound)
    on_click(button, f"() => {{ const r = window.brain.recipe; return [{values}]; }}",
             [b.widget for b in bound])  # fmt: skip
    return button


def seed_box(label: str, seed: int | None, elem_id: str) -> gr.Number:
    """A number box for a seed; empty where the brain is none."""
    return gr.Number(
        seed, label=label, precision=0, minimum=0, maximum=MAX_SEED, step=1, elem_id=elem_id,
        placeholder="not a seed",
    )  # fmt: skip


def draw_seed_button(label: str, box: gr.Number, elem_id: str, variant="secondary") -> gr.Button:
    """A button that puts a random number into a seed box."""
    button = gr.Button(label, elem_id=elem_id, variant=variant, min_width=120)
    on_click(button, f"() => Math.floor(Math.random() * {DRAWN_SEEDS})", box)
    return button
