"""Style mixing: some layers take their style from a second brain."""

import gradio as gr

from explorer.model import Model
from explorer.page.controls import Bound, bind, draw_seed_button, on_click, seed_box
from explorer.recipe import Mix, Recipe

LABELS = {"coarse": "Coarse: shape", "middle": "Middle: structures", "fine": "Fine: texture"}


def panel(model: Model, recipe: Recipe) -> list[Bound]:
    """Draw the group; returns its widgets."""
    mix = recipe.mix or Mix()
    gr.Markdown(
        "The layers chosen below take their style from a second brain. Early layers decide the "
        "large shape, late layers the texture."
    )
    with gr.Row(elem_classes="row-seed"):
        seed = seed_box("Second brain (seed)", mix.seed, "mix-seed")
        draw_seed_button("New second brain", seed, "mix-new")
    num_ws = model.config.num_ws
    chosen = gr.CheckboxGroup(
        [(layer_name(i, num_ws), i) for i in range(num_ws)],
        value=[i for i, weight in enumerate(mix.weights) if weight], elem_id="mix-layers",
        label="Layers that follow the second brain (number · size of their feature maps)",
        render=False,
    )  # fmt: skip
    with gr.Row(elem_classes="row-buttons"):
        for name, (first, end) in model.library.groups.items():
            layers = list(range(first, end))
            button = gr.Button(LABELS[name], elem_id=f"mix-{name}", size="sm", min_width=90)
            on_click(button, f"() => [{layers}]", chosen)
        none = gr.Button("None", elem_id="mix-none", size="sm", min_width=60)
        on_click(none, "() => [[]]", chosen)
    chosen.render()
    amount = gr.Slider(
        0, 1, max(mix.weights, default=0) or 1, step=0.01, elem_id="mix-amount", label="How much",
        info="0 is this brain, 1 the second one, in the layers chosen.",
    )  # fmt: skip
    weights = f"window.brain.mixed({num_ws}, v, null)"
    amounts = f"window.brain.mixed({num_ws}, null, v)"
    return [
        bind(seed, "mix.seed"),
        bind(chosen, "mix.weights", "r.mix.weights.flatMap((x, i) => x ? [i] : [])", weights),
        bind(amount, "mix.weights", "Math.max(0, ...r.mix.weights) || 1", amounts),
    ]


def layer_name(layer: int, num_ws: int) -> str:
    """ "3 · 8 px": the layer's number and the size of the feature maps it styles."""
    if layer == num_ws - 1:
        return f"{layer + 1} · tones"
    return f"{layer + 1} · {2 ** (2 + (layer + 1) // 2)} px"
