"""The tab Export in a real page: files come down, a data set is made beside the sliders."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, load, render
from explorer.recipe.files import read_recipe
from tests import browser as helpers

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, address):
    with helpers.watched_page(chromium, address) as page:
        page.get_by_role("tab", name="Export").click()
        page.wait_for_selector(".ex")
        yield page


def downloaded(page, selector: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.locator(selector).click()
    with open(waiting.value.path(), "rb") as file:
        return waiting.value.suggested_filename, file.read()


def test_this_picture_in_sixteen_bits_and_as_a_volume(page):
    name, content = downloaded(page, "[data-form=png16]")
    assert name == "synthetic-brain-seed0-16bit.png"
    assert np.asarray(Image.open(io.BytesIO(content))).dtype == np.uint16
    assert read_recipe(content).seed == 0
    name, content = downloaded(page, "[data-form=nifti]")
    assert name.endswith(".nii.gz")
    assert content[:2] == b"\x1f\x8b"


def test_a_contact_sheet(page):
    page.locator("[name=sheet-count]").fill("6")
    page.locator("[name=columns]").fill("3")
    page.locator("[name=labels]").uncheck()
    page.locator("[data-do=sheet]").click()
    page.wait_for_selector(".ex-sheet .ex-file:visible")
    _, content = downloaded(page, ".ex-sheet .ex-file")
    sheet = np.asarray(Image.open(io.BytesIO(content)))
    R = load().config.resolution
    assert sheet.shape == (2 * R, 3 * R)
    assert np.array_equal(sheet[R:, :R], render(load(), Recipe(3)))


def test_a_data_set_with_a_wish(page):
    page.locator("[name=count]").fill("12")
    page.locator("[data-do=condition]").click()
    page.wait_for_function("document.querySelector('.ex-estimate').textContent.includes('match')")
    assert "--where 'ventricles>p80'" in page.locator(".ex code").text_content()
    assert "--recipe" not in page.locator(".ex code").text_content()
    page.locator("[data-do=make]").click()
    page.wait_for_selector(".ex-set .ex-file:visible")
    name, content = downloaded(page, ".ex-set .ex-file")
    assert name == "synthetic-brains.zip"
    archive = zipfile.ZipFile(io.BytesIO(content))
    rows = [json.loads(line) for line in archive.read("manifest.jsonl").splitlines()]
    assert len(rows) == 12
    picture = np.asarray(Image.open(io.BytesIO(archive.read(rows[-1]["file"]))))
    assert np.array_equal(picture, render(load(), Recipe.from_dict(rows[-1]["recipe"])))


def test_sliders_go_on_meanwhile_and_the_work_can_be_ended(page):
    page.locator("[data-do=remove]").click()
    page.locator("[name=count]").fill("50000")
    page.locator("[data-do=make]").click()
    page.wait_for_function("document.querySelector('.ex-set progress').value > 0")
    frames = page.evaluate("window.frames_seen")
    slider = page.locator("#psi input[type=range]")
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    page.wait_for_function("window.last.psi > 0.79")
    assert page.evaluate("window.frames_seen") > frames
    page.locator("[data-do=cancel-dataset]").click()
    page.wait_for_function("document.querySelector('.ex-set .ex-far').textContent === 'Cancelled.'")
    assert page.locator("[data-do=make]").is_enabled()
    assert not page.locator(".ex-set .ex-file").is_visible()
    page.locator("[name=count]").fill("0")
    page.locator("[data-do=make]").click()
    page.wait_for_function(
        "document.querySelector('.ex-set .ex-far').textContent.startsWith('count')"
    )
