"""Copies: how close pictures come to training slices, against how close unseen people's come."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from train.data import Slices
from train.quality.neighbours import authenticity, memorised_share, nearest, small_pictures
from train.quality.people import known, numbered

_PIECE = 2048
_UNSEEN = 2000  # slices that stand for unseen people, at most
_BINS = 40


@dataclass(frozen=True)
class Copies:
    """The nearest training slice of each picture, as Euclidean distance of 32 px pictures.

    distances: [N]; places: int64 [N], which slice of the search; own: [N], the distance of that
    slice to its own nearest neighbour, another person's where people are known (the next slice of
    the same head is a near copy already).
    """

    distances: Tensor
    places: Tensor
    own: Tensor

    def figures(self, unseen: Tensor) -> dict[str, float]:
        """What the distances say beside those of unseen people's slices [M].

        memorised: share under their 1st percentile; authenticity (Alaa 2022); nearest: median
        distance; nearest_percentile: mean place among the unseen people's distances, 50 if alike.
        """
        order = unseen.sort().values
        below, upto = (
            torch.searchsorted(order, self.distances, side=side) for side in ("left", "right")
        )
        return {
            "memorised": memorised_share(self.distances, unseen),
            "authenticity": authenticity(self.distances, self.own),
            "nearest": self.distances.median().item(),
            "nearest_percentile": 50 * (below + upto).float().mean().item() / len(order),
        }

    def histogram(self, unseen: Tensor) -> dict:
        """Shares of the pictures, and of unseen people's slices, at each distance."""
        sides = {"generated": self.distances.numpy(), "unseen": unseen.numpy()}
        edges = np.histogram_bin_edges(np.concatenate(list(sides.values())), _BINS)
        shares = {k: (np.histogram(d, edges)[0] / len(d)).tolist() for k, d in sides.items()}
        return {"edges": edges.tolist(), **shares}


class Search:
    """Training slices to be searched for the originals of copies.

    train, held_out: the slices, the second None if there are no unseen people: then training
    slices stand in for them, each searched among other people's. mirror: search mirrored slices
    too. most: search a random part of the training slices if there are more.

    unseen: [M], distances of the unseen people's slices; floors: their figures.
    """

    def __init__(
        self, train: Slices, held_out: Slices | None, mirror: bool, most: int | None, seed: int
    ):
        random = np.random.default_rng([seed, 11])
        self._images, self._mirror = train.images, mirror
        self.chosen = np.sort(random.permutation(len(train))[:most])
        people = numbered(train.subjects)
        # A slice may not be its own neighbour, nor another of the same head.
        self._owners = torch.from_numpy(people if known(people) else np.arange(len(people)))
        source = train if held_out is None else held_out
        some = np.sort(random.permutation(len(source))[:_UNSEEN])
        own = self._owners[some] if held_out is None else None
        found = self._judge(_pictures(source.images, some), own)
        self.unseen = found.distances
        self.floors = found.figures(self.unseen)
        if held_out is not None:  # a percentile of few people: what do others say of it?
            some = np.sort(random.permutation(len(train))[:_UNSEEN])
            others, _ = self.nearest(_pictures(train.images, some), self._owners[some])
            self.floors["memorised"] = memorised_share(others, self.unseen)

    def judge(self, images: Tensor) -> Copies:
        """Find the nearest training slice of each picture [N, C, R, R] in -1..1."""
        return self._judge(images, None)

    def nearest(self, images: Tensor, own: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Distance to, and place of, each picture's nearest training slice: [N], [N].

        own: whose each picture is, as a number; slices of the same are passed over.
        """
        return nearest(small_pictures(images), self._pieces(), own)

    def slices(self, places: Tensor) -> np.ndarray:
        """Which training slices these places of the search are: int64 [N]."""
        return self.chosen[places.numpy() % len(self.chosen)]

    def pictures(self, places: Tensor) -> Tensor:
        """The training slices at these places, mirrored where the search found them so."""
        images = _pictures(self._images, self.slices(places))
        mirrored = places >= len(self.chosen)
        images[mirrored] = images[mirrored].flip(3)
        return images

    def _judge(self, images: Tensor, own: Tensor | None) -> Copies:
        distances, places = self.nearest(images, own)
        unique, back = places.unique(return_inverse=True)
        between, _ = self.nearest(self.pictures(unique), self._owners[self.slices(unique)])
        return Copies(distances, places, between[back])

    def _pieces(self) -> Iterator[tuple[Tensor, Tensor]]:
        for flip in (False, True)[: 1 + self._mirror]:
            for start in range(0, len(self.chosen), _PIECE):
                places = self.chosen[start : start + _PIECE]
                images = _pictures(self._images, places)
                images = images.flip(3) if flip else images
                yield small_pictures(images), self._owners[places]


def _pictures(images: np.ndarray, places: np.ndarray) -> Tensor:
    return torch.from_numpy(images[places]).float() / 127.5 - 1
