"""The loop: what is optimised when, style mixing, and what happens when numbers explode."""

from functools import partial

import numpy as np
import pytest
import torch

from tests.conftest import TINY
from train import loop
from train.config import UsageError, configs_for
from train.data import DataConfig, load_slices
from train.loop import Trainer, TrainingFailed, run
from train.parallel import half_places, part_places
from train.state import TrainState


def make_trainer(folder, labels="none", **overrides):
    model, config = configs_for("cpu64", **(TINY | {"batch": 8} | overrides))
    slices = load_slices(folder, 16, 1, DataConfig(labels=labels))
    if slices.classes:
        model = model.from_dict(model.to_dict() | {"c_dim": len(slices.classes)})
    return Trainer(TrainState(model, config, torch.device("cpu")), slices, config, torch.float32)


def test_regularisers_run_at_their_intervals(slices_folder):
    trainer = make_trainer(slices_folder, r1_interval=3, pl_interval=2)
    steps = [set(trainer.step()) for _ in range(7)]
    assert [i for i, s in enumerate(steps) if "r1" in s] == [0, 3, 6]
    assert [i for i, s in enumerate(steps) if "path_penalty" in s] == [0, 2, 4, 6]
    assert trainer.state.seen == 56


def test_regularisers_can_be_left_out(slices_folder):
    trainer = make_trainer(slices_folder, r1_gamma=0.0, pl_weight=0.0)
    stats = trainer.step()
    assert set(stats) == {"loss_D", "real_logit", "loss_G", "fake_logit"}


def test_pairs_are_penalised_on_both_sides(slices_folder):
    trainer = make_trainer(slices_folder, loss="pairing", r1_interval=2)
    first, second = trainer.step(), trainer.step()
    assert {"r1", "r2", "loss_D", "loss_G"} <= set(first)
    assert not {"r1", "r2"} & set(second)
    assert first["r2"].item() != first["r1"].item()


def test_a_projected_discriminator_learns_by_the_hinge_and_without_penalties(slices_folder):
    trainer = make_trainer(slices_folder, d_architecture="projected", augment="fixed")
    assert (trainer.config.loss, trainer.config.r1_gamma, trainer.config.pl_weight) == (
        "hinge",
        0,
        0,
    )
    before = [p.detach().clone() for p in trainer.state.D.parameters()]
    stats = trainer.step()
    assert set(stats) == {"loss_D", "real_logit", "loss_G", "fake_logit"}
    assert not any(
        torch.equal(a, b) for a, b in zip(before, trainer.state.D.parameters(), strict=True)
    )
    assert {p.grad is None for p in trainer.state.G.mapping.parameters()} == {False}


def test_pairs_are_judged_by_their_difference(slices_folder, monkeypatch):
    """The losses of a step, from the discriminator's verdicts alone."""
    trainer = make_trainer(slices_folder, loss="pairing", r1_gamma=0.0, pl_weight=0.0)
    verdicts = []
    judge = trainer.D
    trainer.D = lambda *args, **kwargs: verdicts.append(judge(*args, **kwargs)) or verdicts[-1]
    notes = trainer.step()
    both, fake, real = verdicts
    before_real, before_fake = both.chunk(2)
    expected = torch.nn.functional.softplus(before_fake - before_real).mean().item()
    assert notes["loss_D"].item() == pytest.approx(expected)
    expected = torch.nn.functional.softplus(real - fake).mean().item()
    assert notes["loss_G"].item() == pytest.approx(expected)
    assert not real.requires_grad


def test_the_discriminator_sees_no_darker_than_black(slices_folder):
    """As the viewer does: what lies below it cannot give a picture away."""
    trainer = make_trainer(slices_folder, augment="none", r1_interval=1, loss="pairing")
    blocks = trainer.state.G.synthesis.blocks
    with torch.no_grad():
        blocks[-1].torgb.bias.fill_(-30.0)
    drawn = trainer.state.G(torch.randn(8, 16), noise_mode="const")
    assert drawn.max() < -1
    seen, judge = [], trainer.state.D.forward

    def look(images, *args, **kwargs):
        seen.append(images.detach())
        return judge(images, *args, **kwargs)

    trainer.state.D.forward = look
    trainer.step()
    assert len(seen) == 5  # both, R1, R2, generated, real
    assert all(images.min() == -1 and images.max() <= 1 for images in seen)
    assert (seen[2] == -1).all()
    assert (seen[3] == -1).all()


