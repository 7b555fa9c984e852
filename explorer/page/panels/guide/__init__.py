"""The guide: Markdown pages of assets/guide, each fetched when it is opened."""

import gradio as gr

from explorer.page.controls import QUIET
from explorer.page.panels.guide.answers import contents, guide_page
from explorer.page.parts import parts

_FETCH = "(name) => window.guidePage(name)"


def panel() -> None:
    """Folded in below everything else; what is not open is not loaded."""
    pages = contents()
    gr.HTML(
        elem_id="guide-server", server_functions=[guide_page],
        **parts("panels/guide"),
    )  # fmt: skip
    with gr.Accordion("Guide", open=False, elem_id="guide") as fold:
        choices = [(title, name) for name, title in pages.items()]
        chosen = gr.Radio(choices, value=next(iter(pages)), label="Page", elem_id="guide-pages")
        text = gr.Markdown(elem_id="guide-text")
    fold.expand(inputs=chosen, outputs=text, js=_FETCH, **QUIET)
    chosen.input(inputs=chosen, outputs=text, js=_FETCH, **QUIET)
