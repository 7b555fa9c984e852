"""A training seen again: its moments, what they decided, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.lab import moments, report, settling, training_claims
from explorer.lab.analysis import of_the_training
from explorer.lab.factors import measured_factors
from explorer.lab.reel import Look, Reel
from explorer.lab.results import Analysis, Settings
from explorer.lab.settling import Settling
from explorer.page.panels.lab.training_answers import time_machine
from explorer.recipe.checks import RecipeError
from gan import Discriminator, Generator, ModelConfig
from gan.checkpoint import CheckpointError, named_tensors, save_checkpoint
from tests.conftest import TINY


def keep(folder, kimg, generator, discriminator=None):
    networks = {"G_ema": generator} | ({"D": discriminator} if discriminator else {})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"kimg{kimg:010.3f}.safetensors"
    save_checkpoint(path, generator.config, {"kimg": kimg}, named_tensors(**networks))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A training of 16 px: at 0 and 1 kimg other networks than at 4; at 2 the finished one."""
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    start, finished = (Generator(ModelConfig(**TINY)) for _ in range(2))
    D = Discriminator(finished.config)
    for kimg, generator in ((4, finished), (0, start), (2, finished)):
        keep(folder / moments.FOLDER, kimg, generator, D)
    (folder / moments.FOLDER / "kimgx.safetensors").write_bytes(b"")
    path = folder / "model.safetensors"
    save_checkpoint(path, finished.config, {}, named_tensors(G_ema=finished))
    lines = ['{"kimg": 1, "fake_logit": -1.5, "train_logit": 2.0}', "half a li", '["no table"]',
             '{"kimg": 2, "fake_logit": null, "train_logit": 1.0}']  # fmt: skip
    (folder / "stats.jsonl").write_text("\n".join(lines))
    return path


@pytest.fixture
def z(run):
    return torch.from_numpy(np.random.RandomState(0).randn(40, 16)).float()


def test_moments_are_in_order(run):
    found = moments.moments_beside(run)
    assert [moment.kimg for moment in found] == [0, 2, 4]
    assert moments.moments_beside(run.parent / "elsewhere" / "model.safetensors") == []


def test_a_network_that_is_finished_has_decided_everything(run, z):
    found = settling.settling(moments.moments_beside(run), z)
    assert found.bands == (8, 16)
    assert found.agreement[1, :, 0] == pytest.approx(1, abs=1e-3)
    assert np.abs(found.agreement[0, :, 0]).max() < 0.3
    assert np.abs(found.control[:, :, 0]).max() < 0.3
    assert found.decided() == [2, 2]
    assert np.isfinite(found.logit).all()
    assert ((found.fooled >= 0) & (found.fooled <= 1)).all()


