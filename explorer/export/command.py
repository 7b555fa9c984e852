"""The command line that makes a data set, for those who put one together on the page."""

import shlex
from dataclasses import replace

from explorer.export.plan import Plan
from explorer.picture.model import Model, bundled
from explorer.recipe import Recipe

RECIPE_FILE = "picture.png"


def command_line(model: Model, plan: Plan, out: str = "brains.zip") -> str:
    """What to type to get the same data set.

    Where the pictures share more than their truncation, the command reads it from a picture that
    the user saves as picture.png.
    """
    words = ["python", "-m", "explorer.export"]
    base = plan.base if plan.vary == "noise" else plan.base.with_seed(plan.first_seed)
    classes = plan.classes
    if model.classes and not classes and plan.vary != "noise":  # the command would take all
        classes = (base.class_index or 0,)
    if model.path != bundled()[0]:
        words += ["--checkpoint", str(model.path)]
    plain = replace(base, seed=0, w=None, walk=None, psi=0.7, cutoff=None, class_index=None,
                    condition=None, model=None)  # fmt: skip
    if plain != Recipe() or plan.vary == "noise":
        words += ["--recipe", RECIPE_FILE]
    words += ["--noise-seed" if plan.vary == "noise" else "--seed", str(plan.first_seed)]
    words += ["--psi", repr(base.psi).removesuffix(".0")]
    if base.cutoff is not None:
        words += ["--cutoff", str(base.cutoff)]
    if plan.vary != "brain":
        words += ["--vary", plan.vary]
    for index in classes:
        words += ["--class", model.classes[index]]
    if model.scale and (plan.conditions or plan.vary != "noise"):
        middle = model.scale.middle if base.condition is None else base.condition
        low, high = plan.conditions or (middle, middle)
        # In one word: a number below 0 would be taken for an option.
        ends = [repr(float(x)).removesuffix(".0") for x in dict.fromkeys((low, high))]
        words += ["--condition=" + "..".join(ends)]
    for condition in plan.where:
        words += ["--where", str(condition)]
    if plan.balance:
        words += ["--balance", f"{plan.balance.key}:{plan.balance.parts}"]
    if plan.bits != 8:
        words += ["--bits", str(plan.bits)]
    return shlex.join([*words, "--count", str(plan.count), "--out", out])