def test_lazy_regularisation_slows_adam(slices_folder):
    state = make_trainer(slices_folder, lr=0.002, r1_interval=16, pl_interval=4).state
    d, g = state.opt_D.defaults, state.opt_G.defaults
    assert d["lr"] == pytest.approx(0.002 * 16 / 17)
    assert d["betas"] == pytest.approx((0, 0.99 ** (16 / 17)))
    assert g["lr"] == pytest.approx(0.002 * 4 / 5)
    assert g["betas"] == pytest.approx((0, 0.99 ** (4 / 5)))


def test_adam_is_not_slowed_without_a_regulariser(slices_folder):
    state = make_trainer(slices_folder, lr=0.002, r1_gamma=0.0, pl_weight=0.0).state
    for optimizer in (state.opt_D, state.opt_G):
        assert optimizer.defaults["lr"] == 0.002
        assert optimizer.defaults["betas"] == (0, 0.99)


def test_each_player_moves_only_its_own_weights(slices_folder):
    trainer = make_trainer(slices_folder)
    state = trainer.state
    before = {n: p.clone() for n, p in state.D.named_parameters()}
    state.opt_D.step = lambda: None  # hold the discriminator still
    trainer.step()
    assert all(torch.equal(p, before[n]) for n, p in state.D.named_parameters())
    assert all(p.requires_grad for p in state.D.parameters())
    average = dict(state.G_ema.named_parameters())
    assert any(not torch.equal(p, average[n]) for n, p in state.G.named_parameters())


@pytest.mark.parametrize(("loss", "share"), [("logistic", 0.5), ("pairing", 0.65)])
def test_the_networks_learn_something(slices_folder, loss, share):
    """The ellipses are bright in the middle and black outside; after a while so are the fakes."""
    trainer = make_trainer(slices_folder, lr=0.01, ema_kimg=0.2, loss=loss)
    state = trainer.state
    real = trainer.slices.images.mean(axis=0)[0] / 127.5 - 1

    def distance():
        with torch.no_grad():
            fake = state.G_ema(torch.randn(64, 16), noise_mode="const").mean(dim=0)[0].numpy()
        return np.abs(fake - real).mean()

    before = distance()
    for _ in range(150):
        trainer.step()
    assert distance() < share * before


def test_style_mixing_crosses_over_once(slices_folder):
    trainer = make_trainer(slices_folder, style_mixing=1.0)
    crossovers = set()
    for _ in range(60):
        (part,) = trainer.draws.batch()
        ws = trainer._ws(part)
        same = (ws[:, 1:] == ws[:, :-1]).all(dim=2).all(dim=0)
        assert (~same).sum() == 1
        crossovers.add(int((~same).nonzero()) + 1)
    assert crossovers == {1, 2, 3, 4, 5}
    (part,) = make_trainer(slices_folder, style_mixing=0.0).draws.batch()
    ws = trainer._ws(part)
    assert (ws == ws[:, :1]).all()


def test_w_avg_is_tracked(slices_folder):
    trainer = make_trainer(slices_folder)
    trainer.step()
    assert trainer.state.G.mapping.w_avg.abs().sum() > 0
    assert torch.equal(trainer.state.G_ema.mapping.w_avg, trainer.state.G.mapping.w_avg)


def test_classes_reach_both_networks(slices_folder):
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        folder = slices_folder / ("small", "large")[i % 2]
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
    trainer = make_trainer(slices_folder, labels="folders")
    trainer.step()
    for network in (trainer.state.G, trainer.state.D):
        assert network.mapping.embed.weight.grad.abs().sum() > 0


def test_numbers_that_explode_stop_the_training(slices_folder):
    trainer = make_trainer(slices_folder, kimg=0.1)
    with torch.no_grad():
        trainer.state.D.b4.out.bias.fill_(torch.nan)
    with pytest.raises(TrainingFailed, match=r"real_logit .* NaN at 0.01 kimg .*--lr"):
        run(trainer, lambda stats: None, 40, lambda images: None)


