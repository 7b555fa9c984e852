"""The page: what draws widgets. It holds no mathematics; every widget edits the recipe."""

from pathlib import Path

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
                    with gr.Tab("Mix styles"):
                        widgets += mix.panel(model)
                    with gr.Tab("Noise"):
                        widgets += noise.panel()
                    with gr.Tab("Between two brains"):
                        widgets += walk.panel()
        on_click(save, "() => window.brain.save()")
        defaults = [widget.value for widget in widgets]
        reset.click(lambda: defaults, None, widgets, queue=False, show_progress="hidden",
                    api_visibility="private")  # fmt: skip
    return page


def look() -> dict:
    """Theme and styles, for launch()."""
    fonts = ["system-ui", "sans-serif"]
    theme = gr.themes.Soft(primary_hue="teal", neutral_hue="slate", font=fonts).set(
        # Labels as plain text: the theme's pills are loud and hard to read.
        block_label_background_fill="none", block_label_background_fill_dark="none",
        block_title_background_fill="none", block_title_background_fill_dark="none",
        block_title_text_color="*body_text_color", block_title_text_color_dark="*body_text_color",
        block_title_padding="0", block_title_text_weight="600",
        block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300",
        # White on teal needs the darker shade to be readable.
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        slider_color="*primary_600",
    )  # fmt: skip
    return {"theme": theme, "css_paths": Path(__file__).parent / "page.css"}


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
