"""Parts of the page, one by one, with a server that answers what a test wants it to."""

import pytest

from explorer.page.parts import parts
from explorer.page.scripts import SCRIPTS
from tests import browser as helpers
from tests.test_browser_modules import RECIPE

HOME = "http://parts.test/"
PAGE = """<!doctype html><link rel="icon" href="data:,"><main id="main">
<div id="view"><canvas class="lv-now"></canvas></div><div id="readings"></div>"""
BEGIN = """async ([script, props, recipe]) => {
  const { bring } = await import('/shared/brain.js');
  window.said = [];
  bring({
    recipe, defaults: recipe, digest: 'd', draw() {}, show: (words) => said.push(words),
    tell: (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail })),
    picture: () => null, server: { adopt: (posted) => answer('adopt', posted) },
  });
  const server = new Proxy({}, { get: (_, name) => async (posted) => answer(name, posted) });
  const { start } = await import(script);
  start({ element: document.querySelector('#part'), props, server });
}"""
# What the browser cannot read while `gone` is true; and a drop of files, or of a folder.
HANDS = """() => {
  const read = Blob.prototype.arrayBuffer;
  window.gone = false;
  Blob.prototype.arrayBuffer = function () {
    return gone ? Promise.reject(new DOMException('gone', 'NotFoundError')) : read.call(this);
  };
  window.drop = (target, files, isDirectory = false) => {
    const items = files.map(() => ({ webkitGetAsEntry: () => ({ isDirectory }) }));
    const event = new Event('drop', { bubbles: true, cancelable: true });
    target.dispatchEvent(Object.assign(event, { dataTransfer: { files, items } }));
  };
}"""


@pytest.fixture
def begin(chromium):
    """begin("panels/scan", answer, props): a page with one part; answer: a function of JavaScript
    that gets the name of a server's function and what is posted."""
    page = chromium.new_page()
    page.set_default_timeout(20_000)
    problems = helpers.watch(page)

    def begin(folder: str, answer: str, props: dict):
        template = parts(folder)["html_template"]
        body = f'{PAGE}<div id="part">{template}</div></main>'

        def serve(route):
            name = route.request.url.removeprefix(HOME)
            if name in SCRIPTS:
                route.fulfill(body=SCRIPTS[name], content_type="text/javascript")
            else:
                route.fulfill(body=body, content_type="text/html")

        page.route("**", serve)
        page.goto(HOME)
        page.evaluate(HANDS)
        page.evaluate(f"() => {{ window.answer = {answer}; }}")
        script = f"{HOME}{folder}/{folder.split('/')[-1]}.js"
        page.evaluate(BEGIN, [script, props, RECIPE])
        return page

    yield begin
    page.close()
    assert problems == []


# One's own scan.

SCAN = {"most_bytes": 1000, "most_files": 3, "chunk": 10}
ROOM = """async (name, posted) => {
  window.asked ??= [];
  asked.push(name);
  if (name === 'open_scan') return { key: String(asked.length) };
  if (name === 'send_scan') return window.held ? held : { slices: 1, middle: 0, notes: ['Taken.'] };
  return { src: 'data:,' };
}"""


def scan(begin):
    page = begin("panels/scan", ROOM, SCAN)
    page.evaluate("() => { window.file = (size) => new File(['x'.repeat(size)], 'a.png'); }")
    return page


def says(page, selector: str, words: str) -> None:
    page.wait_for_function(
        "([s, w]) => document.querySelector(s).textContent.includes(w)", arg=[selector, words]
    )


def test_a_scan_that_the_browser_cannot_read_is_told_and_forgotten(begin):
    page = scan(begin)
    page.evaluate("() => { gone = true; drop(document.querySelector('.sc-drop'), [file(25)]); }")
    says(page, ".sc-problem", "drop its files, not their folder")
    page.wait_for_function("asked.includes('forget_scan')")
    assert page.locator(".sc-status").text_content() == ""
    page.evaluate("() => { gone = false; drop(document.querySelector('.sc-drop'), [file(25)]); }")
    says(page, ".sc-status", "Taken.")
    assert page.locator(".sc-problem").text_content() == ""


def test_a_folder_is_no_scan_whatever_its_size(begin):
    page = scan(begin)
    page.evaluate("drop(document.querySelector('.sc-drop'), [file(0)], true)")
    says(page, ".sc-problem", "drop its files, not their folder")
    assert page.evaluate("window.asked") is None


