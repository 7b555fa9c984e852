"""A page without a server, opened from a file: its pictures are right, and it asks nobody."""

import base64
import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from explorer import Recipe, load, render
from explorer.export import runtime
from explorer.export.standalone.file import bundled, page_html
from explorer.knowledge import population, receipts
from explorer.recipe import Edit, Mix, Noise
from explorer.recipe.checks import RecipeError
from explorer.recipe.files import read_recipe
from gan.checkpoint import write_atomic
from tests import browser as helpers
from tests.explorer.conftest import write_height_model, write_model

pytestmark = pytest.mark.browser
MOST_BYTES, MOST_LEVELS = 25_000_000, 2


@pytest.fixture(scope="module")
def package() -> Path:
    """npm's package, fetched once for this environment. Fail in CI, and skip elsewhere, without."""
    path = Path(sys.prefix) / runtime.FILE
    if not path.exists():
        try:
            write_atomic(path, runtime.fetch())
        except RecipeError as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
    return path


@pytest.fixture(scope="module", autouse=True)
def _few():
    """Small models are measured on fewer pictures: the numbers are not the point here."""
    brains = 4
    patch = pytest.MonkeyPatch()
    patch.setattr(population, "PICTURES", 600)
    patch.setattr(population.measure_population, "__defaults__", (None, 600))
    patch.setattr(receipts, "BRAINS", brains)
    patch.setattr(receipts.brains, "__defaults__", (brains,))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def made(package, tmp_path_factory):
    """Makes the page of a model; gives where it lies."""
    folder = tmp_path_factory.mktemp("pages")

    def make(model, recipe) -> Path:
        model.library.settled_receipts()
        path = folder / f"{model.name}.html"
        path.write_bytes(page_html(model, recipe, runtime.open_runtime(str(package))))
        return path

    return make


@pytest.fixture(scope="module")
def brains(made):
    """The bundled model, and its page."""
    model = load()
    return model, made(model, Recipe(5))


@pytest.fixture(scope="module")
def followed(brains, chromium):
    """An open page, for links that are put into its address."""
    page = opened(chromium, brains[1])
    yield page
    page.close()


def until(page, condition: str) -> None:
    """Wait in small steps: the page forbids the browser to evaluate a text, as playwright would."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {condition}")


def opened(chromium, path: Path, end: str = "", **options):
    """The page with its first picture; `page.asked` has what it fetched, `page.problems` errors."""
    page = chromium.new_page(**options)
    page.asked, page.problems = [], helpers.watch(page)
    page.on("request", lambda request: page.asked.append(request.url))
    page.add_init_script(
        "window.frames = []; addEventListener('frame', (e) => frames.push(e.detail.recipe))"
    )
    page.goto(path.as_uri() + end)
    until(page, "frames.length > 0")
    return page


def settle(page) -> None:
    """Until the newest recipe's picture is there, and the address carries it."""
    until(page, "document.getElementById('picture').ariaBusy === 'false'")


def shown(page) -> tuple[Recipe, np.ndarray]:
    """The recipe on the screen, and its grey levels."""
    settle(page)
    recipe = Recipe.from_dict(page.evaluate("frames.at(-1)"))
    uri = page.evaluate("document.getElementById('view').toDataURL()")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))
    return recipe, picture.astype(int)


def assert_same(model, page, recipe: Recipe) -> None:
    found, picture = shown(page)
    assert found.compact() | {"model": None} == recipe.compact() | {"model": None}
    expected = render(model, recipe).astype(int)
    expected = expected if expected.ndim == 3 else expected[..., None]
    assert np.abs(picture - expected).max() <= MOST_LEVELS


def drag(page, selector: str, value: float) -> None:
    page.evaluate(
        "([selector, value]) => { const s = document.querySelector(selector); s.value = value;"
        " s.dispatchEvent(new Event('input', { bubbles: true })); }",
        [selector, value],
    )


def link(model, recipe: Recipe) -> str:
    """The end of a link, as the explorer makes it."""
    text = json.dumps({**recipe.compact(), "model": model.digest[:12]}).encode()
    return "#r=" + base64.urlsafe_b64encode(text).decode().rstrip("=")


def test_it_fetches_nothing_and_can_be_mailed(brains, chromium):
    model, path = brains
    assert path.stat().st_size < MOST_BYTES
    page = opened(chromium, path)
    assert_same(model, page, Recipe(5))
    page.get_by_role("button", name="New brain").click()
    settle(page)
    assert [url for url in page.asked if not url.startswith(("blob:", "data:"))] == [path.as_uri()]
    tried = "fetch('https://example.org').then(() => 'sent', () => 'refused')"
    assert page.evaluate(tried) == "refused"
    assert all("example.org" in problem for problem in page.problems)
    page.close()


