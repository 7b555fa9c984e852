"""What the tab Export asks the server."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.export.command import command_line
from explorer.export.dataset import Progress, write_dataset
from explorer.export.nifti import nifti_bytes
from explorer.export.plan import Plan, groups_of, notes
from explorer.export.sheet import next_brains, sheet_png
from explorer.export.survey import survey
from explorer.page.answers import answering
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_table
from explorer.work.jobs import Jobs
from gan.checkpoint import write_atomic

MOST_SHEET, MOST_BYTES = 100, 2e9


@dataclass(frozen=True)
class Row:
    """Who makes the page's files: a data set keeps no contact sheet waiting."""

    sheets: Jobs
    datasets: Jobs

    @property
    def folders(self) -> list[Path]:
        return [self.sheets.folder, self.datasets.folder]

    def of(self, posted: object) -> tuple[Jobs, object]:
        posted = as_table(posted, "posted")
        return self.datasets if posted.get("kind") == "dataset" else self.sheets, posted.get("key")


def exporting(model: Model, row: Row) -> list[Callable[[object], dict]]:
    """What the panel asks for: {"error": sentence} where something is wrong."""

    @answering
    def picture(posted: object) -> dict:
        """{"file": base64, "name"} of {"recipe", "form": png8, png16 or nifti, "mm"}."""
        posted = as_table(posted, "posted")
        recipe, form = Recipe.from_dict(posted.get("recipe")), posted.get("form")
        if form == "nifti":
            content, ending = nifti_bytes(model, recipe, posted.get("mm")), ".nii.gz"
        elif form in ("png8", "png16"):
            bits = 8 if form == "png8" else 16
            content, ending = export_png(model, recipe, bits=bits), f"-{bits}bit.png"
        else:
            raise RecipeError("form: expected png8, png16 or nifti")
        name = f"synthetic-brain-{recipe.title}{ending}"
        return {"file": base64.b64encode(content).decode("ascii"), "name": name}

    @answering
    def sheet(posted: object) -> dict:
        """{"key"} of {"recipe", "count", "columns", "labels"}."""
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe"))
        count, columns = (_whole(posted.get(name), name) for name in ("count", "columns"))
        labels = posted.get("labels") is True
        export_png(model, recipe)  # refuses what this model does not have

        def make(path: Path, report: Callable[[dict], None]) -> str:
            tell = lambda share: report({"found": round(share * count), "count": count})  # noqa: E731
            brains = next_brains(model, recipe, count)
            write_atomic(path, sheet_png(model, brains, columns, labels, tell))
            return f"{count} pictures, {_seeds(brains)}."

        return {"key": row.sheets.start("synthetic-brains-sheet.png", make)}

    @answering
    def estimate(posted: object) -> dict:
        """Time and size of a plan, from a second's work, and the command that does the same."""
        plan = Plan.from_dict(posted)
        seen = survey(model, plan)
        seconds, size = seen.estimate(plan)
        return {
            "looked": seen.looked, "fitting": seen.fitting, "seconds": seconds, "bytes": size,
            "command": command_line(model, plan), "notes": notes(model, plan),
        }  # fmt: skip

    @answering
    def make(posted: object) -> dict:
        """{"key"} of a plan."""
        plan = Plan.from_dict(posted)
        groups_of(model, plan)  # what is wrong with it is told at once
        config = model.config
        most = plan.count * (config.resolution**2 * config.img_channels * plan.bits // 8 + 1500)
        if most > MOST_BYTES:
            raise RecipeError(
                f"count: this could become {most / 1e9:.1f} GB, more than the page hands out "
                f"({MOST_BYTES / 1e9:.0f} GB); use the command line below"
            )

        def make(path: Path, report: Callable[[dict], None]) -> str:
            tell = lambda progress: report(vars(progress))  # noqa: E731
            outcome = write_dataset(model, plan, path, tell)
            report(vars(Progress(outcome.count, plan.count, max(outcome.tried), outcome.bytes)))
            if outcome.complete:
                return f"{outcome.count:,} pictures."
            return f"Only {outcome.count:,} of {plan.count:,} pictures: {outcome.shortfall()}."

        return {"key": row.datasets.start("synthetic-brains.zip", make)}

    @answering
    def look(posted: object) -> dict:
        """How far a job is; `path` once there is a file."""
        jobs, key = row.of(posted)
        job = jobs.look(key)
        answer = {
            "state": job.state, "progress": dict(job.progress), "seconds": job.seconds,
            "message": job.message, "ahead": jobs.ahead(key),
        }  # fmt: skip
        if job.state == "done":
            answer |= {"path": job.path.as_posix(), "bytes": job.bytes}
        return answer

    @answering
    def cancel(posted: object) -> dict:
        jobs, key = row.of(posted)
        jobs.cancel(key)
        return {}

    return [picture, sheet, estimate, make, look, cancel]


def _seeds(brains: list[Recipe]) -> str:
    """Which they are: the first may be no seed's."""
    if brains[0].shows_seed():
        return f"seeds {brains[0].seed} to {brains[-1].seed}"
    others = f", then seeds {brains[1].seed} to {brains[-1].seed}" if brains[1:] else ""
    return f"this brain, which is no seed’s{others}"


def _whole(x: object, name: str) -> int:
    if isinstance(x, bool) or not isinstance(x, int) or not 1 <= x <= MOST_SHEET:
        raise RecipeError(f"{name}: expected a whole number from 1 to {MOST_SHEET}")
    return x
