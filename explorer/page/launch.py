"""Serve the page without a word to anyone: on this machine only, unless it is told otherwise."""

import gc
import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Sequence

from starlette.middleware import Middleware

from explorer.door.gate import Gate
from explorer.door.guard import Guard, bracketed
from explorer.door.health import Health
from explorer.door.limits import Places
from explorer.door.login import Login
from explorer.door.options import Door, addresses
from explorer.door.proxies import Proxies
from explorer.door.sessions import Sessions
from explorer.door.users import Users
from explorer.lessons.draft import Draft
from explorer.lessons.reading import bundled_lessons
from explorer.page import build, build_one, page_paths
from explorer.page.opener import Opener
from explorer.page.scripts import preloads, route
from explorer.page.theme import look
from explorer.picture.model import Model
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.tools.model_room import ModelRoom
from explorer.work.environment import this_machine_only
from explorer.work.events import tell
from gan import __version__


def serve(
    models: Sequence[Model], port: int | None, open_browser: bool, recipe: Recipe | None = None,
    taught: dict[str, Draft] | None = None, door: Door | None = None, device: str = "cpu",
) -> int:  # fmt: skip
    """Block until the user ends the program; 2 if the port is of no use.

    port: None for 7860, or the next that is free. device: for models that are opened in the page.
    """
    door, taught = door or Door(), bundled_lessons() if taught is None else taught
    opener = None
    if not (door.behind or door.elsewhere) and door.uploads:  # for one person, on this machine
        opener = Opener(ModelRoom(device), lambda *at: build_one(*at, taught, opener))
    export_png(models[0], Recipe())  # the first picture is slow; let it not be the user's
    page = build(models, recipe, taught, door.users is not None, opener)
    page._queue.sleep_when_free = 0.2  # nothing here queues; its own ms is a twentieth of a core
    in_front = middleware(door)
    if door.behind:
        os.environ["FORWARDED_ALLOW_IPS"] = "nobody"  # Proxies looks after that

    def launch(port: int | None) -> str:
        with this_machine_only():
            return page.launch(
                server_name=bracketed(door.host), server_port=port, inbrowser=False, share=False,
                footer_links=[], run_history=False, enable_monitoring=False, show_error=True,
                max_file_size="20mb", quiet=True, prevent_thread_lock=True,
                ssl_verify=False,  # it is http
                root_path=door.root,
                app_kwargs={"routes": [route()], "middleware": in_front},
                head=preloads(), **look(),
            )[1].replace("//[::]", "//localhost")  # fmt: skip

    try:
        try:
            address = launch(port)
        except OSError:
            if port is not None:
                raise
            address = launch(free_port(door.host))  # all that Gradio tries are taken
    except OSError:
        print(f"app: port {port or 'any'}: it is taken, or not for this user; give another with "
              "--port", file=sys.stderr)  # fmt: skip
        return 2
    if opener:
        opener.serve(page.app, dict(zip(page_paths(models), models, strict=True)))
    gc.freeze()  # what is there now stays to the end
    gc.enable()  # the start goes without, see app.py
    print(f"open {address} in a browser; Ctrl-C here ends the program", flush=True)
    for other in addresses(door, page.server_port):
        print(f"for others it is at {other}", flush=True)
    tell("start", version=__version__, models=[model.name for model in models], host=door.host,
         port=page.server_port, login=door.users is not None, uploads=door.uploads)  # fmt: skip
    if open_browser:
        webbrowser.open(address)
    page.block_thread()
    return 0


def middleware(door: Door) -> list[Middleware]:
    """What stands before the page, the outermost first; raises DoorError as `Users`."""
    # Gradio asks the address it was given whether all is well.
    names = (*door.names, "[::]") if door.host == "::" else door.names
    guard = Middleware(Guard, names=names, addresses=door.elsewhere)
    if not door.behind:
        return [guard, Middleware(Health, version=__version__)]
    proxies = Middleware(Proxies, trusted=door.proxies, root=door.root)
    if not door.shared:
        return [proxies, guard, Middleware(Health, version=__version__)]
    places = Places(door.most)
    # Who watches over it asks under an address, or a name of its own.
    health = Middleware(Health, version=__version__, users=places.taken)
    users = Users(door.users) if door.users else None
    known = users.hash_of if users else {"": ""}.get
    sessions = Sessions(door.secret or secrets.token_bytes(32), known)
    login = Login(users, sessions, door.root) if users else None
    gate = Middleware(Gate, sessions=sessions, places=places, login=login, root=door.root)
    return [proxies, health, guard, gate]


def free_port(host: str) -> int:
    """One that the system chooses."""
    with socket.socket() as free:
        free.bind((host if ":" not in host else "", 0))
        return free.getsockname()[1]