def test_bands_are_orthogonal_and_add_up():
    pictures = np.random.default_rng(0).standard_normal((5, 32, 32)).astype(np.float32)
    bands = settling._apart(pictures)
    wide = [
        np.repeat(np.repeat(b.reshape(5, s, s), 32 // s, 1), 32 // s, 2)
        for b, s in zip(bands, (8, 16, 32), strict=True)
    ]
    assert sum(wide) == pytest.approx(pictures - pictures.mean(axis=0), abs=1e-5)
    for i in range(3):
        for j in range(i):
            assert abs((wide[i] * wide[j]).sum()) < 1e-3


def test_a_shape_all_brains_share_is_no_agreement():
    same = 100 * np.random.default_rng(0).standard_normal((1, 16, 16))
    one, other = (same + np.random.default_rng(s).standard_normal((200, 16, 16)) for s in (1, 2))
    for a, b in zip(settling._apart(one), settling._apart(other), strict=True):
        assert abs(settling._correlation(a, b).mean()) < 0.05


def test_the_verdict_hangs_on_what_the_discriminator_sees(run):
    """A step along the gradient raises the logit."""
    networks = moments.networks_of(moments.moments_beside(run)[0].path)
    images = torch.rand(4, 1, 16, 16) * 2 - 1
    logits, gradient = moments.verdict(networks.discriminator, networks.generator, images)
    higher, _ = moments.verdict(
        networks.discriminator, networks.generator, images + 1e-2 * gradient
    )
    assert (higher.sum() - logits.sum()) > 0
    shown = moments.show(networks, torch.randn(3, 16))
    assert shown.pictures.shape == (3, 16, 16)
    assert shown.looks.shape == (3, 16, 16)
    assert shown.looks.min() >= 0
    assert shown.looks.max() == 1


def test_without_a_discriminator_there_are_pictures_all_the_same(tmp_path, tiny_generator, z):
    paths = [keep(tmp_path / moments.FOLDER, kimg, tiny_generator) for kimg in (0, 1, 2)]
    shown = moments.show(moments.networks_of(paths[0]), z[:2])
    assert shown.logits is None
    assert shown.looks is None
    found = settling.settling(moments.moments_beside(tmp_path / "model.safetensors"), z)
    assert np.isnan(found.logit).all()
    assert "discriminator" not in training_claims.settled(found).says


def test_where_it_looks_is_weighed_against_how_large_the_head_is():
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    picture = np.where((x / 0.6) ** 2 + (y / 0.8) ** 2 < 1, 180, 0).astype(np.float32)
    even = np.ones((1, 32, 32), np.float32)
    picture = picture.astype(np.uint8)
    gaze, head = settling._gaze(picture[None], even)
    assert gaze == pytest.approx(head)
    assert head[0] == pytest.approx(0.37, abs=0.05)
    gaze, _ = settling._gaze(picture[None], even * (picture > 0))
    assert gaze[0] > 0.97
    assert np.isnan(settling._gaze(np.zeros((1, 32, 32), np.uint8), even)[0]).all()


def made(decided):
    """Three bands that pass 0.5 at the given moments out of 10, 20, 30, 40 kimg; None: never."""
    kimg = np.array([10.0, 20, 30, 40, 50])
    value = np.array(
        [[0.8 if d is not None and k >= d else 0.2 for d in decided] for k in kimg[:4]]
    )
    spans = np.stack([value, value - 0.05, value + 0.05], axis=-1)
    fooled = np.zeros((5, 3))
    fooled[2:, 0] = 0.0, 0.2, 0.4
    logit = fooled - 2
    looks = np.array([0.9, 0.8, 0.95]), np.array([0.4, 0.3, 0.5])
    return Settling(kimg, (8, 16, 32), spans, 0 * spans, logit, fooled, *looks, 200)


@pytest.mark.parametrize(
    ("decided", "title"),
    [
        ((10, 20, 40), "Coarse before fine: 8 px decided from 10 thousand images on, 32 px from 40."),  # noqa: E501
        ((20, 20, 20), "All sizes were decided at once, from 20 thousand images on."),
        ((30, 20, 10), "Not from coarse to fine."),
        ((None, None, 40), "Not from coarse to fine."),
        ((20, 20, None), "Coarse before fine: 8 px decided from 20 thousand images on, 32 px at no moment before the last."),  # noqa: E501
        ((20, None, None), "Coarse before fine: 8 px decided from 20 thousand images on, 16 px, 32 px at no moment before the last."),  # noqa: E501
        ((None, None, None), "At no moment before the last was the finished brain decided."),
    ],
)  # fmt: skip
def test_the_title_is_what_the_numbers_say(decided, title):
    claim = training_claims.settled(made(decided))
    assert claim.title == title
    assert "took 20% (0% to 40%)" in claim.says
    assert "from 0% at one to 40% at another" in claim.says
    assert "90% (80% to 95%) of what the last one’s verdicts hang on lies in" in claim.says
    assert "another seed" in claim.says


def test_the_report_tells_of_it(model):
    analysis = Analysis((), (), {}, training=made((10, 20, 40)))
    page = report.write(analysis, measured_factors(model.library), "m", "0" * 64)
    assert "What training did" in page
    assert "Coarse before fine" in page
    assert "another seed" in page


def test_a_moment_that_falls_back_was_not_decided():
    found = made((10, 10, 10))
    found.agreement[2] = 0.1
    assert found.decided() == [40, 40, 40]


@pytest.mark.parametrize(
    "wrong",
    [{"number": -1}, {"number": 0.5}, {"seeds": []}, {"seeds": ["a"]}, {"seeds": 3},
     {"seeds": [1] * 13}, {"psi": 9}, {"step": float("nan")}],
)  # fmt: skip
def test_what_is_asked_of_a_moment_is_checked(wrong):
    with pytest.raises(RecipeError, match=next(iter(wrong))):
        Look(**{"number": 0, "seeds": [1], **wrong})


def test_the_page_gets_the_moments(run, model):
    ask = {f.__name__: f for f in time_machine(model, Reel(model, run))}
    whole = ask["training"]({})
    assert whole["moments"] == [0, 2, 4]
    assert not whole["own"]
    assert whole["claim"] is None
    assert whole["verdicts"] == [
        {"name": "slices trained with", "kimg": [1, 2], "values": [2.0, 1.0]},
        {"name": "generated, while it trained", "kimg": [1], "values": [-1.5]},
    ]
    brains = [ask["moment"]({"number": n, "seeds": [3, 4]})["brains"] for n in (0, 1, 2)]
    assert brains[1] == brains[2] != brains[0]
    assert all(set(b) == {"src", "verdict", "looks"} for b in brains[0])
    moved = ask["moment"]({"number": 2, "seeds": [3, 4], "step": 2})["brains"]
    assert moved[0]["src"] != brains[2][0]["src"]
    assert "3 moments" in ask["moment"]({"number": 3, "seeds": [3]})["error"]
    assert time_machine(model, Reel(model, run.parent / "no" / "model.safetensors"))[0]({}) == {
        "moments": []
    }


def test_a_damaged_moment_is_told(tmp_path, model, tiny_generator):
    path = keep(tmp_path / moments.FOLDER, 1, tiny_generator)
    path.write_bytes(path.read_bytes()[:-100])
    answer = time_machine(model, Reel(model, tmp_path / "model.safetensors"))[1]
    assert path.name in answer({"number": 0, "seeds": [1]})["error"]
    with pytest.raises(CheckpointError):
        moments.networks_of(path)


def test_the_models_own_moments_come_first_and_its_analysis_is_read(model, run, tmp_path):
    here = tmp_path / "model.safetensors"
    keep(tmp_path / moments.FOLDER, 7, model.generator)
    assert [m.kimg for m in Reel(replace(model, path=here), run).moments] == [7]
    assert of_the_training(model.library, Settings()) is None
