"""GET /health: whether the program is there, for whoever watches over it."""

from collections.abc import Callable

from starlette.responses import JSONResponse

from explorer.work.background import is_ending


class Health:
    """ASGI middleware. users: how many are counted at the moment, None where nobody counts."""

    def __init__(self, app, version: str, users: Callable[[], int | None] = lambda: None):
        self.app, self._version, self._users = app, version, users

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or scope["path"] != "/health":
            await self.app(scope, receive, send)
            return
        ready = not is_ending()
        told = {"ready": ready, "version": self._version, "users": self._users()}
        answer = JSONResponse(told, 200 if ready else 503, {"Cache-Control": "no-store"})
        await answer(scope, receive, send)
