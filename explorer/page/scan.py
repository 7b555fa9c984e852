"""Your scan: from a file to a recipe whose picture comes nearest to it."""

import gradio as gr

from explorer.model import Model
from explorer.page.parts import part, script
from explorer.page.scan_answers import projecting
from explorer.scan_room import MOST_CHUNK
from explorer.scans.reading import MOST_FILES
from explorer.scans.scan import MOST_BYTES


def panel(model: Model) -> gr.HTML:
    """Draw the group."""
    return gr.HTML(
        elem_id="scan",
        most_bytes=MOST_BYTES,
        most_files=MOST_FILES,
        chunk=MOST_CHUNK,
        html_template=part("scan.html"),
        css_template="",
        js_on_load=script("scan.js"),
        server_functions=projecting(model),
    )
