"""The panels, a folder each: what one draws, what it asks the server, its template, style, script.

A panel is added by adding its folder and its name to TABS. May import all wings, no other panel's
answers, and never the page that it stands on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from explorer.page.controls import Bound
from explorer.page.panels import (
    channels,
    directions,
    drag,
    effects,
    export,
    inside,
    journey,
    map,
    mix,
    noise,
    scan,
    two_sliders,
)  # fmt: skip
from explorer.picture.model import Model
from explorer.recipe import Recipe


@dataclass(frozen=True)
class Tab:
    """panels: draw what scripts fill; bound: draw widgets that show values of the recipe, and so
    are there before the tab is opened."""

    title: str
    panels: tuple[Callable[[Model], object], ...] = ()
    bound: tuple[Callable[[Model, Recipe], list[Bound]], ...] = ()


TABS = (
    Tab("Directions", (effects.panel, directions.panel, two_sliders.panel)),
    Tab("Mix", bound=(mix.panel,)),
    Tab("Drag", (drag.panel,)),
    Tab("Noise", bound=(noise.panel,)),
    Tab("Journey", (journey.panel,)),
    Tab("Map", (map.panel,)),
    Tab("Inside", (inside.panel, channels.panel)),
    Tab("Your scan", (scan.panel,)),
    Tab("Export", (export.panel,)),
)


def tabs(model: Model, recipe: Recipe) -> list[Bound]:
    """Draw them all; returns the widgets that show values of the recipe."""
    widgets: list[Bound] = []
    with gr.Tabs(overflow_behavior="wrap"):
        for tab in TABS:
            with gr.Tab(tab.title, render_children=bool(tab.bound)):
                for panel in tab.panels:
                    panel(model)
                for panel in tab.bound:
                    widgets += panel(model, recipe)
    return widgets
