"""How far measurements reach, on a table where the right answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from explorer.knowledge.population import Population
from explorer.recipe.checks import RecipeError
from explorer.tools.scales import scales

RULER = SimpleNamespace(keys=("area", "ratio", "height"))
TABLE = np.stack(
    [np.linspace(0, 100, 1001), np.full(1001, np.nan), np.linspace(-50, 50, 1001)], axis=1
)
TABLE[0, 0] = np.nan  # a picture on which it failed
POPULATION = Population(TABLE, np.zeros(3))


class Slices:
    """Real slices, of which those at a height are larger."""

    def among(self, key, height):
        values = np.linspace(0, 10, 101) + (20 if height is not None else 0)
        return (values, 101, height is not None) if key == "area" else (np.empty(0), 0, False)


def test_ninety_five_of_a_hundred_lie_within():
    found = scales(RULER, POPULATION, None)
    assert list(found) == ["area", "height"]  # the one that failed on all is missing
    low, high = found["area"]["model"]
    inside = (TABLE[1:, 0] >= low) & (TABLE[1:, 0] <= high)
    assert inside.mean() == pytest.approx(0.95, abs=0.002)
    assert found["height"]["model"] == pytest.approx((-47.5, 47.5))
    assert found["area"]["real"] is None
    assert found["area"]["deviation"] == pytest.approx(POPULATION.deviation[0])


def test_real_slices_are_those_of_the_pictures_height():
    anywhere = scales(RULER, POPULATION, Slices())["area"]["real"]
    here = scales(RULER, POPULATION, Slices(), 12.0)
    assert anywhere == pytest.approx((0.25, 9.75))
    assert here["area"]["real"] == pytest.approx((20.25, 29.75))
    assert here["height"]["real"] is None


@pytest.mark.parametrize("height", ["5", [1], float("nan")])
def test_a_height_is_a_number(height):
    with pytest.raises(RecipeError, match="height in mm"):
        scales(RULER, POPULATION, None, height)
