"""Your scan: from a file to a recipe whose picture comes nearest to it."""

import gradio as gr

from explorer.page.panels.scan.answers import projecting
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.tools.scan_room import MOST_CHUNK
from explorer.tools.scans.reading import MOST_FILES
from explorer.tools.scans.scan import MOST_BYTES
from explorer.work.uploads import OFF, uploads_taken


def panel(model: Model) -> gr.HTML:
    """Draw the group; a line in its place where no files are taken."""
    if not uploads_taken():
        return gr.HTML(f'<p class="tool">{OFF}</p>', elem_id="scan")
    return gr.HTML(
        elem_id="scan",
        most_bytes=MOST_BYTES,
        most_files=MOST_FILES,
        chunk=MOST_CHUNK,
        **parts("panels/scan"),
        server_functions=projecting(model),
    )
