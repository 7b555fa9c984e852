"""Projection: the w whose picture comes nearest to a given one (Karras 2020, appendix D).

What differs from there: w is optimised in units of its own spread and never becomes rarer than
nearly all of the model's brains, so that it can be edited afterwards; it starts at the nearest of
several hundred random brains, and what is like none of them is refused; the distance is one for
slices; and the noise maps stay those that the model has stored. Optimised maps would hide what w
cannot express, and fit no recipe. On a scale, w is sought among the brains at one place, the
scan's height or where the nearest brain is, so that it stays a brain when the place is moved.
"""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from explorer.knowledge.heads import head_of, heads_of
from explorer.knowledge.likeness import distance, error_in_head, structure, thumbnails
from explorer.knowledge.samples import pictures_of, sample_classes
from explorer.picture.latents import moved_by, pack_ws
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.scans.framing import Frame, frame_of
from explorer.work.background import Once
from gan.picture import grey, to_uint8
from gan.scale import HEIGHT_COLUMN

_SAMPLES, _FEWEST = 512, 64
_LEAST_OF_UNSEEN = 0.85  # of what the least alike of unseen people's slices shares with a brain
_LEAST_ALIKE = 0.45  # where no unseen slices were measured
_FULL, _EVEN = 0.25, 0.1  # of the edges are head; of the middle grey lies between most of the head
_RATE = 0.1  # of Adam, in standard deviations of w
_EXPLORE = 0.05  # noise on w at first, in standard deviations
_TYPICAL = 0.01  # weight of the mean square of w in standard deviations: 1 for a random brain
_RAREST = 90.0  # per cent of random brains that may be more typical
_TOGETHER = 0.01  # weight of what the layers' w differ from their mean


@dataclass(frozen=True)
class Effort:
    """Steps with one w for all layers, and then with one for each (w+); 0 leaves w as it is."""

    shared: int = 100
    layered: int = 150


@dataclass(frozen=True)
class Progress:
    """After a step: done of steps; error in grey levels over the head; ws [1, num_ws, w_dim]; its
    picture uint8 [R, R] or [R, R, 3]; and its recipe, whose w has half precision, so that its
    picture may differ a little. The first one is the nearest random brain, on a scale brought to
    the scan's place."""

    done: int
    steps: int
    error: float
    ws: Tensor
    picture: np.ndarray
    recipe: Recipe


