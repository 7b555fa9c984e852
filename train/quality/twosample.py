"""Classifier two-sample test: can a simple classifier tell fakes from reals? (Lopez-Paz 2017)"""

from collections.abc import Callable

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def _linear() -> ClassifierMixin:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))


def two_sample_auc(
    real: np.ndarray, fake: np.ndarray, real_groups: np.ndarray, fake_groups: np.ndarray,
    folds: int = 5, model: Callable[[], ClassifierMixin] = _linear,
) -> float:  # fmt: skip
    """Area under the curve of a classifier that tells the two sets apart, a logistic regression.

    0.5: it cannot; 1: it always can. It is asked only about groups (people) it was not fitted on;
    fakes, which belong to nobody, are groups of their own. real, fake: features [N, D], [M, D];
    groups: [N], [M]; model: makes another classifier. NaN if there are fewer than two groups on a
    side.
    """
    folds = min(folds, len(np.unique(real_groups)), len(np.unique(fake_groups)))
    if folds < 2:
        return float("nan")
    scores = []
    x = np.concatenate([real, fake])
    y = np.repeat([0, 1], [len(real), len(fake)])
    parts = [list(GroupKFold(folds).split(g, groups=g)) for g in (real_groups, fake_groups)]
    for (fit_real, ask_real), (fit_fake, ask_fake) in zip(*parts, strict=True):
        fit = np.concatenate([fit_real, len(real) + fit_fake])
        ask = np.concatenate([ask_real, len(real) + ask_fake])
        fitted = model().fit(x[fit], y[fit])
        scores.append(roc_auc_score(y[ask], fitted.decision_function(x[ask])))
    return float(np.mean(scores))
