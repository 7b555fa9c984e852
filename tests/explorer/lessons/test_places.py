"""Places that lessons point at: there, under the name that the page gives them."""

import re
from pathlib import Path

import pytest

from explorer import page
from explorer.lessons.places import PLACES

PAGE = Path(page.__file__).parent
SOURCES = "\n".join(
    file.read_text(encoding="utf-8")
    for file in sorted(PAGE.rglob("*"))
    if file.suffix in (".py", ".html", ".js") and "lessons" not in file.relative_to(PAGE).parts
)


@pytest.mark.parametrize("name", PLACES)
def test_every_part_of_a_selector_stands_in_the_page(name):
    place = PLACES[name]
    for selector in (place.at, *place.press, *place.show):
        # ids and classes; `data-x=y` may be set by a script: `dataset.x`
        parts = re.findall(r"[#.]([\w-]+)", selector) + re.findall(r"data-do=([\w-]+)", selector)
        assert parts
        for part in parts:
            assert re.search(rf"\b{re.escape(part)}\b", SOURCES), (selector, part)
    if place.tab:
        assert f'Tab("{place.tab}"' in SOURCES
