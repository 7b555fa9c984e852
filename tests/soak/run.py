"""Let visitors come, kill the server in between, and say how it went."""

import json
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import psutil

from explorer.picture.model import Model
from explorer.picture.render import render
from tests.browser import ROOT
from tests.soak.visitor import Seen, Visitor

_EVERY = 2.0  # seconds between two looks at the memory
_KILLED = 1 / 3  # of the time, after which the server is killed
_WARM = 0.5  # of the time since the start, in which memory may grow


@dataclass
class Server:
    """app.py as a process of its own, on one port."""

    arguments: tuple[str, ...]
    port: int = 0
    process: subprocess.Popen | None = None
    megabytes: list[tuple[float, float]] = field(default_factory=list)  # seconds, held then

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        fixed = ("--port", str(self.port)) if self.port else ()
        self.process = subprocess.Popen(
            [sys.executable, "-u", "app.py", "--no-browser", *fixed, *self.arguments],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise RuntimeError("app.py did not start:\n" + "".join(lines))

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def look(self, seconds: float) -> None:
        with suppress(psutil.Error):
            held = psutil.Process(self.process.pid).memory_info().rss / 2**20
            self.megabytes.append((seconds, round(held, 1)))

    def parts(self) -> dict[str, int]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.address}/config", timeout=60) as answer:
            components = json.load(answer)["components"]
        named: dict[str, int] = {}
        for component in components:  # the first page's come first
            named.setdefault(component["props"].get("elem_id"), component["id"])
        return {name: named[name] for name in ("view", "numbers", "export", "scan")}


def soak(model: Model, clients: int, seconds: float, kill: bool, arguments=()) -> dict:
    """What came of it, for JSON: see `summary`.

    seconds: that the server is there. kill: end it without a warning in the middle, and start it
    again.
    """
    server, stop, away = Server(tuple(arguments)), threading.Event(), threading.Event()
    server.start()
    try:
        visitors = [Visitor(i, server.address, server.parts()) for i in range(clients)]
        threads = [threading.Thread(target=v.stay, args=(stop, away)) for v in visitors]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        killed = not kill
        down = 0.0
        while (now := time.monotonic() - begun - down) < seconds:
            if not killed and now > seconds * _KILLED:
                killed = True
                away.set()
                server.kill()
                server.start()
                down = time.monotonic() - begun - now
                time.sleep(1)  # who was asking then has noticed
                away.clear()
            server.look(time.monotonic() - begun)
            time.sleep(_EVERY)
        stop.set()
        for thread in threads:
            thread.join(timeout=120)
        stuck = sum(thread.is_alive() for thread in threads)
    finally:
        server.process.terminate()
        server.process.wait(timeout=60)
    seen = [visitor.seen for visitor in visitors]
    for each in seen:
        for recipe, picture in each.pictures:
            if not np.array_equal(picture, render(model, recipe)):
                each.wrong.append(f"another picture than {recipe.to_json()}"[:300])
    return summary(seen, seconds, server.megabytes, seconds * _KILLED if kill else 0, down, stuck)


def summary(
    seen: list[Seen], seconds: float, megabytes: list[tuple[float, float]], killed: float,
    down: float, stuck: int,
) -> dict:  # fmt: skip
    """For all visitors together. growth: of the memory since it was warm, in MB; killed: after how
    many seconds the server was; down: how long it took to be there again."""
    waits = sorted(wait for each in seen for wait in each.waits)
    ways = sorted({name for each in seen for name in each.done})
    at = lambda share: round(waits[min(int(share * len(waits)), len(waits) - 1)], 1)  # noqa: E731
    return {
        "clients": len(seen), "seconds": seconds, "pictures": len(waits),
        "pictures_per_second": round(len(waits) / seconds, 1),
        "median_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1),
        "done": {name: sum(each.done.get(name, 0) for each in seen) for name in ways},
        "remade": sum(len(each.pictures) for each in seen),
        "wrong": [line for each in seen for line in each.wrong],
        "errors": [line for each in seen for line in each.errors],
        "refused": sum(each.refused for each in seen),
        "stuck": stuck, "killed_after_s": killed, "down_s": round(down, 1),
        "megabytes": megabytes, "growth_mb": growth(megabytes, seconds + down, killed + down),
    }  # fmt: skip


def growth(megabytes: list[tuple[float, float]], seconds: float, killed: float) -> float:
    """Median of the last quarter less that of the quarter after the warm-up, since the last start;
    0 where that is too short a time to tell."""
    since = max(killed + _WARM * (seconds - killed), 0)
    warm = [held for at, held in megabytes if at >= since]
    quarter = len(warm) // 4
    if quarter < 2:
        return 0.0
    return round(statistics.median(warm[-quarter:]) - statistics.median(warm[:quarter]), 1)
