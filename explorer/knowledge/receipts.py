"""What a direction does, measured on many brains: its receipt, and the honest name it earns.

This is the one definition of an effect; whatever tells one takes it from here (`EFFECT` says it in
words). For n brains (psi 0.7, stored noise) and steps from -3 to +3 standard deviations along the
direction every picture is measured. In population standard deviations sigma_k:

    effect      E_k = mean over brains of [m_k(+1) - m_k(-1)] / (2 sigma_k)
    margin      half the 95 % interval of that mean (Student's t over the brains)
    counted     brains on which m_k has a value at both steps
    agreement   share of the brains on which m_k moves to the same side
    linearity   R^2 of the mean of m_k over the seven steps to a straight line
    purity      E_top^2 / sum E^2, after whitening E by the measurements' correlation
    leakage     mean |E_k| / |E_top| over the others: what else moves while the top moves by 1 sigma
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from scipy import stats

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.population import Population
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import centre, pictures_of, sample_classes, sample_w
from gan.generator import Generator, truncate
from gan.measure import Measurement

BRAINS = 16
STEPS = (-3, -2, -1, 0, 1, 2, 3)
PSI = 0.7
LEAST_EFFECT, LEAST_AGREEMENT, LEAST_PURITY, ABOVE_NOISE = 0.3, 0.9, 0.6, 2.0
EFFECT = (
    f"Effect: how far one step moves a measurement, the mean over {BRAINS} of the model’s brains "
    f"(ψ {PSI}) from −1 to +1, halved, in standard deviations (SD) of its brains at ψ 1; ± the "
    "95 % interval of that mean."
)
UNNAMED = "moves nothing that is measured by 0.3 SD"


@dataclass(frozen=True)
class Receipt:
    """Lists have one entry for each of the ruler's measurements; NaN where it failed too often.

    top: number of the largest effect that is certain, or None; name: see `honest_name`.
    """

    effect: tuple[float, ...]
    agreement: tuple[float, ...]
    linearity: tuple[float, ...]
    margin: tuple[float, ...]
    counted: tuple[int, ...]
    purity: float
    leakage: float
    top: int | None
    name: str
    brains: int

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Receipt":
        lists = {
            k: tuple(float(x) for x in values[k])
            for k in ("effect", "agreement", "linearity", "margin")
        }
        return cls(**{**values, **lists, "counted": tuple(map(int, values["counted"]))})


def write_receipt(
    generator: Generator, direction: Direction, population: Population, ruler: Ruler,
    step: torch.Tensor | None = None,
) -> Receipt:  # fmt: skip
    """Move 16 brains along a direction and measure. `step` overrules its vector (held constant)."""
    step = direction.vector if step is None else step
    ws = brains(generator)
    first, end = direction.layers or (0, generator.config.num_ws)
    moved = ws[:, None].repeat(1, len(STEPS), 1, 1)  # [brains, steps, num_ws, w_dim]
    moved[:, :, first:end] += torch.tensor(STEPS)[:, None, None] * step
    table = [ruler.measure(batch) for batch in pictures_of(generator, moved.flatten(0, 1))]
    curves = np.concatenate(table).reshape(BRAINS, len(STEPS), -1)
    return judge(curves, population, ruler.measurements)


def receipt_beyond(population: Population, ruler: Ruler, side: int) -> Receipt:
    """Of what does nothing to the pictures that are measured, which have `side` px: no values."""
    nothing = np.full((BRAINS, len(STEPS), len(ruler.keys)), np.nan)
    found = judge(nothing, population, ruler.measurements)
    return replace(found, name=f"shows only above {side} px, where nothing is measured")


def brains(generator: Generator, count: int = BRAINS) -> torch.Tensor:
    """The brains that receipts are measured on: ws [count, num_ws, w_dim], truncated. At most
    1,000."""
    # Not among those that anything was learned from first.
    w, places = sample_w(generator, 1000)[-count:], sample_classes(generator, 1000)
    ws = generator.broadcast(torch.from_numpy(w))
    if not generator.config.c_ordered:
        return truncate(ws, generator.mapping.w_avg, PSI)
    centres = [centre(generator, place) for place in places[-count:]]
    return torch.stack([truncate(one[None], c, PSI)[0] for one, c in zip(ws, centres, strict=True)])


def judge(
    curves: np.ndarray, population: Population, measurements: Sequence[Measurement]
) -> Receipt:
    """The receipt of measured curves [brains, steps, K], NaN allowed."""
    change = (curves[:, STEPS.index(1)] - curves[:, STEPS.index(-1)]) / (2 * population.deviation)
    linearity = np.array([_linearity(curves[:, :, k]) for k in range(curves.shape[2])])
    return _summed_up(summary_of(change), linearity, population, measurements)


class Summary(NamedTuple):
    """What N brains tell of a step, [K] each, as above; effect, margin and agreement are NaN where
    fewer than a quarter of them do."""

    effect: np.ndarray
    margin: np.ndarray
    agreement: np.ndarray
    counted: np.ndarray
    brains: int

    def certain(self, population: Population) -> list[int]:
        """Numbers of the measurements that the step surely moves, the largest effect first.

        Told by half of the brains, agreed, larger than its margin and than twice the noise.
        """
        size = np.nan_to_num(np.abs(self.effect))
        noise = np.nan_to_num(population.floor) / population.deviation
        sure = (
            self.common
            & (size >= LEAST_EFFECT)
            & (np.nan_to_num(self.agreement) >= LEAST_AGREEMENT)
            & (size > np.nan_to_num(self.margin, nan=np.inf))
            & (size > ABOVE_NOISE * noise)
        )
        return [int(k) for k in np.argsort(-size, kind="stable") if sure[k]]

    @property
    def common(self) -> np.ndarray:
        """Measured on half of the brains: bool [K]."""
        return self.counted >= self.brains // 2


def summary_of(change: np.ndarray) -> Summary:
    """change: by one step, in standard deviations, NaN allowed: [N, K]."""
    found = np.isfinite(change)
    counted = found.sum(axis=0)
    enough, number = counted >= len(change) // 4, np.maximum(counted, 1)
    effect = np.where(enough, np.where(found, change, 0).sum(axis=0) / number, np.nan)
    squares = np.where(found, (change - effect) ** 2, 0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(number - 1, 1))
    margin = stats.t.ppf(0.975, np.maximum(number - 1, 1)) * spread / np.sqrt(number)
    ups, downs = ((sign * np.where(found, change, 0) > 0).sum(axis=0) for sign in (1, -1))
    agreement = np.where(enough, np.maximum(ups, downs) / number, np.nan)
    return Summary(effect, np.where(enough, margin, np.nan), agreement, counted, len(change))


def _summed_up(
    found: Summary, linearity: np.ndarray, population: Population,
    measurements: Sequence[Measurement],
) -> Receipt:  # fmt: skip
    """Only what half of the brains tell counts for name and purity."""
    effect, ranked = found.effect, found.certain(population)
    top, size = ranked[0] if ranked else None, np.abs(effect)
    usual = np.where(found.common, np.nan_to_num(effect), 0)
    purity = _purity(usual, population.correlation, top)
    leakage = float(np.nanmean(np.delete(size, top)) / size[top]) if ranked else float("nan")
    name = honest_name(effect, ranked, purity, measurements)
    if not ranked:
        name = _doubtful(effect, found.margin, found.agreement, found.counted, measurements)
    lists = (effect, found.agreement, linearity, found.margin, found.counted)
    return Receipt(*(tuple(x.tolist()) for x in lists), purity, leakage, top, name, BRAINS)


def _linearity(curves: np.ndarray) -> float:
    """R^2 of the mean curve [brains, steps] to its straight line; NaN where nothing moves."""
    whole = np.isfinite(curves).all(axis=1)
    if not whole.any():
        return float("nan")
    mean, steps = curves[whole].mean(axis=0), np.array(STEPS, float)
    centred = mean - mean.mean()
    slope = (steps @ centred) / (steps @ steps)
    total = (centred**2).sum()
    return float(1 - ((centred - slope * steps) ** 2).sum() / total) if total > 1e-18 else np.nan


def _purity(effect: np.ndarray, correlation: np.ndarray, top: int | None) -> float:
    """Share of the top in the whitened effects; NaN without a top.

    Whitening with C^(-1/2), or measurements that go together anyway (brightness and fluid) would
    share the credit. A tenth of the identity keeps near copies from blowing up.
    """
    if top is None:
        return float("nan")
    values, vectors = np.linalg.eigh(0.9 * correlation + 0.1 * np.eye(len(correlation)))
    white = vectors @ ((vectors.T @ effect) / np.sqrt(np.maximum(values, 1e-6)))
    return float(white[top] ** 2 / (white**2).sum())


def in_words(direction: Direction, receipt: Receipt, keys: Sequence[str]) -> str:
    """The receipt's name; how far a direction moves what it was made for if that gives it none.

    keys: of the measurements, in the receipt's order.
    """
    _, _, aim = direction.key.partition("measured:")
    if receipt.name != UNNAMED or aim not in keys:
        return receipt.name
    effect = receipt.effect[keys.index(aim)]
    if not np.isfinite(effect):
        return receipt.name
    return f"changes it only a little: {effect:+z.2f} SD a step".replace("-", "\N{MINUS SIGN}")


def _doubtful(
    effect: np.ndarray, margin: np.ndarray, agreement: np.ndarray, counted: np.ndarray,
    measurements: Sequence[Measurement],
) -> str:  # fmt: skip
    """What stands in the place of a name where no effect is certain: the largest, and what is
    wrong with it."""
    size = np.nan_to_num(np.abs(effect))
    k = int(size.argmax())
    if size[k] < LEAST_EFFECT:
        return UNNAMED
    word = measurements[k].more if effect[k] > 0 else measurements[k].less
    if counted[k] < BRAINS // 2:
        return f"{word}, but measured on {counted[k]} brains only"
    if agreement[k] < LEAST_AGREEMENT:
        return f"{word}, but only on {100 * agreement[k]:.0f} % of the brains"
    if size[k] <= margin[k]:
        return f"{word}, but not surely: brains differ too much in it"
    return f"{word}, but by less than twice what noise alone does"


def honest_name(
    effect: np.ndarray, ranked: list[int], purity: float, measurements: Sequence[Measurement]
) -> str:
    """A name that only says what was measured.

    "mostly larger ventricles" where the top effect is pure (0.6), the two largest effects where it
    is not, and `UNNAMED` where no effect is large (0.3), agreed (0.9), larger than its margin
    and than twice the noise.
    """
    words = [measurements[k].more if effect[k] > 0 else measurements[k].less for k in ranked[:2]]
    if not words:
        return UNNAMED
    if purity >= LEAST_PURITY:
        return f"mostly {words[0]}"
    return ", ".join(words)
