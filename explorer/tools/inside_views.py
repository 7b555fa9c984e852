"""What the page shows of the inside: sheets of feature maps, the sum of parts, styles, spectrum."""

from dataclasses import asdict

import numpy as np
import torch

from explorer.picture.model import Model
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, is_whole, short
from explorer.tools import colours, inside
from gan.picture import contact_sheet, grey, to_uint8

PAGE, COLUMNS = 64, 8  # channels shown together
LOOKS = ("grey", "signed")
_LARGEST = 128  # pixels of a tile


def maps_sheet(
    model: Model, recipe: Recipe, layer: int, look: str, page: int
) -> tuple[np.ndarray, dict]:
    """64 channels of a layer, the most active first, as tiles; page 0 has the first 64.

    look "grey": each channel from its least (black) to its most (white); "signed": blue below zero,
    red above, all on one scale. Maps larger than 128 pixels are averaged down to that.

    Returns the sheet and {"channels": [{channel, activity, least, most}], "of": number of channels,
    "columns", "size": of the maps, "scale": of "signed"}. Raises RecipeError.
    """
    if look not in LOOKS:
        raise RecipeError(f"inside: look must be {' or '.join(LOOKS)}, got {short(look)}")
    maps = inside.feature_maps(model, recipe, layer)
    if not is_whole(page) or not 0 <= page * PAGE < len(maps):
        raise RecipeError(f"inside: this layer has no page {short(page)} of channels")
    activity = inside.activity(maps)
    order = np.argsort(-activity, kind="stable")[page * PAGE : (page + 1) * PAGE]
    least, most = maps.min(axis=(1, 2)), maps.max(axis=(1, 2))
    scale = float(np.percentile(np.abs(maps), 99.9)) or 1.0
    shown = _averaged(maps[order])
    if look == "signed":
        tiles = colours.signed(shown / scale)
    else:
        low, high = least[order, None, None], most[order, None, None]
        tiles = np.rint(255 * (shown - low) / np.maximum(high - low, 1e-12)).astype(np.uint8)
    columns = min(COLUMNS, len(order))
    rows = [
        {
            "channel": int(c), "activity": float(activity[c]),
            "least": float(least[c]), "most": float(most[c]),
        }
        for c in order
    ]  # fmt: skip
    facts = {
        "channels": rows, "of": len(maps), "columns": columns, "size": maps.shape[1],
        "scale": scale,
    }  # fmt: skip
    return contact_sheet(tiles, columns), facts


def _averaged(maps: np.ndarray) -> np.ndarray:
    """[n, r, r] -> [n, at most 128, at most 128]."""
    n, r, _ = maps.shape
    k = max(1, r // _LARGEST)
    return maps.reshape(n, r // k, k, r // k, k).mean(axis=(2, 4))


def parts_sheet(model: Model, recipe: Recipe) -> tuple[np.ndarray, list[dict]]:
    """Above what each resolution adds (zero is mid-grey, each on its own scale), below the sum.

    Returns uint8 [2 R, n R] (or with 3 colours) and [{resolution, share, scale}]: scale is the
    size that is white, where the finished picture goes from -1 to 1.
    """
    found = inside.parts_of(model, recipe)
    scales = np.maximum(np.abs(found.parts).max(axis=(1, 2, 3)), 1e-12)
    parts = found.parts / scales[:, None, None, None]
    tiles = to_uint8(torch.from_numpy(np.concatenate([parts, found.sums])))
    rows = [
        {"resolution": r, "share": float(share), "scale": float(scale)}
        for r, share, scale in zip(found.resolutions, found.share, scales, strict=True)
    ]
    return contact_sheet(tiles, len(parts)), rows


def style_rows(model: Model, recipe: Recipe) -> list[dict]:
    """explorer.tools.inside.StyleSize of every layer, as tables."""
    return [asdict(size) for size in inside.style_sizes(model, recipe)]


def spectrum_decibels(model: Model, recipe: Recipe) -> np.ndarray:
    """The spectrum in whole decibels above its weakest frequency, uint8 [R, R].

    The lowest frequency is at [R / 2, R / 2].
    """
    power = inside.log_spectrum(grey(render(model, recipe)[None])[0].astype(np.float64))
    return np.rint(np.minimum(10 * (power - power.min()), 255)).astype(np.uint8)
