"""What the time machine asks the server: the moments of a training, and how one looks."""

from collections.abc import Callable

from explorer.lab import training_claims
from explorer.lab.analysis import of_the_training
from explorer.lab.moments import history
from explorer.lab.reel import Look, Reel
from explorer.lab.settling import Settling
from explorer.page.answers import answering, picture_source
from explorer.page.panels.lab.readings import claim_of, reading_of
from explorer.picture.model import Model
from explorer.recipe.checks import as_table, is_number
from explorer.tools import colours

_LOGGED = (("slices trained with", "train_logit"), ("people held out", "held_out_logit"))


def time_machine(model: Model, reel: Reel | None = None) -> list[Callable[[object], dict]]:
    reel = Reel(model) if reel is None else reel

    @answering
    def training(posted: object) -> dict:
        """All that is known of the whole training; "moments" is empty where nothing was kept."""
        if not reel.moments:
            return {"moments": []}
        settled = of_the_training(reel.finished.lab)
        return {
            "moments": [moment.kimg for moment in reel.moments],
            "own": reel.own, "name": reel.finished.name,
            "claim": claim_of(training_claims.settled(settled)) if settled else None,
            "agreement": _curves(settled) if settled else None,
            "verdicts": _verdicts(reel, settled),
        }  # fmt: skip

    @answering
    def moment(posted: object) -> dict:
        """Posted: {"number", "seeds", "psi", "step"}, see explorer.lab.reel.Look."""
        posted = as_table(posted, "posted")
        more = {name: posted[name] for name in ("psi", "step") if name in posted}
        shown = reel.show(Look(posted.get("number"), posted.get("seeds"), **more))
        brains = [{"src": picture_source(picture)} for picture in shown.pictures]
        if shown.logits is not None:
            for brain, logit, look in zip(brains, shown.logits, shown.looks, strict=True):
                brain |= {"verdict": float(logit), "looks": picture_source(colours.heat(look))}
        return {"brains": brains}

    return [training, moment]


def _curves(settled: Settling) -> dict:
    """Correlation with the finished brains: a curve for each band, and the control."""
    table = training_claims.agreements(settled)
    curves = [
        {"name": f"{band} px", "points": [reading_of(row[b]) for row in table]}
        for b, band in enumerate(settled.bands)
    ]
    control = [reading_of(r) for r in training_claims.controls(settled)]
    return {"kimg": settled.kimg[:-1].tolist(), "curves": curves, "control": control}


def _verdicts(reel: Reel, settled: Settling | None) -> list[dict]:
    """Mean verdicts through the training, a curve each: on slices it was trained with and on those
    of people held out, as the log has them; on generated ones as they were measured, with
    intervals, or, while they are not, as the log has them of the pictures shown in training."""
    lines = history(reel.checkpoint)
    curves = [_logged(lines, *one) for one in _LOGGED]
    if settled and settled.judged:
        value, low, high = settled.logit.T.tolist()
        curves.append({"name": "generated", "kimg": settled.kimg.tolist(), "values": value,
                       "low": low, "high": high})  # fmt: skip
    else:
        curves.append(_logged(lines, "generated, while it trained", "fake_logit"))
    return [curve for curve in curves if curve["kimg"]]


def _logged(lines: list[dict], name: str, key: str) -> dict:
    known = [line for line in lines if is_number(line.get(key))]
    return {"name": name, "kimg": [line["kimg"] for line in known],
            "values": [line[key] for line in known]}  # fmt: skip
