"""Recipes: round trips, defaults, and every number checked."""

import dataclasses
import json

import numpy as np
import pytest

from explorer.recipe import Channel, Edit, Mix, Noise, Own, Recipe, Walk
from explorer.recipe.checks import RecipeError, pack_vector

FULL = Recipe(
    seed=5,
    psi=0.8,
    cutoff=4,
    class_index=1,
    walk=Walk((Recipe(7), Recipe(8, psi=0.5, class_index=1)), 0.25, "z", loop=True),
    mix=Mix(9, (0, 1, 0.5)),
    edits=(Edit("pca1", -1.5), Edit("pca2", 2, (2, 6))),
    noise=Noise("random", 3, 0.5, (0, 2)),
    hold=("pca1",),
    own=(Own("own:mine", "Mine", pack_vector(np.arange(16) / 8)),),
    channels=(Channel(0, 3, -2.5), Channel(2, 0, 20), Channel(2, 0, 1, rgb=True)),
)


@pytest.mark.parametrize("recipe", [Recipe(), FULL])
def test_json_round_trip(recipe):
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("recipe", [Recipe(), FULL, Recipe(mix=Mix(recipe=Recipe(5)))])
def test_compact_round_trip(recipe):
    assert Recipe.from_dict(json.loads(json.dumps(recipe.compact()))) == recipe


def test_compact_leaves_out_what_goes_without_saying():
    assert Recipe().compact() == {"version": 3}
    assert Recipe(5, noise=Noise(seed=3)).compact() == {
        "version": 3, "seed": 5, "noise": {"seed": 3},
    }  # fmt: skip


def test_channels_of_layers_are_written_as_before_there_were_torgbs():
    inner = Recipe(channels=(Channel(0, 3, 2),))
    recipe = dataclasses.replace(inner, walk=Walk((inner, Recipe(1))), mix=Mix(recipe=inner))
    assert "rgb" not in recipe.to_json() + json.dumps(recipe.compact())
    old = {"channels": [{"layer": 0, "channel": 3, "strength": 2}]}
    assert Recipe.from_dict(old) == inner
    moved = Recipe(channels=(Channel(0, 3, 2, rgb=True),))
    (written,) = moved.compact()["channels"]
    assert written == {"layer": 0, "channel": 3, "strength": 2, "rgb": True}
    assert moved != inner


def test_recipes_of_version_1_still_work():
    old = {"version": 1, "seed": 5, "psi": 0.8, "cutoff": None, "class_index": None, "walk": None,
           "mix": {"seed": 9, "weights": [0, 1]}, "edits": [{"direction": "pca1", "strength": -1.5,
           "layers": None}], "noise": {"mode": "random", "seed": 3, "strength": 0.5}}  # fmt: skip
    expected = Recipe(5, 0.8, mix=Mix(9, (0, 1)), edits=(Edit("pca1", -1.5),),
                      noise=Noise("random", 3, 0.5))  # fmt: skip
    assert Recipe.from_dict(old) == expected


def test_walks_between_two_seeds_are_read_as_key_frames():
    old = {"version": 2, "seed": 5, "class_index": 1, "psi": 0.8, "walk": {"seed": 7, "t": 0.25}}
    keys = tuple(Recipe(seed, psi=1, class_index=1) for seed in (5, 7))
    assert Recipe.from_dict(old) == Recipe(5, 0.8, class_index=1, walk=Walk(keys, 0.25))
    left_out = {"walk": {"t": 0.5, "space": "z"}}  # links left out a seed of 1
    assert Recipe.from_dict(left_out).walk == Walk((Recipe(psi=1), Recipe(1, psi=1)), 0.5, "z")
    placed = {"w": pack_vector(np.ones(4)), "walk": {"seed": 7, "t": 0.25, "space": "z"}}
    assert Recipe.from_dict(placed).walk.space == "w"  # a w has no z
    assert Recipe.from_dict({"walk": {"seed": 7, "t": 0}}) == Recipe()


def test_a_seed_is_a_seed_whatever_its_truncation():
    assert Recipe(5, psi=0.3, cutoff=2, noise=Noise("none"), mix=Mix(9, (0, 0))).is_seed()
    assert Recipe(5, walk=Walk()).is_seed()
    for more in ({"w": "ADw="}, {"edits": (Edit("pca1"),)}, {"mix": Mix(9, (0, 1))},
                 {"walk": Walk((Recipe(),))}):  # fmt: skip
        assert not Recipe(5, **more).is_seed()


def test_a_walk_without_key_frames_is_left_out_of_links():
    assert Recipe(walk=Walk(t=0.5, space="spline")).compact() == {"version": 3}


def test_vectors_round_trip():
    values = np.random.default_rng(0).standard_normal(512).astype(np.float16)
    own = Own("own:x", "x", pack_vector(values))
    assert np.array_equal(own.values(), values.astype(np.float32))


def test_missing_fields_have_their_defaults():
    assert Recipe.from_json("{}") == Recipe()
    assert Recipe.from_json('{"walk": {"keys": []}, "noise": null}') == Recipe(walk=Walk())


