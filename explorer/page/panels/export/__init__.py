"""Export: this picture for other programs, contact sheets, synthetic data sets."""

import gradio as gr

from explorer.export.nifti import voxel_mm
from explorer.page.panels.export.answers import Row, exporting
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.work.jobs import Jobs


def panel(model: Model) -> gr.HTML:
    """Draw the panel. Finished files are served from a folder of this page's own."""
    row = Row(Jobs(), Jobs())
    gr.set_static_paths(row.folders)
    return gr.HTML(
        elem_id="export",
        model=model.digest[:12],
        measurements=[[m.key, m.name, m.unit] for m in model.library.ruler.usable],
        told=model.library.size_told,
        classes=list(model.classes),
        spread=_spread(model),
        grey=model.config.img_channels == 1,
        mm=voxel_mm(model),
        **parts("panels/export"),
        server_functions=exporting(model, row),
    )


def _spread(model: Model) -> dict | None:
    """What a data set's pictures can be spread over."""
    scale = model.scale
    return scale and {"title": scale.title, "ends": [scale.first, scale.last]}
