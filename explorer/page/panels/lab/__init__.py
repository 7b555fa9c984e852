"""The lab: what is claimed of disentanglement, each claim with a figure measured on this model."""

import gradio as gr

from explorer.page.panels.lab.answers import laboratory
from explorer.page.panels.lab.training_answers import time_machine
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the view, which is hidden until the header's button opens it."""
    return gr.HTML(
        elem_id="lab", model=model.name, **parts("panels/lab"),
        server_functions=laboratory(model) + time_machine(model),
    )  # fmt: skip