@dataclass(frozen=True)
class Album:
    """Random brains of a model, without truncation: w [N, w_dim], pictures uint8 [N, R, R]."""

    w: np.ndarray
    pictures: np.ndarray

    @cached_property
    def frame(self) -> Frame:
        return frame_of(self.pictures)

    @cached_property
    def _small(self) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails and the heads in them."""
        small = thumbnails(self.pictures)
        return small, heads_of(small)

    def alike(self, target: np.ndarray) -> np.ndarray:
        """Structure that each brain shares with a picture uint8 [R, R] or [R, R, 3]: [N]."""
        small, heads = self._small
        return structure(small, thumbnails(grey(target[None]))[0], heads)


class Projector:
    """Projects onto one model. Safe to use from several threads.

    album: made once when it is first needed, in seconds.
    """

    def __init__(self, model: Model):
        self.model = model
        self.album = Once(self._make_album)
        self._farthest = lru_cache(maxsize=16)(self._find_farthest)

    def _make_album(self, report) -> Album:
        generator = self.model.generator
        count = _SAMPLES * 64 // max(generator.config.resolution, 64)
        w = self.model.library.w[: max(count, _FEWEST)]
        ws = generator.broadcast(torch.from_numpy(w))
        return Album(w, np.concatenate(list(pictures_of(generator, ws, report))))

    @cached_property
    def _spread(self) -> tuple[Tensor, Tensor, Tensor]:
        """mean [w_dim], and [w_dim, w_dim] from standard deviations to w and back: of brains at the
        middle of a scale, if there is one."""
        spread = self.model.library.spread
        there = spread.axes()
        back = there.T / there.square().sum(dim=1)
        return torch.from_numpy(spread.mean).float(), there, back

    def _find_farthest(self, condition: float | None) -> float:
        """From the mean, in standard deviations: nearly all random brains lie nearer, on a scale
        those at this place."""
        (mean, _, back), library = self._spread, self.model.library
        w = torch.from_numpy(library.w)
        if self.model.scale:
            place = self.model.scale.position(condition)
            w = library.brains_at(place) - library.away(place)
        return float(np.percentile(((w - mean) @ back).norm(dim=1).numpy(), _RAREST))

    def project(self, target: np.ndarray, effort: Effort = Effort()) -> Iterator[Progress]:
        """Come nearer with every step; the last one is the result. The same steps each time.

        target: uint8 [R, R] or [R, R, 3], as the model makes them.
        """
        for step in self.pieces(target, effort):
            if step is not None:
                yield step

    def pieces(self, target: np.ndarray, effort: Effort = Effort()) -> Iterator[Progress | None]:
        """As `project`, with None wherever the work may pause: after each block of the network."""
        wanted, head = _as_image(target), head_of(target)
        mean, there, back = self._spread
        steps = effort.shared + effort.layered
        nearest = int(self.album.get().alike(target).argmax())
        condition = self._condition(target, nearest)
        w = torch.from_numpy(self.model.library.people[nearest].copy())
        v = ((w - mean) @ back)[None, None]  # [1, 1, w_dim], then [1, num_ws,]
        mean, farthest = mean + moved_by(self.model, condition), self._farthest(condition)
        _load_optimiser()
        yield self._progress(0, steps, v, target, head, condition)
        random = torch.Generator().manual_seed(0)
        num_ws, done = self.model.config.num_ws, 0
        for count, layers in ((effort.shared, 1), (effort.layered, num_ws)):
            v = v.expand(-1, layers, -1).clone().requires_grad_(True)
            adam = torch.optim.Adam([v], lr=_RATE)
            for step in range(count):
                t = step / count
                adam.param_groups[0]["lr"] = _RATE * _ramp(t)
                explore = _EXPLORE * max(0, 1 - t / 0.75) ** 2 if layers == 1 else 0.0
                noisy = v + explore * torch.randn(v.shape, generator=random)
                with torch.enable_grad():
                    ws = (mean + noisy @ there).expand(-1, num_ws, -1)
                    apart = (v - v.mean(dim=1, keepdim=True)).square().mean()
                    near = _TYPICAL * v.square().mean() + _TOGETHER * apart
                image, slope = yield from self._slope(ws.detach(), wanted)
                adam.zero_grad()
                torch.autograd.backward([ws, near], [slope, torch.ones(())])
                adam.step()
                with torch.no_grad():
                    v *= (farthest / v.norm(dim=2, keepdim=True)).clamp(max=1)
                done += 1
                found = to_uint8(image)[0]
                if done < steps:
                    yield self._made(done, steps, ws.detach(), found, target, head, condition)
            v = v.detach()
        if done:
            yield self._progress(done, steps, v, target, head, condition)

    def _slope(self, ws: Tensor, wanted: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The picture of ws [1, num_ws, w_dim], and the gradient of its distance by ws.

        Forth and back (the chain rule) in a piece for each block, with a pause behind each.
        """
        ws = ws.requires_grad_(True)
        passed, x, img, first = [], None, None, 0
        network = self.model.network
        device = network.device
        for block in network.blocks:
            got = [t if t is None else t.detach().requires_grad_(True) for t in (x, img)]
            convs = len(block.layers)
            noise = [layer.noise_const[None, None] for layer in block.layers]
            with torch.enable_grad():
                rows = ws[:, first : first + convs + 1].to(device)
                x, img = block(*got, rows, noise, [None] * convs, None, torch.float32)
            passed.append((got, (x, img)))
            first += convs
            yield
        image = img.detach().requires_grad_(True)
        with torch.enable_grad():
            distance(image, wanted.to(device)).sum().backward()
        slopes = [None, image.grad]
        yield
        for got, gave in reversed(passed):
            known = [(t, slope) for t, slope in zip(gave, slopes, strict=True) if slope is not None]
            torch.autograd.backward(*zip(*known, strict=True))
            slopes = [None if t is None else t.grad for t in got]
            yield
        return image.detach().cpu(), ws.grad

    def refuse_no_head(self, target: np.ndarray) -> None:
        """Raise RecipeError, with the reason, for a picture that is like no brain of the model.

        Before any step: a network with enough freedom comes near to anything. Refused is what the
        nearest random brain resembles clearly less than any slice of people it never saw.
        """
        album, unseen = self.album.get(), self.model.library.unseen
        alike = float(album.alike(target).max())
        least = _LEAST_OF_UNSEEN * min(unseen.start) if unseen else _LEAST_ALIKE
        if alike < least:
            raise RecipeError(
                f"scan: this looks like no head that the model makes: {_why_no_head(target)}. "
                f"Structure shared with the nearest of {len(album.w)} of its brains: {alike:.2f}, "
                f"at least {least:.2f} is needed. Check slice, size and turn"
            )

    def _condition(self, target: np.ndarray, nearest: int) -> float | None:
        """Where the scan stands on a scale of classes in order: at the height that it has by its
        looks, where the scale is one of heights, else where the nearest brain of the album is."""
        scale, readers = self.model.scale, self.model.library.ruler.height
        if scale is None:
            return None
        if scale.column == HEIGHT_COLUMN and readers:
            height = float(readers.read(grey(target[None]))[0])
            if np.isfinite(height):
                return min(max(height, scale.first), scale.last)
        places = sample_classes(self.model.generator, nearest + 1)
        return scale.value(float(places[nearest]))

    def _made(
        self, done: int, steps: int, ws: Tensor, picture: np.ndarray, target, head, condition
    ) -> Progress:
        recipe = Recipe(psi=1.0, condition=condition, w=pack_ws(self.model, ws[0], condition))
        return Progress(done, steps, error_in_head(target, picture, head), ws, picture, recipe)

    @torch.no_grad()
    def _progress(self, done: int, steps: int, v: Tensor, target, head, condition) -> Progress:
        mean, there, _ = self._spread
        mean = mean + moved_by(self.model, condition)
        ws = (mean + v @ there).expand(-1, self.model.config.num_ws, -1)
        network = self.model.network
        found = to_uint8(network(ws.to(network.device), noise_mode="const"))[0]
        return self._made(done, steps, ws, found, target, head, condition)


