"""What the choice of models asks the server, where models can be opened in the page."""

from collections.abc import Callable

from explorer.page.answers import answering, decoded
from explorer.page.opener import Opener
from explorer.recipe.checks import as_table
from explorer.tools.model_room import MOST_CHUNK


def opening(opener: Opener) -> list[Callable[[object], dict]]:
    """Functions of the page's one way in for files of models."""

    @answering
    def known_models(posted: object) -> dict:
        """{"models": [{"path", "name"}]}: all that are open by now."""
        models = opener.models.items()
        return {"models": [{"path": path, "name": model.name} for path, model in models]}

    @answering
    def open_model(posted: object) -> dict:
        """{"key"} of {"name", "size" in bytes}."""
        posted = as_table(posted, "posted")
        return {"key": opener.room.open(posted.get("name"), posted.get("size"))}

    @answering
    def send_model(posted: object) -> dict:
        """{} of {"key", "data"}; once the file is whole {"path"} of its page."""
        posted = as_table(posted, "posted")
        data = decoded(posted.get("data"), "data", MOST_CHUNK)
        model = opener.room.send(posted.get("key"), data)
        return {} if model is None else {"path": opener.add(model)}

    return [known_models, open_model, send_model]
