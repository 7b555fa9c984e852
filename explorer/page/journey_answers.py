"""What the journey asks the server."""

import base64
from collections.abc import Callable
from functools import partial

from explorer import journey
from explorer.checks import as_table
from explorer.film import Film, make_film
from explorer.model import Model
from explorer.page.answers import answering
from explorer.recipe import Recipe
from explorer.studio import Studio


def travelling(model: Model) -> list[Callable[[object], dict]]:
    """Key frames, speed and films. A film is kept in memory until its page fetches it."""
    films = Studio()

    @answering
    def freeze(posted: object) -> dict:
        """{"key": recipe} of a recipe that is on a journey itself."""
        return {"key": journey.freeze(model, Recipe.from_dict(posted)).compact()}

    @answering
    def speed(posted: object) -> dict:
        """{"changes": grey levels} of a few steps: the page asks for one part after the other."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe"))
        numbers = (posted.get(k) for k in ("steps", "first", "count"))
        return {"changes": journey.changes(model, recipe, posted.get("space"), *numbers)}

    @answering
    def even(posted: object) -> dict:
        """{"places": 201 t at which the same share of all change has happened}."""
        changes = journey.check_changes(as_table(posted, "posted").get("changes"))
        return {"places": journey.even_table(changes)}

    @answering
    def begin_film(posted: object) -> dict:
        posted = as_table(posted, "posted")
        recipe = journey.at(Recipe.from_dict(posted.get("recipe")), 0.0)
        wishes = {k: posted[k] for k in ("kind", "seconds", "fps", "size") if k in posted}
        if posted.get("changes") is not None:
            wishes["changes"] = journey.check_changes(posted["changes"])
        film = Film(**wishes)
        work = partial(make_film, model, recipe, film)
        return {"film": films.start(work), "frames": film.frames}

    @answering
    def film_state(posted: object) -> dict:
        progress, done = films.state(as_table(posted, "posted").get("film"))
        return {"progress": progress, "done": done}

    @answering
    def fetch_film(posted: object) -> dict:
        content = films.fetch(as_table(posted, "posted").get("film"))
        return {"file": base64.b64encode(content).decode("ascii")}

    @answering
    def stop_film(posted: object) -> dict:
        films.stop(as_table(posted, "posted").get("film"))
        return {}

    return [freeze, speed, even, begin_film, film_state, fetch_film, stop_film]
