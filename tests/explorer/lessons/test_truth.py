"""Every sentence of every lesson against what the models measure.

Figures are read off the rendered text and compared with measurements made here; sentences that
depend on them have to be true of the figures, on both bundled models and on made-up ones.
"""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from explorer import load
from explorer.lab.analysis import found
from explorer.lab.factors import factors_of
from explorer.lab.table import rows
from explorer.lessons import (
    choices,
    direction_facts,
    facts,
    lab_facts,
    phantom_facts,
    picture_facts,
    variant_facts,
)
from explorer.lessons.draft import Draft
from explorer.lessons.lesson import Paragraph, names_in
from explorer.lessons.reading import bundled_lessons
from explorer.lessons.teacher import Teacher
from explorer.lessons.values import Value
from explorer.picture.model import BUNDLED
from explorer.picture.render import render, synthesise
from explorer.recipe import Recipe
from explorer.tools.journey import change
from explorer.tools.noise_map import NoiseMaps


def largest(name: str, *others: str):
    return lambda f: getattr(f, name) > max(getattr(f, other) for other in others)


# What a sentence under a condition asserts of the lesson's figures, by how it begins. The rest of
# such a sentence says what that means, or is true of every model.
ASSERTED = {
    "seed-is-a-brain": {
        "The two pictures of seed 12 differ by {again} of 255. A seed": lambda f: f.again < 0.01,
        "The two pictures of seed 12 differ by {again} of 255, so on": lambda f: f.again > 0.01,
        "Every seed has become": lambda f: f.none < 0.5,
        "On this model brains still differ": lambda f: f.none > 0.5,
        "{} the higher the slider": lambda f: f.some < f.full < f.more,
        "{} on this model more variety": lambda f: f.more < f.full,
    },
    "coarse-middle-fine": {
        "{} the outline is decided while": largest("ratio_coarse", "ratio_middle", "ratio_fine"),
        "{} the outline is decided later": lambda f: f.ratio_coarse < f.ratio_middle,
        "The fine layers change": largest("grey_fine", "grey_coarse", "grey_middle"),
        "The middle layers change the bright": largest("grey_middle", "grey_coarse", "grey_fine"),
        "The coarse layers change even": largest("grey_coarse", "grey_middle", "grey_fine"),
        "Most of the picture is settled": lambda f: f.pic_middle < f.pic_coarse / 2,
        "The middle layers have a large say": lambda f: f.pic_middle > f.pic_coarse / 2,
    },
    "chance-and-anatomy": {
        "So the seed decides more": lambda f: f.all < f.brains,
        "So on this model noise decides more": lambda f: f.all > f.brains,
        "{} Around the head there is only black": lambda f: f.middle > f.rim,
        "{} on this model noise acts more": lambda f: f.middle < f.rim,
        "In {} training has all but": lambda f: f.quiet < 0.1,
    },
    "straight-roads": {
        "The arc in z is the longer": lambda f: f.long_z > f.long_w,
        "The two ways are about": lambda f: abs(f.long_z / f.long_w - 1) <= 0.0501,
        "On this model the straight way": lambda f: f.long_z < f.long_w,
        "So on this way w is the smoother": lambda f: f.even_w < f.even_z,
        "On this way the two are about": lambda f: abs(f.even_w / f.even_z - 1) <= 0.0501,
        "So on this way w is not": lambda f: f.even_w > f.even_z,
        "That is surely above 1": lambda f: f.ratio_low > 1,
        "That is surely below 1": lambda f: f.ratio_high < 1,
        "1 lies between": lambda f: f.ratio_low < 1 < f.ratio_high,
    },
    "three-lists": {
        "So the mapping network": lambda f: f.tells_w > f.tells_z,
        "So on this model w is no easier": lambda f: f.tells_w < 1.05 * f.tells_z,
        "The styles come nearest": largest("gap_s", "gap_w", "gap_z"),
        "On this model the styles do not": lambda f: f.gap_s < f.gap_w,
        "Yet even there": lambda f: f.gap_s < 0.5,
        "Between z and w nothing": lambda f: f.zw_low < 0 < f.zw_high,
        "On the same brains w moves less": lambda f: f.zw_low > 0,
        "On the same brains it is z": lambda f: f.zw_high < 0,
        "Between w and the styles nothing": lambda f: f.ws_low < 0 < f.ws_high,
        "On the brains where both arrived": lambda f: f.ws_low > 0,
        "The styles move more": lambda f: f.ws_high < 0,
    },
    "variance-not-meaning": {
        "So PCA 1 is a bundle": lambda f: f.focus1 < 66.7,
        "So on this model PCA 1 comes close": lambda f: f.focus1 > 66.7,
        "The random direction does less than half": lambda f: f.size_random < f.size1 / 2,
        "The random direction does at least half": lambda f: f.size_random >= f.size1 / 2,
        "PCA 5 does less than twice": lambda f: f.size5 < 2 * f.size_random,
        "PCA 5 too does more than twice": lambda f: f.size5 > 2 * f.size_random,
    },
    "three-kinds-of-slider": {
        "{} moving the styles most is not": lambda f: f.strong_sefa < 0.3,
        "{} on this model it also moves": lambda f: f.strong_sefa > 0.3,
        "Among {dims} numbers": lambda f: f.alike_random < 0.3,
        "Aiming pays": lambda f: f.focus_best > max(f.focus_pca, f.focus_sefa),
        "Aiming alone does not": lambda f: f.focus_best < f.focus_pca,
        "The measured direction is more": lambda f: f.focus_pca < f.focus_best < f.focus_sefa,
    },
    "entangled-or-correlated": {
        "{} the two tend to be large together": lambda f: f.together > 0.3,
        "{} where one is large": lambda f: f.together < -0.3,
        "{} The two agree well": lambda f: abs(f.together - f.together_real) < 0.151,
        "{} They differ by {gap}": lambda f: f.gap > 0.15,
        "Nearly all of the change": lambda f: f.held < f.loose / 4,
        "Some of the change": lambda f: f.loose / 4 < f.held < 0.75 * f.loose,
        "Holding hardly helps": lambda f: f.held > 0.75 * f.loose,
        "It moves": lambda f: f.aim_mean < f.aim_b / 2,
        "So it nearly leaves": lambda f: f.aim_b < f.aim_a / 3 and abs(f.together) > 0.3,
        "So it takes": lambda f: f.aim_a * 0.33 < f.aim_b < f.aim_a * 0.67,
        "So even the slider": lambda f: f.aim_b > f.aim_a * 0.66,
        "So this slider nearly leaves": lambda f: f.back_a < f.back_b / 3,
        "So this slider takes {} along, but": lambda f: 0.33 < f.back_a / f.back_b < 0.67,
        "So this slider takes {} along.": lambda f: f.back_a > f.back_b * 0.66,
        "The slider": lambda f: f.two_b / f.two_a < f.back_a / f.back_b,
    },
    "does-it-copy": {
        "That is less than among": lambda f: f.copied < f.copied_real,
        "That is more than among": lambda f: f.copied > f.copied_real,
        "{} The two are about equal": lambda f: 0.9 <= f.near / f.near_real <= 1.1,
        "{} The network’s pictures are clearly nearer": lambda f: f.near < f.near_real,
        "{} The network’s pictures are clearly further": lambda f: f.near > f.near_real,
        "A model that always did the former": lambda f: f.v_low < f.v_full / 2,
        "At the start almost every": lambda f: f.rare_typical < 1,
        "At the start {rare_typical}": lambda f: f.rare_typical > 1,
    },
    "what-training-does": {
        "The network learns from coarse": lambda f: f.coarse_since < f.fine_since,
        "Here both were decided": lambda f: abs(f.coarse_since / f.fine_since - 1) < 0.0201,
        "In this training it was the other": lambda f: f.coarse_since > f.fine_since,
        "The intervals lie apart": lambda f: f.coarse_low > f.fine_high,
        "Here the fine detail is": lambda f: f.fine_low > f.coarse_high,
        "The intervals overlap": lambda f: f.coarse_low < f.fine_high,
        "So the likeness belongs": lambda f: f.other_high < f.coarse_low,
        "So here the likeness": lambda f: f.other_high > f.coarse_low,
    },
    "the-other-network": {
        "So the discriminator is ahead": lambda f: f.fooled_high < 50,
        "So the generator is ahead": lambda f: f.fooled_low > 50,
        "From one moment to the next": lambda f: f.most > f.least,
        "On people held out it says “real” at least": lambda f: f.held > f.trained / 2,
        "On people held out it says “real” less": lambda f: f.held < f.trained / 2,
        "So it looks at the brain more": lambda f: f.gaze_low > f.head,
        "So it does not surely look": lambda f: f.gaze_low < 1.06 * f.head,
        "What lies outside": lambda f: f.gaze_high < 95,
    },
    "why-demodulation": {
        "So there is the drop": lambda f: f.ada_low > 50,
        "So this AdaIN network has no drop": lambda f: f.ada_high < 50,
        "So demodulation keeps": lambda f: f.ada_low > f.ref_share,
        "So on networks of this size": lambda f: f.ada_low < 1.2 * f.ref_share,
    },
    "known-truth": {
        "So even here": lambda f: max(f.gap_z, f.gap_w, f.gap_s) < 0.75,
        "So this slider moves both": lambda f: f.besides > 0.5,
        "So this slider comes close": lambda f: f.besides < 0.2,
        "So the model has tied": lambda f: f.tied_low > 0.2,
        "So the model has kept": lambda f: f.tied_low > -0.2 and f.tied_high < 0.2,
    },
}  # fmt: skip


