"""The program with answers that come late, each by another time, as over a slow line.

`make test-late` finds with it what holds only because the program is quick.
"""

import asyncio
import random
import runpy
import sys
from pathlib import Path

from starlette.middleware import Middleware

QUICK, LATE, LATEST = 0.02, 0.8, 3.0  # seconds: two answers of five, two more, and the last


class Late:
    """Pure ASGI: the page's questions wait before they are answered."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and "component_server" in scope["path"]:
            waits = (QUICK, random.uniform(QUICK, LATE), random.uniform(LATE, LATEST))
            await asyncio.sleep(random.choices(waits, (2, 2, 1))[0])
        await self.app(scope, receive, send)


if __name__ == "__main__":
    program = sys.argv.pop(1)
    sys.argv[0], sys.path[0] = program, str(Path(program).parent)

    from explorer.page import launch

    before = launch.middleware
    launch.middleware = lambda door: [*before(door), Middleware(Late)]
    runpy.run_path(program, run_name="__main__")