def test_spoilt_weights_are_never_saved(slices_folder):
    """The step before a checkpoint may spoil the weights with losses that are still numbers."""
    trainer = make_trainer(slices_folder, kimg=0.1)
    step, ticks = trainer.step, []

    def spoiling():
        stats = step()
        if trainer.state.seen == 40:
            trainer.state.G.synthesis.b4.const.data[0, 0, 0] = torch.inf
        return stats

    trainer.step = spoiling
    with pytest.raises(TrainingFailed, match=r"G\.synthesis\.b4\.const .*at 0\.04 kimg \(step 5\)"):
        run(trainer, ticks.append, 40, lambda images: None)
    assert ticks == []


def test_ticks_come_at_their_distance_and_at_the_end(slices_folder):
    trainer = make_trainer(slices_folder, kimg=0.1)
    ticks, shown = [], []
    assert run(trainer, lambda stats: ticks.append(trainer.state.seen), 40, shown.append)
    assert ticks == [40, 80, 104]
    assert sum(shown) == 104


@pytest.mark.parametrize("loss", ["logistic", "pairing"])
def test_the_discriminator_never_sees_a_plain_picture(slices_folder, monkeypatch, loss):
    trainer = make_trainer(slices_folder, augment="fixed", augment_p=0.5, loss=loss)
    made, seen = [], []

    def recording(images, transforms):
        made.append(0.9 * images)
        return made[-1]

    monkeypatch.setattr(loop, "apply_transforms", recording)
    forward = trainer.state.D.forward
    monkeypatch.setattr(
        trainer.state.D,
        "forward",
        lambda img, *rest, **named: (seen.append(img), forward(img, *rest, **named))[1],
    )
    trainer.step()
    both, few = torch.cat(made[:2]), half_places(8)
    if loss == "logistic":
        _, _, real_for_r1, fake_for_G = made
        shown = [both, real_for_r1[few], fake_for_G]
    else:
        _, _, real_for_r1, fake_for_r2, fake_for_G, real_for_G = made
        shown = [both, real_for_r1[few], fake_for_r2[few], fake_for_G, real_for_G]
    assert len(seen) == len(shown)
    assert all(torch.equal(images, expected) for images, expected in zip(seen, shown, strict=True))


@pytest.mark.parametrize(
    "options", [{}, {"augment": "fixed", "augment_p": 0.9}, {"loss": "pairing"}]
)
def test_turns_add_up_to_the_whole_step(slices_folder, options):
    """With --accumulate the same pictures, losses and weights come out, to rounding."""
    one, two = (
        make_trainer(
            slices_folder,
            batch=16,
            accumulate=turns,
            mirror=True,
            **{"loss": "logistic"} | options,
        )
        for turns in (1, 2)
    )
    for number in range(5):
        torch.manual_seed(number)
        expected = one.step()
        torch.manual_seed(number)
        found = two.step()
        assert expected.keys() == found.keys()
        # Nothing holds the level of all verdicts when only their differences count.
        free = {"real_logit", "fake_logit"} if "loss" in options else set()
        for name in expected.keys() - free:
            assert found[name].item() == pytest.approx(expected[name].item(), rel=2e-3, abs=2e-5), (
                number,
                name,
            )
    for a, b in zip(one.state.G.parameters(), two.state.G.parameters(), strict=True):
        assert torch.allclose(a, b, atol=2e-3)


