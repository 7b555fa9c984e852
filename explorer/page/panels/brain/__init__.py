"""Which brain: seed, class, and how typical it is."""

import gradio as gr

from explorer.page.controls import Bound, bind, draw_seed_button, seed_box
from explorer.picture.latents import condition_of
from explorer.picture.model import Model
from explorer.recipe import Recipe


def panel(model: Model, recipe: Recipe) -> list[Bound]:
    """Draw the group; returns its widgets."""
    num_ws = model.config.num_ws
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Brain (seed)", recipe.seed if recipe.shows_seed() else None, "seed")
        draw_seed_button("New brain", seed, "new-brain", variant="primary")
    bound = [bind(seed, "seed", "r.w === null && !r.walk.keys.length ? r.seed : null")]
    psi = gr.Slider(
        0, 1.5, recipe.psi, step=0.01, elem_id="psi",
        label="Variety (truncation ψ)",
        info="0 is the average brain, 1 as varied as the training data, above 1 exaggerated.",
    )  # fmt: skip
    bound.append(bind(psi, "psi"))
    if model.scale:
        bound.append(_condition(model, recipe))
    elif model.classes:
        choices = list(zip(model.classes, range(len(model.classes)), strict=True))
        group = gr.Radio(
            choices, value=recipe.with_seed(0).class_index or 0, label="Class", elem_id="class",
            info="The group of the training data whose brains are shown.",
        )  # fmt: skip
        # None is the first class, too: writing 0 for it would be a change nobody made.
        first = "(r.walk.keys[0] ?? r).class_index ?? 0"
        kept = f"(r => v === ({first}) ? r.class_index : v)(window.brain.now)"
        bound.append(bind(group, "class_index", first, kept))
    with gr.Accordion("Which layers variety (ψ) acts on", open=False, elem_id="psi-layers"):
        cutoff = gr.Slider(
            0, num_ws, num_ws if recipe.cutoff is None else recipe.cutoff, step=1, elem_id="cutoff",
            label="Truncated layers", info="Counted from the coarsest; the rest stay as varied "
            "as the training data.",
        )  # fmt: skip
        write = f"v >= {num_ws} ? null : v"
        bound.append(bind(cutoff, "cutoff", f"r.cutoff ?? {num_ws}", write))
    return bound


def _condition(model: Model, recipe: Recipe) -> Bound:
    """The slider of a model whose classes are in order, in the unit of their scale."""
    scale = model.scale
    slider = gr.Slider(
        scale.first, scale.last, condition_of(model, recipe),
        step=scale.step, elem_id="condition", label=scale.title,
        info="The network was given it for every slice it learned from.",
    )  # fmt: skip
    return bind(slider, "condition", "window.brain.place()", "window.brain.chosen(v)")