def test_recipes_cannot_be_changed_and_can_be_compared():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.seed = 6
    assert len({FULL, Recipe.from_json(FULL.to_json()), Recipe()}) == 2


def test_whole_numbers_of_a_page_may_come_as_floats():
    recipe = Recipe.from_dict({"seed": 5.0, "psi": 1, "mix": {"seed": 2.0, "weights": [1]}})
    assert recipe == Recipe(seed=5, psi=1.0, mix=Mix(2, (1.0,)))
    assert isinstance(recipe.seed, int)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": -1}, "seed: expected a whole number from 0 to 4294967295, got -1"),
        ({"seed": 2**32}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": "5"}, "seed"),
        ({"psi": 9}, "psi: expected a number from -2 to 2, got 9"),
        ({"psi": float("nan")}, "psi"),
        ({"psi": float("inf")}, "psi"),
        ({"psi": "1"}, "psi"),
        ({"psi": [1]}, "psi"),
        ({"cutoff": 99}, "cutoff"),
        ({"class_index": -1}, "class_index"),
        ({"walk": {"keys": [], "t": 1.01}}, "t: expected a number from 0 to 1"),
        ({"walk": {"keys": [], "t": 1e300}}, "t: expected a number from 0 to 1"),
        ({"walk": {"keys": [], "space": "x"}}, "space: expected w, spline, z; got 'x'"),
        ({"walk": {"keys": [], "space": ["w"]}}, "space"),
        ({"walk": {"keys": [], "loop": 1}}, "walk: loop must be true or false"),
        ({"walk": {"keys": 5}}, "walk: keys: expected a list"),
        ({"walk": {"keys": [5]}}, "recipe: expected a table"),
        ({"walk": {"keys": [{}] * 21}}, "walk: keys: expected at most 20"),
        ({"walk": {"keys": [{"psi": float("nan")}]}}, "psi"),
        ({"walk": {"keys": [{"w": "AAA="}], "space": "z"}}, "only seeds without edits have a z"),
        ({"walk": {"keys": [{"walk": {"keys": [{}]}}]}}, "may not be on a walk itself"),
        ({"walk": {"keys": [{"walk": {"seed": 3, "t": 0.5}}]}}, "may not be on a walk itself"),
        ({"mix": {"recipe": {"walk": {"keys": [{}]}}}}, "may not be on a walk"),
        ({"walk": {"seed": -1}}, "seed"),
        ({"walk": {"t": 2}}, "t: expected"),
        ({"walk": 3}, "walk: expected a table"),
        ({"mix": {"weights": [0.5, 2]}}, "mix: weights must be numbers from 0 to 1"),
        ({"mix": {"weights": [0] * 19}}, "mix: weights"),
        ({"mix": {"weights": 1}}, "mix: weights: expected a list"),
        ({"edits": {}}, "edits: expected a list"),
        ({"edits": [{"direction": "pca1"}] * 101}, "at most 100"),
        ({"edits": [{"strength": 1}]}, "edit: .*direction"),
        ({"edits": [{"direction": 7}]}, "edit: direction must be a name"),
        ({"edits": [{"direction": "x" * 101}]}, "edit: direction"),
        ({"edits": [{"direction": "pca1", "strength": 11}]}, "strength"),
        ({"edits": [{"direction": "pca1", "layers": [3, 3]}]}, "edit: layers"),
        ({"edits": [{"direction": "pca1", "layers": [1]}]}, "edit: layers"),
        ({"noise": {"mode": "loud"}}, "mode: expected const, random, none; got 'loud'"),
        ({"noise": {"strength": 5}}, "strength"),
        ({"noise": []}, "noise: expected a table"),
        ({"colour": 1}, "recipe: unknown field 'colour'"),
        ({"walk": {"speed": 1}}, "walk: unknown field 'speed'"),
        ({"version": 4}, "version 4 is unknown; update"),
        ({"noise": {"off": [18]}}, "noise: off"),
        ({"noise": {"off": [0.5]}}, "noise: off"),
        ({"noise": {"off": 1}}, "noise: off: expected a list"),
        ({"w": "!"}, "w: not base64"),
        ({"w": 5}, "w: expected base64"),
        ({"w": ""}, "w: expected base64"),
        ({"w": "A" * 60_000}, "w: expected base64"),
        ({"w": "AHwA"}, "w: not base64"),
        ({"w": "AHw="}, "w: holds NaN or infinity"),
        ({"hold": ["x"] * 21}, "hold: expected at most 20"),
        ({"hold": [5]}, "hold"),
        ({"hold": "pca1"}, "hold: expected a list"),
        ({"own": [{"key": "own:a", "name": "a"}]}, "own: .*vector"),
        ({"own": [{"key": "pca1", "name": "a", "vector": "ADw="}]}, "own: key must start"),
        ({"own": [{"key": "own:a", "name": "", "vector": "ADw="}]}, "own: name"),
        ({"own": [{"key": "own:a", "name": "a", "vector": "ADw="}] * 2}, "the same key"),
        ({"channels": {}}, "channels: expected a list"),
        ({"channels": [{"layer": 0}]}, "channel: .*channel"),
        ({"channels": [{"layer": 17, "channel": 0}]}, "layer: expected a whole number from 0 to"),
        ({"channels": [{"layer": 0, "channel": -1}]}, "channel: expected a whole number"),
        ({"channels": [{"layer": 9, "channel": 0, "rgb": True}]}, "layer: expected a whole number"),
        ({"channels": [{"layer": 0, "channel": 0, "rgb": 1}]}, "rgb must be true or false"),
        (
            {"channels": [{"layer": 0, "channel": 1, "rgb": True}] * 2},
            "channels: one of them .* twice",
        ),
        ({"channels": [{"layer": 0, "channel": 1e300}]}, "channel: expected a whole number"),
        ({"channels": [{"layer": 0, "channel": 0, "strength": 21}]}, "strength"),
        ({"channels": [{"layer": 0, "channel": 0, "strength": float("nan")}]}, "strength"),
        (
            {"channels": [{"layer": 0, "channel": 1}] * 2},
            "channels: one of them .* twice",
        ),
        ({"channels": [{"layer": 0, "channel": i} for i in range(101)]}, "at most 100"),
        ({"channels": [5]}, "channel: expected a table"),
        ({"model": "xyz"}, "model: expected 12 hexadecimal"),
        ({"model": 5}, "model"),
        ({"model": 123456789012}, "model"),
        ({"mix": {"recipe": {"psi": 9}}}, "psi"),
        ({"mix": {"recipe": 3}}, "recipe: expected a table"),
        ({"mix": {"recipe": {"mix": {"recipe": {}}}}}, "may not be mixed"),
        (
            {"walk": {"keys": [{"mix": {"recipe": {"mix": {"recipe": {}}}}}]}},
            "may not be mixed",
        ),
        ({"version": "1"}, "version"),
        ([], "recipe: expected a table"),
        (None, "recipe: expected a table"),
    ],
)
def test_what_is_no_recipe_is_refused_in_words(values, message):
    with pytest.raises(RecipeError, match=message) as error:
        Recipe.from_dict(values)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"psi": NaN}', "nonsense"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