# Where made-up intervals lie that are not about differences.
SPANS = {"ratio": (0.5, 1.5), "fooled": (0, 100), "gaze": (0, 100), "ada": (0, 100)}


def asserted(key: str, text: str):
    """The claim of a text of the file (with its braces); {} in the table stands for anything."""
    found = [
        claim
        for words, claim in ASSERTED[key].items()
        if re.match(re.escape(words).replace(r"\{\}", ".*?"), text)
    ]
    assert len(found) == 1, f"{key}: {len(found)} claims for {text!r}"
    return found[0]


REAL_PICTURES = ("does-it-copy", 3)  # no bundled model carries any
LEFT_OUT = {
    "phantom64": [  # noise does next to nothing there; known factors, no measurements of people
        *(("chance-and-anatomy", step) for step in (0, 2, 3)), ("straight-roads", 4),
        ("entangled-or-correlated", 1), REAL_PICTURES,
        *(("three-lists", step) for step in (0, 1, 2, 3)),
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def measured(teacher):
    """The figures of each lesson, measured here."""
    maps = NoiseMaps(teacher.model)
    return {key: Measured(teacher, key, maps) for key in teacher.drafts}


@pytest.fixture(scope="module", params=["brains64", "adults128", "phantom64"])
def teacher(request):
    model = load(BUNDLED / request.param)
    model.library._population.get()
    model.library._receipts.get()
    return Teacher(model, bundled_lessons())


def paragraphs(lesson) -> list[tuple[int, str, Paragraph]]:
    return [
        (i, part, p)
        for i, step in enumerate(lesson.steps)
        for part in ("text", "explain")
        for p in getattr(step, part)
    ]


def test_every_text_with_figures_says_what_is_measured(teacher, measured):
    """The rendered text is read with its numbers; each is measured again here."""
    read = 0
    for key in teacher.drafts:
        lesson = teacher.lesson(key)
        for number, part, paragraph in paragraphs(lesson):
            if teacher.lacks(key, number):
                continue
            shown = teacher.show(key, number)["paragraphs"]
            told = shown if part == "text" else teacher.explain(key, number, None)["paragraphs"]
            pattern = re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(paragraph.text))
            matches = [m for m in (re.fullmatch(pattern, text) for text in told) if m]
            if not paragraph.when:  # told, unless a figure of it is not known of this model
                known = all(teacher.value(key, n) is not None for n in names_in(paragraph.text))
                assert told
                assert len(matches) == known, (key, paragraph.text, told)
                assert known or teacher.model.name == "phantom64"
            figures = matches[0].groups() if matches else ()
            for name, words in zip(names_in(paragraph.text), figures, strict=False):
                agree(words, getattr(measured[key], name), (key, name))
                read += 1
            if matches and paragraph.when:
                assert asserted(key, paragraph.text)(measured[key]), (key, matches[0][0])
    assert read > 60


def test_verdicts_say_what_is_measured(teacher, measured):
    for key in teacher.drafts:
        lesson = teacher.lesson(key)
        for number, step in enumerate(lesson.steps):
            if teacher.lacks(key, number):
                continue
            for question in step.questions:
                verdict = teacher.judge(key, question, None)
                figures = [getattr(measured[key], name) for name in question.facts]
                if not question.choices:
                    agree(verdict["answer"], figures[0], (key, number))
                    continue
                if question.right == "range":
                    right = [c for c in question.choices
                             if (c.low is None or figures[0] >= c.low)
                             and (c.high is None or figures[0] < c.high)]  # fmt: skip
                    assert verdict["answer"] == right[0].text, (key, number)
                    agree(verdict["measured"][0].removeprefix("Measured: "), figures[0], key)
                else:
                    best = (max if question.right == "largest" else min)(figures)
                    assert question.choices[figures.index(best)].text in verdict["answer"]
                    for line, figure in zip(verdict["measured"], figures, strict=True):
                        agree(line.rpartition(": ")[2], figure, (key, number))


def test_no_lesson_falls_silent_and_show_me_does_every_task(teacher):
    """What is left out is said; every task is not done at first, and done as it is shown."""
    left_out = []
    for key in teacher.drafts:
        for number, step in enumerate(teacher.lesson(key).steps):
            shown = teacher.show(key, number)
            if shown["lacks"]:
                assert shown["lacks"].startswith("This step is left out: ")
                left_out.append((key, number))
                continue
            assert teacher.explain(key, number, None)["paragraphs"] or not step.explain
            if not step.task:
                continue
            recipes = [shown["recipe"], *shown["task"]["shown"]]
            if not shown["task"]["watch"]:
                assert len(recipes) == 1  # what is only to be seen is clicked by the page
                continue
            assert len(recipes) > 1
            looks = [render(teacher.model, recipe).astype(float) for recipe in recipes]
            assert max(np.abs(look - looks[0]).mean() for look in looks) > 0.5  # it can be seen
            before, after = (
                teacher.watch(key, number, [r.to_dict() for r in trail])["checks"]
                for trail in (recipes[:1], recipes)
            )
            assert not all(check["done"] for check in before), (key, number)
            assert all(check["done"] for check in after), (key, number)
    assert left_out == LEFT_OUT.get(teacher.model.name, [REAL_PICTURES])


def test_sentences_hold_on_made_up_models(monkeypatch):
    """Random figures lead into every branch: none may say what they do not bear out."""
    teacher = Teacher(None, bundled_lessons())
    rng, taken = np.random.default_rng(0), set()
    for key, draft in teacher.drafts.items():
        monkeypatch.setattr(Teacher, "lesson", lambda self, key, d=draft: d.lesson)
        branching = [(n, part, p.text) for n, part, p in paragraphs(draft.lesson) if p.when]
        for _ in range(400):
            size = rng.choice([0.05, 1.0, 100.0])
            figures = {name: size * rng.uniform(0, 1) for name in draft.lesson.by_name}
            if rng.random() < 0.5:  # alike within a few per cent
                figures = {name: size * rng.uniform(0.93, 1.07) for name in figures}
            if "together" in figures:
                figures["together"] = rng.choice([-1, 1]) * rng.uniform(choices.TOGETHER, 1)
                figures["together_real"] = rng.uniform(-1, 1)
                figures["gap"] = abs(figures["together"] - figures["together_real"])
            for low in [name for name in figures if name.endswith("_low")]:
                ends = np.sort(rng.uniform(*SPANS.get(low.removesuffix("_low"), (-1, 1)), 2))
                figures[low], figures[low.replace("_low", "_high")] = ends
            if "ada_beside" in figures:
                figures["ada_beside"] = np.sign(figures["ada_low"] - figures["ref_share"])
            made_up = SimpleNamespace(**figures)
            monkeypatch.setattr(
                Teacher, "value",
                lambda self, key, name, f=figures: Value(f[name], f"<{name}>"),
            )  # fmt: skip
            for number, step in enumerate(draft.lesson.steps):
                for part in ("text", "explain"):
                    told = [p for p in getattr(step, part) if p.when and teacher.tell(key, (p,))]
                    for paragraph in told:
                        assert asserted(key, paragraph.text)(made_up), (paragraph.text, figures)
                    taken |= {(key, number, part, p.text) for p in told}
        assert {(key, *b) for b in branching} <= taken, {(key, *b) for b in branching} - taken
        assert len({asserted(key, text) for *_, text in branching}) == len(ASSERTED[key])


def test_texts_without_figures_are_true_of_every_model():
    """What is said of this model has a figure or a condition."""
    allowed = "This model carries measurements", "This model carries its real"  # steps need these
    for key, draft in bundled_lessons().items():
        for number, _, paragraph in paragraphs(draft.lesson):
            if paragraph.when or "{" in paragraph.text or paragraph.text.startswith(allowed):
                continue
            assert "this model" not in paragraph.text, (key, number, paragraph.text)


def test_what_a_model_cannot_show_is_left_out(head_model, monkeypatch):
    """Drawn heads without noise: no loud layer, and the sentence says so."""
    head_model.library._population.get()
    head_model.library._receipts.get()
    silent = SimpleNamespace(deviation=np.zeros((4, 4)))
    monkeypatch.setattr(choices.NoiseMaps, "get", lambda *args: silent)
    teacher = Teacher(head_model, bundled_lessons())
    assert teacher.show("chance-and-anatomy", 2)["lacks"] == (
        f"This step is left out: {choices.Layers.lacking}."
    )
    draft = Draft.read({
        "title": "T", "about": "A.", "steps": [{
            "title": "S", "text": ["x"], "recipe": {"seed": 3},
            "task": {"says": "Move it.", "until": [{"check": "moved", "of": "area", "by": 5}],
                     "shown": [{"edits": [{"direction": "pca2", "strength": 0.1}]}]},
        }],
    })  # fmt: skip
    lacks = Teacher(head_model, {"mine": draft}).show("mine", 0)["lacks"]
    assert lacks == "This step is left out: what it asks for does not come about on this model."


def agree(words: str, measured, where) -> None:
    """A figure as it is written against one measured here, as exact as it is written."""
    if isinstance(measured, str):
        assert words == measured, where
        return
    number = re.match(r"[−\d.,]+", words)
    assert number, (where, words)
    written = number[0].replace("−", "-").replace(",", "").rstrip(".")
    digits = len(written.partition(".")[2])
    # Another processor's rounding may lift a brain over the edge of having a value.
    slack = max(0.51 * 10**-digits, 0.03 * abs(measured))
    assert abs(float(written) - measured) <= slack, (where, words, measured)


class Measured:
    """The figures of a lesson by name, measured with as little of the lessons' code as may be."""

    def __init__(self, teacher: Teacher, key: str, maps: NoiseMaps):
        self._model, self._facts, self._maps = teacher.model, teacher.lesson(key).by_name, maps

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._measure(self._facts[name])
        setattr(self, name, found)
        return found

    def _measure(self, fact):
        model, library = self._model, self._model.library
        keys, population = list(library.ruler.keys), library.population()
        match fact:
            case picture_facts.Variety():
                looks = [render(model, Recipe(i, psi=fact.psi)) for i in range(fact.brains)]
                return np.std(np.array(looks, float), axis=0).mean()
            case picture_facts.Change():
                pairs = [(fact.before.on(model, i), fact.after.on(model, i))
                         for i in range(fact.brains)]  # fmt: skip
                if fact.of == "picture":
                    exact = [[synthesise(model, r) for r in pair] for pair in pairs]
                    return np.mean([change(*pair) for pair in exact])
                pairs = [[render(model, r) for r in pair] for pair in pairs]
                before, after = (library.ruler.measure(np.stack(side))
                                 for side in zip(*pairs, strict=True))  # fmt: skip
                k = keys.index(fact.of)
                return np.nanmean(np.abs(after - before)[:, k]) / population.deviation[k]
            case picture_facts.Read():
                look = render(model, fact.recipe.on(model))
                return library.ruler.measure(look[None])[0][keys.index(fact.of)]
            case picture_facts.Chance(of="picture"):
                layer = fact.layer
                draws = self._maps.get(Recipe(), 20, layer).deviation
                quarter = len(draws) // 4
                inner = draws[quarter:-quarter, quarter:-quarter]
                rim = (draws.sum() - inner.sum()) / (draws.size - inner.size)
                return {"all": draws.mean(), "middle": inner.mean(), "rim": rim}[fact.where]
            case picture_facts.Chance():
                return (population.floor / population.deviation)[keys.index(fact.of)]
            case direction_facts.Receipt():
                receipt = library.receipt(direction_facts._direction(model, fact.direction))
                effect = np.where(np.array(receipt.counted) >= 8, receipt.effect, 0)
                squares = effect**2
                return {
                    "called": receipt.name, "purity": receipt.purity, "leakage": receipt.leakage,
                    "size": np.sqrt(squares.mean()), "strongest": np.abs(effect).max(),
                    "strongest of": library.ruler.measurements[squares.argmax()].name.lower(),
                    "focus": 100 * squares.max() / squares.sum(),
                    **{k: abs(e) for k, e in zip(keys, receipt.effect, strict=True)},
                }[fact.what]  # fmt: skip
            case direction_facts.About():
                return 100 * library.find(fact.direction).share
            case direction_facts.Alike():
                mine = direction_facts._direction(model, fact.direction).vector.numpy()
                others = getattr(library, fact.to, None)
                others = others() if callable(others) else others
                others = others or [direction_facts._direction(model, fact.to)]
                cosines = [abs(mine @ v) / np.linalg.norm(mine) / np.linalg.norm(v)
                           for v in (d.vector.numpy() for d in others)]  # fmt: skip
                best = int(np.argmax(cosines))
                return others[best].name if fact.what == "name" else cosines[best]
            case facts.Together(gap=True):
                mine, real = (facts.Together(fact.of, fact.to, r) for r in (False, True))
                return abs(self._measure(mine) - self._measure(real))
            case facts.Together():
                column = library.reals.column if fact.real else (
                    lambda key: population.table[:, keys.index(key)])  # fmt: skip
                both = np.array([column(key) for key in (fact.of, fact.to)], float)
                return np.corrcoef(both[:, np.isfinite(both).all(axis=0)])[0, 1]
            case facts.Evaluation():
                found = json.loads((model.path.parent / "evaluation.json").read_text())
                for name in fact.figure.split("."):
                    found = found[name]
                return 100 * found if fact.percent else found
            case lab_facts.Lab():
                return self._lab(fact)
            case variant_facts.Variant() if fact.against:
                return fact.find(model).words
            case phantom_facts.Phantom():
                return self._phantom(fact)
            case facts.Size():
                return getattr(model.config, fact.what)
        return fact.find(model).number  # speeds and rarities have tests of their own

    def _phantom(self, fact: phantom_facts.Phantom):
        phantom = load(BUNDLED / "phantom64")
        factors, spaces = factors_of(phantom.library), found(phantom.library).spaces
        table, keys = factors.table.astype(float), list(factors.keys)
        match fact.figure:
            case "factors":
                return table.shape[1]
            case "brains":
                return len(table)
            case "trust":
                return 100 * phantom.library.factor_reader.r2.min()
            case "tied":
                pair = table[:, [keys.index(fact.of), keys.index(fact.to)]]
                draws = (np.random.default_rng(s).integers(0, len(pair), len(pair))
                         for s in range(200))  # fmt: skip
                drawn = [np.corrcoef(pair[rows].T)[0, 1] for rows in draws]
                by = {"": 0, "low": -1, "high": 1}[fact.end]
                return np.corrcoef(pair.T)[0, 1] + by * 1.96 * np.std(drawn)
            case "sap":
                return next(s for s in spaces[fact.space].scores if s.axes == "pca").sap.sap
        # Of w's principal axes, by themselves.
        centred = phantom.library.w[: len(table)] - phantom.library.w[: len(table)].mean(axis=0)
        codes = centred @ np.linalg.svd(centred, full_matrices=False)[2][:20].T
        r = np.abs(np.corrcoef(codes.T, table.T)[:20, 20:])
        row, target = r[r[:, keys.index(fact.of)].argmax()], keys.index(fact.of)
        other = np.delete(np.arange(len(keys)), target)
        if fact.figure == "best":
            return row[target]
        best = other[row[other].argmax()]
        return row[best] if fact.figure == "besides" else factors.names[best].lower()

    def _lab(self, fact: lab_facts.Lab):
        """As the report's table has it."""
        analysis = found(self._model.library)
        if fact.figure == "race":
            return analysis.names[analysis.race.target].lower()
        if fact.figure == "paths":
            return 250
        signal = analysis.magnitudes
        strongest = signal and signal.name(signal.strongest)
        if fact.figure == "peak layer":
            return strongest
        figure, axes = {
            "informativeness": ("Informativeness (R2)", "own"), "sap": ("SAP", "pca"),
            "leak": ("Race: leak of the others", "within 0.1: ventricles"),
            "arrived": ("Race: share that arrived", "within 0.1: ventricles"),
            "leak difference": ("Race: difference of leaks", "within 0.1: ventricles"),
            "path": ("Path length (feature)", ""),
            "path ratio": ("Path length (feature), Z over W", ""),
            "peak": ("Magnitude: peak over the median", ""),
            "peak share": ("Magnitude: share in 1 % of the map", ""),
            "peak stays": ("Magnitude: share of pictures with the peak in one place", ""),
        }[fact.figure]  # fmt: skip
        of = {
            "path": f"{fact.space} full", "path ratio": "full",
            "leak difference": fact.space.replace("-", " - "), "peak": strongest,
            "peak share": strongest, "peak stays": strongest,
        }.get(fact.figure, fact.space)  # fmt: skip
        row = next(
            row for row in rows(analysis)
            if row.figure == figure and row.axes.endswith(axes) and not row.factor
            and (row.of == of or row.of.startswith(f"{of},"))
        )  # fmt: skip
        value = {"": row.value, "low": row.low, "high": row.high}[fact.end]
        return 100 * value if fact.figure in ("arrived", "peak share", "peak stays") else value
