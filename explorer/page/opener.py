"""Pages for models that are opened while the program runs."""

import re
import threading
from collections.abc import Callable
from itertools import count

import gradio as gr
from fastapi import FastAPI
from gradio.routes import INTERNAL_ROUTES

from explorer.page.scripts import ROOM, preloads, route
from explorer.page.theme import look
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.tools.model_room import ModelRoom


class Opener:
    """Adds pages to a program that one person uses on their own machine.

    room: takes the files. build: makes the page of a model, given all models by their paths and
    its own path. models: by the paths of their pages; one that was opened later has a program of
    its own below its path, which therefore ends in a slash.
    """

    def __init__(self, room: ModelRoom, build: Callable[[dict[str, Model], str], gr.Blocks]):
        self.room, self._build = room, build
        self.models: dict[str, Model] = {}
        self._app: FastAPI | None = None
        self._lock = threading.Lock()

    def serve(self, app: FastAPI, models: dict[str, Model]) -> None:
        """From now on pages can be added to these."""
        self._app, self.models = app, dict(models)

    def add(self, model: Model) -> str:
        """The path of the model's page, which is there from now on."""
        with self._lock:
            for path, known in self.models.items():
                if known.digest == model.digest:
                    return path
            name = free_path(model, {path.strip("/") for path in self.models})
            models = self.models | {f"{name}/": model}
            export_png(model, Recipe())  # the first picture is slow
            blocks = self._build(models, f"{name}/")
            gr.mount_gradio_app(
                self._app, blocks, path=f"/{name}", ssr_mode=False, footer_links=[],
                run_history=False, enable_monitoring=False, show_error=True, max_file_size="20mb",
                app_kwargs={"routes": [route()]}, head=preloads(), **look(),
            )  # fmt: skip
            routes = self._app.router.routes
            routes.insert(0, routes.pop())  # before the one that answers for all other paths
            self.models = models
            return f"{name}/"


def free_path(model: Model, taken: set[str]) -> str:
    """A path for a model's page: its name, numbered where that is taken."""
    name = re.sub(r"[^a-z0-9]+", "-", model.name.lower()).strip("-") or "model"
    names = (name if i == 1 else f"{name}-{i}" for i in count(1))
    return next(n for n in names if n not in taken | {*INTERNAL_ROUTES, ROOM})
