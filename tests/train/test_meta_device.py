"""Everything a training does on a card, on torch's meta device in its place."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan.checkpoint import load_checkpoint
from gan.config import ModelConfig
from tests.conftest import TINY
from tests.meta_device import META, OneDevice, make_it_answer
from train.config import configs_for
from train.data import Slices
from train.folder import RunFolder
from train.growth import stages
from train.loop import Trainer
from train.overfitting import overfitting
from train.quality.features import FeatureNetwork, Targets, _train
from train.quality.samples import draw
from train.state import TrainState

pytestmark = pytest.mark.filterwarnings("ignore:.*which is a no-op")


@pytest.fixture
def card(monkeypatch):
    load = torch.nn.Module.load_state_dict  # on that device a checkpoint's tensors would be taken
    monkeypatch.setattr(
        torch.nn.Module, "load_state_dict",
        lambda self, state, strict=True, assign=False: load(self, state, strict),
    )  # fmt: skip
    return make_it_answer(monkeypatch)


def slices_of(resolution: int, classes: int = 0) -> Slices:
    images = np.random.default_rng(0).integers(0, 255, (64, 1, resolution, resolution), np.uint8)
    labels = np.arange(64) % max(classes, 1)
    people = tuple(f"p{i // 4}" for i in range(64))
    return Slices("none", images, labels, people, tuple("abcdefgh"[:classes]), (), (), "0" * 64)


def trainer_on_card(preset: str, dtype: torch.dtype, classes: int = 0, **overrides) -> Trainer:
    model, config = configs_for(preset, **overrides)
    slices = slices_of(model.resolution, classes)
    config = replace(config, device="cpu", r1_interval=1, pl_interval=1)
    model = replace(model, c_dim=classes)
    trainer = Trainer(TrainState(model, config, META), slices, config, dtype)
    trainer.draws.state.ada.p = 0.3
    return trainer


@pytest.mark.parametrize(
    ("preset", "dtype", "changes"),
    [
        ("gpu128", torch.bfloat16, {"batch": 8}),
        ("gpu256", torch.float16, {"batch": 8}),
        ("cpu64", torch.float32, TINY | {"loss": "pairing", "augment": "ada"}),
        ("cpu64", torch.float16, TINY | {"augment": "fixed", "accumulate": 2}),
    ],
)
def test_a_whole_step_stays_on_the_card(card, preset, dtype, changes):
    trainer = trainer_on_card(preset, dtype, **changes)
    with OneDevice():
        notes = trainer.step()
    on_card = {name: note for name, note in notes.items() if name not in ("augment_p", "r_t")}
    assert {note.device.type for note in on_card.values()} == {"meta"}
    assert {"loss_D", "loss_G", "r1", "path_penalty"} <= set(notes)


def test_the_processor_waits_at_every_fourth_step_only(card):
    """Each wait lets the card run empty; ADA reads one number where it adjusts p."""
    trainer = trainer_on_card("cpu64", torch.float32, **TINY, augment="ada")
    for _ in range(4):
        trainer.step()
    waits = []
    for _ in range(8):
        card.clear()
        trainer.step()
        waits.append(list(card))
    assert waits == 2 * [[], [], [], ["item"]]


def test_classes_come_along(card):
    trainer = trainer_on_card("cpu64", torch.float32, classes=3, **TINY)
    with OneDevice():
        assert trainer.step()["loss_G"].device.type == "meta"


def test_a_projected_discriminator_comes_along(card):
    trainer = trainer_on_card("cpu64", torch.float32, **TINY, d_architecture="projected")
    with OneDevice():
        notes = trainer.step()
    assert notes["loss_D"].device.type == notes["loss_G"].device.type == "meta"


def test_judging_on_the_card(card):
    trainer = trainer_on_card("cpu64", torch.float32, **TINY)
    with OneDevice():
        figures = overfitting(trainer.state, trainer.slices, trainer.slices)
        pictures = draw(trainer.state.G_ema, 20, seed=0)
    assert set(figures) == {"train_logit", "held_out_logit", "r_v"}
    assert (pictures.shape, pictures.device.type) == ((20, 1, 16, 16), "cpu")


def test_the_feature_network_learns_on_the_card(card, monkeypatch):
    monkeypatch.setattr("train.quality.features._IMAGES", (64, 64))
    slices = slices_of(64)
    network = _train(slices, Targets.of(slices), 0, META)
    with OneDevice():
        features = network.features(torch.zeros(3, 1, 64, 64))
    assert isinstance(network, FeatureNetwork)
    assert features.device.type == "cpu"


def test_a_saved_training_goes_on_on_the_card(card, tmp_path):
    model, config = configs_for("cpu64", **TINY)
    here = TrainState(model, config, torch.device("cpu"))
    here.seen = 160
    here.save(tmp_path / "resume.safetensors", {})
    there = TrainState(model, config, META)
    there.load(tmp_path / "resume.safetensors")
    assert there.seen == 160
    trainer = Trainer(there, slices_of(16), config, torch.float32)
    with OneDevice():
        trainer.step()
    assert there.seen == 160 + config.batch


def test_a_network_grows_on_the_card(card, tmp_path):
    model, config = configs_for("cpu64", **TINY)
    here = TrainState(model, config, torch.device("cpu"))
    here.save(tmp_path / "resume.safetensors", {})
    larger = ModelConfig.from_dict(model.to_dict() | {"resolution": 32})
    there = TrainState(larger, config, META, grown=True)
    there.grow_from(tmp_path / "resume.safetensors")
    stage = stages(replace(config, grow="16:0.1,32", kimg=1.0), 32)[-1]
    trainer = Trainer(there, slices_of(32), config, torch.float32, stage=stage)
    assert trainer.fade < 1
    with OneDevice():
        trainer.step()


def test_snapshots_and_grids_come_home(card, tmp_path):
    """What a tick writes: the grid, the model, the state; all of it in files that open here."""
    trainer = trainer_on_card("cpu64", torch.float32, **TINY | {"kimg": 1.0})
    folder = RunFolder(tmp_path, trainer, trainer.slices, trainer.config, "cuda", "float32")
    folder.judge = lambda: None  # quality has its own tests
    with OneDevice():
        folder.begin()
        trainer.step()
        folder.snapshot({"loss_D": 1.0})
    assert load_checkpoint(tmp_path / "model.safetensors").config == trainer.state.model
    assert load_checkpoint(tmp_path / "resume.safetensors").provenance["device"] == "cuda"
    assert len(list((tmp_path / "samples").glob("*.png"))) == 2
