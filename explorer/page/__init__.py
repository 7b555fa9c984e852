"""The page: what draws widgets. It holds no mathematics; every widget edits the recipe."""

import gradio as gr

from explorer.model import Model
from explorer.page import mix, move, noise, start, walk
from explorer.page.controls import on_click
from explorer.page.live_view import live_view
from explorer.recipe import Recipe

TITLE = "StyleGAN2 Brain Explorer"


def build(model: Model) -> gr.Blocks:
    """The whole page on one model."""
    recipe = Recipe()
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(f"# {TITLE}", elem_id="title")
        with gr.Row(elem_id="main"):
            with gr.Column(scale=5, min_width=320, elem_id="picture"):
                live_view(model, recipe)
                with gr.Row(elem_classes="row-buttons"):
                    save = gr.Button("Save picture", elem_id="save", size="sm", min_width=100)
                    reset = gr.Button("Reset controls", elem_id="reset", size="sm", min_width=100)
                gr.Markdown(_about(model), elem_id="about")
            with gr.Column(scale=7, min_width=320, elem_id="controls"):
                widgets = start.panel(model, recipe)
                with gr.Tabs():
                    with gr.Tab("Directions"):
                        widgets += move.panel(model)
                    with gr.Tab("Mix"):
                        widgets += mix.panel(model)
                    with gr.Tab("Noise"):
                        widgets += noise.panel()
                    with gr.Tab("Walk"):
                        widgets += walk.panel()
        on_click(save, "() => window.brain.save()")
        defaults = [widget.value for widget in widgets]
        reset.click(lambda: defaults, None, widgets, queue=False, show_progress="hidden",
                    api_visibility="private")  # fmt: skip
    return page


def _about(model: Model) -> str:
    """One line on what is open."""
    config, facts = model.config, model.provenance
    kind = "grey" if config.img_channels == 1 else "colour"
    parts = [f"{config.resolution}×{config.resolution} {kind}"]
    if isinstance(facts.get("kimg"), int | float):
        parts.append(f"trained on {facts['kimg']:.0f} thousand images shown")
    if isinstance(facts.get("data_license"), str) and facts["data_license"]:
        parts.append(f"data {facts['data_license']}")
    name = model.path.parent.name if model.path.name == "model.safetensors" else model.path.name
    return f"Model **{name}**: {', '.join(parts)}."