@pytest.mark.parametrize("refused", ["[file(1001)]", "[1, 2, 3, 4].map(file)"])
def test_what_is_refused_leaves_an_upload_under_way_alone(begin, refused):
    page = scan(begin)
    page.evaluate(
        "() => { window.held = new Promise((done) => { window.go = done; });"
        " drop(document.querySelector('.sc-drop'), [file(25)]); }"
    )
    page.wait_for_function("window.asked?.includes('send_scan')")
    page.evaluate(f"drop(document.querySelector('.sc-drop'), {refused})")
    says(page, ".sc-problem", "too many")
    page.evaluate("() => { held = null; go({}); }")
    says(page, ".sc-status", "Taken.")


# Links and files.


def test_a_drop_that_the_browser_cannot_read_is_told(begin):
    page = begin("shared/desk", "async () => ({})", {})
    page.evaluate("() => { gone = true; drop(document, [new File(['x'], 'a')]); }")
    page.wait_for_function("said.at(-1)?.includes('not a folder')")


def test_of_two_brains_that_are_asked_for_the_later_one_stays(begin):
    """The answer to the first comes last."""
    page = begin("shared/desk", "async () => ({})", {})
    found = page.evaluate("""async () => {
      const waits = { 5: 200, 6: 0 };
      window.answer = async (name, { values }) => {
        await new Promise((done) => setTimeout(done, waits[values.seed]));
        return { recipe: { ...brain.defaults, seed: values.seed } };
      };
      const taken = await Promise.all([5, 6].map((seed) => brain.adopt({ values: { seed } })));
      return [taken, brain.now.seed];
    }""")
    assert found == [[False, True], 6]


def test_a_models_file_that_is_gone_is_told(begin):
    answer = """async (name) => name === 'known_models' ? { models: [] } : { key: 'k' }"""
    model = {"path": "/", "name": "a", "here": True}
    page = begin("panels/models", answer, {"value": [model], "opens": True, "kinds": ".safetensors",
                                           "chunk": 10})  # fmt: skip
    page.evaluate("() => { gone = true; }")
    one = {"name": "a.safetensors", "mimeType": "application/octet-stream", "buffer": b"x" * 25}
    page.locator("#part .mo-file").set_input_files(one)
    says(page, ".mo-status", "cannot read this file: choose it again")
    assert page.get_by_role("button", name="Open a model").is_enabled()


def test_presets_of_ones_own_keep_their_order_whatever_they_are_called(begin):
    """Also those that were kept as an object, before the order was."""
    page = begin("shared/desk", "async () => ({})", {})
    names = "[...document.querySelectorAll('#part option')].map((o) => o.textContent)\
.filter((name) => name.startsWith('★')).map((name) => name.slice(2))"
    key = "stylegan2-brain-explorer-presets"
    page.evaluate('(key) => localStorage.setItem(key, \'{"old": {"seed": 1}}\')', key)
    page.on("dialog", lambda dialog: dialog.accept(wanted.pop(0)))
    wanted = ["b", "2", "a", "1", "b"]
    while wanted:
        left = len(wanted)
        page.locator("#part select").select_option("keep")
        page.wait_for_function("document.querySelector('#part select').value === ''")
        assert len(wanted) == left - 1
    assert page.evaluate(names) == ["old", "b", "2", "a", "1"]
    assert page.evaluate("brain.prepared().map(({ name }) => name)") == ["old", "b", "2", "a", "1"]
    page.evaluate("() => { window.answer = async (name, posted) => { window.got = posted; }; }")
    page.evaluate("brain.prepared()[0].go()")
    page.wait_for_function("window.got?.values.seed === 1")


def test_presets_of_ones_own_are_forgotten_one_by_one_or_all_and_never_unasked(begin):
    page = begin("shared/desk", "async () => ({})", {})
    presets = page.locator("#part select")
    names, asked, answers = ["a", "b: c"], [], []

    def answer(dialog):
        asked.append(dialog.message)
        dialog.accept(names.pop(0)) if dialog.type == "prompt" else answers.pop(0)(dialog)

    def forget(option: str, yes: bool) -> list[str]:
        """What is left."""
        answers.append(lambda dialog: dialog.accept() if yes else dialog.dismiss())
        presets.select_option(label=option)
        page.wait_for_function("document.querySelector('#part select').value === ''")
        kept = page.locator("#part option").all_inner_texts()
        return [name.strip()[2:] for name in kept if name.strip().startswith("★")]

    page.on("dialog", answer)
    for _ in range(2):
        presets.select_option("keep")
        page.wait_for_function("document.querySelector('#part select').value === ''")
    assert forget("Forget all 2 of mine …", False) == ["a", "b: c"]
    assert "all 2 of your presets" in asked[-1]
    assert forget("Forget “b: c” …", False) == ["a", "b: c"]
    assert forget("Forget “b: c” …", True) == ["a"]
    assert "“b: c”" in asked[-1]
    assert presets.locator("option", has_text="Forget all").count() == 0  # one is forgotten by name
    names.append("d")
    presets.select_option("keep")
    page.wait_for_function("document.querySelector('#part select').value === ''")
    assert forget("Forget all 2 of mine …", True) == []
    assert presets.locator("option", has_text="Forget").count() == 0


