"""Which model: a chooser where there are several, and what is known of the open one."""

import gradio as gr

from explorer.page.opener import Opener
from explorer.page.panels.models.answers import opening
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.tools.model_room import KINDS, MOST_CHUNK


def chooser(models: dict[str, Model], here: str, opener: Opener | None = None) -> gr.HTML:
    """Goes to another model's page; the seed and its variety come along.

    models: by the path of their page, "" the first. opener: opens files in the page.
    """
    names = [model.name for model in models.values()]
    choices = [
        {
            "path": path,
            "name": name if names.count(name) == 1 else f"{name} ({model.digest[:4]})",
            "here": path == here,
        }
        for (path, model), name in zip(models.items(), names, strict=True)
    ]
    return gr.HTML(
        value=choices, opens=opener is not None, kinds=",".join(KINDS), chunk=MOST_CHUNK,
        elem_id="models", server_functions=opening(opener) if opener else [],
        **parts("panels/models"),
    )  # fmt: skip


def about(model: Model) -> None:
    """One line on what is open, and its card."""
    config, facts = model.config, model.provenance
    kind = "grey" if config.img_channels == 1 else "colour"
    parts = [f"{config.resolution}×{config.resolution} {kind}"]
    if isinstance(facts.get("kimg"), int | float):
        more = f" after {model.before} of an earlier training" if model.before else ""
        parts.append(f"trained on {facts['kimg']:.0f} thousand images shown{more}")
    if isinstance(facts.get("data_license"), str) and facts["data_license"]:
        parts.append(f"data {facts['data_license']}")
    gr.Markdown(f"Model **{model.name}**: {', '.join(parts)}.", elem_id="about")


def card(model: Model) -> None:
    """The model's card, folded in below everything else."""
    with gr.Accordion(f"Model card: {model.name}", open=False, elem_id="card"):
        gr.Markdown(
            model.card
            or "This model comes without a card: a file `card.md` beside it that says "
            "what it was trained on, how good it is and what it must not be used for."
        )