RECIPES = [
    Recipe(4294967295, psi=1),
    Recipe(77, psi=0.4, cutoff=5),
    Recipe(6, psi=1.3, edits=(Edit("measured:area", -2.5), Edit("measured:ratio", 1.5, (4, 8)))),
    Recipe(8, mix=Mix(11, (0, 0, 0, 0, 1, 1, 0.5, 1)), noise=Noise("random", 123456, 1.5, (3, 9))),
    Recipe(9, noise=Noise("none"), edits=(Edit("pca1", 3.0, (8, 12)),), condition=41.5),
]


def test_pictures_are_the_programs(brains, chromium):
    """Of recipes in links, as the explorer makes them."""
    model, path = brains
    for recipe in RECIPES:
        page = opened(chromium, path, link(model, recipe))
        assert_same(model, page, recipe)
        assert page.problems == []
        page.close()


def test_controls_make_the_recipe(brains, chromium):
    model, path = brains
    page = opened(chromium, path)
    page.get_by_label("Brain (seed)", exact=True).fill("30")
    page.get_by_role("button", name="Next brain").click()
    assert_same(model, page, Recipe(31))
    drag(page, "#psi", 0.9)
    facts = json.loads(page.evaluate("document.getElementById('facts').textContent"))
    key = facts["directions"][1]["key"]
    drag(page, "#direction-1", -1.25)
    page.get_by_role("combobox", name="layers").nth(1).select_option("coarse (1–4)")
    page.get_by_text("Mix with a second brain").click()
    page.get_by_label("Second brain (seed)").fill("12")
    page.get_by_role("button", name="fine", exact=True).click()
    page.get_by_label("Layer 9 follows").uncheck()
    page.get_by_text("Chance (noise)").click()
    page.get_by_label("Noise seed").fill("40")
    weights = (0.0,) * 9 + (1.0,) * 3
    expected = Recipe(
        31, psi=0.9, edits=(Edit(key, -1.25, (0, 4)),), mix=Mix(12, weights),
        noise=Noise("random", 40),
    )  # fmt: skip
    assert_same(model, page, expected)
    address = page.url
    page.get_by_role("button", name="Reset controls").click()
    assert_same(model, page, Recipe(31))
    page.close()
    again = opened(chromium, path, "#" + address.split("#")[1])
    assert_same(model, again, expected)
    assert again.get_by_label("Second brain (seed)", exact=True).input_value() == "12"
    again.close()


def test_what_is_saved_opens_in_the_explorer(brains, chromium):
    model, path = brains
    page = opened(chromium, path)
    facts = json.loads(page.evaluate("document.getElementById('facts').textContent"))
    drag(page, "#direction-0", 2)
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    content = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == "synthetic-brain-seed5.png"
    recipe = read_recipe(content)
    assert recipe.edits == (Edit(facts["directions"][0]["key"], 2),)
    assert recipe.model == model.digest[:12]
    image = Image.open(io.BytesIO(content))
    assert "Not for diagnosis" in image.text["Description"]
    saved = np.asarray(image.convert("L")).astype(int)
    assert np.abs(saved - render(model, recipe).astype(int)).max() <= MOST_LEVELS
    with page.expect_download() as download:
        page.get_by_role("button", name="Save recipe").click()
    assert read_recipe(Path(download.value.path()).read_bytes()) == recipe
    page.close()


def test_newest_wins(brains, chromium):
    """Of a hundred moves at once a few are drawn, the last of them at the end."""
    model, path = brains
    page = opened(chromium, path)
    page.evaluate(
        "() => { frames.length = 0; const s = document.getElementById('psi');"
        " for (let i = 1; i <= 100; i++) {"
        "  s.value = i / 100; s.dispatchEvent(new Event('input', { bubbles: true })); } }"
    )
    settle(page)
    assert 1 <= page.evaluate("frames.length") <= 3
    assert_same(model, page, Recipe(5, psi=1.0))
    page.close()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"seed": -1}, "damaged"), ({"seed": "5"}, "damaged"), ({"psi": 3}, "damaged"),
        ({"noise": {"mode": "loud"}}, "damaged"), ({"condition": "5"}, "damaged"),
        ({"mix": {"weights": [2]}}, "damaged"), ({"edits": [None]}, "is damaged"), (7, "damaged"),
        ({"edits": [{"direction": "pca1", "strength": 1, "layers": [3, 99]}]}, "damaged"),
        ({"edits": [{"direction": "x", "strength": 1}]}, "no direction"),
        ({"model": "0123456789ab"}, "another model"), ({"version": 2}, "another version"),
        ({"walk": {}}, "cannot show"), (None, "damaged"),
    ],
    ids=str,
)  # fmt: skip
def test_links_that_it_cannot_follow(brains, followed, values, why):
    model, _ = brains
    text = json.dumps(values).encode()
    end = "#r=" + ("%%%" if values is None else base64.urlsafe_b64encode(text).decode())
    page = followed
    page.evaluate(
        """(end) => {
          document.getElementById('status').className = '';
          location.hash = end;
        }""",
        end,
    )
    until(page, "document.getElementById('status').className === 'wrong'")
    assert why in page.locator("#status").text_content()
    assert_same(model, page, Recipe(5))
    assert page.problems == []


