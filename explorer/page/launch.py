"""Serve the page, on this machine only and without a word to anyone."""

import gc
import socket
import sys
import webbrowser
from collections.abc import Sequence

from starlette.middleware import Middleware

from explorer.lessons.draft import Draft
from explorer.page import build
from explorer.page.guard import Guard
from explorer.page.scripts import preloads, route
from explorer.page.theme import look
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.work.environment import this_machine_only

HOST = "127.0.0.1"


def serve(
    models: Sequence[Model], port: int | None, open_browser: bool, recipe: Recipe | None = None,
    taught: dict[str, Draft] | None = None,
) -> int:  # fmt: skip
    """Block until the user ends the program; 2 if the port is of no use.

    port: None for 7860, or the next that is free.
    """
    export_png(models[0], Recipe())  # the first picture is slow; let it not be the user's
    page = build(models, recipe, taught)
    page._queue.sleep_when_free = 0.2  # nothing here queues; its own ms is a twentieth of a core

    def launch(port: int | None) -> str:
        with this_machine_only():
            return page.launch(
                server_name=HOST, server_port=port, inbrowser=False, share=False, footer_links=[],
                run_history=False, enable_monitoring=False, show_error=True, max_file_size="20mb",
                quiet=True, prevent_thread_lock=True, ssl_verify=False,  # it is http
                app_kwargs={"routes": [route()], "middleware": [Middleware(Guard)]},
                head=preloads(), **look(),
            )[1]  # fmt: skip

    try:
        try:
            address = launch(port)
        except OSError:
            if port is not None:
                raise
            address = launch(free_port())  # all that Gradio tries are taken
    except OSError:
        print(f"app: port {port or 'any'}: it is taken, or not for this user; give another with "
              "--port", file=sys.stderr)  # fmt: skip
        return 2
    gc.freeze()  # what is there now stays to the end
    gc.enable()  # the start goes without, see app.py
    print(f"open {address} in a browser; Ctrl-C here ends the program", flush=True)
    if open_browser:
        webbrowser.open(address)
    page.block_thread()
    return 0


def free_port() -> int:
    """One that the system chooses."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        return free.getsockname()[1]
