"""Journeys: through key frames, how fast the picture changes on the way, and films of it."""

from pathlib import Path

import gradio as gr
import plotly

from explorer.page.panels.journey.answers import travelling
from explorer.page.parts import parts
from explorer.picture.model import Model

_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def panel(model: Model) -> gr.HTML:
    """Draw the panel; charts come from plotly's own file, fetched when the first is drawn."""
    gr.set_static_paths([_PLOTLY])
    own = model.config.resolution
    return gr.HTML(
        elem_id="journey",
        plotly=f"gradio_api/file={_PLOTLY.as_posix()}",
        sizes=sorted({own, max(own, 256), max(own, 512)}),
        **parts("panels/journey"),
        server_functions=travelling(model),
    )
