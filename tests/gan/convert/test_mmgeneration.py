"""OpenMMLab's networks, computed by themselves: the same pictures here, or a reason."""

import sys
import types
from copy import deepcopy

import pytest
import torch

from gan.convert.__main__ import main
from tests.gan.convert.mmgeneration_like import Discriminator, Generator, whole
from tests.gan.convert.test_alike import check_pictures, check_verdicts, saved, taken_over

TEXT = "model = dict(generator=dict(type='StyleGANv2Generator', out_size=16{}))\n{}"


def configured(inside: str = "", after: str = "") -> dict:
    return {"config": TEXT.format(inside, after), "iter": 800, "mmgen_version": "0.7.0"}


def refused(path, capsys) -> str:
    assert main([str(path), "--out", str(path.with_suffix(".safetensors"))]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


SIZES = {
    "16 px": {}, "32 px": {"size": 32}, "64 px": {"size": 64}, "128 px": {"size": 128},
    "eight mapping layers": {"num_mlps": 8},
}  # fmt: skip


@pytest.mark.parametrize("kind", SIZES)
def test_their_pictures(tmp_path, capsys, kind):
    theirs = Generator(**SIZES[kind])
    content = {"meta": configured(), "state_dict": whole(theirs)}
    checkpoint = taken_over(saved(tmp_path / "a.pth", content))
    check_pictures(checkpoint, lambda z: theirs(z).flip(1))
    report = capsys.readouterr().out
    assert "file of torch with mmgeneration's names; nothing in the file was run" in report
    assert "its pictures are taken for blue, green, red" in report
    assert "no mean of w: measured" in report
    assert "full precision" not in report


class HistoryBuffer:
    """An object of theirs, which mmagic keeps beside the networks."""

    def __init__(self):
        self.kept = torch.zeros(3)


HistoryBuffer.__module__ = "mmengine"


@pytest.mark.parametrize(
    "way", ["mmgeneration", "mmagic", "bare", "legacy", "one network", "no ema"]
)
def test_all_networks_of_one_file(tmp_path, capsys, monkeypatch, way):
    G_ema, G, D = Generator(), Generator(), Discriminator()
    state = whole(G_ema, G, D, within="module." if way == "mmagic" else "")
    state |= {"discriminator.ada_aug.log_buffer": torch.zeros(2),
              "gen_auxiliary_losses.0.mean_path_length": torch.zeros(1)}  # fmt: skip
    content = {"meta": configured(), "state_dict": state, "optimizer": {"generator": {"state": {}}}}
    if way == "mmagic":
        module = types.ModuleType(HistoryBuffer.__module__)
        module.HistoryBuffer = HistoryBuffer
        monkeypatch.setitem(sys.modules, HistoryBuffer.__module__, module)
        content["meta"] = {"cfg": configured()["config"]}
        content["message_hub"] = {"log_scalars": {"train/loss": HistoryBuffer()}}
    if way in ("bare", "one network"):
        content = state if way == "bare" else G_ema.state_dict()
    if way == "no ema":
        content["state_dict"] = {k: t for k, t in state.items() if "generator_ema" not in k}
    checkpoint = taken_over(saved(tmp_path / "a.pth", content, way != "legacy"))
    average = G if way == "no ema" else G_ema
    check_pictures(checkpoint, lambda z: average(z).flip(1))
    report = capsys.readouterr().out
    assert ("its G is taken for it" in report) == (way == "no ema")
    assert "without" not in report
    if way != "one network":
        check_verdicts(checkpoint, lambda img: D(img.flip(1)))
    if way not in ("one network", "no ema"):
        check_pictures(checkpoint, lambda z: G(z).flip(1), "G")


@pytest.mark.parametrize(
    ("after", "red_first"),
    [
        ("train = dict(type='Normalize', to_rgb=False)\nval = dict(to_rgb=True)", False),
        ("train = dict(type='Normalize', to_rgb=True)\nval = dict(to_rgb=True)", True),
    ],
)
def test_the_order_of_colours_is_that_of_the_training(tmp_path, capsys, after, red_first):
    theirs = Generator()
    content = {"meta": configured(after=after), "state_dict": whole(theirs)}
    checkpoint = taken_over(saved(tmp_path / "a.pth", content))
    check_pictures(checkpoint, theirs if red_first else lambda z: theirs(z).flip(1))
    assert ("blue, green, red" in capsys.readouterr().out) != red_first


def test_grey_pictures_and_a_mean_of_w(tmp_path, capsys):
    theirs, mean = Generator(channels=1), torch.randn(16)
    state = whole(theirs) | {"generator_ema.w_avg": mean}
    checkpoint = taken_over(saved(tmp_path / "a.pth", {"state_dict": state}))
    check_pictures(checkpoint, theirs)
    assert torch.equal(checkpoint.part("G_ema")["mapping.w_avg"], mean)
    report = capsys.readouterr().out
    assert "blue" not in report
    assert "taken for a training in full precision" in report
    assert "no mean of w" not in report


def test_another_multiplier_is_told_by_the_option(tmp_path, capsys):
    theirs = Generator(lr_mlp=0.1, num_mlps=8)
    path = saved(tmp_path / "a.pth", {"state_dict": whole(theirs)})
    check_pictures(taken_over(path, "--lr-mlp", "0.1"), lambda z: theirs(z).flip(1))
    assert "rescaled to 0.01" in capsys.readouterr().out


def changed(drop: tuple[str, ...] = (), **more: torch.Tensor) -> dict:
    state = {k: t for k, t in whole(Generator()).items() if not k.startswith(drop or "-")}
    return state | {f"generator_ema.{k.replace('__', '.')}": t for k, t in more.items()}


ONE = torch.ones(1)
NOT_MADE = {
    "it is a StyleGAN3 of mmgeneration": changed(synthesis__input__freqs=ONE),
    "it is a StyleGAN1 of mmgeneration": changed(convs__0__conv1__input=ONE),
    "no StyleGAN2: it has no constant input": changed(("generator_ema.constant",)),
    "it has classes": changed(embed__linear__weight_orig=ONE),
    "convs.0 enlarges without a filter": changed(("generator_ema.convs.0.conv.blur",)),
    "convs.0.conv.blur.kernel is another filter": whole(Generator(taps=(1, 2, 2, 1))),
    "unknown tensor head.scale": changed(head__scale=ONE),
    "synthesis.b4.const is [12, 6, 6], not": changed(
        constant_input__input=torch.randn(1, 12, 6, 6)
    ),
    "holds no generator": {
        f"discriminator.{k}": t for k, t in Discriminator().state_dict().items()
    },
}


@pytest.mark.parametrize("why", NOT_MADE)
def test_other_networks_are_refused_by_name(tmp_path, capsys, why):
    assert why in refused(saved(tmp_path / "a.pth", {"state_dict": NOT_MADE[why]}), capsys)


@pytest.mark.parametrize("inside", [", num_fp16_scales=4", ", fp16_enabled=True"])
def test_half_precision_is_another_network_there(tmp_path, capsys, inside):
    content = {"meta": configured(inside), "state_dict": whole(Generator())}
    assert "ran in half precision" in refused(saved(tmp_path / "a.pth", content), capsys)
    other = configured(after="discriminator=dict(num_fp16_scales=4)")
    taken_over(saved(tmp_path / "b.pth", {**content, "meta": other}))


@pytest.mark.parametrize("why", ["another filter than", "it judges classes"])
def test_another_discriminator_is_left_out_with_the_reason(tmp_path, capsys, why):
    D = Discriminator(taps=(1, 2, 2, 1) if "filter" in why else (1, 3, 3, 1))
    state = whole(Generator(), D=D)
    if "classes" in why:
        state["discriminator.mapping.embed.weight"] = ONE
    checkpoint = taken_over(saved(tmp_path / "a.pth", {"state_dict": state}))
    report = capsys.readouterr().out
    assert "without D: " in report
    assert why in report
    assert not checkpoint.part("D")


LUCIDRAINS = {
    "GE.blocks.0.to_noise1.weight": torch.ones(8, 1), "S.net.0.weight": torch.ones(8, 8),
    "GE.blocks.0.conv1.weight": torch.ones(8, 8, 3, 3), "D.to_logit.weight": torch.ones(1, 8),
}  # fmt: skip


@pytest.mark.parametrize("bare", [False, True])
def test_lucidrains_files_are_refused_with_the_reason(tmp_path, capsys, bare):
    state = deepcopy(LUCIDRAINS)
    content = state if bare else {"GAN": state, "version": "1.8.9"}
    error = refused(saved(tmp_path / "model_1.pt", content), capsys)
    assert "lucidrains' stylegan2-pytorch, whose network is not the paper's" in error
    assert "no equalised learning rate" in error
