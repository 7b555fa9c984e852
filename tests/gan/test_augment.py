"""Augmentation: exact where it can be, in the right proportions, and the way p is steered."""

import math

import pytest
import torch
from scipy import ndimage

from gan.augment import (
    SYM6,
    AdaptiveP,
    Augmentations,
    _geometry,
    _grey_axis_rotation,
    _resample,
    _rotation,
    _translation,
    apply_transforms,
    augment,
    draw_transforms,
)

NONE = dict.fromkeys(Augmentations.__dataclass_fields__, 0.0)


def only(**kinds) -> Augmentations:
    return Augmentations(**(NONE | {"max_rotation": 15.0} | kinds))


def smooth(N=3, R=32) -> torch.Tensor:
    """Blobs on black, well inside the picture."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, R), torch.linspace(-1, 1, R), indexing="ij")
    blobs = [torch.exp(-(((x - 0.1 * i) / 0.3) ** 2) - ((y + 0.15) / 0.2) ** 2) for i in range(N)]
    return 2 * torch.stack(blobs)[:, None] - 1


def test_wavelet_is_orthonormal():
    taps = torch.tensor(SYM6, dtype=torch.float64)
    assert taps.sum().item() == pytest.approx(math.sqrt(2))
    for shift in range(0, 12, 2):
        expected = 1.0 if shift == 0 else 0.0
        assert (taps[shift:] * taps[: 12 - shift]).sum().item() == pytest.approx(expected, abs=1e-9)


def test_nothing_happens_at_p_0():
    images = torch.randn(4, 1, 16, 16)
    assert augment(images, 0.0) is images


def test_no_transformation_leaves_the_picture():
    images = torch.rand(4, 3, 32, 32) * 2 - 1
    assert torch.allclose(augment(images, 1.0, only()), images, atol=1e-5)


def test_whole_pixels_move_exactly_and_black_comes_in():
    images = torch.rand(2, 1, 32, 32) * 2 - 1
    # Output place x shows input place x - 3 pixels; a picture is 2 wide.
    M = _translation(torch.full([2], -3 * 2 / 32), torch.full([2], 5 * 2 / 32))
    moved = _resample(images, M)
    assert torch.allclose(moved[:, :, :-5, 3:], images[:, :, 5:, :-3], atol=1e-5)
    assert torch.allclose(moved[:, :, :, :3], torch.tensor(-1.0), atol=1e-5)


@pytest.mark.parametrize("degrees", [90, 30, -75])
def test_rotation_agrees_with_scipy(degrees):
    images = smooth()
    turned = _resample(images, _rotation(torch.full([3], math.radians(-degrees))))
    for found, image in zip(turned, images, strict=True):
        expected = ndimage.rotate(
            image[0].numpy(), degrees, reshape=False, order=3, cval=-1, mode="constant"
        )
        assert abs(found[0].numpy() - expected).max() < 0.06


def test_fractions_of_a_pixel_do_not_blur():
    """Half a pixel there and back again loses next to nothing, unlike bilinear sampling."""
    images = smooth()
    half = torch.full([3], 0.5 * 2 / 32)
    back = _resample(_resample(images, _translation(half, half)), _translation(-half, -half))
    assert (back - images).abs().max() < 0.03


@pytest.mark.parametrize("p", [0.3, 1.0])
def test_each_kind_happens_with_probability_p(p):
    N = 600
    images = smooth(1).expand(N, 1, 32, 32)
    changed = lambda out: (out - images).abs().amax(dim=(1, 2, 3)) > 1e-3  # noqa: E731
    for kind in ("xfrac", "scale", "aniso", "brightness", "contrast"):
        share = changed(augment(images, p, only(**{kind: 1.0}))).float().mean().item()
        assert share == pytest.approx(p, abs=0.08), kind
    share = changed(augment(images, p, only(rotate=1.0))).float().mean().item()
    assert share == pytest.approx(p, abs=0.08)


def test_sizes_of_the_transformations():
    N = 2000
    M = _geometry(N, 32, 1.0, only(scale=1.0))
    assert torch.log2(1 / M[:, 0, 0]).std().item() == pytest.approx(0.2, rel=0.1)
    M = _geometry(N, 32, 1.0, only(xfrac=1.0))
    assert (M[:, 0, 2] / 2).std().item() == pytest.approx(0.125, rel=0.1)
    M = _geometry(N, 32, 1.0, only(xint=1.0))
    pixels = M[:, :2, 2] * 16
    assert torch.allclose(pixels, pixels.round(), atol=1e-4)
    assert pixels.abs().max().item() == pytest.approx(4)
    M = _geometry(N, 32, 1.0, only(aniso=1.0))
    assert torch.allclose(M[:, 0, 0] * M[:, 1, 1], torch.ones(N), atol=1e-5)
    M = _geometry(N, 32, 1.0, only(rotate=1.0))
    assert torch.allclose(torch.linalg.det(M[:, :2, :2]), torch.ones(N), atol=1e-5)
    degrees = torch.rad2deg(torch.atan2(M[:, 0, 1], M[:, 0, 0]))
    assert 25 < degrees.abs().max().item() <= 30  # at p = 1 both turns happen


def test_flips_only_when_asked_for():
    images = smooth(1).expand(200, 1, 32, 32) + torch.linspace(0, 0.5, 32)
    assert torch.allclose(augment(images, 1.0, only()), images, atol=1e-4)
    assert Augmentations().xflip == Augmentations().rotate90 == Augmentations().lumaflip == 0
    M = _geometry(200, 32, 1.0, only(xflip=1.0))
    assert set(M[:, 0, 0].tolist()) == {1.0, -1.0}
    assert (M[:, 0, 0] < 0).float().mean().item() == pytest.approx(0.5, abs=0.12)


def test_brightness_and_contrast():
    images = torch.full([3000, 1, 8, 8], 0.5)
    bright = augment(images, 1.0, only(brightness=1.0))[:, 0, 4, 4] - 0.5
    assert bright.std().item() == pytest.approx(0.2, rel=0.1)
    contrast = torch.log2(augment(images, 1.0, only(contrast=1.0))[:, 0, 4, 4] / 0.5)
    assert contrast.std().item() == pytest.approx(0.5, rel=0.1)


def test_hue_turns_around_grey():
    M = _grey_axis_rotation(torch.tensor([0.0, 2 * math.pi / 3, 1.0]))
    assert torch.allclose(M[0], torch.eye(3), atol=1e-6)
    assert torch.allclose(M[1], torch.eye(3).roll(1, dims=0), atol=1e-6)  # r -> g -> b
    assert torch.allclose(M[2] @ torch.ones(3), torch.ones(3), atol=1e-6)
    grey = torch.rand(4, 1, 16, 16).expand(4, 3, 16, 16)
    assert torch.allclose(augment(grey, 1.0, only(hue=1.0, saturation=1.0)), grey, atol=1e-4)
    colour = torch.rand(4, 3, 16, 16)
    assert not torch.allclose(augment(colour, 1.0, only(hue=1.0)), colour, atol=1e-2)


def test_parts_of_a_batch_are_transformed_as_in_the_whole():
    images = torch.rand(8, 1, 32, 32) * 2 - 1
    transforms = draw_transforms(8, 32, 0.8)
    places = torch.tensor([6, 1, 3])
    whole = apply_transforms(images, transforms)
    assert torch.allclose(apply_transforms(images[places], transforms[places]), whole[places])


def test_gradients_flow_through():
    images = smooth().requires_grad_()
    augment(images, 1.0).square().sum().backward()
    assert images.grad.abs().sum() > 0


def test_gradients_flow_even_where_the_wavelet_was_first_needed_without_them():
    images = smooth(R=20)
    with torch.inference_mode():
        augment(images, 1.0)
    augment(images.requires_grad_(), 1.0).sum().backward()
    assert images.grad.abs().sum() > 0


def test_p_rises_and_falls_with_r_t():
    ada = AdaptiveP(target=0.6, interval=4, speed_kimg=1)
    for _ in range(4):
        ada.update(16, 16)
    assert (ada.p, ada.r_t) == (pytest.approx(64 / 1000), 1)
    for _ in range(4):
        ada.update(0, 16)
    assert (ada.p, ada.r_t) == (pytest.approx(0), 0)
    for _ in range(40):
        ada.update(-16, 16)
    assert ada.p == 0
    for _ in range(4 * 20):
        ada.update(16, 16)
    assert ada.p == 1


def test_p_moves_only_once_in_its_interval():
    ada = AdaptiveP(speed_kimg=1)
    history = []
    for _ in range(8):
        ada.update(10, 10)
        history.append(round(ada.p, 6))
    assert history == [0, 0, 0, 0.04, 0.04, 0.04, 0.04, 0.08]


@pytest.mark.parametrize("third", [5.0, torch.tensor(16 / 3)], ids=["number", "tensor"])
def test_state_round_trip(third):
    """Of sums as a training has them too: float32 on its device, rounded at each step."""
    one, two = AdaptiveP(), AdaptiveP()
    for _ in range(7):
        one.update(third, 16)
    two.restore(one.state())
    for ada in (one, two):
        for _ in range(3):
            ada.update(third, 16)
    assert one.state().tolist() == two.state().tolist()
    assert one.steps == 2


def test_p_stays_where_r_t_is_at_its_target():
    ada = AdaptiveP(target=0.5, interval=1, speed_kimg=1)
    ada.p = 0.3
    ada.update(8, 16)
    assert ada.p == 0.3
