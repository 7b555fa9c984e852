"""The pure modules of the page, one by one in a browser without the page."""

from types import SimpleNamespace

import pytest

from explorer.page.scripts import SCRIPTS
from explorer.picture.latents import condition_of
from explorer.recipe import Recipe
from gan.scale import Scale

HOME = "http://modules.test/"


@pytest.fixture(scope="module")
def call(chromium):
    """call("shared/links.js", "encode('a')"): an expression with all that a module exports."""
    page = chromium.new_page()

    def answer(route):
        name = route.request.url.removeprefix(HOME)
        if name in SCRIPTS:
            route.fulfill(body=SCRIPTS[name], content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page.route("**", answer)
    page.goto(HOME)

    def call(module: str, expression: str, given=None):
        return page.evaluate(
            """async ([module, expression, given]) => {
              const all = await import(module);
              return Function(...Object.keys(all), 'given', `return (${expression});`)(
                ...Object.values(all), given);
            }""",
            [HOME + module, expression, given],
        )

    yield call
    page.close()


RECIPE = {
    "version": 2, "seed": 0, "psi": 0.7, "cutoff": None, "class_index": None, "condition": None,
    "w": None, "walk": {"keys": [], "t": 0, "space": "w", "loop": False},
    "mix": {"seed": 1, "weights": [], "recipe": None}, "edits": [], "hold": [], "own": [],
    "noise": {"mode": "const", "seed": 0, "strength": 1, "off": []}, "channels": [], "model": None,
}  # fmt: skip


def with_values(**values) -> dict:
    return {**RECIPE, **values}


# Numbers.


@pytest.mark.parametrize(
    ("value", "written", "with_sign"),
    [(1.25, "1.3", "+1.3"), (-1.27, "−1.3", "−1.3"), (-0.04, "0.0", "0.0"), (0.04, "0.0", "0.0"),
     (0, "0.0", "0.0"), (-12, "−12.0", "−12.0")],
)  # fmt: skip
def test_numbers_have_a_true_minus_and_zero_has_none(call, value, written, with_sign):
    found = call("shared/decimals.js", "[decimal(given, 1), signed(given, 1)]", value)
    assert found == [written, with_sign]


# Links.


@pytest.mark.parametrize("text", ["", "a", "{}", "ψ = 0.7 – größer?", "~~~???>>>", "𝛼" * 5])
def test_links_carry_any_text(call, text):
    code = call("shared/links.js", "encode(given)", text)
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert call("shared/links.js", "decode(given)", code) == text


def test_the_code_is_base64url_of_utf8(call):
    assert call("shared/links.js", "encode('ÿÿ?')") == "w7_Dvz8"


def test_values_come_back_out_of_a_link(call):
    values = {"seed": 7, "noise": {"mode": "none"}}
    assert call("shared/links.js", "valuesIn(hash(given))", values) == values
    for end in ("", "#", "#other"):
        assert call("shared/links.js", "valuesIn(given)", end) is None


def test_values_come_out_of_a_whole_link_as_pasted(call):
    link = call("shared/links.js", "' http://here:7860/x' + hash(given) + '\\n'", {"seed": 7})
    assert call("shared/links.js", "valuesOf(given)", link) == {"seed": 7}
    for other in ("", "http://here/", "http://here/#r=abc", "seed 7"):
        assert call("shared/links.js", "valuesOf(given)", other) is None


def test_a_damaged_link_is_an_error(call):
    broken = "(() => { try { valuesIn(given); return 'taken'; } catch { return 'refused'; } })()"
    for end in ("#r=", "#r=abc", "#r=eyJzZWVkIjo3fQ%3D", "#r=eyJzZWVkIjo3fQ…"):
        assert call("shared/links.js", broken, end) == "refused"


def test_files_become_base64_whatever_their_size(call):
    size = 20_001  # more than one piece
    made = call("shared/links.js", "base64(new Blob([new Uint8Array(given).fill(255)]))", size)
    assert made == "/" * (size * 4 // 3)


# Recipes.


def test_compact_leaves_out_what_is_default(call):
    def compact(values):
        return call("shared/recipe.js", "compact(...given)", [values, RECIPE])

    assert compact(RECIPE) == {}
    values = with_values(seed=3, noise={**RECIPE["noise"], "strength": 0}, mix=RECIPE["mix"])
    assert compact(values) == {"seed": 3, "noise": {"strength": 0}}
    left = with_values(walk={**RECIPE["walk"], "t": 0.5, "loop": True})
    assert compact(left) == {}  # off the journey its place means nothing
    on = with_values(walk={"keys": [{"seed": 1}, {"seed": 2}], "t": 0.5, "space": "w", "loop": 0})
    assert compact(on)["walk"] == {"keys": [{"seed": 1}, {"seed": 2}], "t": 0.5, "loop": 0}


def test_an_untouched_brain_keeps_seed_and_variety_alone(call):
    edits = [{"direction": "pca1", "strength": 2}]
    walk = {"keys": [{"seed": 4}, {"seed": 5}], "t": 0.7, "space": "z", "loop": True}
    values = with_values(seed=9, psi=1.2, edits=edits, hold=["pca2"], walk=walk)
    found = call("shared/recipe.js", "untouched(...given)", [values, RECIPE])
    assert found == with_values(seed=9, psi=1.2, walk={**walk, "t": 0})


def test_off_a_journey_the_first_key_frames_variety_and_class_stay_and_the_place(call):
    def seeded(values, scale=None):
        return call("shared/recipe.js", "seeded(...given)", [values, RECIPE, scale])

    keys = [{"seed": 4, "psi": 0.3, "condition": 50}, {"seed": 5, "condition": 10}]
    walk = {**RECIPE["walk"], "keys": keys, "t": 0.25}
    left = with_values(seed=9, psi=0.3, condition=40)
    scale = {"first": -20, "last": 60, "step": 0.1}
    assert seeded(with_values(seed=9, psi=1, walk=walk), scale) == left
    walk = {**RECIPE["walk"], "keys": [{"seed": 4}, {"seed": 5}]}
    walk["keys"][0] = {"seed": 4, "class_index": 2}
    left = seeded(with_values(psi=1, walk=walk))
    assert (left["psi"], left["class_index"], left["condition"]) == (0.7, 2, None)
    assert seeded(with_values(psi=0.2, w="abc")) == with_values(psi=0.2)


@pytest.mark.parametrize("space", ["w", "spline"])
@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("t", [0, 0.1, 0.5, 0.77, 1])
@pytest.mark.parametrize("keys", [(), (45,), (45, -30), (45, None, -20), (0, 58, 60, 10)])
def test_the_place_on_the_scale_is_the_programs(call, keys, t, loop, space):
    keys = [{"seed": 1, "condition": mm} for mm in keys]
    values = with_values(condition=33, walk={"keys": keys, "t": t, "space": space, "loop": loop})
    model = SimpleNamespace(scale=Scale("z_mni_mm", -20, 60, 5))
    scale = model.scale.to_dict() | {"step": 0.1}
    found = call("shared/recipe.js", "placeOn(...given)", [values, scale])
    assert found == pytest.approx(condition_of(model, Recipe.from_dict(values)), abs=0.0501)
    assert found == round(found, 1)  # in steps of the slider


def test_key_frames_of_seeds_carry_what_else_makes_their_brains(call):
    def frames(values):
        return call("shared/recipe.js", "framesOf(...given)", [[3, 17], values])

    none = {"class_index": None, "condition": None}
    assert frames(with_values(seed=9, psi=0.4, **none)) == [
        {"seed": 3, "psi": 0.4},
        {"seed": 17, "psi": 0.4},
    ]
    own = {"psi": 0.4, "class_index": 0, "condition": 0}  # 0 is a value too
    assert frames(with_values(**own)) == [{"seed": 3, **own}, {"seed": 17, **own}]


def test_seeds_are_read_out_of_whatever_was_typed(call):
    assert call("shared/recipe.js", "seedsIn(given)", " 3, 17;20 x 005\n") == [3, 17, 20, 5]
    assert call("shared/recipe.js", "seedsIn(given)", "none") == []


# The history.

HISTORY = """(() => {
  const history = new History(given.most ?? 100), said = [];
  const step = (seed) => history.add({ seed }, () => `picture of ${seed}`);
  for (const what of given.acts) {
    if (typeof what === 'number') step(what);
    else if (what.startsWith('go')) history.go(history.steps[Number(what.slice(2))]);
    else history[what]();
    said.push(history.here?.recipe.seed ?? null);
  }
  return { said, row: history.steps.map((s) => s.recipe.seed), undo: history.canUndo,
    redo: history.canRedo, thumbs: history.steps.map((s) => s.thumb) };
})()"""


def history(call, *acts, most=100):
    return call("shared/desk/history.js", HISTORY, {"acts": acts, "most": most})


def test_undo_and_redo_go_along_the_branch(call):
    found = history(call, 1, 2, 3, "undo", "undo", "redo", "undo", "undo")
    assert found["said"] == [1, 2, 3, 2, 1, 2, 1, 1]
    assert found["row"] == [1, 2, 3]
    assert (found["undo"], found["redo"]) == (False, True)
    assert found["thumbs"] == ["picture of 1", "picture of 2", "picture of 3"]


def test_what_was_undone_stays_in_the_row_as_a_branch(call):
    found = history(call, 1, 2, 3, "undo", 4, "undo", "go2", "undo")
    assert found["row"] == [1, 2, 3, 4]
    assert found["said"] == [1, 2, 3, 2, 4, 2, 3, 2]


def test_a_new_step_or_a_jump_ends_redo(call):
    assert not history(call, 1, 2, "undo", 3)["redo"]
    assert not history(call, 1, 2, "undo", "go1")["redo"]
    assert history(call, 1, 2, "undo", 1)["redo"]  # the same is no new step


def test_the_oldest_steps_go_and_what_followed_them_begins_anew(call):
    found = history(call, 1, 2, 3, 4, "undo", "undo", most=3)
    assert found["row"] == [2, 3, 4]
    assert found["said"][-2:] == [3, 2]
    assert not found["undo"]
    assert history(call, "undo", "redo")["said"] == [None, None]


# Words and numbers.


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("seed: expected a whole number", "Expected a whole number."),
        ("not a picture", "not a picture."),
        ("Is it there?", "Is it there?"),
        ("The program is ending.", "The program is ending."),
    ],
)
def test_reasons_become_sentences(call, reason, sentence):
    assert call("shared/asking.js", "words(given)", reason) == sentence


