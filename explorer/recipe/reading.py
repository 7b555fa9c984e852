"""Strangers' values as recipes: of links, pictures, files, pages and older versions."""

import json
from dataclasses import fields

from explorer.recipe.checks import RecipeError, as_table, as_tuple, is_whole, short
from explorer.recipe.recipe import (
    MAX_KEYS,
    MOST,
    VERSION,
    Channel,
    Edit,
    Mix,
    Noise,
    Own,
    Recipe,
    Walk,
)


def recipe_from(values: object, within: str = "") -> Recipe:
    """Check and rebuild what `to_dict` gave, or anything a page or a file holds instead.

    Fields that are missing have their default. `within` names the part of another recipe that
    this one is. Raises RecipeError on anything else than a recipe: unknown fields too, since
    ignoring one would give another picture.
    """
    values = dict(as_table(values, "recipe"))
    version = values.pop("version", VERSION)
    if not is_whole(version) or not 1 <= version <= VERSION:
        raise RecipeError(f"recipe: version {short(version)} is unknown; update the program")
    if version < 3:
        values |= _before_judges(values)
    if values.get("walk") is not None:
        values["walk"] = _walk(values, within)
    mix = values.get("mix")
    if isinstance(mix, dict) and mix.get("recipe") is not None:
        if within == "mix: recipe: the second brain":
            raise RecipeError(f"{within} may not be mixed from recipes itself")
        second = recipe_from(mix["recipe"], "mix: recipe: the second brain")
        values["mix"] = {**mix, "recipe": second}
    for name, kind in (("mix", Mix), ("noise", Noise)):
        if values.get(name) is not None:
            values[name] = _build(kind, values[name], name)
        elif name == "noise":
            values.pop(name, None)
    for name, kind in (("edits", Edit), ("own", Own), ("channels", Channel)):
        if name in values:
            each = as_tuple(values[name], name, MOST[name])  # before any of them is looked at
            values[name] = tuple(_build(kind, one, kind.__name__.lower()) for one in each)
    return _build(Recipe, values, "recipe")


def _before_judges(values: dict) -> dict:
    """What named measured directions before version 3, with the names of those of that time."""
    former = lambda key: key.replace("measured:", "former:", 1) if isinstance(key, str) else key  # noqa: E731
    found = {}
    if isinstance(values.get("hold"), list | tuple):
        found["hold"] = [former(key) for key in values["hold"]]
    if isinstance(values.get("edits"), list | tuple):
        found["edits"] = [
            {**edit, "direction": former(edit.get("direction"))} if isinstance(edit, dict) else edit
            for edit in values["edits"]
        ]
    return found


def plain_json(text: str) -> object:
    """What a stranger's JSON holds; raises RecipeError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # endless digits are a ValueError too
        raise RecipeError(f"recipe: not JSON ({error})") from error


def _walk(values: dict, within: str) -> Walk | None:
    """The walk of a recipe's plain values, with its key frames."""
    walk = as_table(values["walk"], "walk")
    if "keys" not in walk:
        return _walk_between_two(walk, values)
    keys = as_tuple(walk["keys"], "walk: keys")
    if keys and within:
        raise RecipeError(f"{within} may not be on a walk itself")
    if len(keys) > MAX_KEYS:
        raise RecipeError(f"walk: keys: expected at most {MAX_KEYS} recipes")
    recipes = tuple(recipe_from(key, "walk: a key frame") for key in keys)
    return _build(Walk, {**walk, "keys": recipes}, "walk")


def _walk_between_two(walk: dict, values: dict) -> Walk | None:
    """As it was written before there were key frames: from the recipe's brain to a seed."""
    start = {k: values.get(k) for k in ("seed", "w", "class_index") if values.get(k) is not None}
    end = {k: v for k, v in start.items() if k == "class_index"} | {"seed": walk.get("seed", 1)}
    rest = {k: v for k, v in walk.items() if k != "seed"}
    if "w" in start and rest.get("space") == "z":
        rest["space"] = "w"  # a w has no z
    keys = tuple(recipe_from({**key, "psi": 1}) for key in (start, end))
    made = _build(Walk, {**rest, "keys": keys}, "walk")
    return made if made.t else None


def _build(kind, values, what: str):
    values = as_table(values, what)
    known = {f.name for f in fields(kind)}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise RecipeError(f"{what}: unknown field {short(unknown[0])}")
    try:
        return kind(**values)
    except TypeError as error:
        raise RecipeError(f"{what}: {error}") from error
