"""For a projector: the picture, one or two sliders and the numbers that moved, and nothing else."""

import gradio as gr

from explorer.page.answers import listing
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw what stands beside the picture then; hidden until it is asked for."""
    return gr.HTML(
        elem_id="present", elem_classes="dark", **parts("panels/present"),
        server_functions=[listing(model)],
    )  # fmt: skip