@pytest.mark.parametrize(
    "wrong", [{"walk": {"keys": ()}}, {"mix": (1,)}, {"noise": None}, {"edits": ("pca1",)}]
)
def test_python_callers_are_checked_too(wrong):
    with pytest.raises(RecipeError):
        Recipe(**wrong)


def nested(depth: int) -> list:
    values = []
    for _ in range(depth):
        values = [values]
    return values


@pytest.mark.parametrize(
    "values",
    [
        {"psi": 10**400}, {"psi": -(10**400)}, {"mix": {"weights": [10**400]}}, {"seed": 10**400},
        {"noise": {"off": [10**400]}}, {"walk": {"keys": [], "t": 10**400}},
        {"edits": [{"direction": "pca1", "strength": 10**400}]}, {"seed": nested(100_000)},
    ],
    ids=range(8),
)  # fmt: skip
def test_numbers_and_lists_without_end_are_refused_in_words(values):
    with pytest.raises(RecipeError) as refused:
        Recipe.from_dict(values)
    assert len(str(refused.value)) < 200


def test_json_with_endless_digits_is_refused_in_words():
    with pytest.raises(RecipeError, match="not JSON"):
        Recipe.from_json('{"seed": ' + "9" * 5000 + "}")


@pytest.mark.parametrize("name", ["edits", "channels", "own"])
def test_lists_that_are_too_long_are_refused_before_they_are_read(name):
    with pytest.raises(RecipeError, match="at most"):
        Recipe.from_dict({name: [None] * 101})


def test_another_seed_leaves_the_journey_with_its_truncation():
    walk = Walk((Recipe(3, psi=0.4), Recipe(8)), 0.3)
    edited = Recipe(edits=(Edit("pca1", 2),))
    assert dataclasses.replace(edited, psi=1, walk=walk).with_seed(5) == dataclasses.replace(
        edited, seed=5, psi=0.4
    )
    assert dataclasses.replace(edited, psi=1, w=pack_vector(np.ones(4))).with_seed(5).psi == 1


@pytest.mark.parametrize("name", ["\ud800", "a\nb", "\0", "\u202e", "x" * 101, ""])
def test_names_can_be_shown_and_written(name):
    vector = pack_vector(np.ones(4))
    for values in (
        {"edits": [{"direction": name}]}, {"hold": [name]},
        {"own": [{"key": f"own:{name or chr(0)}", "name": "x", "vector": vector}]},
        {"own": [{"key": "own:x", "name": name, "vector": vector}]},
    ):  # fmt: skip
        with pytest.raises(RecipeError) as caught:
            Recipe.from_dict(values)
        str(caught.value).encode()
    assert Own("own:größe", "Größe \N{BRAIN}", vector)


def test_a_direction_of_zeros_leads_nowhere():
    with pytest.raises(RecipeError, match="zeros"):
        Own("own:x", "x", pack_vector(np.zeros(4)))
