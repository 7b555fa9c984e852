"""Measurements: what is done to a drawn head must be read off it, and nothing else with it."""

import time

import numpy as np
import pytest

from gan.measure import CENTRE, KEYS, MEASUREMENTS, measure, white_matter_share

SIZES = (64, 128, 256)


def head(
    R=128, *, length=0.40, width=0.34, angle=0.0, right=0.0, down=0.0, ventricles=0.10,
    gain=1.0, flip=False, spot=True, shade=0.0, grain=0.0,
):  # fmt: skip
    """A head drawn four times finer and averaged: lengths are shares of the picture's side.

    Grey rim, white inside, two ventricles and (unless told otherwise) a dark spot on the right.
    """
    n = 4 * R
    y, x = (np.mgrid[:n, :n] + 0.5) / n - 0.5
    x, y = x - right, y - down
    t = np.radians(angle)
    x, y = x * np.cos(t) + y * np.sin(t), y * np.cos(t) - x * np.sin(t)  # clockwise
    if flip:
        x = -x
    ellipse = lambda a, b, u=0.0, v=0.0: ((x - u) / a) ** 2 + ((y - v) / b) ** 2 < 1  # noqa: E731
    picture = np.zeros((n, n))
    picture[ellipse(width, length)] = 0.25  # fluid under the skull
    picture[ellipse(width - 0.02, length - 0.02)] = 0.60  # grey matter
    picture[ellipse(width - 0.07, length - 0.07)] = 0.85  # white matter
    for side in (-1, 1):
        picture[ellipse(0.4 * ventricles, ventricles, 0.05 * side)] = 0.20
    if spot:
        picture[ellipse(0.05, 0.05, 0.18, -0.05)] = 0.45
    picture = picture * gain * (1 + shade * x / width)
    picture = picture.reshape(R, 4, R, 4).mean(axis=(1, 3))
    picture = picture + grain * np.random.default_rng(0).standard_normal((R, R)) * (picture > 0.1)
    return np.clip(255 * picture + 0.5, 0, 255).astype(np.uint8)


def numbers(**drawn) -> dict:
    return dict(zip(KEYS, measure(head(**drawn))[0], strict=True))


@pytest.mark.parametrize("R", SIZES)
def test_a_head_of_known_size(R):
    found = numbers(R=R)
    assert found["area"] == pytest.approx(100 * np.pi * 0.40 * 0.34, rel=0.04)
    assert found["ratio"] == pytest.approx(0.40 / 0.34, rel=0.02)
    assert found["contrast"] == pytest.approx(100 * 0.25 / 1.45, rel=0.06)
    assert found["brightness"] == pytest.approx(85, abs=1)


@pytest.mark.parametrize("R", SIZES)
@pytest.mark.parametrize("angle", [-9, -4, 0, 2.5, 8])
def test_rotation_is_the_imposed_angle(R, angle):
    assert numbers(R=R, angle=angle)["rotation"] == pytest.approx(angle, abs=0.6)


def test_rotation_of_a_round_head_comes_from_what_is_inside():
    found = numbers(length=0.36, width=0.36, angle=6)
    assert found["rotation"] == pytest.approx(6, abs=0.6)


@pytest.mark.parametrize("change", [{"angle": 5}, {"right": 0.03, "down": -0.02}])
def test_moving_the_head_changes_only_where_it_is(change):
    before, after = numbers(), numbers(**change)
    loose = {"rotation": 99, "sharpness": 0.6, "noise": 0.2, "contrast": 0.6}
    for key in KEYS:
        assert after[key] == pytest.approx(before[key], abs=loose.get(key, 0.4)), key
    if "right" in change:
        assert after["rotation"] == pytest.approx(before["rotation"], abs=0.2)


def test_scale():
    before, after = numbers(), numbers(length=0.44, width=0.374, ventricles=0.11)
    assert after["area"] / before["area"] == pytest.approx(1.1**2, rel=0.02)
    assert after["ratio"] == pytest.approx(before["ratio"], rel=0.01)
    assert after["ventricles"] == pytest.approx(before["ventricles"], rel=0.15)


def test_stretch():
    assert numbers(length=0.44)["ratio"] == pytest.approx(0.44 / 0.34, rel=0.02)


def test_mirroring_flips_the_signs_and_nothing_else():
    one, other = numbers(angle=4, shade=0.1), numbers(angle=-4, shade=0.1, flip=True)
    assert one["sides"] < -1 or one["sides"] > 1
    for key in KEYS:
        sign = -1 if key in ("rotation", "sides") else 1
        assert other[key] == pytest.approx(sign * one[key], abs=0.35), key


def test_shading_brightens_the_right():
    assert numbers(shade=0.1)["sides"] > numbers()["sides"] + 2
    assert numbers(spot=False)["sides"] == pytest.approx(0, abs=0.3)
    assert numbers()["sides"] < -0.3  # the dark spot lies on the right


@pytest.mark.parametrize("R", SIZES)
def test_larger_ventricles(R):
    sizes = [numbers(R=R, ventricles=v)["ventricles"] for v in (0.05, 0.08, 0.11, 0.14)]
    assert all(np.diff(sizes) > 1)
    before, after = numbers(R=R), numbers(R=R, ventricles=0.14)
    for key in ("area", "ratio", "brightness"):
        assert after[key] == pytest.approx(before[key], rel=0.02)


