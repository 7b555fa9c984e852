"""Directions of one's own: found where two groups differ, kept in files, refused when foreign."""

import numpy as np
import pytest
import torch
from safetensors.torch import save

from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.directions.own import (
    MOST_FILE_BYTES,
    as_direction,
    between_groups,
    from_difference,
    from_file,
    to_file,
)
from explorer.recipe import Own
from explorer.recipe.checks import RecipeError


@pytest.fixture(scope="module")
def w():
    return np.random.default_rng(0).standard_normal((2000, 40)) * np.geomspace(3, 0.3, 40)


@pytest.fixture(scope="module")
def spread(w):
    return spread_of(w)


def test_two_groups_differ_along_their_direction(w, spread):
    chosen = w[:30]
    found = between_groups("longer", chosen[chosen[:, 1] > 0], chosen[chosen[:, 1] < 0], spread)
    vector = found.own.values()
    cosine = vector[1] / np.linalg.norm(vector)
    assert cosine > 0.5
    assert np.abs(vector).argmax() == 1
    assert found.right > 0.75
    assert found.examples == 30
    unit = vector / np.linalg.norm(vector)
    assert np.linalg.norm(vector) == pytest.approx((w @ unit).std(), rel=0.1)


def test_luck_is_told_as_such(w, spread):
    rights = [
        between_groups("luck", w[i : i + 10], w[i + 10 : i + 20], spread).right
        for i in range(0, 200, 20)
    ]
    assert np.mean(rights) == pytest.approx(0.5, abs=0.15)


def test_one_brain_each_is_enough_but_proves_nothing(w, spread):
    found = between_groups("one", w[:1], w[1:2], spread)
    assert np.isnan(found.right)
    assert found.own.values() @ (w[0] - w[1]) > 0
    with pytest.raises(RecipeError, match="at least one"):
        between_groups("none", w[:1], w[:0], spread)


def test_difference(w, spread):
    own = from_difference("to there", w[0], w[1], spread)
    step = own.values()
    expected = (w[1] - w[0]) / np.linalg.norm(w[1] - w[0])
    assert np.allclose(step / np.linalg.norm(step), expected, atol=2e-3)
    with pytest.raises(RecipeError, match="change the brain first"):
        from_difference("nowhere", w[0], w[0], spread)


def test_names_become_keys_that_no_other_has(w, spread):
    first = from_difference("Bigger, rounder!", w[0], w[1], spread)
    assert first.key == "own:bigger-rounder"
    second = from_difference("bigger rounder", w[0], w[2], spread, {first.key})
    assert second.key == "own:bigger-rounder-2"
    assert from_difference("脑", w[0], w[1], spread).key == "own:direction"


def test_file_round_trip(w, spread):
    owns = (from_difference("a", w[0], w[1], spread), from_difference("b", w[2], w[1], spread))
    content = to_file(owns, "d" * 64)
    assert {o.key: o for o in from_file(content, "d" * 64, 40)} == {o.key: o for o in owns}
    assert torch.equal(as_direction(owns[0]).vector, torch.from_numpy(owns[0].values()))
    with pytest.raises(RecipeError, match="another model"):
        from_file(content, "e" * 64, 40)
    with pytest.raises(RecipeError, match="41 entries"):
        from_file(content, "d" * 64, 41)


@pytest.mark.parametrize(
    "content",
    [b"", b"x" * 100, b"\x89PNG", (8).to_bytes(8, "little") + b"{}      ",
     save({"a": torch.ones(2)}), save({"a": torch.ones(2)}, {"directions": "[]"}),
     save({"a": torch.ones(2)}, {"directions": "5"}), b" " * (MOST_FILE_BYTES + 1)],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(RecipeError, match="directions:"):
        from_file(content, "d" * 64, 2)


def test_values_that_cannot_be_are_refused():
    bad = save({"own:a": torch.tensor([float("nan"), 1.0])},
               {"model": "d" * 64, "directions": '{"own:a": {"name": "a"}}'})  # fmt: skip
    with pytest.raises(RecipeError, match="NaN"):
        from_file(bad, "d" * 64, 2)
    with pytest.raises(RecipeError, match="own:"):
        Own("pca1", "a", "AAAA")