def test_where_the_network_cannot_run_the_page_says_so(brains, chromium, tmp_path):
    model, _ = brains
    path, nothing = tmp_path / "broken.html", runtime.Runtime(b"var ort = {};", b"", b"")
    path.write_bytes(page_html(model, Recipe(5), nothing))
    page = chromium.new_page()
    page.goto(path.as_uri())
    until(page, "document.getElementById('status').className === 'wrong'")
    assert "Try another or a newer one" in page.locator("#status").text_content()
    assert page.locator("#first").is_visible()  # the first brain is there all the same
    assert page.get_by_role("button", name="Save picture").is_disabled()
    page.close()


def test_classes(made, chromium, tmp_path):
    model = load(write_model(tmp_path / "two.safetensors", c_dim=2, img_channels=3, conv_clamp=1.0))
    page = opened(chromium, made(model, Recipe(3)))
    assert_same(model, page, Recipe(3))
    page.get_by_label("NC", exact=True).check()
    assert_same(model, page, Recipe(3, class_index=1))
    drag(page, "#psi", 0.9)
    page.get_by_role("button", name="Reset controls").click()
    assert_same(model, page, Recipe(3, class_index=1))
    assert page.problems == []
    page.close()


@pytest.mark.parametrize("architecture", ["undemodulated", "adain"])
def test_other_architectures(made, chromium, tmp_path, architecture):
    model = load(write_model(tmp_path / f"{architecture}.safetensors", architecture=architecture))
    recipe = Recipe(3, psi=0.5, mix=Mix(4, (1.0, 1.0)))
    page = opened(chromium, made(model, recipe))
    assert_same(model, page, recipe)
    page.close()


def test_a_scale_is_a_slider_in_its_unit(made, chromium, tmp_path):
    model = load(write_height_model(tmp_path / "heights.safetensors"))
    page = opened(chromium, made(model, Recipe(3)))
    slider = page.get_by_role("slider", name="Slice height (mm)")
    assert (slider.get_attribute("min"), slider.input_value()) == ("-20", "20")
    for height in (-20.0, -7.3, 21.9, 60.0):
        drag(page, "#condition", height)
        assert_same(model, page, Recipe(3, condition=height))
    drag(page, "#psi", 0.9)
    page.get_by_role("button", name="Reset controls").click()
    assert_same(model, page, Recipe(3, condition=60.0))
    assert page.problems == []
    page.close()


def test_random_numbers_are_numpys(chromium):
    page = chromium.new_page()

    def numbers(module: str, call: str) -> np.ndarray:
        script = f"(() => {{ {bundled(module)}; return Array.from({call}); }})()"
        return np.array(page.evaluate(script), np.float32)

    for seed in (0, 5, 4294967295):
        z = numbers("mersenne.js", f"module_mersenne.randn({seed}, 513)")
        assert np.array_equal(z, np.random.RandomState(seed).randn(513).astype(np.float32))
    for seed, layer in ((0, 0), (123456, 7), (4294967295, 16)):
        drawn = numbers("permuted.js", f"module_permuted.noise({seed}, {layer}, 200000)")
        expected = np.random.default_rng([seed, layer]).standard_normal(200_000, np.float32)
        assert np.allclose(drawn, expected, atol=1e-6)
        assert np.abs(expected).max() > 3.66  # beyond the ziggurat's edge, too
    page.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_keyboards_screen_readers_and_phones(brains, chromium, colours, width):
    size = {"width": width, "height": 844}
    page = opened(chromium, brains[1], viewport=size, color_scheme=colours)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page)
    assert [v["id"] for v in found.response["violations"]] == []
    page.get_by_role("slider", name="Brain area").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.evaluate("frames.at(-1).edits[0].strength") == 0.05
    page.close()