def test_the_centre_is_a_share_of_the_head():
    """Ventricles of known size, as a share of the zone they are sought in."""
    found = numbers(ventricles=0.12)
    true = 100 * 2 * 0.4 * 0.12**2 / (0.40 * 0.34) / CENTRE
    assert found["ventricles"] == pytest.approx(true, rel=0.15)


@pytest.mark.parametrize("R", SIZES)
def test_white_matter_is_the_share_that_was_drawn(R):
    shares = white_matter_share(
        np.stack([head(R=R, spot=False, ventricles=v) for v in (0.1, 0.14)])
    )
    drawn = [100 * np.pi * (0.33 * 0.27 - 0.8 * v**2) for v in (0.1, 0.14)]
    assert shares == pytest.approx(drawn, rel=0.05)
    dark = white_matter_share(head(R=R, spot=False, gain=0.7))
    assert dark == pytest.approx(shares[:1], rel=0.02)


def test_white_matter_of_no_tissue_is_nan():
    flat = np.where(head() > 30, 180, 0).astype(np.uint8)
    assert np.isnan(white_matter_share(np.stack([flat, np.zeros_like(flat)]))).all()
    assert white_matter_share(np.zeros((0, 64, 64), np.uint8)).shape == (0,)
    with pytest.raises(ValueError, match="expected uint8"):
        white_matter_share(np.zeros((64, 64)))


def test_asymmetry():
    assert numbers(spot=False)["asymmetry"] < 1
    assert numbers()["asymmetry"] > numbers(spot=False)["asymmetry"] + 1


def test_gain_is_brightness_alone():
    before, after = numbers(gain=0.8), numbers(gain=1.0)
    assert after["brightness"] / before["brightness"] == pytest.approx(1.25, rel=0.02)
    for key in set(KEYS) - {"brightness", "noise"}:
        assert after[key] == pytest.approx(before[key], abs=0.3), key


@pytest.mark.parametrize("grain", [0.02, 0.04])
def test_noise_is_the_imposed_deviation(grain):
    assert numbers()["noise"] < 0.3
    assert numbers(grain=grain)["noise"] == pytest.approx(100 * grain, rel=0.15)


def test_blur_takes_sharpness():
    from scipy.ndimage import gaussian_filter

    sharp = head()
    blurred = gaussian_filter(sharp.astype(float), 0.8).astype(np.uint8)
    found = measure(np.stack([sharp, blurred]))[:, KEYS.index("sharpness")]
    assert found[0] - found[1] > 3


def test_a_batch_is_its_pictures_one_by_one():
    pictures = np.stack([head(ventricles=v, angle=a) for v, a in ((0.05, 3), (0.1, 0), (0.14, -5))])
    alone = np.concatenate([measure(p) for p in pictures])
    assert np.allclose(measure(pictures), alone, equal_nan=True, rtol=1e-6)


def test_what_cannot_be_measured_is_nan():
    speck = np.zeros((128, 128), np.uint8)
    speck[60:64, 60:64] = 200
    found = measure(np.stack([np.zeros((128, 128), np.uint8), speck]))
    assert np.isnan(found).all()
    full = measure(np.full((128, 128), 200, np.uint8))[0]
    assert np.isnan(
        full[[KEYS.index(k) for k in ("area", "ratio", "rotation", "ventricles")]]
    ).all()
    cut = numbers(down=0.15)  # over the lower border
    assert np.isnan([cut["area"], cut["ratio"]]).all()
    assert cut["brightness"] > 0
    flat = np.where(head() > 30, 180, 0).astype(np.uint8)
    assert np.isnan(measure(flat)[0][KEYS.index("contrast")])


def test_noise_pictures_do_not_raise():
    random = np.random.default_rng(0)
    for R in (16, 32, 64):
        pictures = random.integers(0, 256, (3, R, R), dtype=np.uint8)
        assert measure(pictures).shape == (3, len(KEYS))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((64, 64)), np.zeros((2, 64, 32), np.uint8), np.zeros((2, 64, 64, 3), np.uint8),
     np.zeros(64, np.uint8), np.zeros((8, 8), np.uint8)],
)  # fmt: skip
def test_what_is_no_grey_picture_is_refused(wrong):
    with pytest.raises(ValueError, match="expected uint8"):
        measure(wrong)
    assert measure(np.zeros((0, 64, 64), np.uint8)).shape == (0, len(KEYS))


def test_every_measurement_is_explained():
    assert len(MEASUREMENTS) == len(set(KEYS)) == 10
    for m in MEASUREMENTS:
        assert m.name[0].isupper()
        assert m.meaning.endswith(".")
        assert m.more != m.less


def test_it_is_quick_enough_to_measure_thousands():
    pictures = np.stack([head()] * 16)
    times = []
    for _ in range(3):
        start = time.process_time()
        measure(pictures)
        times.append(time.process_time() - start)
    assert min(times) / len(pictures) < 0.030  # 7 ms alone on a core
