"""The glossary: words of the field, explained where they stand and in the help."""

import json

import gradio as gr

from explorer.page.parts import parts
from explorer.work.assets import assets

GLOSSARY = assets() / "glossary.json"


def words() -> list[dict]:
    """[{"term", "says", "also": other forms}], in the order of the help."""
    listed = json.loads(GLOSSARY.read_text(encoding="utf-8"))
    return [{"also": [], **entry} for entry in listed]


def glossary() -> gr.HTML:
    """Underlines terms in running text; pointing, focus or a tap opens what they mean."""
    return gr.HTML(
        elem_id="words", words=words(), **parts("panels/words"),
    )  # fmt: skip
