"""The lab: what is claimed of disentanglement, each claim with a figure measured on this model."""

from collections.abc import Sequence

import gradio as gr

from explorer.page.panels.lab.answers import laboratory
from explorer.page.panels.lab.desk import desk
from explorer.page.panels.lab.training_answers import time_machine
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.tools.colours import css_gradient


def panel(model: Model, models: Sequence[Model]) -> gr.HTML:
    """Draw the view, which is hidden until the header's button opens it. models: all that are
    open, which can be compared with each other."""
    return gr.HTML(
        elem_id="lab", model=model.name, heat=css_gradient(), **parts("panels/lab"),
        server_functions=[*laboratory(model), *desk(model, models), *time_machine(model)],
    )  # fmt: skip
