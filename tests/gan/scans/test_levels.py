"""Grey levels: one rule, whatever the sign of the values and wherever the background lies."""

import numpy as np
import pytest

from gan.scans import BrokenFile
from gan.scans.levels import Sample, eight_bits
from tests.memory import peak_of


def head(n: int = 40) -> np.ndarray:
    """A bright disc of levels from 120 to 1000 in the dark: float32 [n, n]."""
    rows, columns = (np.mgrid[:n, :n] + 0.5) / n - 0.5
    disc = rows**2 + columns**2 < 0.16
    return np.where(disc, 120 + 880 * (columns + 0.4) / 0.8, 0).astype(np.float32)


def shown(*frames: np.ndarray) -> np.ndarray:
    return eight_bits(lambda: iter(frames))[0]


def window_of(*frames: np.ndarray):
    sample = Sample()
    for frame in frames:
        sample.add(frame)
    return sample.window()


def test_window_by_hand():
    values = np.zeros((40, 40), np.float32)
    values[5:35, 5:35] = np.linspace(100, 1100, 900).reshape(30, 30)
    window = window_of(values)
    above = values[values > 0]
    assert window.low == 0
    assert window.head == pytest.approx(0.1 * np.percentile(above, 99), rel=1e-5)
    assert window.high == pytest.approx(np.percentile(above[above > window.head], 99.5))
    levels = np.array([-5, 0, window.high / 2, window.high, 9e9, np.nan, np.inf])
    assert window.to_8_bit(levels).tolist() == [0, 0, 128, 255, 255, 0, 0]


@pytest.mark.parametrize("gain", [1, 0.003, 25])
@pytest.mark.parametrize("offset", [0, -1024, -3000.5, 700])
def test_gain_and_offset_change_nothing(gain, offset):
    expected = shown(head())[0].astype(int)
    found = shown(head() * np.float32(gain) + np.float32(offset))[0].astype(int)
    assert np.abs(found - expected).max() <= 1
    assert found[0, 0] == 0


def test_more_is_darker():
    """What is inverted by its sign comes out as what it was."""
    expected = shown(head())[0].astype(int)
    assert np.abs(shown(-(1000 - head()))[0].astype(int) - expected).max() <= 1


def test_a_background_amid_the_heads_own_levels():
    """z-scored inside the head, 0 around it: the darkest of the head stays above black."""
    inside = head() > 0
    scored = np.where(inside, (head() - head()[inside].mean()) / head()[inside].std(), 0)
    frames = [scored.astype(np.float32)]
    slices, notes = eight_bits(lambda: iter(frames))
    assert (slices[0][~inside] == 0).all()
    assert slices[0][inside].min() > 15
    assert "background" in notes[0]
    assert np.abs(slices[0].astype(int) - shown(head())[0]).max() < 12


def test_a_noisy_background_below_zero():
    noise = np.random.default_rng(0).normal(0, 8, head().shape).astype(np.float32)
    expected = shown(np.abs(head() + noise))[0]
    found = shown(head() + noise - 500)[0]
    corner = found[:4, :4]
    assert corner.mean() < 12
    assert np.abs(found.astype(int) - expected).mean() < 6


@pytest.mark.parametrize("nothing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("offset", [0, 500])
def test_nothing_around_the_head_is_black(nothing, offset):
    frame = np.where(head() > 0, head(), nothing).astype(np.float32) + offset
    slices, notes = eight_bits(lambda: iter([frame]))
    assert (slices[0][head() == 0] == 0).all()
    assert slices[0].max() == 255
    assert "NaN" in notes[0]


@pytest.mark.parametrize("fill", [-9999, 65535, 1e9, -3.4e38, 3.4e38])
@pytest.mark.parametrize("offset", [0, -700])
def test_a_value_that_stands_for_nothing_is_black(fill, offset):
    """Whatever lies so far from the head says nothing of its grey levels."""
    inside = head() > 0
    frame = np.where(inside, head() + offset, fill).astype(np.float32)
    slices, notes = eight_bits(lambda: iter([frame]))
    assert (slices[0][~inside] == 0).all()
    assert np.abs(slices[0].astype(int) - shown(head())[0]).max() < (2 if offset == 0 else 35)
    assert "far from all others" in notes[0]


@pytest.mark.parametrize("offset", [300, 1000, 30000])
def test_noisy_air_above_zero_is_black(offset):
    noise = np.abs(np.random.default_rng(0).normal(0, 8, head().shape)).astype(np.float32)
    found = shown(head() + noise + offset)[0].astype(int)
    assert found[:4, :4].max() < 12
    assert np.abs(found - shown(head() + noise)[0]).max() < 4


def test_white_around_stays_white():
    """A negative of 16 bits is the user's own; nothing is turned round or blacked out."""
    frame = (60000 - head() * 50).astype(np.uint16)
    assert shown(frame)[0][0, 0] == 255


def test_all_slices_share_one_scale():
    bright, dim = shown(head(), head() * 0.5)
    assert int(dim.max()) == pytest.approx(128, abs=5)
    assert bright.max() == 255


def test_eight_bits_stay_as_they_are_where_asked():
    frame = head() // 8
    kept, notes = eight_bits(lambda: iter([frame.astype(np.uint8)]), keep=True)
    assert np.array_equal(kept[0], frame)
    assert not notes
    mixed = [frame.astype(np.uint8), frame.astype(np.float32)]
    assert np.array_equal(*eight_bits(lambda: iter(mixed), keep=True)[0])


@pytest.mark.parametrize("value", [0, 7, -3])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_nothing_to_see(value, kind):
    frame = np.full((16, 16), abs(value) if kind == np.uint8 else value, kind)
    with pytest.raises(BrokenFile, match="same value"):
        eight_bits(lambda: iter([frame]), keep=True)


def test_nothing_but_nan():
    with pytest.raises(BrokenFile, match="NaN"):
        shown(np.full((16, 16), np.nan, np.float32))


def test_slices_of_several_sizes():
    with pytest.raises(BrokenFile, match="several sizes"):
        shown(head(40), head(44))


def test_a_sample_stays_small_and_fair(monkeypatch):
    monkeypatch.setattr("gan.scans.levels._LIMIT", 1000)
    sample = Sample()
    for _ in range(50):
        sample.add(np.arange(777.0))
        assert sample.values().size <= 1000
    assert np.median(sample.values()) == pytest.approx(388, abs=30)


def test_frames_are_forgotten_one_after_the_other():
    assert peak_of(eight_bits, frames) < 120 << 20  # 40 in 8 bits, and one as it was


def frames():
    for _ in range(40):
        yield np.eye(1000, dtype=np.float32)
