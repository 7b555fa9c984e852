"""A part of the page: the template and the script of its folder."""

from pathlib import Path

from explorer.page.scripts import DIGEST, ROOM

_FOLDER = Path(__file__).parent


def parts(folder: str) -> dict[str, str]:
    """Template and script of one part of the page, as arguments of gr.HTML.

    folder: below this file's. It holds template.html, and a script of its own name whose `start`
    is called with the part's element, props and server functions.
    """
    script = f"{folder}/{Path(folder).name}.js"
    return {
        "html_template": (_FOLDER / folder / "template.html").read_text(encoding="utf-8"),
        "css_template": "",  # all styles are in the folders' files
        "js_on_load": f"import(new URL('{ROOM}/{DIGEST}/shared/part.js', document.baseURI).href)"
        f".then(({{ begin }}) => begin('{script}', {{ element, props, server }}));",
    }
