"""What the single channels ask the server."""

from collections.abc import Callable

from explorer.knowledge.receipts import STEPS
from explorer.page.answers import answering, tiles
from explorer.picture.model import Model
from explorer.recipe import Channel, Recipe
from explorer.recipe.checks import as_table
from explorer.tools import channels

_AT_ONCE = 4  # channels tried for one request: a fraction of a second at 64 px


def trying_channels(model: Model) -> list[Callable[[object], dict]]:
    """Each posts {"layer", "channel", "rgb"} and, for the film, {"recipe"}."""
    effects = channels.Channels(model)

    @answering
    def channel_changes(posted: object) -> dict:
        """{"rows": [{"channel", "change"}], "of"} of the next few from "channel" on."""
        layer, first, rgb = _read(posted)
        of = effects.number(layer, rgb)
        some = range(first, min(first + _AT_ONCE, of))
        return {
            "rows": [{"channel": c, "change": effects.change(layer, c, rgb)} for c in some],
            "of": of,
        }

    @answering
    def channel_receipt(posted: object) -> dict:
        """{"says": its honest name, "most": the largest effect {"name", "effect", "agreement"}}."""
        receipt = effects.receipt(*_read(posted))
        sizes = [abs(e) if e == e else -1.0 for e in receipt.effect]
        k = sizes.index(max(sizes))
        most = None
        if sizes[k] >= 0:
            most = {
                "name": model.library.ruler.measurements[k].name,
                "effect": receipt.effect[k], "agreement": receipt.agreement[k],
            }  # fmt: skip
        return {"says": receipt.name, "most": most}

    @answering
    def channel_film(posted: object) -> dict:
        """{"src": this picture at -9, -6 ... 9 standard deviations}."""
        layer, channel, rgb = _read(posted)
        recipe, moved = Recipe.from_dict(posted.get("recipe")), Channel(layer, channel, rgb=rgb)
        return tiles(model, channels.film_strip(model, recipe, moved), len(STEPS))

    return [channel_changes, channel_receipt, channel_film]


def _read(posted: object) -> tuple[int, int, bool]:
    posted = as_table(posted, "posted")
    asked = Channel(posted.get("layer"), posted.get("channel"), rgb=posted.get("rgb", False))
    return asked.layer, asked.channel, asked.rgb
