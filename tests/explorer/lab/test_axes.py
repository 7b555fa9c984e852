"""Effects and leak of the first principal axes, on brains whose changes are known."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.knowledge.population import Population
from explorer.knowledge.receipts import judge, write_receipt
from explorer.lab.axes import AXES, leak_of, measure_axes, of_changes

N = 200
POPULATION = Population(np.random.default_rng(0).standard_normal((500, 3)), np.zeros(3))
RULER = SimpleNamespace(
    measurements=[SimpleNamespace(key=k, name=k.upper(), more="", less="") for k in "abc"]
)


def changes(*of_axes: tuple[float, float, float], spread: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(1)
    return np.array([e + spread * random.standard_normal((N, 3)) for e in np.array(of_axes)])


def test_the_leak_by_hand():
    """Of two axes that surely move one: (1 + 1) / 2 of 2, and (0 + 0.5) / 2 of 1."""
    found = of_changes(changes((2, 1, -1), (0, 0.5, 1), (0.1, 0.1, 0.1)), POPULATION, RULER)
    assert (found.keys, found.names) == (("a", "b", "c"), ("A", "B", "C"))
    assert found.told == 2
    assert found.leak == (pytest.approx((0.5 + 0.25) / 2),) * 3
    assert found.effect.tolist() == pytest.approx(
        np.array([[2, 1, -1], [0, 0.5, 1], [0.1, 0.1, 0.1]])
    )
    assert found.brains == N


def test_its_interval_is_as_wide_as_brains_differ():
    """|E_b| / |E_a| with E_a = 10: its deviation is that of E_b, spread / sqrt(N), over 10."""
    found = changes((10, 5, 5), spread=1.0)
    value, low, high = leak_of(found, {0: 0})
    assert value == pytest.approx(0.5, abs=0.02)
    # The mean of two others, and next to nothing from the top's own spread.
    width = 1.96 * math.sqrt(0.5 + 0.25) / math.sqrt(N) / 10
    assert (high - low) / 2 == pytest.approx(width, rel=0.15)


def test_what_few_brains_tell_is_not_told():
    found = changes((2, 1, 1))
    found[0, N // 4 - 1 :, 1] = np.nan
    axes = of_changes(found, POPULATION, RULER)
    assert math.isnan(axes.effect[0, 1])
    assert axes.leak[0] == 0.5  # c alone
    nothing = of_changes(changes((0.1, 0.1, 0.1)), POPULATION, RULER)
    assert nothing.told == 0
    assert all(map(math.isnan, nothing.leak))


def test_the_effects_are_those_of_the_receipts(head_model):
    """The same brains, the same definition: what a receipt says of sixteen, this says of them."""
    known = head_model.library
    axes, population = known.pca[:AXES], known.settled_population()
    found = measure_axes(known.generator, axes, population, known.ruler, 16)
    for a, axis in enumerate(axes):
        receipt = write_receipt(known.generator, axis, population, known.ruler)
        assert found.effect[a] == pytest.approx(np.array(receipt.effect), nan_ok=True)
        assert found.margin[a] == pytest.approx(np.array(receipt.margin), nan_ok=True)


def test_more_brains_make_narrower_margins():
    random = np.random.default_rng(0)
    curves = np.zeros((16, 7, 3))
    curves[:, 4:] = 1 + random.standard_normal((16, 1, 3))
    few, many = (
        judge(np.concatenate([curves] * n), POPULATION, RULER.measurements) for n in (1, 16)
    )
    assert few.effect == pytest.approx(many.effect)
    ratio = np.array(few.margin) / np.array(many.margin)
    assert ratio == pytest.approx([4.4] * 3, rel=0.05)  # sqrt(16), and Student's t of 15
