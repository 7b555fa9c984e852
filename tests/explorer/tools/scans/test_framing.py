"""A slice is placed as a model's pictures are, and left alone where it stands so already."""

import numpy as np
import pytest

from explorer.knowledge.heads import head_of
from explorer.recipe.checks import RecipeError
from explorer.tools.scans.framing import Placing, frame_of, place
from explorer.tools.scans.reading import read_scan
from explorer.tools.scans.scan import Scan
from tests.explorer.tools.scans.files import head, nifti, volume

FRAME = frame_of(np.stack([head(height=h, width=0.8 * h) for h in (0.7, 0.75, 0.8)]))


def box_of(picture) -> np.ndarray:
    """Top, bottom, left, right as shares of the side."""
    rows, columns = np.where(head_of(picture))
    return np.array([rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]) / len(picture)


def test_the_frame_of_pictures():
    assert FRAME.one.height == pytest.approx(0.75, abs=0.03)
    assert FRAME.one.width == pytest.approx(0.6, abs=0.03)
    assert FRAME.all.height == pytest.approx(0.8, abs=0.03)
    assert (FRAME.one.y, FRAME.one.x) == pytest.approx((0.5, 0.5), abs=0.02)
    assert FRAME.bright == 200


def test_the_head_is_the_largest_piece_with_its_holes():
    picture = head()
    picture[2:4, 2:4] = 255  # a letter in the corner
    found = head_of(picture)
    assert not found[:5, :5].any()
    assert found[32, 32]
    assert found.sum() == pytest.approx(np.pi / 4 * 0.8 * 0.65 * 64**2, rel=0.03)
    assert head_of(np.zeros((16, 16), np.uint8)).all()


def test_a_slice_that_is_framed_already_is_left_alone():
    picture = head(height=0.76, width=0.6, level=190)
    assert np.array_equal(place(Scan(picture[None]), FRAME, Placing(), 64, 1), picture)


def test_a_small_dark_head_in_a_corner_of_a_large_picture():
    scan = Scan(head(200, 0.3, 0.24, 0.25, 0.7, level=60)[None])
    placed = place(scan, FRAME, Placing(), 64, 1)
    assert box_of(placed) == pytest.approx([0.125, 0.875, 0.2, 0.8], abs=0.04)
    assert np.percentile(placed[head_of(placed)], 90) == pytest.approx(200, abs=5)
    assert place(scan, FRAME, Placing(fit=False), 64, 1).max() < 80


def test_size_brightness_and_turn_act_on_top():
    scan = Scan(head(height=0.76, width=0.6)[None])
    half = place(scan, FRAME, Placing(size=0.5, brightness=0.5), 64, 1)
    top, bottom, left, right = box_of(half)
    assert bottom - top == pytest.approx(0.38, abs=0.04)
    assert right - left == pytest.approx(0.3, abs=0.04)
    assert np.median(half[head_of(half)]) == pytest.approx(100, abs=5)
    turned = place(scan, FRAME, Placing(turn=1, fit=False), 64, 1)
    assert np.array_equal(turned, np.rot90(scan.slices[0]))


def test_oblong_slices_and_pixels_keep_their_proportions():
    wide = np.pad(head(), ((0, 0), (32, 32)))
    assert place(Scan(wide[None]), FRAME, Placing(fit=False), 64, 1).shape == (64, 64)
    squeezed = Scan(head()[None, :, ::2], pixel=(1.0, 2.0))
    placed = place(squeezed, FRAME, Placing(fit=False), 64, 1)
    assert np.abs(placed.astype(float) - head()).mean() < 8


def test_slices_of_a_volume_keep_in_step():
    scan = read_scan([nifti(volume())])
    middle, upper = (
        place(scan, FRAME, Placing(index=i), 64, 1) for i in (scan.middle, scan.middle + 12)
    )
    heights = [np.diff(box_of(p)[:2])[0] for p in (middle, upper)]
    assert heights[0] == pytest.approx(0.72, abs=0.06)
    assert heights[1] / heights[0] == pytest.approx(np.sqrt(0.16 - 0.09) / 0.4, abs=0.12)


def test_colour_models_get_three_channels():
    placed = place(Scan(head()[None]), FRAME, Placing(), 32, 3)
    assert placed.shape == (32, 32, 3)
    assert np.array_equal(placed[..., 0], placed[..., 2])


@pytest.mark.parametrize(
    "options",
    [{"index": -1}, {"index": "x"}, {"fit": 1}, {"turn": 4}, {"size": float("nan")},
     {"size": 1e300}, {"brightness": 0}],
)  # fmt: skip
def test_nonsense_is_refused(options):
    with pytest.raises(RecipeError):
        Placing(**options)


def test_a_slice_that_is_not_there():
    with pytest.raises(RecipeError, match="slices 0 to 0"):
        place(Scan(head()[None]), FRAME, Placing(index=3), 64, 1)


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("fit", [False, True])
def test_a_field_of_view_too_narrow_for_a_head(turn, fit):
    scan = Scan(head()[None], pixel=(99, 0.011))
    with pytest.raises(RecipeError, match=r"^scan: .* mm are too narrow$"):
        place(scan, FRAME, Placing(turn=turn, fit=fit), 64, 1)
