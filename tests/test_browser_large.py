"""A network that takes its time: a smaller picture under the hand, the whole one at rest."""

import pytest
from PIL import Image

from explorer import Recipe, load, render
from tests import browser as helpers
from tests.explorer.conftest import write_model
from tests.test_browser import shown, wait_for

pytestmark = pytest.mark.browser
WIDTHS = {"resolution": 256, "channel_base": 8192, "channel_max": 256}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("large") / "large.safetensors", **WIDTHS)


@pytest.fixture(scope="module")
def large(path):
    with helpers.running_app("--checkpoint", str(path)) as address:
        yield address


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_smaller_pictures_come_first_and_the_whole_one_stays(
    chromium, large, path, width, height, dark
):
    page, seed = helpers.open_page(chromium, large, width, height, dark), 7 + width + dark
    problems = helpers.watch(page)
    page.wait_for_function("document.querySelector('.lv-preview').hidden")
    page.evaluate(
        """() => {
          window.marks = [];
          const mark = document.querySelector('.lv-preview');
          addEventListener('frame', () => marks.push([mark.hidden, mark.textContent]));
        }"""
    )
    before = page.locator(".lv-frame").bounding_box()
    page.evaluate(f"brain.set('seed', {seed})")  # one that nobody asked for before
    page.wait_for_function("marks.at(-1)?.[0] === true")
    wait_for(page, "seed", seed)
    marks = page.evaluate("marks")
    assert len(marks) > 1
    assert [hidden for hidden, _ in marks[:-1]] == [False] * (len(marks) - 1)
    sizes = [
        int(text.removeprefix("Preview: ").removesuffix(" of 256 px")) for _, text in marks[:-1]
    ]
    assert sizes == sorted(set(sizes))  # each larger than the one before
    assert marks[-1][1] == ""
    assert shown(page).tobytes() == render(load(path), Recipe(seed=seed)).tobytes()
    assert page.locator(".lv-frame").bounding_box() == before  # nothing jumps
    page.close()
    assert problems == []


def test_whoever_moves_on_gets_the_newest_brain(chromium, large, path):
    page = helpers.open_page(chromium, large)
    for seed in range(20, 28):
        page.evaluate(f"brain.set('seed', {seed})")
    page.wait_for_function(
        "document.querySelector('.lv-preview').hidden && window.last.seed === 27"
    )
    page.wait_for_timeout(600)  # nothing older comes behind
    assert page.locator(".lv-preview").is_hidden()
    assert shown(page).tobytes() == render(load(path), Recipe(seed=27)).tobytes()
    page.close()


def test_what_is_saved_under_the_hand_is_the_whole_picture(chromium, large, path, tmp_path):
    page = helpers.open_page(chromium, large)
    page.wait_for_function("document.querySelector('.lv-preview').hidden")
    page.evaluate(
        """() => addEventListener('frame', (e) => {
          if (e.detail.seed === 41 && !brain.whole) { window.small = true; brain.save(); }
        }, { once: true })"""
    )
    with page.expect_download() as saving:
        page.evaluate("brain.set('seed', 41)")
    assert page.evaluate("window.small")
    saving.value.save_as(tmp_path / "saved.png")
    image = Image.open(tmp_path / "saved.png")
    assert image.size == (256, 256)
    assert "recipe" in image.text
    assert image.convert("L").tobytes() == render(load(path), Recipe(seed=41)).tobytes()
    page.close()


def test_small_pictures_and_measurements_say_their_size(chromium, tmp_path):
    """One that is measured at 64 px; its brains are not waited for."""
    widths = {"resolution": 128, "channel_base": 16384, "channel_max": 512}
    path = write_model(tmp_path / "wide" / "wide.safetensors", **widths)
    assert load(path).library.sketched
    with helpers.running_app("--checkpoint", str(path)) as address:
        page = helpers.open_page(chromium, address)
        problems = helpers.watch(page)
        page.wait_for_function("document.querySelector('.cp-preview').textContent !== ''")
        assert page.locator(".cp-preview").inner_text() == "Preview: 64 of 128 px"
        told = page.locator(".nb-told").inner_text()
        assert told.startswith("Measured at 64 of 128 px. ")
        assert "layers from number 11 on" in told
        assert page.locator(".dr-told").inner_text() == "Measured at 64 of 128 px."
        row = page.locator("#directions .dr-row").first
        row.locator("[data-do=menu]").click()
        row.locator("[data-do=film]").click()
        image = row.locator(".dr-film img[src]")
        image.wait_for()
        assert row.locator(".tile-mark").inner_text() == "Preview: 64 of 128 px"
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 7 * 64
        page.close()
        assert problems == []


def test_a_small_network_says_nothing_of_sizes(chromium, large):
    """Of this one even the small pictures are whole: it is soon there."""
    page = helpers.open_page(chromium, large)
    page.wait_for_function("document.querySelector('.cp-row').src !== ''")
    for name in (".cp-preview", ".nb-told", ".dr-told"):
        assert page.locator(name).text_content() == ""
        assert page.locator(name).is_hidden()
    page.close()
