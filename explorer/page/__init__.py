"""The page: what draws widgets. It holds no mathematics; every widget edits the recipe.

May import gan and all wings.
"""

from collections.abc import Sequence

import gradio as gr

from explorer.lessons.draft import Draft
from explorer.lessons.reading import bundled_lessons
from explorer.page.controls import restoring
from explorer.page.opener import Opener, free_path
from explorer.page.panels import (
    brain,
    guide,
    lab,
    leave,
    lessons,
    mode,
    nearest,
    present,
    tabs,
    variety,
    words,
)  # fmt: skip
from explorer.page.panels.models import about, card, chooser
from explorer.page.shared import desk, live_view, numbers, viewer
from explorer.picture.model import Model
from explorer.recipe import Recipe

TITLE = "StyleGAN2 Brain Explorer"


def build(
    models: Sequence[Model],
    recipe: Recipe | None = None,
    taught: dict[str, Draft] | None = None,
    by_name: bool = False,
    opener: Opener | None = None,
) -> gr.Blocks:
    """One page for each model, the first at the root and showing a recipe at first.

    taught: the lessons by their names; those that come with the program if None. by_name: users
    have logged in, and can log out. opener: opens more models in the page.
    """
    taught = bundled_lessons() if taught is None else taught
    paths = page_paths(models)
    by_path = dict(zip(paths, models, strict=True))
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as pages:
        _page(by_path, "", recipe or Recipe(), taught, by_name, opener)
    for path in paths[1:]:
        with pages.route(by_path[path].name, path, show_in_navbar=False):
            _page(by_path, path, Recipe(), taught, by_name, opener)
    return pages


def build_one(
    models: dict[str, Model], path: str, taught: dict[str, Draft], opener: Opener
) -> gr.Blocks:
    """The page of one model, alone. models: all that are open, by the paths of their pages."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        _page(models, path, Recipe(), taught, False, opener)
    return page


def page_paths(models: Sequence[Model]) -> list[str]:
    """Where each model's page is: "" for the first, then its name, numbered where it is taken."""
    paths = [""]
    for model in models[1:]:
        paths.append(free_path(model, set(paths)))
    return paths


def _page(
    models: dict[str, Model], path: str, recipe: Recipe, taught: dict[str, Draft], by_name: bool,
    opener: Opener | None,
) -> None:  # fmt: skip
    model = models[path]
    with gr.Row(elem_id="top"):
        gr.Markdown(f"# {TITLE}", elem_id="title")
        mode.switch(model)
        chooser(models, path, opener)
        if by_name:
            leave.panel()
    with gr.Row(elem_id="main"):
        # The stage: Gradio's class makes it dark on a light page too.
        with gr.Column(min_width=320, elem_id="picture", elem_classes="dark"):
            live_view(model, recipe)
            viewer(model)
            desk(model)
        with gr.Column(min_width=320, elem_id="controls"):
            mode.note()
            bound = brain.panel(model, recipe)
            bound += tabs(model, recipe)
            variety.panel(model)
        with gr.Column(min_width=320, elem_id="measured"):
            lessons.panel(model, taught)
            with gr.Column(elem_id="readings"):
                numbers(model)
                nearest.panel(model)
                about(model)
        lab.panel(model, list(models.values()))
        present.panel(model)
    card(model)
    guide.panel()
    words.glossary()
    restoring(bound)
