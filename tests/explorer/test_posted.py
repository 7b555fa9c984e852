"""Whatever is posted to the server is answered, or refused in a sentence; so is any recipe."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer import page as page_of
from explorer.page import build
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from tests.explorer.recipe.test_recipe import FULL
from tests.fuzz.run import PYTHONS

SMALL = settings(
    derandomize=True, deadline=None, max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
SOURCES = [path.read_text("utf-8") for path in Path(page_of.__file__).parent.rglob("*.py")]
# What answers look for in what is posted.
NAMES = sorted({name for text in SOURCES for name in re.findall(r'\.get\("(\w+)"', text)})
scalars = (
    st.none() | st.booleans() | st.integers(-3, 10) | st.integers() | st.text(max_size=8)
    | st.floats() | st.sampled_from(["pca1", "measured:area", "w", "z", "AAAA", "nan", "1e400"])
)  # fmt: skip
recipes = st.sampled_from([Recipe(), Recipe(3, psi=1.0), FULL]).map(Recipe.to_dict)


def tables(names: list[str]) -> st.SearchStrategy:
    """Nested JSON whose keys are often those that somebody looks for."""
    keys = st.sampled_from(names) | st.text(max_size=5)
    return st.recursive(
        scalars | recipes,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )


@st.composite
def spoilt(draw) -> dict:
    """A full recipe with some of its values replaced, deep inside too."""
    values = draw(recipes)
    for _ in range(draw(st.integers(1, 3))):
        place = values
        while True:
            key = draw(st.sampled_from(sorted(place)))
            if not isinstance(place[key], dict) or not place[key] or draw(st.booleans()):
                break
            place = place[key]
        place[key] = draw(tables(sorted(FULL.to_dict())))
    return values


@settings(derandomize=True, deadline=None, max_examples=300)
@given(spoilt() | tables(sorted(FULL.to_dict())))
def test_any_recipe_is_one_or_refused_in_a_sentence(values):
    found = recipe_or_refusal(values)
    if isinstance(found, Recipe):
        assert Recipe.from_json(found.to_json()) == found
    else:
        assert found
        assert not PYTHONS.search(found)


def recipe_or_refusal(values: object) -> Recipe | str:
    try:
        return Recipe.from_dict(values)
    except RecipeError as error:
        return str(error)


@pytest.fixture(scope="module")
def answers(class_model):
    """All functions that the page's server has, by their places."""
    blocks = build([class_model]).blocks
    return {
        f"{number} {function.__name__}": function
        for number, block in blocks.items() for function in getattr(block, "server_fns", [])
    }  # fmt: skip


def test_all_answers_are_found(answers):
    assert len(answers) > 40
    assert {"recipe", "key", "direction"} <= set(NAMES)


@SMALL
@given(
    posted=st.dictionaries(
        st.sampled_from(NAMES), scalars | recipes | tables(NAMES), max_size=4
    ) | tables(NAMES)
)  # fmt: skip
def test_anything_posted_is_answered(answers, posted):
    for name, answer in answers.items():
        found = answer(posted)
        assert isinstance(found, dict), name
        told = found.get("error", "")
        assert isinstance(told, str), name
        assert not PYTHONS.search(told), f"{name}: {told}"
