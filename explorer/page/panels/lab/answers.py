"""What the lab asks the server: its figures as plain JSON, the race of one brain, the analysis."""

from collections.abc import Callable
from dataclasses import asdict, replace

from explorer.lab import claims, droplet, layer_claims
from explorer.lab.against_data import Against
from explorer.lab.analysis import NEAR, found, left
from explorer.lab.analyst import Analyst
from explorer.lab.factors import Factors
from explorer.lab.live import Runner, brain_of, race_of
from explorer.lab.race import TOLERANCE, Race
from explorer.lab.results import Analysis, Settings
from explorer.page.answers import answering, known, picture_source, start_values
from explorer.page.panels.lab.readings import claim_of, reading_of
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_table, short


def laboratory(model: Model, settings: Settings | None = None) -> list[Callable[[object], dict]]:
    """All that the view asks for."""
    library, analyst = model.lab, Analyst(model, settings)

    def analysis() -> tuple[Analysis, Factors]:
        factors = analyst.factors()  # says how far it is
        return found(library, factors, settings=settings), factors

    @answering
    def figures(posted: object) -> dict:
        """Every card that can be told of, what is missing, and whether it is being made."""
        there, factors = analysis()
        lacking = left(library, factors, settings=settings)
        return {
            "cards": _cards(there),
            "races": [_race(key, race, there) for key, race in _races(there).items()],
            "real": library.reals is not None,
            "trust": claims.trusted(factors), "sketched": claims.sketched(there),
            "left": asdict(lacking), "work": asdict(analyst.state),
        }  # fmt: skip

    @answering
    def work(posted: object) -> dict:
        """How far the analysis is."""
        return {"work": asdict(analyst.state)}

    @answering
    def begin(posted: object) -> dict:
        analyst.start()
        return {"work": asdict(analyst.state)}

    @answering
    def stop(posted: object) -> dict:
        analyst.stop()
        return {"work": asdict(analyst.state)}

    @answering
    def race(posted: object) -> dict:
        """One brain's run along one way. Posted: {"recipe", "key": of the measurement, "way": a
        space, or None for the brain before}."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe"))
        there, factors = analysis()
        key, way = posted.get("key"), posted.get("way")
        raced = _races(there).get(key) if isinstance(key, str) else None
        if raced is None:
            raise RecipeError(f"race: {short(key)} has not been raced; analyse the model first")
        if way is not None and way not in raced.lanes:
            raise RecipeError(f"race: there is no way through {short(way)}")
        lanes = {way: raced.lanes[way]} if way else {}
        heat = race_of(model, brain_of(model, recipe), replace(raced, lanes=lanes), factors)
        if way is None:
            measured = known(float(heat.start[raced.target])) is not None
            return {
                "src": picture_source(heat.picture), "recipe": start_values(heat.recipe),
                "measured": measured,
            }  # fmt: skip
        if not heat.measured:
            name = there.names[raced.target].lower()
            raise RecipeError(f"race: {name} cannot be measured on this brain; race another")
        return _runner(heat.runners[0], raced.target, there.names)

    return [figures, work, begin, stop, race]


def _races(there: Analysis) -> dict[str, Race]:
    """By key of the measurement; of that which was run to the end, that one, first."""
    first = {there.keys[there.race.target]: there.race} if there.race else {}
    return first | {key: race for key, race in there.races.items() if key not in first}


def _cards(there: Analysis) -> dict[str, dict]:
    """Claims by the card's name; a card is left out while its part is missing."""
    cards = {}
    if claim := claims.disentangled(there.spaces):
        cards["disentangled"] = claim_of(claim)
    if there.smoothness:
        ratios = [reading_of(r) for r in claims.ratios(there.smoothness)]
        cards["smooth"] = claim_of(claims.smooth(there.smoothness)) | {"ratios": ratios}
    if there.shares is not None and there.spans is not None:
        cards["layers"] = claim_of(layer_claims.layers(there)) | {
            "groups": list(there.groups),
            "rows": [
                {"name": name, "cells": [_cell(*cell) for cell in cells]}
                for name, cells in layer_claims.carried(there)
            ],
        }  # fmt: skip
    if found := there.magnitudes:
        picture, most = droplet.picture(found)
        cards["signal"] = claim_of(droplet.claim(found)) | {
            "map": picture_source(picture), "most": known(most),
            "layer": found.name(found.strongest), "brains": found.brains,
        }  # fmt: skip
    for key, data in (("data", there.data), ("height", there.data_at_height)):
        if data is not None:
            cards[key] = _data(data, there.names)
    return cards


def _data(data: Against, names: tuple[str, ...]) -> dict:
    listed = [
        {
            "first": pair.first, "second": pair.second, "mark": pair.mark,
            "people": reading_of(pair.people), "model": reading_of(pair.model),
            "difference": reading_of(pair.difference),
        }
        for pair in claims.pairs(data, names)
    ]  # fmt: skip
    return claim_of(claims.against(data, names)) | {"pairs": listed, "names": list(names)}


def _race(key: str, race: Race, there: Analysis) -> dict:
    """A measurement's race over many brains."""
    names = there.names
    within = TOLERANCE if race is there.race else NEAR
    return claim_of(claims.race(race, names[race.target], within)) | {
        "key": key, "name": names[race.target], "ways": list(race.lanes),
        "named": {space: lane.way.name for space, lane in race.lanes.items()},
        "others": [n for k, n in enumerate(names) if k != race.target],
        "brains": race.brains,
    }  # fmt: skip


def _runner(runner: Runner, target: int, names: tuple[str, ...]) -> dict:
    others = [
        {"name": name, "value": known(float(x))}
        for k, (name, x) in enumerate(zip(names, runner.changes, strict=True))
        if k != target
    ]
    return {
        "reached": runner.reached, "change": known(float(runner.changes[target])),
        "leak": known(float(runner.leak)), "others": others,
        "src": picture_source(runner.picture), "recipe": start_values(runner.recipe),
    }  # fmt: skip


def _cell(value: float, low: float, high: float) -> dict:
    """R² with its interval; nothing where it could not be told."""
    if known(value) is None or known(low) is None:
        return {"value": None, "says": "unknown"}
    return reading_of(claims.Reading("R²", "", value, low, high))
