"""The page: what draws widgets. It holds no mathematics; every widget edits the recipe."""

import gradio as gr

from explorer.model import Model
from explorer.page import directions, export, mix, noise, start, walk
from explorer.page.controls import on_click, restoring
from explorer.page.live_view import desk, live_view, numbers
from explorer.recipe import Recipe

TITLE = "StyleGAN2 Brain Explorer"
_RESET = """() => {
  const { seed, class_index, w, own } = window.brain.recipe;
  window.brain.restore({ ...window.brain.defaults, seed, class_index, w, own });
}"""


def build(model: Model, recipe: Recipe | None = None) -> gr.Blocks:
    """The whole page on one model, at first showing a recipe."""
    recipe = recipe or Recipe()
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(f"# {TITLE}", elem_id="title")
        with gr.Row(elem_id="main"):
            with gr.Column(scale=5, min_width=320, elem_id="picture"):
                live_view(model, recipe)
                with gr.Row(elem_classes="row-buttons"):
                    save = gr.Button("Save picture", elem_id="save", size="sm", min_width=100)
                    reset = gr.Button("Reset controls", elem_id="reset", size="sm", min_width=100)
                desk()
                gr.Markdown(_about(model), elem_id="about")
            with gr.Column(scale=6, min_width=320, elem_id="controls"):
                bound = start.panel(model, recipe)
                with gr.Tabs():
                    with gr.Tab("Directions"):
                        directions.panel(model)
                    with gr.Tab("Mix", render_children=True):
                        bound += mix.panel(model, recipe)
                    with gr.Tab("Noise", render_children=True):
                        bound += noise.panel(model, recipe)
                    with gr.Tab("Walk", render_children=True):
                        bound += walk.panel(recipe)
                    with gr.Tab("Export"):
                        export.panel(model)
            with gr.Column(scale=4, min_width=320, elem_id="measured"):
                numbers(model)
        restoring(bound)
        on_click(save, "() => window.brain.save()")
        on_click(reset, _RESET)
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
