"""What the panel for dragging points asks the server."""

from collections.abc import Callable

from explorer.page.answers import answering, decoded, start_values
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import as_table
from explorer.tools import views
from explorer.tools.drag import arrows_of, region_of
from explorer.tools.drag_room import DragRoom


def pulling(model: Model) -> list[Callable[[object], dict]]:
    """Functions of one room: a drag begins, goes on step by step, is dropped."""
    room = DragRoom(model)
    resolution = model.config.resolution

    @answering
    def start_drag(posted: object) -> dict:
        """{"key", "recipe": the start, of a walk from its place there, with its w written out}.

        Of posted {"recipe", "arrows": [[x, y, to_x, to_y]]} and, where there is one, "region":
        base64 of one bit a pixel, and "instead": the key of a drag that ends now.
        """
        posted = as_table(posted, "posted")
        recipe = Recipe.from_dict(posted.get("recipe"))
        arrows = arrows_of(posted.get("arrows"), resolution)
        region = posted.get("region")
        if region is not None:
            bits = decoded(region, "drag: region", resolution**2 // 8)
            region = region_of(bits, resolution)
        key, drag = room.start(recipe, arrows, region, posted.get("instead"))
        return {"key": key, "recipe": start_values(drag.recipe)}

    @answering
    def step_drag(posted: object) -> dict:
        """{"w", "handles", "left", "steps", "ended"} of posted {"key"}."""
        moved = room.step(as_table(posted, "posted").get("key"))
        return {
            "w": moved.recipe.w, "handles": moved.handles, "left": moved.left,
            "steps": moved.steps, "ended": moved.ended,
        }  # fmt: skip

    @answering
    def forget_drag(posted: object) -> dict:
        room.forget(as_table(posted, "posted").get("key"))
        return {}

    @answering
    def compare_drag(posted: object) -> dict:
        """{"words": what differs between the pictures of posted {"before", "after"}}."""
        posted = as_table(posted, "posted")
        before, after = (Recipe.from_dict(posted.get(name)) for name in ("before", "after"))
        return {"words": views.differences(model, before, after)}

    return [start_drag, step_drag, forget_drag, compare_drag]
