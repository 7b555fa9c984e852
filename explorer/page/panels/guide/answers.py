"""What the guide asks the server: the titles of its pages, and one page."""

import re

from explorer.page.answers import answering
from explorer.recipe.checks import RecipeError, as_table
from explorer.work.assets import assets

GUIDE = assets() / "guide"
_ENTRY = re.compile(r"^- \[([^]]+)\]\(([\w-]+\.md)\)", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^]]*\]\([^)]*\)\n*|<img [^>]*>\n*")


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
