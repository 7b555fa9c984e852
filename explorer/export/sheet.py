"""Contact sheets: many pictures on one, with labels that say which is which."""

import json
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer.picture.latents import condition_of, off_walk
from explorer.picture.model import Model
from explorer.picture.render import quantise, synthesise_now
from explorer.recipe import MAX_SEED, Recipe
from explorer.recipe.checks import RecipeError, is_whole, short
from gan.picture import contact_sheet, png_bytes

MOST_PICTURES = 400


def sheet_png(
    model: Model,
    recipes: Sequence[Recipe],
    columns: int,
    labels: bool = True,
    report: Callable[[float], None] | None = None,
) -> bytes:
    """Pictures row by row as one PNG that lists its recipes, marked synthetic.

    labels: each picture's seed, and its class, below it. report: gets the share that is done; what
    it raises ends the work. Raises RecipeError for more than 400 pictures or columns.
    """
    if not 1 <= len(recipes) <= MOST_PICTURES:
        raise RecipeError(f"sheet: expected 1 to {MOST_PICTURES} pictures, got {len(recipes)}")
    if not is_whole(columns) or not 1 <= columns <= MOST_PICTURES:
        raise RecipeError(f"columns: expected 1 to {MOST_PICTURES}, got {short(columns)}")
    tiles = []
    for recipe in recipes:
        image = model.turns.take_idle(lambda recipe=recipe: synthesise_now(model, recipe))
        tile = quantise(image, 8)
        tiles.append(_labelled(tile, _label(model, recipe)) if labels else tile)
        if report:
            report(len(tiles) / len(recipes))
    sheet = contact_sheet(np.stack(tiles), min(columns, len(tiles)))
    listed = json.dumps([recipe.compact() for recipe in recipes])
    return png_bytes(sheet, recipes=listed, model=model.digest)


def next_brains(model: Model, recipe: Recipe, count: int) -> list[Recipe]:
    """The recipe, and the same with the seeds after its own: `count` in all."""
    seeds = [(recipe.seed + i) % (MAX_SEED + 1) for i in range(1, count)]
    return [recipe, *map(off_walk(model, recipe).with_seed, seeds)][:count]


def _label(model: Model, recipe: Recipe) -> str:
    parts = [recipe.title.removeprefix("seed")]
    if model.classes:
        parts.append(model.classes[recipe.class_index or 0])
    if model.scale:
        parts.append(f"{condition_of(model, recipe):.4g} {model.scale.unit}".rstrip())
    return " ".join(parts)


def _labelled(tile: np.ndarray, text: str) -> np.ndarray:
    """A picture with a line of text below it; text that is too wide is cut."""
    H, W = tile.shape[:2]
    size = max(9, W // 10)
    image = Image.fromarray(np.concatenate([tile, np.zeros((size + 6, *tile.shape[1:]), np.uint8)]))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    white = 255 if image.mode == "L" else (255, 255, 255)
    pen.text((W / 2, H + 2), text, fill=white, font=font, anchor="ma")
    return np.asarray(image)
