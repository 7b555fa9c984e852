"""Style mixing: some layers take their style from a second brain."""

import gradio as gr
from gradio.components import Component

from explorer.model import Model
from explorer.page.controls import bind, draw_seed_button, on_click, seed_box
from explorer.recipe import Mix

# First layer and end of each group (Karras 2019, figure 3): 4-8 px, 16-32 px, the rest.
GROUPS = {
    "coarse": ("Coarse: shape", 0, 4),
    "middle": ("Middle: structures", 4, 8),
    "fine": ("Fine: texture", 8, 18),
}


def panel(model: Model) -> list[Component]:
    """Draw the group; returns the widgets that "Reset" puts back."""
    gr.Markdown(
        "The layers chosen below take their style from a second brain. Early layers decide the "
        "large shape, late layers the texture."
    )
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Second brain (seed)", Mix().seed, "mix-seed")
        draw_seed_button("New second brain", seed, "mix-new")
    bind(seed, "mix.seed")
    num_ws = model.config.num_ws
    chosen = gr.CheckboxGroup(
        [(layer_name(i, num_ws), i) for i in range(num_ws)], value=[], elem_id="mix-layers",
        label="Layers that follow the second brain (number · size of their feature maps)",
        render=False,
    )  # fmt: skip
    with gr.Row(elem_classes="row-buttons"):
        for name, (label, first, end) in GROUPS.items():
            layers = list(range(first, min(end, num_ws)))
            if layers:
                button = gr.Button(label, elem_id=f"mix-{name}", size="sm", min_width=90)
                on_click(button, f"() => [{layers}]", chosen)
        none = gr.Button("None", elem_id="mix-none", size="sm", min_width=60)
        on_click(none, "() => [[]]", chosen)
    chosen.render()
    weights = f"Array.from({{length: {num_ws}}}, (_, i) => v.includes(i) ? 1 : 0)"
    bind(chosen, "mix.weights", weights)
    return [chosen]


def layer_name(layer: int, num_ws: int) -> str:
    """ "3 · 8 px": the layer's number and the size of the feature maps it styles."""
    if layer == num_ws - 1:
        return f"{layer + 1} · tones"
    return f"{layer + 1} · {2 ** (2 + (layer + 1) // 2)} px"
