"""Many clients dragging at once, over HTTP as the page does it, each checking its own pictures."""

import base64
import io
import json
import random
import statistics
import threading
import time
import urllib.request
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from explorer import Recipe, render
from explorer.picture.model import Model
from explorer.recipe import Edit


@dataclass
class Client:
    """What one client saw. waits: milliseconds; wrong: pictures of another recipe than its own."""

    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wrong: int = 0


def drag_together(address: str, model: Model, clients: int, seconds: float) -> list[Client]:
    """As many clients, each dragging its own slider on its own brain without a rest.

    Every picture's own recipe is compared with what was asked for, and every tenth picture with
    what `render` makes of it on the spot.
    """
    post = Server(address)
    end = time.perf_counter() + seconds
    seen = [Client() for _ in range(clients)]
    checked: list[tuple[Recipe, np.ndarray, Client]] = []

    def act(number: int, client: Client) -> None:
        hand = random.Random(number)
        while time.perf_counter() < end:
            edit = Edit(f"pca{1 + number % 5}", round(hand.uniform(-3, 3), 2))
            recipe = Recipe(seed=1000 + number, edits=(edit,))
            start = time.perf_counter()
            try:
                png = post.draw(recipe, f"client{number}")
            except (OSError, KeyError, ValueError) as error:
                client.errors.append(repr(error))
                continue
            client.waits.append(1000 * (time.perf_counter() - start))
            picture = Image.open(io.BytesIO(png))
            mine = Recipe.from_json(picture.text["recipe"])
            client.wrong += mine != recipe
            if len(client.waits) % 10 == 0:
                checked.append((recipe, np.asarray(picture), client))

    threads = [threading.Thread(target=act, args=(i, client)) for i, client in enumerate(seen)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for recipe, picture, client in checked:  # afterwards, so as not to disturb
        client.wrong += not np.array_equal(picture, render(model, recipe))
    return seen


def summary(seen: list[Client], seconds: float) -> dict:
    """For all clients together."""
    waits = sorted(wait for client in seen for wait in client.waits)
    return {
        "clients": len(seen),
        "seconds": seconds,
        "pictures": len(waits),
        "pictures_per_second": round(len(waits) / seconds, 1),
        "errors": sum(len(client.errors) for client in seen),
        "wrong": sum(client.wrong for client in seen),
        "median_ms": round(statistics.median(waits), 1),
        "p95_ms": round(waits[int(0.95 * len(waits))], 1),
        "max_ms": round(waits[-1], 1),
        "fewest": min(len(client.waits) for client in seen),
        "most": max(len(client.waits) for client in seen),
    }


class Server:
    """The page's own way to ask for a picture."""

    def __init__(self, address: str):
        # The proxy of the environment is not for this machine.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self._address = address
        with self._open(f"{address}/config", timeout=60) as answer:
            components = json.load(answer)["components"]
        self._view = next(c["id"] for c in components if c["props"].get("elem_id") == "view")

    def draw(self, recipe: Recipe, session: str) -> bytes:
        body = {
            "component_id": self._view, "fn_name": "draw", "session_hash": session,
            "data": {"recipe": recipe.to_dict(), "user": session},
        }  # fmt: skip
        request = urllib.request.Request(
            f"{self._address}/gradio_api/component_server/",
            json.dumps(body).encode(), {"Content-Type": "application/json"},
        )  # fmt: skip
        with self._open(request, timeout=60) as answer:
            return base64.b64decode(json.load(answer)["src"].split(",")[1])
