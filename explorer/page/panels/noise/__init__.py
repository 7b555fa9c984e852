"""Noise: the part of a picture that is chance."""

import gradio as gr

from explorer.page.controls import DRAWN_SEEDS, QUIET, Bound, bind, on_click, seed_box
from explorer.page.panels.mix import layer_name
from explorer.page.panels.noise.answers import mapping_noise
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.tools.colours import css_gradient

MODES = [("Fixed", "const"), ("Drawn from a seed", "random"), ("Off", "none")]


def panel(model: Model, recipe: Recipe) -> list[Bound]:
    """Draw the group; returns its widgets."""
    noise, layers = recipe.noise, model.config.num_ws - 1
    gr.Markdown(
        "Every layer adds random noise, which the model turns into fine detail. What changes "
        "here is not fixed by the seed; that includes folds."
    )
    mode = gr.Radio(
        MODES, value=noise.mode, label="Noise", elem_id="noise-mode",
        info="The noise that the model keeps, new noise, or none.",
    )  # fmt: skip
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Noise seed", noise.seed, "noise-seed")
        draw = gr.Button("Draw new noise", elem_id="noise-new", min_width=120)
    bound = [bind(mode, "noise.mode"), bind(seed, "noise.seed")]
    # Whoever types a seed wants to see it.
    seed.input(js="() => 'random'", outputs=mode, trigger_mode="multiple", **QUIET)
    on_click(draw, f"() => ['random', Math.floor(Math.random() * {DRAWN_SEEDS})]", [mode, seed])
    with gr.Row(elem_classes="row-buttons"):
        flicker = gr.Button("Keep drawing", elem_id="noise-flicker", size="sm", min_width=120)
        gr.Markdown("New noise for every picture, until you freeze it.")
    on_click(flicker, "() => document.dispatchEvent(new Event('flicker'))")
    strength = gr.Slider(
        0, 3, noise.strength, step=0.05, elem_id="noise-strength",
        label="Strength", info="1 is what the model learned, 0 switches the noise off.",
    )  # fmt: skip
    bound.append(bind(strength, "noise.strength"))
    every = list(range(layers))
    on = gr.CheckboxGroup(
        [(layer_name(i, layers + 2), i) for i in every],
        value=[i for i in every if i not in noise.off], elem_id="noise-layers",
        label="Layers with noise (number · size of their feature maps)",
    )  # fmt: skip
    missing = f"{every}.filter((i) => !%s.includes(i))"
    bound.append(bind(on, "noise.off", missing % "r.noise.off", missing % "v"))
    gr.HTML(
        elem_id="noise-map", layers=[layer_name(i, layers + 2) for i in every],
        gradient=css_gradient(), size=model.config.resolution, seeds=DRAWN_SEEDS,
        **parts("panels/noise"),
        server_functions=[mapping_noise(model)],
    )  # fmt: skip
    return bound