def test_a_missing_answer_has_a_reason_too(call):
    assert call("shared/asking.js", "lost({ error: 'Why' })") == "Why"
    assert call("shared/asking.js", "lost(undefined)") == call("shared/asking.js", "SILENT")


def test_sizes_times_and_limits(call):
    numbers = [300, 45_678, 1_234_567, 98_765_432]
    assert call("panels/export/units.js", "given.map(megabytes)", numbers) == [
        "1 kB", "46 kB", "1.2 MB", "99 MB",
    ]  # fmt: skip
    assert call("panels/export/units.js", "given.map(duration)", [0.2, 89, 120, 9000]) == [
        "1 s", "89 s", "2 min", "2.5 h",
    ]  # fmt: skip
    found = call("panels/export/units.js", "given.map(limit)", ["12.5", "p33", "", None])
    assert found == [
        {"value": 12.5, "percentile": False}, {"value": 33, "percentile": True}, None, None,
    ]  # fmt: skip


def test_answers_are_safe_in_spreadsheets(call):
    answer = {"model": "m", "lesson": "=1+1", "step": 2, "given": 'a "b", c', "right": True}
    csv = call("panels/lessons/csv.js", "csvOf(...given)", ["-Ann", [answer]])
    head, row, rest = csv.split("\r\n")
    assert head == "\ufeffname,model,lesson,step,kind,question,given,answer,right,time"
    assert row == '"\'-Ann","m","\'=1+1","2","","","a ""b"", c","","true",""'
    assert rest == ""