def test_compiled_steps_are_the_same_steps(slices_folder, monkeypatch):
    """The wiring of --compile, with a back end that needs no compiler."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    plain, compiled = (make_trainer(slices_folder, compile=on) for on in (False, True))
    for number in range(3):
        torch.manual_seed(number)
        expected = plain.step()
        torch.manual_seed(number)
        found = compiled.step()
        assert found["loss_G"].item() == pytest.approx(expected["loss_G"].item(), abs=1e-4)
    assert compiled.synthesis is not compiled.state.G.synthesis


def test_a_batch_that_cannot_be_divided(slices_folder):
    with pytest.raises(UsageError, match=r"--batch 8: .*multiple of 16"):
        make_trainer(slices_folder, accumulate=2)


def test_what_is_drawn_does_not_depend_on_the_turns(slices_folder):
    """Groups of the minibatch standard deviation stay together, and nothing is lost or doubled."""
    whole, turns = (make_trainer(slices_folder, batch=32, accumulate=n) for n in (1, 4))
    torch.manual_seed(1)
    (all_of_it,) = whole.draws.batch()
    torch.manual_seed(1)
    parts = list(turns.draws.batch())
    assert [len(part.real) for part in parts] == [8] * 4
    rows = [part.z[0] for part in parts]
    groups = {frozenset(map(tuple, r[i::2].tolist())) for r in rows for i in range(2)}
    z = all_of_it.z[0]
    assert groups == {frozenset(map(tuple, z[i::8].tolist())) for i in range(8)}


@pytest.mark.parametrize(("turns", "group"), [(1, 4), (4, 4), (1, 8), (2, 8)])
def test_compared_pictures_are_of_one_class_if_asked_for(slices_folder, turns, group):
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        (slices_folder / "abc"[i % 3]).mkdir(exist_ok=True)
        path.rename(slices_folder / "abc"[i % 3] / path.name)
    for asked in (False, True):
        trainer = make_trainer(
            slices_folder, labels="folders", batch=32, accumulate=turns, mbstd_alike=asked,
            mbstd_group=group,
        )  # fmt: skip
        trainer.state.seen = 16
        parts = list(trainer.draws.batch())
        compared = [part.c.unflatten(0, (group, -1)) for part in parts]  # [G, groups, c_dim]
        assert asked == all(torch.equal(c, c[:1].expand_as(c)) for c in compared)
        # Slices and their classes stay together.
        for part in parts:
            for real, c in zip(part.real, part.c, strict=True):
                same = trainer.slices.images == ((real + 1) * 127.5).round().byte().numpy()
                (place,) = np.flatnonzero(same.all(axis=(1, 2, 3)))
                assert trainer.slices.labels[place] == c.argmax()


def test_what_cannot_be_compared_by_class_is_refused(slices_folder):
    with pytest.raises(UsageError, match=r"--mbstd-alike: there are no classes"):
        make_trainer(slices_folder, mbstd_alike=True)
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        (slices_folder / "ab"[i % 2]).mkdir(exist_ok=True)
        path.rename(slices_folder / "ab"[i % 2] / path.name)
    for options in ({"mbstd_group": 1}, {"d_architecture": "projected"}):
        with pytest.raises(UsageError, match="this discriminator compares no pictures"):
            make_trainer(slices_folder, labels="folders", mbstd_alike=True, **options)


def test_transforms_are_drawn_anew_for_each_time_and_do_not_depend_on_the_turns(slices_folder):
    options = {"batch": 32, "augment": "fixed", "augment_p": 1.0}
    whole, turns = (make_trainer(slices_folder, accumulate=n, **options) for n in (1, 4))
    torch.manual_seed(1)
    (all_of_it,) = whole.draws.batch()
    torch.manual_seed(1)
    parts = list(turns.draws.batch())
    order = torch.cat([part_places(32, number, 4) for number in range(4)])
    for time, expected in enumerate(all_of_it.transforms):
        for name in ("matrices", "brightness", "contrast"):
            found = torch.cat([getattr(part.transforms[time], name) for part in parts])
            assert torch.equal(found, getattr(expected, name)[order])
    drawn = torch.cat([expected.brightness for expected in all_of_it.transforms])
    assert len(drawn.unique()) == 3 * 32


def test_ada_steers_p_and_resumes(slices_folder, tmp_path):
    overrides = {"augment": "ada", "ada_target": 0.0}
    trainer = make_trainer(slices_folder, **overrides)
    stats = [trainer.step() for _ in range(9)]
    assert {"augment_p", "r_t"} <= set(stats[0])
    assert -1 <= stats[-1]["r_t"] <= 1
    trainer.state.ada.p = 0.25
    trainer.state.save(tmp_path / "resume.safetensors", {})
    resumed = make_trainer(slices_folder, **overrides)
    resumed.state.load(tmp_path / "resume.safetensors")
    assert resumed.state.ada.p == 0.25
    assert resumed.state.ada.steps == 1