def _why_no_head(target: np.ndarray) -> str:
    """What a user can see of it."""
    picture = grey(target[None])[0]
    head = head_of(picture)
    edge = np.concatenate([head[0], head[-1], head[:, 0], head[:, -1]]).mean()
    if edge > _FULL:
        return "there is no black background around it"
    low, middle, high = np.percentile(picture[head], (20, 50, 80))
    if high - low < _EVEN * middle:
        return "it is evenly grey inside"
    return "neither its outline nor what is inside fits"


def _load_optimiser() -> None:
    """torch loads its compiler with the first optimiser, which takes a second: not in a turn."""
    x = torch.zeros(1, requires_grad=True)
    x.grad = torch.zeros(1)
    torch.optim.Adam([x]).step()


def _ramp(t: float) -> float:
    """The learning rate over time: up in the first 5 %, down in the last quarter."""
    return (0.5 - 0.5 * math.cos(math.pi * min(1, (1 - t) / 0.25))) * min(1, t / 0.05 + 0.05)


def _as_image(pictures: np.ndarray, batch: bool = False) -> Tensor:
    """uint8 pictures as the network makes them: float32 [N, C, R, R] in -1..1."""
    x = torch.from_numpy(np.asarray(pictures, np.float32)) / 127.5 - 1
    x = x if batch else x[None]
    return x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
