"""What moves what, in headless Chromium: sorting, moving a slider from a cell, the CSV."""

import csv

import numpy as np
import pytest

from explorer import Recipe, load
from explorer.knowledge.effects import lines
from explorer.recipe.checks import pack_vector
from tests import browser as helpers
from tests.test_browser import wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, address):
    """One page for all, the matrix open."""
    with helpers.watched_page(chromium, address) as page:
        page.get_by_text("What moves what: all sliders").click()
        page.wait_for_selector(".ef-box tbody tr")
        yield page


def best(column: str):
    """The listed direction with the largest effect on a measurement, and the effect."""
    library = load().library
    library.settled_population()
    library.settled_receipts()
    k = library.ruler.keys.index(column)
    return max(
        ((x.direction.key, x.receipt.effect[k]) for x in lines(library, Recipe(), "listed")),
        key=lambda pair: abs(np.nan_to_num(pair[1])),
    )


def test_a_column_sorts_and_a_cell_moves_its_slider(page):
    key, effect = best("ventricles")
    page.get_by_role("button", name="Ventricles", exact=True).click()
    first = page.locator(".ef-box tbody tr").first
    assert first.get_attribute("data-key") == key
    k = load().library.ruler.keys.index("ventricles")
    cell = first.locator("td").nth(k)
    assert cell.inner_text().startswith(f"{effect:+.2f}".replace("-", "−"))
    assert page.get_by_role("columnheader", name="Ventricles").get_attribute("aria-sort")
    cell.click()
    wait_for(page, "edits", [{"direction": key, "strength": 2}])
    page.wait_for_function("document.querySelector('.ef-says').textContent.includes('correlation')")
    assert page.locator(".ef-slide output").inner_text() == "+2.00"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")  # one at a time: the first goes back
    second = page.locator(".ef-box tbody tr").nth(1).get_attribute("data-key")
    wait_for(page, "edits", [{"direction": second, "strength": 2}])
    page.get_by_role("button", name="Show in the list").click()
    row = page.locator(f".dr-row[data-key='{second}']")
    assert row.locator("[type=number]").input_value() == "2"
    page.locator(".ef-slide [data-do=zero]").click()
    wait_for(page, "edits", [])


def test_the_table_is_saved_with_units(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    with open(download.value.path(), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == page.locator(".ef-box tbody tr").count()
    assert float(rows[0]["Slice height: effect [mm per SD]"]) != 0


def test_directions_of_ones_own_are_measured_when_asked(page):
    page.locator(".ef-source").select_option("own")
    page.get_by_text("None yet").wait_for()
    vector = pack_vector(load().library.pca[1].vector.numpy())
    page.evaluate(
        "(v) => window.brain.restore({ ...window.brain.recipe,"
        " own: [{ key: 'own:a', name: 'Mine', vector: v }] })",
        vector,
    )
    page.wait_for_selector(".ef-box tr[data-key='own:a']")
    page.get_by_role("button", name="Measure these").click()
    page.wait_for_function("document.querySelector('.ef-box td small')")
