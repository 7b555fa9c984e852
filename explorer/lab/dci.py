"""Disentanglement, completeness, informativeness (Eastwood and Williams 2018).

Each factor is foretold from the codes; R_ik says how much code i matters for factor k. Then

    P_ik = R_ik / sum_k R_ik      D_i = 1 + sum_k P_ik log_K P_ik     D = sum_i rho_i D_i
    Q_ik = R_ik / sum_i R_ik      C_k = 1 + sum_i Q_ik log_M Q_ik     C = sum_k kappa_k C_k
    rho_i = sum_k R_ik / sum R    kappa_k = sum_i R_ik / sum R        I_k = R^2 on brains held out

D: does each code serve one factor? C: does each factor need one code? All depend on the predictor,
which is why it is always named, and on the axes of the codes. Where hardly anything is foretold (I
below 0.1) the importances are chance, and D and C tell nothing.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV, lasso_path

from explorer.lab.intervals import DRAWS, around, draws, usable

PREDICTORS = {
    "lasso": "Lasso: size of its coefficients on codes and factors of unit spread",
    "trees": "gradient boosted trees: their importances",
}
HELD_OUT, LEAST_TOLD = 0.2, 0.1
_TOLERANCE = 1e-2  # of the fit's error: the coefficients do not differ in the second digit


@dataclass(frozen=True)
class Dci:
    """importance: [M, K]; codes: D_i [M]; factors: C_k [K]; r2: I_k [K], held out. NaN for factors
    that could not be used (and, as D and C, where there are fewer than two factors or codes).

    Intervals are [2]; r2_interval [K, 2].
    """

    predictor: str
    disentanglement: float
    completeness: float
    informativeness: float
    disentanglement_interval: np.ndarray
    completeness_interval: np.ndarray
    informativeness_interval: np.ndarray
    importance: np.ndarray
    codes: np.ndarray
    factors: np.ndarray
    r2: np.ndarray
    r2_interval: np.ndarray
    brains: int

    @property
    def tells(self) -> bool:
        """Whether so much is foretold that D and C mean something."""
        return bool(self.informativeness >= LEAST_TOLD)


def dci(
    codes: np.ndarray, factors: np.ndarray, predictor: str = "lasso", times: int = DRAWS,
    seed: int = 0, report: Callable[[float], None] | None = None,
) -> Dci:  # fmt: skip
    """codes: [N, M]; factors: [N, K], NaN where one was not measured.

    predictor: of PREDICTORS. Lasso's penalty is chosen for each factor by cross-validation. Of
    codes that are all but the same it takes one: a factor written twice looks complete to it (MIG
    and SAP see that it is not). Trees take a second for a factor and draw; ask for fewer.
    Intervals: `times` draws of the brains, each fitted anew (with the same penalty) and judged on a
    draw of those held out, the last fifth.
    """
    if predictor not in PREDICTORS:
        raise ValueError(f"predictor: {predictor!r} is not one of {', '.join(PREDICTORS)}")
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    N, M = codes.shape
    used = np.flatnonzero(usable(factors))
    if not len(used):
        times = 0
    learned = np.arange(N) < round(N * (1 - HELD_OUT))
    spread = codes.std(axis=0)
    x = np.where(spread > 1e-12, (codes - codes.mean(axis=0)) / np.maximum(spread, 1e-12), 0)
    values = factors[:, used]
    y = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    fit = _Lasso(x[learned], y[learned]) if predictor == "lasso" else _Trees(x[learned], y[learned])

    importance = np.full((M, factors.shape[1]), np.nan)
    r2 = np.full(factors.shape[1], np.nan)
    importance[:, used], foretell = fit(np.ones(learned.sum(), int))
    r2[used] = _r2(foretell(x[~learned]), y[~learned])
    D, C, D_i, C_k = entropies(importance[:, used])
    told, replicates, tested = np.full(factors.shape[1], np.nan), [], []
    told[used] = C_k
    held_out = draws(int((~learned).sum()), times, seed + 1)
    for counts, again in zip(draws(int(learned.sum()), times, seed), held_out, strict=True):
        if report:
            report(len(tested) / times)
        drawn, foretell = fit(counts)
        replicates.append(entropies(drawn)[:2])
        tested.append(_r2(foretell(x[~learned]), y[~learned], again))
    replicates, tested = (
        np.array(found, float).reshape(times, size)
        for found, size in ((replicates, 2), (tested, len(used)))
    )
    both = around(np.array([D, C]), replicates)
    low = -np.inf  # R^2 of what is worse than the mean is below 0
    r2_interval = np.full((factors.shape[1], 2), np.nan)
    r2_interval[used] = around(r2[used], tested, low)
    mean = float(r2[used].mean()) if len(used) else float("nan")
    whole = around(mean, tested.mean(axis=1) if tested.size else np.empty(0), low)
    return Dci(
        predictor, D, C, mean, both[0], both[1], whole, importance, D_i, told, r2, r2_interval, N
    )


def entropies(importance: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """D, C, D_i [M], C_k [K] of importances [M, K], none below 0.

    A code that serves nothing has D_i 1 and weight 0. NaN for D where there is one factor, for C
    where there is one code, for both where nothing matters.
    """
    M, K = importance.shape
    total = importance.sum()
    nothing = float("nan"), np.full(M, np.nan)
    if not total > 0:
        return nothing[0], nothing[0], nothing[1], np.full(K, np.nan)
    D_i, C_k = _certainty(importance), _certainty(importance.T)
    D = float(importance.sum(axis=1) / total @ D_i) if K > 1 else nothing[0]
    C = float(importance.sum(axis=0) / total @ C_k) if M > 1 else nothing[0]
    return D, C, D_i if K > 1 else nothing[1], C_k if M > 1 else np.full(K, np.nan)


def _certainty(rows: np.ndarray) -> np.ndarray:
    """1 - entropy of each row as shares, in units of its logarithm's greatest: [n]."""
    total = rows.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, rows / np.maximum(total, 1e-300), 0)
    logs = np.log(np.where(shares > 0, shares, 1))
    return 1 + (shares * logs).sum(axis=1) / np.log(max(rows.shape[1], 2))


