"""Colours, type and styles."""

from pathlib import Path

import gradio as gr


def look() -> dict:
    """Theme and styles, as arguments of launch(). System fonts only: nothing is fetched."""
    theme = gr.themes.Soft(
        primary_hue="teal", neutral_hue="slate", font=["system-ui", "sans-serif"]
    ).set(
        body_background_fill="*neutral_50",
        block_background_fill="white",
        block_border_width="1px",
        block_border_color="*neutral_200",
        input_border_width="1px",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_600",
        button_secondary_background_fill="white",
        button_secondary_border_color="*neutral_300",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_border_color_dark="*neutral_600",
        button_border_width="1px",
        # Labels as plain text: the theme's pills are loud and hard to read.
        block_title_background_fill="none",
        block_title_background_fill_dark="none",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_padding="0",
        block_title_text_weight="600",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        # White on teal needs the darker shade to be readable.
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
        # White under the pointer, too, which the theme makes bright.
        checkbox_label_background_fill_hover_dark="*neutral_700",
        checkbox_border_color="*neutral_400",
        slider_color="*primary_600",
    )
    # The design sheet and the common styles first: the panels' own refine them.
    files, first = Path(__file__).parent.rglob("*.css"), ("page.css", "design.css")
    styles = sorted(files, key=lambda p: (-first.index(p.name) if p.name in first else 1, p))
    return {"theme": theme, "css_paths": styles}
