"""What an analysis tells of a model, and how much it measures for that."""

from dataclasses import dataclass, field

import numpy as np

from explorer.knowledge.population import PICTURES
from explorer.lab.against_data import Against
from explorer.lab.agreement import Agreement
from explorer.lab.magnitudes import Magnitudes
from explorer.lab.race import Race
from explorer.lab.settling import Settling
from explorer.lab.smoothness import Smoothness
from explorer.lab.spaces import Space


@dataclass(frozen=True)
class Settings:
    """How much is measured. brains: that the metrics rest on, of the population; mixed: whose
    groups are drawn apart; pairs: of path lengths; racers: brains of each race, and those that move
    along the axes; starts: that a race's are taken from, those on which the factor can be measured;
    draws: of the bootstrap."""

    brains: int = PICTURES
    mixed: int = 2000
    pairs: int = 250
    racers: int = 200
    starts: int = 700
    draws: int = 50


@dataclass(frozen=True)
class Analysis:
    """What is known of a model; None or missing: not yet (or, of `data`: no real slices).

    keys, names: of the factors. spaces: by name, of SPACES. groups: names of the groups of layers;
    shares: R^2 of each factor from each group alone, [G, K]; spans: its interval, [G, K, 2]. data:
    correlations as they are, and at equal height. races: by key of the factor that was wanted: Z, W
    and S (W and S of a large network), within NEAR; race: the one that was run to the end, W+ too,
    within 0.1. magnitudes: where the signal sits. training: what the moments kept of it say.
    agreement: how well the pictures that were measured stand for the whole ones, if they are a
    sketch's. perceptual: path lengths by LPIPS, where its weights were given.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    spaces: dict[str, Space] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    shares: np.ndarray | None = None
    spans: np.ndarray | None = None
    smoothness: Smoothness | None = None
    data: Against | None = None
    data_at_height: Against | None = None
    races: dict[str, Race] = field(default_factory=dict)
    race: Race | None = None
    magnitudes: Magnitudes | None = None
    training: Settling | None = None
    agreement: Agreement | None = None
    perceptual: Smoothness | None = None