def _r2(foretold: np.ndarray, values: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """[K] of [N, K] each, NaN left out; counts: how often each brain counts."""
    weight = np.ones(len(values)) if counts is None else counts.astype(float)
    weight = weight[:, None] * np.isfinite(values)
    values = np.nan_to_num(values)
    number = np.maximum(weight.sum(axis=0), 1e-9)
    mean = (weight * values).sum(axis=0) / number
    wrong = (weight * (values - foretold) ** 2).sum(axis=0)
    return 1 - wrong / np.maximum((weight * (values - mean) ** 2).sum(axis=0), 1e-12)


class _Lasso:
    """Fits of all factors to draws of the same brains. x: [n, M], y: [n, K], NaN allowed."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.x, self.y = x, y
        self.penalties, self.coefficients = [], np.zeros((x.shape[1], y.shape[1]))
        for k in range(y.shape[1]):
            rows = np.isfinite(y[:, k])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                found = LassoCV(alphas=12, eps=1e-2, cv=3, tol=_TOLERANCE).fit(x[rows], y[rows, k])
            self.penalties.append(float(found.alpha_))
            self.coefficients[:, k] = found.coef_

    def __call__(self, counts: np.ndarray):
        """Importances [M, K], and what foretells [n, K] of x [n, M]."""
        slopes, offsets = self.coefficients.copy(), np.zeros(self.y.shape[1])
        products = {}  # of factors that were measured on the same brains
        for k, penalty in enumerate(self.penalties):
            rows = np.isfinite(self.y[:, k])
            weight = counts[rows].astype(float)
            key = rows.tobytes()
            if key not in products:
                x = self.x[rows]
                middle = weight @ x / weight.sum()
                x = (x - middle) * np.sqrt(weight)[:, None]
                products[key] = np.asfortranarray(x), middle, np.ascontiguousarray(x.T @ x)
            x, middle, gram = products[key]
            y = self.y[rows, k]
            mean = weight @ y / weight.sum()
            y = (y - mean) * np.sqrt(weight)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                _, path, _ = lasso_path(
                    x, y, alphas=[penalty], precompute=gram, Xy=x.T @ y, tol=_TOLERANCE,
                    coef_init=np.asfortranarray(slopes[:, k]), check_input=False,
                )  # fmt: skip
            slopes[:, k] = path[:, 0]
            offsets[k] = mean - middle @ slopes[:, k]
        return np.abs(slopes), lambda x: x @ slopes + offsets


class _Trees:
    """The same by gradient boosted trees (100 of depth 3, as in disentanglement_lib)."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.x, self.y = x, y

    def __call__(self, counts: np.ndarray):
        importance, fitted = np.zeros((self.x.shape[1], self.y.shape[1])), []
        for k in range(self.y.shape[1]):
            rows = np.isfinite(self.y[:, k]) & (counts > 0)
            trees = GradientBoostingRegressor(random_state=0)
            trees.fit(self.x[rows], self.y[rows, k], sample_weight=counts[rows])
            importance[:, k] = trees.feature_importances_
            fitted.append(trees)
        return importance, lambda x: np.stack([trees.predict(x) for trees in fitted], axis=1)
