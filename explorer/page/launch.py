"""Serve the page, on this machine only and without a word to anyone."""

import gc
import os
import sys
from collections.abc import Sequence

from starlette.middleware import Middleware

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

from explorer.lessons.lesson import Lesson
from explorer.page import build
from explorer.page.guard import Guard
from explorer.page.scripts import preloads, route
from explorer.page.theme import look
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe


def serve(
    models: Sequence[Model], port: int | None, open_browser: bool, recipe: Recipe | None = None,
    taught: dict[str, Lesson] | None = None,
) -> int:  # fmt: skip
    """Block until the user ends the program; 2 if the port is taken."""
    export_png(models[0], Recipe())  # the first picture is slow; let it not be the user's
    page = build(models, recipe, taught)
    try:
        _, address, _ = page.launch(
            server_name="127.0.0.1", server_port=port, inbrowser=open_browser, share=False,
            footer_links=[], run_history=False, enable_monitoring=False, show_error=True,
            max_file_size="20mb", quiet=True, prevent_thread_lock=True,
            app_kwargs={"routes": [route()], "middleware": [Middleware(Guard)]},
            head=preloads(), **look(),
        )  # fmt: skip
    except OSError as error:
        print(f"app: port {port or '7860 and the next'}: {error}; give another with --port",
              file=sys.stderr)  # fmt: skip
        return 2
    gc.freeze()  # what is there now stays to the end
    gc.enable()  # the start goes without, see app.py
    print(f"open {address} in a browser; Ctrl-C here ends the program", flush=True)
    page.block_thread()
    return 0
