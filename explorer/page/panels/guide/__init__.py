"""The guide: Markdown pages of assets/guide, each fetched when it is opened."""

import re
from pathlib import Path

import gradio as gr

from explorer.page.answers import answering
from explorer.page.controls import QUIET
from explorer.page.parts import parts
from explorer.recipe.checks import RecipeError, as_table

GUIDE = Path(__file__).resolve().parents[4] / "assets" / "guide"
_ENTRY = re.compile(r"^- \[([^]]+)\]\(([\w-]+\.md)\)", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^]]*\]\([^)]*\)\n*|<img [^>]*>\n*")
_FETCH = "(name) => window.guidePage(name)"


def contents() -> dict[str, str]:
    """Titles of the pages by their file's name, in the order of the guide's own README."""
    listed = (GUIDE / "README.md").read_text(encoding="utf-8")
    return {name: title for title, name in _ENTRY.findall(listed)}


def page_text(name: str) -> str:
    """One page as Markdown, without pictures, which show this page, and with only those links that
    lead to other pages of the guide or into the web."""
    text = _PICTURE.sub("", (GUIDE / name).read_text(encoding="utf-8"))
    return re.sub(r"\[([^]]*)\]\((?!https?:|[\w-]+\.md\))[^)]*\)", r"\1", text)


@answering
def guide_page(posted: object) -> dict:
    """{"text": Markdown} of posted {"name": file}."""
    name = as_table(posted, "posted").get("name")
    if not isinstance(name, str) or name not in contents():
        raise RecipeError("guide: there is no such page")
    return {"text": page_text(name)}


def panel() -> None:
    """Folded in below everything else; what is not open is not loaded."""
    pages = contents()
    gr.HTML(
        elem_id="guide-server", server_functions=[guide_page],
        **parts("panels/guide", "guide.js"),
    )  # fmt: skip
    with gr.Accordion("Guide", open=False, elem_id="guide") as fold:
        choices = [(title, name) for name, title in pages.items()]
        chosen = gr.Radio(choices, value=next(iter(pages)), label="Page", elem_id="guide-pages")
        text = gr.Markdown(elem_id="guide-text")
    fold.expand(inputs=chosen, outputs=text, js=_FETCH, **QUIET)
    chosen.input(inputs=chosen, outputs=text, js=_FETCH, **QUIET)
