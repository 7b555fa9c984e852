"""What only a graphics card can show; on machines without one these are skipped."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import Recipe, load, render
from explorer.recipe import Channel, Edit, Noise
from gan import Generator, ModelConfig
from gan.augment import Transforms, apply_transforms, draw_transforms
from gan.card import BOUND, _Recorded, place
from gan.checkpoint import load_checkpoint, load_generator
from tests.bench.training import fresh_trainer
from train.__main__ import main
from train.run import tune_for

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs an NVIDIA card, and torch finds none"
)
ROOT = Path(__file__).resolve().parent.parent
SMALL = ModelConfig(
    resolution=32, channel_base=512, channel_max=32, z_dim=32, w_dim=32, mapping_layers=2
)


def test_the_card_draws_what_the_processor_draws():
    torch.manual_seed(0)
    G = Generator(SMALL).requires_grad_(False)
    ws = G.broadcast(G.mapping(torch.randn(4, 32)))
    here = G.synthesis(ws, "const")
    there = G.cuda().synthesis(ws.cuda(), "const").cpu()
    assert (here - there).abs().max() < 5e-3 * (here.max() - here.min())  # TF32 has 10 bits


@pytest.mark.parametrize("name", ["brains64", "brains128"])
def test_a_recipe_gives_the_same_bytes_again_and_nearly_the_processors(name):
    path = ROOT / "assets" / "models" / name / "model.safetensors"
    here, there = load(path), load(path, torch.device("cuda"))
    for recipe in (
        Recipe(3), Recipe(4, psi=1.2, noise=Noise("random", seed=2)),
        Recipe(5, edits=(Edit("pca1", 2.0),), channels=(Channel(2, 1, 3.0),)),
    ):  # fmt: skip
        picture = render(there, recipe)
        render(there, Recipe(99))
        assert np.array_equal(picture, render(there, recipe))
        assert np.abs(picture.astype(int) - render(here, recipe)).max() <= BOUND


def test_a_recorded_picture_is_the_plain_one():
    torch.manual_seed(0)
    G = Generator(SMALL).requires_grad_(False)
    card = place(G, torch.device("cuda"))
    assert card._recorded is not None
    ws = G.broadcast(G.mapping(torch.randn(1, 32)))
    shifts = [torch.randn(1, len(layer.affine.weight)) for layer in G.synthesis.layers]
    for options in ({}, {"noise_mode": "none"}, {"shifts": shifts}):
        recorded, card._recorded = card(ws, **options), None
        plain, card._recorded = card(ws, **options), _Recorded(card.network, card.device)
        assert torch.equal(recorded, plain)


def test_a_large_network_draws_in_half_precision():
    torch.manual_seed(0)
    large = replace(SMALL, resolution=256, channel_base=16384, channel_max=512)
    G = Generator(large).requires_grad_(False)
    assert place(G, torch.device("cuda")).dtype == torch.float16


def test_augmentation_is_the_same_on_both():
    torch.manual_seed(0)
    images, transforms = torch.rand(4, 1, 32, 32), draw_transforms(4, 32, 1.0)
    there = apply_transforms(
        images.cuda(), Transforms(**{k: t.cuda() for k, t in vars(transforms).items()})
    )
    assert torch.allclose(apply_transforms(images, transforms), there.cpu(), atol=1e-2)


@pytest.mark.parametrize("changes", [
    {"precision": "float32"}, {"precision": "bfloat16"}, {"precision": "float16"},
    {"compile": True}, {"augment": "ada"}, {"accumulate": 2},
], ids=str)  # fmt: skip
def test_every_way_to_train_gives_numbers(changes):
    tune_for("cuda")
    trainer = fresh_trainer("cpu64", "cuda", **changes)
    for _ in range(17):  # R1 twice
        notes = trainer.step()
    assert all(torch.isfinite(value).all() for value in notes.values())
    for network in (trainer.state.G, trainer.state.D, trainer.state.G_ema):
        assert all(p.isfinite().all() for p in network.parameters())


def test_one_step_agrees_with_the_processors():
    """The same draws on both: losses alike."""
    here, there = (
        fresh_trainer("cpu64", device, precision="float32") for device in ("cpu", "cuda")
    )
    parts = [next(iter(here.draws.batch()))]

    def to_card(value):
        if torch.is_tensor(value):
            return value.cuda()
        if isinstance(value, list):
            return [to_card(v) for v in value]
        return value

    moved = [replace(p, **{k: to_card(v) for k, v in vars(p).items()}) for p in parts]
    here.config = there.config = replace(here.config, pl_weight=0.0)
    here.draws.batch, there.draws.batch = (lambda: parts), (lambda: moved)
    expected, found = here.step(), there.step()
    for name in ("loss_D", "loss_G", "r1"):
        assert found[name].item() == pytest.approx(expected[name].item(), rel=2e-2)


def test_a_training_stops_resumes_and_travels(tmp_path):
    folder = tmp_path / "slices"
    folder.mkdir()
    for i in range(24):
        noise = np.random.default_rng(i).integers(0, 256, (16, 16), np.uint8)
        Image.fromarray(noise).save(folder / f"s{i:02d}_z0.png")
    arguments = [
        "--data", str(folder), "--out", str(tmp_path / "run"), "--device", "cuda",
        "--resolution", "16", "--channel-base", "128", "--channel-max", "16", "--z-dim", "16",
        "--w-dim", "16", "--mapping-layers", "2", "--batch", "8", "--evaluate-kimg", "0",
    ]  # fmt: skip
    for kimg in ("0.064", "0.128"):
        assert main([*arguments, "--kimg", kimg]) == 0
    resume = load_checkpoint(tmp_path / "run" / "resume.safetensors")
    assert int(resume.tensors["state.seen"]) == 128
    assert "state.rng_cuda" in resume.tensors
    lines = (tmp_path / "run" / "stats.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["kimg"] == 0.128
    G, _ = load_generator(tmp_path / "run" / "model.safetensors")
    assert next(G.parameters()).device.type == "cpu"
