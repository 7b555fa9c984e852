"""The glossary: words of the field, explained where they stand and in the help."""

import json
from pathlib import Path

import gradio as gr

from explorer.page.parts import part, script

GLOSSARY = Path(__file__).resolve().parent.parent.parent / "assets" / "glossary.json"


def words() -> list[dict]:
    """[{"term", "says", "also": other forms}], in the order of the help."""
    listed = json.loads(GLOSSARY.read_text(encoding="utf-8"))
    return [{"also": [], **entry} for entry in listed]


def glossary() -> gr.HTML:
    """Underlines terms in running text; pointing, focus or a tap opens what they mean."""
    return gr.HTML(
        elem_id="words", words=words(), html_template=part("words.html"), css_template="",
        js_on_load=script("words.js"),
    )  # fmt: skip
