"""Single channels of the styles: turn one and see what it alone does."""

import gradio as gr

from explorer.page.panels.channels.answers import trying_channels
from explorer.page.panels.mix import layer_name
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the sliders; the browser makes one for each channel of the recipe."""
    synthesis, num_ws = model.generator.synthesis, model.config.num_ws
    kind = "grey" if model.config.img_channels == 1 else "colour"
    return gr.HTML(
        elem_id="channels",
        # Name, channels, number and whether it is a toRGB's: those of the layers first.
        layers=[
            [f"layer {layer_name(i, num_ws)}", len(layer.affine.weight), i, False]
            for i, layer in enumerate(synthesis.layers)
        ]
        + [
            [f"{kind} of {block.resolution} px", len(block.torgb.affine.weight), i, True]
            for i, block in enumerate(synthesis.blocks)
        ],
        told=model.library.told,
        **parts("panels/channels"),
        server_functions=trying_channels(model),
    )  # fmt: skip
