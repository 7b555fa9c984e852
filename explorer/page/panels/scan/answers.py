"""What the panel of one's own scan asks the server."""

from collections.abc import Callable

from explorer.page.answers import (
    answering,
    decoded,
    picture_source,
    picture_uri,
    start_values,
)
from explorer.page.panels.nearest import missing, neighbours
from explorer.picture.model import Model
from explorer.recipe.checks import RecipeError, as_table, as_tuple, is_whole
from explorer.tools.colours import heat
from explorer.tools.projection import Effort
from explorer.tools.scan_room import MOST_CHUNK, Job, Result, ScanRoom
from explorer.tools.scans.framing import Placing
from gan.picture import png_bytes

_PREPARED = "A scan as a generative model is given it. Not for diagnosis."
_WHITE = 64  # grey levels of difference


def projecting(model: Model) -> list[Callable[[object], dict]]:
    """Functions of one room: a scan comes in chunks, is prepared, projected, watched, dropped."""
    room = ScanRoom(model)

    @answering
    def open_scan(posted: object) -> dict:
        sizes = as_tuple(as_table(posted, "posted").get("sizes"), "sizes")
        if not all(is_whole(size) and size >= 0 for size in sizes):
            raise RecipeError("sizes: expected whole numbers of bytes")
        return {"key": room.open(list(sizes))}

    @answering
    def send_scan(posted: object) -> dict:
        """{"slices", "middle", "notes"} once the last chunk is there."""
        posted = as_table(posted, "posted")
        scan = room.send(posted.get("key"), decoded(posted.get("data"), "data", MOST_CHUNK))
        if scan is None:
            return {}
        notes = list(scan.notes)
        if len(scan.slices) > 1 and not model.axial:
            notes.append("Volumes are cut into axial slices, which this model does not make.")
        return {"slices": len(scan.slices), "middle": scan.middle, "notes": notes}

    @answering
    def prepare_scan(posted: object) -> dict:
        picture = room.prepare(as_table(posted, "posted").get("key"), _placing(posted))
        return {"src": picture_uri(png_bytes(picture, _PREPARED))}

    @answering
    def start_scan(posted: object) -> dict:
        layered = as_table(posted, "posted").get("layered", True)
        if not isinstance(layered, bool):
            raise RecipeError("layered: expected true or false")
        effort = (
            Effort() if layered else Effort(shared=Effort().shared + Effort().layered, layered=0)
        )
        room.start(posted.get("key"), _placing(posted), effort)
        return {}

    @answering
    def watch_scan(posted: object) -> dict:
        seen = as_table(posted, "posted").get("seen", 0)
        if not is_whole(seen):
            raise RecipeError("seen: expected how many results there were")
        return _progress(model, room.job(posted.get("key")), seen)

    @answering
    def cancel_scan(posted: object) -> dict:
        room.job(as_table(posted, "posted").get("key")).cancel()
        return {}

    @answering
    def forget_scan(posted: object) -> dict:
        room.forget(as_table(posted, "posted").get("key"))
        return {}

    return [
        open_scan, send_scan, prepare_scan, start_scan, watch_scan, cancel_scan, forget_scan,
    ]  # fmt: skip


def _progress(model: Model, job: Job, seen: int) -> dict:
    """{"state": "waiting", "running" or "ended", ...}, with "result" where there is one more than
    were seen; raises the job's own sentence."""
    if job.problem:
        raise RecipeError(job.problem)
    ended, last = job.ended, job.last
    if job.waiting or last is None:
        return {"state": "ended" if ended else "waiting", "results": 0}
    answer = {
        "state": "ended" if ended else "running", "done": last.done, "steps": last.steps,
        "curve": list(job.curve), "src": picture_source(last.picture), "results": job.results,
    }  # fmt: skip
    return answer | ({"result": _result(model, job.result)} if job.results > seen else {})


def _result(model: Model, result: Result) -> dict:
    return {
        "recipe": start_values(result.recipe),
        "scan": picture_uri(png_bytes(result.target, _PREPARED)),
        "found": picture_source(result.picture),
        "difference": picture_source(heat(result.verdict.likeness.difference / _WHITE)),
        "words": result.verdict.words,
        "rarer": result.rarer,
        "nearest": None if missing(model) else neighbours(model, result.target, "Your scan"),
    }


def _placing(posted: object) -> Placing:
    values = as_table(as_table(posted, "posted").get("placing", {}), "placing")
    return Placing(**{k: values[k] for k in Placing.__dataclass_fields__ if k in values})
