"""Saving and restoring everything, bit for bit."""

import pytest
import torch

from gan.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from tests.train.test_loop import make_trainer

pytestmark = pytest.mark.cpu


def everything(state) -> dict:
    tensors = {f"{n}.{k}": v for n in ("G", "D", "G_ema")
               for k, v in getattr(state, n).state_dict().items()}  # fmt: skip
    for name in ("opt_G", "opt_D"):
        for i, moments in enumerate(getattr(state, name).state.values()):
            tensors |= {f"{name}.{i}.{k}": v for k, v in moments.items()}
    return tensors | {
        "ada": state.ada.state(),
        "pl_mean": state.pl_mean,
        "rng": torch.get_rng_state(),
    }


@pytest.mark.parametrize("kind", ["none", "ada"])
def test_resumed_training_is_the_same_bit_for_bit(slices_folder, tmp_path, kind):
    path = tmp_path / "resume.safetensors"
    options = {"mirror": True, "augment": kind, "ada_target": 0.0}
    through = make_trainer(slices_folder, **options)
    for _ in range(3):
        through.step()
    through.state.save(path, {})
    for _ in range(6):
        through.step()
    expected = everything(through.state)

    resumed = make_trainer(slices_folder, **options)
    resumed.state.load(path)
    assert resumed.state.seen == 24
    for _ in range(6):
        resumed.step()
    found = everything(resumed.state)
    assert found.keys() == expected.keys()
    different = [name for name in expected if not torch.equal(found[name], expected[name])]
    assert different == []


def test_another_network_is_refused(slices_folder, tmp_path):
    path = tmp_path / "resume.safetensors"
    make_trainer(slices_folder).state.save(path, {})
    with pytest.raises(CheckpointError, match=r"another network .channel_max 12 -> 10.; give"):
        make_trainer(slices_folder, channel_max=10).state.load(path)


def test_a_model_file_is_no_training_state(slices_folder, tmp_path):
    path = tmp_path / "resume.safetensors"
    state = make_trainer(slices_folder).state
    state.save(path, {})
    checkpoint = load_checkpoint(path)
    kept = {k: v for k, v in checkpoint.tensors.items() if not k.startswith("state.")}
    save_checkpoint(path, checkpoint.config, {}, kept)
    with pytest.raises(CheckpointError, match="not a whole training state"):
        state.load(path)
