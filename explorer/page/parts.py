"""The page's templates and scripts, as files of the folders of its parts."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def parts(folder: str, *scripts: str) -> dict[str, str]:
    """Template and scripts of one part of the page, as arguments of gr.HTML.

    folder: below this file's; it holds template.html. scripts: names of files there, or below
    this file's folder; they run as one, after what all scripts share.
    """
    return {
        "html_template": _read(folder, "template.html"),
        "css_template": "",  # all styles are in the folders' files
        "js_on_load": "".join(_read(folder, name) for name in ("shared/shared.js", *scripts)),
    }


def _read(folder: str, name: str) -> str:
    place = _FOLDER if "/" in name else _FOLDER / folder
    return (place / name).read_text(encoding="utf-8")