HEAD = "name,model,lesson,step,kind,question,given,answer,right,time"


def answer(name, step, given, right, kind="question", lesson="L"):
    return f"{name},m,{lesson},{step},{kind},Why?,{given},a,{right},t"


def test_a_class_is_summed_up(call):
    ann = answer("Ann", 2, "a", "true"), answer("Ann", 2, "b", "false")
    one = "\r\n".join([f"\ufeff{HEAD}", *ann, answer("Ann", 1, "b", "false", "guess")])
    # As Excel saves it again; and a cell that holds everything a cell may.
    other = "\n".join([HEAD.replace(",", ";"), answer("Bob", 2, "b", "FALSE").replace(",", ";"),
                       answer("Eve", 2, '"x; ""y""\nz"', "TRUE").replace(",", ";")])  # fmt: skip
    files = [call("panels/lessons/summary.js", "answersIn(given)", text) for text in (one, other)]
    assert files[1][1]["given"] == 'x; "y"\nz'
    guess, question = call("panels/lessons/summary.js", "summaryOf(given)", files)
    assert (guess["kind"], guess["step"], guess["students"], guess["right"]) == ("guess", 1, 1, 0)
    assert (question["students"], question["right"]) == (3, 2)  # Ann's second answer does not count
    assert question["answers"] == ["a"]
    assert question["given"][0][1] == 1
    assert len(question["given"]) == 3


def test_what_students_saved_comes_back(call):
    kept = {"model": "m", "lesson": "=1+1", "step": 2, "given": 'a "b", c', "right": True}
    csv = call("panels/lessons/csv.js", "csvOf(...given)", ["-Ann", [kept]])
    (row,) = call("panels/lessons/summary.js", "answersIn(given)", csv)
    assert (row["name"], row["lesson"], row["given"]) == ("-Ann", "=1+1", 'a "b", c')