# Real slices.


def test_what_was_measured_of_the_model_stands_before_what_its_reference_lacks(begin):
    answer = "async () => ({ src: null, words: ['No sign.'], lacks: 'No pictures.' })"
    page = begin("panels/nearest", answer, {})
    page.locator("#part summary").click()
    says(page, ".nr-words li", "No sign.")
    says(page, ".nr-lacks", "No pictures.")
    page.evaluate("() => { window.answer = async () => ({ src: 'data:,', words: ['Off.'] }); }")
    page.evaluate("document.dispatchEvent(new CustomEvent('rest', { detail: brain.recipe }))")
    says(page, ".nr-words li", "Off.")
    assert page.locator(".nr-lacks").text_content() == ""


# Directions.


def test_a_file_of_more_directions_than_a_recipe_carries_is_refused_as_a_whole(begin):
    owns = (
        "(letter, n) => [...Array(n).keys()].map((i) => ({ key: `own:${letter}${i}`, name: 'x' }))"
    )
    answer = "async (name) => name === 'read_own' ? { owns: file } : { groups: {}, progress: 1 }"
    props = {"told": "", "layers": [], "maps": [], "measurements": [], "aims": [],
             "takes_files": True, "most_own": 20}  # fmt: skip
    page = begin("panels/directions", answer, props)
    page.evaluate(f"() => {{ window.owns = {owns}; owns('a', 12).forEach((o) => brain.keep(o)); }}")

    def load(file: str) -> None:
        page.evaluate(f"() => {{ window.file = {file}; }}")
        one = {"name": "d.safetensors", "mimeType": "application/octet-stream", "buffer": b"x"}
        page.locator("#part [type=file]").set_input_files(one)

    load("owns('b', 12)")
    says(page, ".dr-made", "you would have 24 directions, and a recipe carries 20")
    assert page.evaluate("brain.recipe.own.length") == 12
    load("[...owns('a', 12), ...owns('b', 8)]")  # those that are there already count once
    says(page, ".dr-made", "20 loaded.")
    assert page.evaluate("brain.recipe.own.length") == 20


# Lessons.

QUESTION = {"ask": "Which?", "choices": ["this", "that"], "unit": ""}
STEP = {"title": "One", "paragraphs": ["Read."], "predict": None, "explains": True, "task": None,
        "question": QUESTION, "lacks": None, "recipe": None, "place": None}  # fmt: skip
LESSONS = {
    "told": "", "model": "m", "places": {},
    "lessons": [{"key": "a", "title": "A", "about": "", "minutes": 1, "steps": 1}],
}  # fmt: skip
CLASS = """async (name, posted) => {
  if (name !== 'step' && window.busy) return { error: 'Too many at once.' };
  if (name === 'explain') return { paragraphs: ['So it is.'], verdict: null };
  if (name === 'answer') return { right: true, answer: 'this', measured: [] };
  return window.step;
}"""


def test_what_a_busy_program_could_not_answer_is_asked_again(begin):
    page = begin("panels/lessons", CLASS, LESSONS)
    page.evaluate("(step) => { window.step = step; window.busy = true; }", STEP)
    page.evaluate("document.dispatchEvent(new Event('lessons'))")
    page.locator(".ls-list button").click()
    says(page, ".ls-wait", "Too many at once.")
    assert page.locator(".ls-explain").is_hidden()
    page.evaluate("() => { busy = false; }")
    page.get_by_role("button", name="Try again").click()
    says(page, ".ls-explain", "So it is.")
    assert page.locator(".ls-wait").text_content() == ""
    assert page.locator(".ls-nav [data-do=reveal]").is_hidden()

    page.evaluate("() => { busy = true; }")
    page.get_by_role("radio", name="this").check()
    page.get_by_role("button", name="Answer").click()
    says(page, ".ls-said", "Too many at once.")
    page.evaluate("() => { busy = false; }")
    page.get_by_role("button", name="Answer").click()
    says(page, ".ls-said", "Right.")
    assert page.get_by_role("button", name="Answer").is_disabled()
