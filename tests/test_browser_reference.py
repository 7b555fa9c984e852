"""Real slices in a real page: places in the table, hollow marks on the map, the nearest ones."""

import shutil

import numpy as np
import pytest

from explorer import Recipe, load, render
from explorer.picture.model import BUNDLED
from gan.measure import VERSION
from gan.picture import shrink
from gan.reference import (
    THUMBNAIL,
    About,
    Estimates,
    Pictures,
    Reference,
    save_reference,
)
from tests import browser as helpers

pytestmark = pytest.mark.browser
N = 100  # slices; brains of the model stand in for them


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A bundled model with a reference made of pictures of its own."""
    model = load(BUNDLED / "brains128")
    folder = tmp_path_factory.mktemp("model")
    for path in model.path.parent.glob("*.safetensors"):
        shutil.copy(path, folder)
    library = model.library
    library._population.get()
    w, spread = library.w[-N:], library.spread  # not those of the map
    basis = np.stack([d.vector.numpy() for d in library.pca[:2]])
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    error = spread.covariance.copy()
    for axis in basis:  # all is told of these two, nothing of the others
        error -= (axis @ spread.covariance @ axis) * np.outer(axis, axis)
    estimates = Estimates((w - spread.mean) @ basis.T, basis, spread.mean, error)
    about = About(
        model.digest, library.ruler.keys, VERSION, model.config.resolution, True, False, 1, "", ""
    )
    small = shrink(np.stack([render(model, Recipe(seed)) for seed in range(N)]), THUMBNAIL)
    table, people = library.population().table[:N], np.arange(N)
    pictures = Pictures(small.astype(np.uint8), np.array([0.1, 0.2]))
    save_reference(
        folder / "reference.safetensors",
        Reference(about, table, people, people >= 80, estimates, pictures),
    )
    return folder / "model.safetensors"


@pytest.fixture(scope="module")
def page(chromium, checkpoint):
    with (
        helpers.running_app("--checkpoint", str(checkpoint)) as address,
        helpers.watched_page(chromium, address) as page,
    ):
        yield page


def test_the_table_places_the_picture_among_real_slices(page):
    page.get_by_role("button", name="Digits").click()
    page.wait_for_selector(".nb-real i")
    row = page.locator(".nb tbody tr", has_text="Brightness")
    assert "of real slices" in row.locator(".nb-words").inner_text()
    assert "real slices" in page.locator(".nb-among").inner_text()
    page.locator(".nb-lines summary").click()
    assert "Middle grey value" in page.locator(".nb dl").inner_text()


def test_numbers_of_another_picture_do_not_stay(page):
    page.wait_for_selector(".nb-real i")

    def fail(route):
        if '"look"' in route.request.post_data:
            route.fulfill(json={"error": "It failed"})
        else:
            route.continue_()

    page.route("**/component_server**", fail)
    page.evaluate("window.brain.set('psi', 0.4)")
    page.wait_for_function(
        "document.querySelector('.nb-note').textContent === 'It failed' &&"
        " [...document.querySelectorAll('.nb td')].every((td) => td.textContent === '–')"
    )
    page.unroute("**/component_server**")
    page.evaluate("window.brain.set('psi', 0.7)")
    page.wait_for_function("document.querySelector('.nb-note').textContent === ''")


def test_the_nearest_are_shown_and_whether_others_are_nearer(page):
    page.locator("#nearest summary").click()
    words = page.locator(".nr-words")
    words.get_by_text("none come nearer").wait_for()  # seed 0 is among the slices
    assert "too few to tell a copy by" in words.inner_text()
    assert page.locator("#nearest img").get_attribute("src").startswith("data:image/png")
    page.evaluate("window.brain.set('seed', 5000)")
    page.wait_for_function("!document.querySelector('.nr-words').textContent.includes('a copy')")
    assert "100 % come nearer" in words.inner_text()


def test_the_map_shows_them_where_they_have_a_place(page):
    page.get_by_role("tab", name="Map").click()
    panel = page.locator("#map")
    panel.locator(".ct-bar:not([hidden])").wait_for()
    panel.get_by_label("Real slices").check()
    plot = panel.locator(".ct-plot")
    real = "(p) => p.data.find((trace) => trace.meta === 'real')"
    page.wait_for_function(f"({real})(document.querySelector('.mp-frame .ct-plot'))")
    assert plot.evaluate(f"(p) => ({real})(p).name") == f"{N} real slices"
    says = panel.locator(".mp-real-says")
    assert "PCA 1 of real slices is an estimate" in says.inner_text()
    plot.scroll_into_view_if_needed()
    spot = plot.evaluate(
        f"""(p) => {{
          const {{ x, y }} = ({real})(p), others = p.data[0], at = p._fullLayout;
          const near = (i) => Math.min(...others.x.map((v, k) =>
            (v - x[i]) ** 2 + (others.y[k] - y[i]) ** 2));
          const i = [...x.keys()].sort((a, b) => near(b) - near(a))[0];  // the most by itself
          const side = (axis, v) => axis._offset + axis.d2p(v);
          return [side(at.xaxis, x[i]), side(at.yaxis, y[i])];
        }}"""
    )
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 1 + spot[0], box["y"] + 1 + spot[1])
    card = panel.locator(".mp-card")
    card.get_by_text("A real slice: about PCA 1").wait_for()
    assert card.locator("img").is_hidden()
    panel.locator("[name=mp-up]").select_option("pca5")
    says.get_by_text("no place along PCA 5").wait_for()
    assert not plot.evaluate(f"(p) => Boolean(({real})(p))")
    panel.locator("[name=mp-up]").select_option("value:area")
    page.wait_for_function(f"({real})(document.querySelector('.mp-frame .ct-plot'))")
