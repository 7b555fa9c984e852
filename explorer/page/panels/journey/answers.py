"""What the journey asks the server."""

import base64
from collections.abc import Callable
from pathlib import Path

from explorer.page.answers import answering
from explorer.picture.latents import check
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_table
from explorer.tools import journey
from explorer.tools.film import Film, make_film
from explorer.work.jobs import Jobs
from gan.checkpoint import write_atomic

_MOST_FILMS = 6  # that wait or are made
_PATIENCE = 120.0  # seconds without a question; browsers ask from hidden tabs once a minute


def travelling(model: Model) -> list[Callable[[object], dict]]:
    """Key frames, speed and films. A film is kept until its page fetches it, or two minutes."""
    films = Jobs(most=_MOST_FILMS, abandoned=_PATIENCE, kept=_PATIENCE)

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
        check(model, recipe)  # refuses what this model does not have

        def make(path: Path, report: Callable[[dict], None]) -> str:
            write_atomic(path, make_film(model, recipe, film, lambda x: report({"progress": x})))
            return ""

        return {"film": films.start(f"film.{film.kind}", make), "frames": film.frames}

    @answering
    def film_state(posted: object) -> dict:
        """{"progress": 0..1, "done", "ahead": films that are made before it}."""
        key = as_table(posted, "posted").get("film")
        job = films.look(key)
        if job.state == "failed":
            raise RecipeError(job.message)
        progress = job.progress.get("progress", 0.0)
        return {"progress": progress, "done": job.state == "done", "ahead": films.ahead(key)}

    @answering
    def fetch_film(posted: object) -> dict:
        content = films.take(as_table(posted, "posted").get("film"))
        return {"file": base64.b64encode(content).decode("ascii")}

    @answering
    def stop_film(posted: object) -> dict:
        films.cancel(as_table(posted, "posted").get("film"))
        return {}

    return [speed, even, begin_film, film_state, fetch_film, stop_film]
