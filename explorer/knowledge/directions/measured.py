"""Directions with a known effect: regression of what pictures measure on their w.

As InterFaceGAN (Shen 2020), with measurements in the place of labels: ridge regression of each on w
over the population. They are made from other instruments (Ruler.build) than those that judge them
on pictures not seen before, and tell of them from then on: what a direction was solved against
cannot see how it fails. A model of slices of many heights varies mostly in height, and everything
goes with it; so where the height can be read the others are regressed at equal height. Each
direction leaves the other measurements as they are, as far as those instruments see; but an age is
nothing without the ventricles and folds that tell it, so those go with it, and it goes with them.
"""

import numpy as np

from explorer.knowledge.directions.direction import Direction, Spread
from explorer.knowledge.population import Population
from explorer.knowledge.powers import beyond, powers
from explorer.knowledge.ruler import AGE, HEIGHT, Ruler

LEAST_SHARE = 0.3  # of the held-out variance: below, a direction is not offered
_LEGIBLE = 0.1  # of it: above, the other directions leave the measurement as it is
_LEAST_LEFT = 0.1  # of a direction's effect after the others are held
_HELD_OUT = 0.2
_RIDGE = 100.0
_POWERS = 4  # of the confound that are taken out
_FEWEST = 30  # pictures on which a direction is judged


def measured_directions(
    w: np.ndarray, population: Population, ruler: Ruler, spread: Spread
) -> list[Direction]:
    """One direction for each measurement that w explains, best first: "measured:area", ...

    w: [N, w_dim], of the population's pictures. share: R^2 of what w foretells with the judging
    measurement on held-out pictures (at equal height).
    """
    scale = np.sqrt(np.trace(spread.covariance) / w.shape[1])
    centred = (w.astype(np.float64) - spread.mean) / scale
    built = ruler.within(population.built)  # nor is anything learned where it means nothing
    at = ruler.keys.index(HEIGHT.key) if ruler.height else None
    heights, judged_heights = (
        None if at is None else table[:, at].astype(np.float64)
        for table in (built, population.table)
    )
    betas, shares, told = {}, {}, {}
    for k, m in enumerate(ruler.measurements):
        values = built[:, k].astype(np.float64)
        beside = None if m.key == HEIGHT.key else heights
        ok = np.isfinite(values) if beside is None else np.isfinite(values + beside)
        if ok.sum() < 100 or values[ok].std() == 0:
            continue
        confound = None if beside is None else beside[ok]
        betas[m.key], shares[m.key] = _regress(centred[ok], values[ok], confound)
        told[m.key] = _judged(
            centred @ betas[m.key], population.table[:, k].astype(np.float64),
            None if m.key == HEIGHT.key else judged_heights,
        )  # fmt: skip

    found = []
    for m in ruler.measurements:
        if told.get(m.key, 0) < LEAST_SHARE:
            continue
        others = {k: b for k, b in betas.items() if k != m.key and shares[k] >= _LEGIBLE}
        height, _ = others.pop(HEIGHT.key, None), others.pop(AGE.key, None)
        if m.key == HEIGHT.key:  # takes along what goes with it; that is what a height is
            step = spread.covariance @ betas[m.key]
        else:
            held = [] if m.key == AGE.key else list(others.values())
            step = _step(betas[m.key], held, height, spread)
        name = f"measured:{m.key}"
        found.append(Direction(name, m.name, "measured", spread.scaled(step), told[m.key]))
    return sorted(found, key=lambda d: -d.share)


def _step(
    beta: np.ndarray, others: list[np.ndarray], height: np.ndarray | None, spread: Spread
) -> np.ndarray:
    """`_at_equal`, without those others that read all but the same: with them only chance is left.

    As long as less than a fraction of beta's own effect remains, the likest is let go; the height
    is kept to the last.
    """

    def product(a: np.ndarray, b: np.ndarray) -> float:
        return a @ spread.covariance @ b

    held = [] if height is None else [height]
    held += sorted(others, key=lambda b: product(beta, b) ** 2 / product(b, b))  # likest last
    while True:
        step = _at_equal(beta, held, spread)
        if len(held) <= (height is not None) or beta @ step >= _LEAST_LEFT * product(beta, beta):
            return step
        held.pop()


def _regress(
    features: np.ndarray, target: np.ndarray, confound: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Ridge coefficients and R^2 on the last fifth, both beyond what the confound explains.

    What the first powers of the confound predict is taken out of target and features alike before
    (Frisch, Waugh, Lovell). features: [N, D]; target, confound: [N]. Returns [D] and a number.
    """
    N = len(target)
    train = np.arange(N) < round(N * (1 - _HELD_OUT))
    nuisance = _curves(confound, N)
    both = np.column_stack([features, target])
    fit = np.linalg.lstsq(nuisance[train], both[train], rcond=None)[0]
    both = both - nuisance @ fit
    x, y = both[:, :-1], both[:, -1]
    penalty = _RIDGE * np.eye(x.shape[1])
    beta = np.linalg.solve(x[train].T @ x[train] + penalty, x[train].T @ y[train])
    wrong = ((y - x @ beta)[~train] ** 2).mean()
    return beta, float(1 - wrong / max(y[~train].var(), 1e-12))


def _judged(foretold: np.ndarray, value: np.ndarray, height: np.ndarray | None) -> float:
    """Squared correlation of what w foretells with what the judge reads on the last fifth, both
    beyond what the powers of the height explain. All [N], NaN allowed; 0 where nothing varies."""
    seen = np.arange(len(value)) >= round(len(value) * (1 - _HELD_OUT))
    seen &= np.isfinite(value) if height is None else np.isfinite(value + height)
    if seen.sum() < _FEWEST:
        return 0.0
    nuisance = _curves(None if height is None else height[seen], int(seen.sum()))
    both = beyond(np.column_stack([foretold, value])[seen], nuisance)
    if not (both.std(axis=0) > 1e-9).all():
        return 0.0
    return float(np.corrcoef(both.T)[0, 1] ** 2)


def _curves(confound: np.ndarray | None, N: int) -> np.ndarray:
    """What is taken out: [N, 1] ones, and the confound's powers if there is one."""
    return np.ones((N, 1)) if confound is None else powers(confound, _POWERS)


def _at_equal(beta: np.ndarray, others: list[np.ndarray], spread: Spread) -> np.ndarray:
    """The likeliest step that raises beta . w and leaves every other b . w as it is.

    d = C beta - C B^T (B C B^T)^-1 B C beta, C the covariance of w, B the others' rows: of all
    steps with these effects the smallest in units of w's spread.
    """
    step = spread.covariance @ beta
    if not others:
        return step
    B = np.stack(others)
    across = spread.covariance @ B.T
    return step - across @ np.linalg.lstsq(B @ across, B @ step, rcond=1e-9)[0]
