"""The button to log out, where people log in."""

import gradio as gr

_FORM = """<form class="tool lo" method="post" action="logout">
<button title="So that nobody goes on in your name at this machine">Log out</button></form>"""


def panel() -> gr.HTML:
    """Draw it. A form, for a mere link could be followed from any page."""
    return gr.HTML(elem_id="leave", html_template=_FORM, css_template="")