@pytest.mark.parametrize("text", ["", "a,b\n1,2", "PK\x03\x04", HEAD.replace("given", "taken")])
def test_other_files_are_no_answers(call, text):
    attempt = "(() => { try { answersIn(given); } catch (e) { return e.message; } })()"
    says = call("panels/lessons/summary.js", attempt, text)
    assert says.startswith("no file of answers")


@pytest.mark.parametrize(
    ("verdict", "end"),
    [("brains", "belong together."), ("slider", "the brains themselves do not.")],
)
def test_entanglement_in_words(call, verdict, end):
    found = {"wanted": 0.5, "moved": -0.25, "r": 0.125, "expected": 0.06, "brains": 2000,
             "verdict": verdict}  # fmt: skip
    says = call("panels/effects/sentence.js", "sentence(given, 'Brain area', 'Width')", found)
    assert says.startswith("One step moves brain area by +0.50 SD and width by −0.25 SD. In 2,000")
    assert says.endswith(end)
    at = "sentence({ ...given, place: 'Slice height' }, 'A', 'B')"
    said = call("panels/effects/sentence.js", at, found)
    assert "model’s own brains, compared at one slice height, the two" in said
    none = "sentence({ ...given, moved: null }, 'A', 'B')"
    assert "could not be measured" in call("panels/effects/sentence.js", none, found)


# Pictures, places and ways.


def test_difference_of_two_pictures(call):
    found = call(
        "shared/viewer/difference.js",
        """(() => {
          const a = new ImageData(4, 1), b = new ImageData(4, 1);
          a.data.set([10, 10, 10, 255, 50, 60, 70, 255, 90, 90, 90, 255, 9, 9, 9, 255]);
          b.data.set([10, 10, 10, 255, 150, 60, 60, 255, 70, 70, 70, 255, 29, 29, 29, 255]);
          const { found, most, mean } = colourDifference(a, b);
          return { most, mean, colours: [...found.data] };
        })()""",
    )
    assert (found["most"], found["mean"]) == (100, 35)
    none, strong, darker, brighter = (found["colours"][4 * i : 4 * i + 3] for i in range(4))
    assert none == [0, 0, 0]
    assert strong == [255, 190, 190]  # as strong as it gets: pale red
    assert brighter[0] > brighter[2] == 0  # red
    assert darker[2] > darker[0] == 0  # blue
    assert brighter[0] == darker[2]  # as strong


GREY = """((side, paint) => {
  const image = new ImageData(side, side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    image.data.fill(paint(x, y), 4 * (y * side + x), 4 * (y * side + x) + 3);
  }
  return image;
})"""


def test_the_background_ends_at_the_head_and_leaves_gaps_and_holes(call):
    """A disc on haze, with a hole in it and a fold that reaches the border of the head."""
    found = call(
        "shared/viewer/background.js",
        f"""(() => {{
          const image = {GREY}(128, (x, y) => {{
            const r = Math.hypot(x - 64, y - 64);
            if (x < 3 && y > 124) return 250;  // a speck in a corner is no head
            if (r > 40 || r < 6 || (x > 62 && x < 66 && y < 64)) return 8;
            return 150;
          }});
          const found = backgroundOf(image);
          const at = (x, y) => found[128 * y + x];
          return {{ corner: at(1, 1), side: at(64, 10), tissue: at(40, 64), hole: at(64, 64),
            fold: at(64, 40), speck: at(1, 126), edge: at(64 + 38, 64), beside: at(64 + 43, 64) }};
        }})()""",
    )
    assert (found["corner"], found["speck"]) == (1, 1)
    assert (found["side"], found["beside"]) == (1, 1)
    assert (found["tissue"], found["hole"], found["fold"], found["edge"]) == (0, 0, 0, 0)


def test_without_a_head_there_is_no_background(call):
    black = f"backgroundOf({GREY}(64, () => 0))"
    assert call("shared/viewer/background.js", black) is None
    speck = f"backgroundOf({GREY}(64, (x, y) => (x < 4 && y < 4 ? 200 : 0)))"
    assert call("shared/viewer/background.js", speck) is None


# Bars.


