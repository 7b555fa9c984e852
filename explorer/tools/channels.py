"""What a single channel of a style does (Wu 2021, StyleSpace), found by trying it."""

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
import torch

from explorer.knowledge.receipts import STEPS, Receipt, brains, judge, receipt_beyond
from explorer.picture.latents import check_channel
from explorer.picture.layers import rgb_style_shifts, style_shifts
from explorer.picture.model import Model
from explorer.picture.preview import shown, size_for
from explorer.recipe import Channel, Recipe
from explorer.tools.views import TILE
from gan.incremental import Choice, remembering
from gan.picture import contact_sheet, to_uint8

UNIT = 3  # standard deviations that count as one step: a single channel does little
_BRAINS = 4  # that channels are ranked on


class Channels:
    """Effects of a model's channels. They are facts of the model, so they are kept.

    Everything is made a picture at a time, each in a turn of its own.
    """

    def __init__(self, model: Model):
        self.model = model
        self._synthesis = remembering(model.synthesis.fast, megabytes=32)
        self.change = lru_cache(maxsize=10_000)(self._change)
        self.receipt = lru_cache(maxsize=1000)(self._receipt)

    @cached_property
    def _brains(self) -> torch.Tensor:
        with torch.inference_mode():
            return brains(self.model.generator)

    def number(self, layer: int, rgb: bool = False) -> int:
        """How many channels a layer's style has (rgb: of a toRGB's, as in explorer.recipe.Channel).

        Raises RecipeError without such a layer.
        """
        check_channel(self.model, layer, 0, rgb)
        synthesis = self.model.generator.synthesis
        module = synthesis.blocks[layer].torgb if rgb else synthesis.layers[layer]
        return len(module.affine.weight)

    def _change(self, layer: int, channel: int, rgb: bool = False) -> float:
        """How much the picture changes from -3 to +3 standard deviations: the mean absolute
        difference in grey levels of 255, over 4 brains. Of large networks on the smallest picture
        that shows the channel, but none smaller than those that are measured."""
        model, ws = self.model, self._brains[:_BRAINS]
        size = size_for(model, model.library.side, _row(layer, rgb))
        choose = (lambda _: size) if model.small else None
        low, high = (
            self._pictures(ws, Channel(layer, channel, sign * UNIT, rgb), choose)
            for sign in (-1, 1)
        )
        return float(np.abs(high.astype(float) - low).mean())

    def _receipt(self, layer: int, channel: int, rgb: bool = False) -> Receipt:
        """What it changes on 16 brains, one step being 3 standard deviations.

        Raises StillComputing until the model's population has been measured.
        """
        check_channel(self.model, layer, channel, rgb)
        library = self.model.library
        population, ruler = library.population(), library.ruler
        row = _row(layer, rgb)
        if library.beyond((row, row + 1)):
            return receipt_beyond(population, ruler, library.side)
        moves = [Channel(layer, channel, UNIT * step, rgb) for step in STEPS]
        curves = [
            ruler.measure(self._pictures(self._brains, moved, self.model.small)) for moved in moves
        ]  # each [brains, K]
        return judge(np.stack(curves, axis=1), population, ruler.measurements)

    def _pictures(
        self, ws: torch.Tensor, moved: Channel, choose: Choice | None = None
    ) -> np.ndarray:
        """choose: for smaller pictures, see gan.incremental."""
        check_channel(self.model, moved.layer, moved.channel, moved.rgb)
        recipe = Recipe(channels=(moved,))
        shifts, rgb_shifts = (of(self.model, recipe) for of in (style_shifts, rgb_style_shifts))

        def make(one: torch.Tensor) -> np.ndarray:
            options = {"choose": choose} if choose else {}
            image = self._synthesis(one[None], shifts=shifts, rgb_shifts=rgb_shifts, **options)
            return to_uint8(image)

        turns = self.model.turns
        return np.concatenate([turns.take(object(), lambda one=one: make(one)) for one in ws])


def film_strip(model: Model, recipe: Recipe, moved: Channel) -> np.ndarray:
    """A recipe's picture with one channel at -9, -6 ... 9 standard deviations: uint8 [R, 7 R], of
    large networks smaller."""
    others = tuple(c for c in recipe.channels if replace(c, strength=moved.strength) != moved)
    steps = [
        replace(recipe, channels=(*others, replace(moved, strength=UNIT * step))) for step in STEPS
    ]
    frames = [shown(model, step, TILE, _row(moved.layer, moved.rgb)) for step in steps]
    return contact_sheet(np.stack(frames), len(frames))


def _row(layer: int, rgb: bool) -> int:
    """Of ws: that of the toRGB through which a channel is seen first."""
    return 2 * layer + 1 if rgb else layer + 1