def test_bars_stand_where_the_values_are(call):
    def places(value, change, **more):
        scale = {"model": [10, 20], "real": None, "deviation": 2, **more}
        return call("shared/numbers/bars.js", "placesOf(...given)", [value, change, scale])

    middle = places(15, 0)
    assert middle["dot"] == middle["tick"] == pytest.approx(50)
    low, high = middle["model"]
    assert (low + high, middle["real"]) == (pytest.approx(100), None)
    moved = places(17, 1)  # from 15
    assert moved["tick"] == pytest.approx(50)
    assert moved["dot"] - 50 == pytest.approx(0.2 * (high - low))
    assert places(15, None)["tick"] is None
    assert places(-99, 0)["dot"] == 0  # beyond the end: at the end
    wider = places(15, 0, real=[0, 40])
    assert wider["real"][0] < wider["model"][0] < wider["model"][1] < wider["real"][1]


def test_what_a_direction_moves_in_words(call):
    names = ["Brain area", "Ventricles", "Noise", "Height"]
    words = "inWords(...given)"
    found = call("panels/directions/moves.js", words, [[0.4, -1.26, 0.1, None], names])
    assert found == "Ventricles −1.3 SD, Brain area +0.4 SD"
    found = call("panels/directions/moves.js", words, [[0, None, 0.1, 0], names])
    assert found == "Nothing that is measured"


def test_two_handles_never_cross(call):
    found = call(
        "shared/handles.js",
        """(() => {
          const heard = [], handles = handlesOf('PCA 1', 12, (span) => heard.push(span));
          const [low, high] = handles.box.querySelectorAll('input');
          const move = (input, to) => {
            input.value = to; input.dispatchEvent(new Event('input'));
          };
          const says = [handles.box.querySelector('output').textContent];
          for (const [input, to] of [[low, 5], [high, 8], [low, 11], [high, 1]]) {
            move(input, to);
            says.push(handles.box.querySelector('output').textContent);
          }
          handles.set([0, 4]);
          return { heard, says, set: handles.span(), 
            name: low.getAttribute('aria-label') };
        })()""",
    )
    assert found["heard"] == [[4, 12], [4, 8], [7, 8], [7, 8]]
    assert found["says"] == ["all layers", "layers 5–12", "layers 5–8", "layer 8", "layer 8"]
    assert found["set"] == [0, 4]
    assert found["name"] == "PCA 1: first layer"


def test_a_region_is_packed_row_by_row(call):
    made = call(
        "panels/drag/region.js",
        "packed({ data: Uint8Array.from(given.flatMap((a) => [0, 0, 0, a])) })",
        [255, 0, 127, 128] + [0] * 11 + [200],
    )
    assert made == "kAE="  # 1001 0000, 0000 0001


def test_ranges_are_zoomed_about_their_middle(call):
    assert call("shared/charts.js", "closer([2, 6], 2)") == [3, 5]
    assert call("shared/charts.js", "closer([-1, 1], 0.5)") == [-2, 2]
    assert call("panels/map/shapes.js", "wider(0, 10, 0.1)") == [-1, 11]
    assert call("panels/map/shapes.js", "wider(3, 3, 0.1)") == [2, 4]  # never no range


def test_the_range_of_values_and_neighbours(call):
    values = [None, *range(101)]
    found = call("panels/map/shapes.js", "spread(given)", values)
    assert found == {"low": 0, "high": 100, "from": 2, "to": 98}
    spots = [[0, 0], [10, 1], [4, 20], None, [-5, 0]]
    nearest = "given[1].map((side) => neighbour(given[0], 0, side))"
    sides = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    assert call("panels/map/shapes.js", nearest, [spots, sides]) == [1, 4, 2, 0]


def test_equal_speed_and_back(call):
    table = [0, 0.5, 0.6, 1]
    there = call("panels/journey/way.js", "given.map((t) => placeAt(t, [0, 0.5, 0.6, 1]))",
                 [0, 1 / 6, 0.5, 1])  # fmt: skip
    assert there == pytest.approx([0, 0.25, 0.55, 1])
    back = call(
        "panels/journey/way.js", "given[0].map((t) => phaseAt(t, given[1]))", [there, table]
    )
    assert back == pytest.approx([0, 1 / 6, 0.5, 1])
    assert call("panels/journey/way.js", "[placeAt(0.3), phaseAt(0.3)]") == [0.3, 0.3]


def test_key_frames_are_named_by_what_they_are(call):
    keys = [{"seed": 3}, {}, {"seed": 3, "edits": [{}]}, {"w": "abc", "psi": 1}]
    assert call("panels/journey/way.js", "given.map(called)", keys) == [
        "seed 3", "seed 0", "seed 3 edited", "a place",
    ]  # fmt: skip
    assert call("panels/journey/way.js", "given.map((k) => plain(k))", keys) == [
        True, True, False, False,
    ]  # fmt: skip
    assert call("panels/journey/way.js", "varies([1, 3])") == 0.5
