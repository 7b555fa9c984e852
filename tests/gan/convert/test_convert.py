"""Networks come back from foreign files with every number as it was, and nothing is ever run."""

import io
import pickle
import re
import zipfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from gan import Discriminator, Generator, ModelConfig
from gan.checkpoint import load_checkpoint, load_generator
from gan.convert.__main__ import main
from gan.convert.networks import config_of
from gan.convert.pickled import Refused
from tests.conftest import TINY
from tests.gan.convert.nvidia_like import HARM
from tests.gan.convert.theirs import (
    Module,
    converted,
    nvidia_module,
    rosinality_generator,
    write_pkl,
    write_pt,
)  # fmt: skip

# What a refusal never says: it is written for people.
PYTHONS = re.compile(r"Error|Exception|Traceback|Errno|object is not|index out of|NoneType|'str'")
KINDS = {
    "grey": {},
    "colour with classes": {"img_channels": 3, "c_dim": 3},
    "lean": {"channel_base": 64, "channel_max": 8, "channel_min": 6},
}


def networks(**options) -> tuple[Generator, Discriminator]:
    """With random numbers everywhere, so that none can be lost unseen."""
    config = ModelConfig(**TINY | options)
    pair = Generator(config), Discriminator(config)
    with torch.no_grad():
        for network in pair:
            for tensor in [*network.parameters(), *network.buffers()]:
                tensor.copy_(torch.randn_like(tensor))
        for name, tensor in pair[0].mapping.named_parameters():
            tensor.mul_(100 if "fc" in name else 1)  # as drawn at the learning-rate multiplier
    return pair


def same(a: nn.Module, b: nn.Module) -> bool:
    ours, theirs = a.state_dict(), b.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", KINDS)
def test_an_nvidia_pickle_comes_back_whole_and_its_source_is_not_run(tmp_path, kind, protocol):
    G, D = networks(**KINDS[kind])
    source = HARM.format(str(tmp_path / "witness"))
    write_pkl(
        tmp_path / "network.pkl", protocol, source,
        G=nvidia_module(deepcopy(G)), D=nvidia_module(D), G_ema=nvidia_module(G),
    )  # fmt: skip
    found = converted(tmp_path / "network.pkl")
    rule = {"channel_base": 0, "channel_min": 0}  # several rules give the same widths
    assert found.config.to_dict() | rule == G.config.to_dict() | rule
    assert all(found.config.channels(r) == G.config.channels(r) for r in (4, 8, 16))
    assert all(same(found.networks[name], G) for name in ("G_ema", "G"))
    assert same(found.networks["D"], D)
    assert found.notes == ()
    assert not (tmp_path / "witness").exists()


def test_frozen_layers_and_channels_last_weights_come_back(tmp_path):
    G, D = networks()
    D = D.to(memory_format=torch.channels_last)
    write_pkl(
        tmp_path / "network.pkl",
        G_ema=nvidia_module(G), D=nvidia_module(D, frozen=("weight", "bias")),
    )  # fmt: skip
    found = converted(tmp_path / "network.pkl").networks
    assert found.keys() == {"G_ema", "D"}
    assert same(found["D"], D)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_a_rosinality_file_comes_back_whole(tmp_path, zipped, whole):
    G, D = networks(img_channels=3)
    more = {"latent_avg": G.mapping.w_avg}
    write_pt(tmp_path / "model.pt", G, D if whole else None, zipped, **more)
    found = converted(tmp_path / "model.pt")
    assert same(found.networks["G_ema"], G)
    assert found.notes == (("its G and G_ema are the same: kept once",) if whole else ())
    assert found.networks.keys() == ({"G_ema", "D"} if whole else {"G_ema"})
    assert not whole or same(found.networks["D"], D)


def test_a_decoder_within_an_encoders_file_comes_back(tmp_path):
    G, _ = networks(img_channels=3)
    write_pt(tmp_path / "plain.pt", G)
    inner = torch.load(tmp_path / "plain.pt", weights_only=True)["g_ema"]
    state = {f"decoder.{name}": tensor for name, tensor in inner.items()}
    w_avg = G.mapping.w_avg.repeat(6, 1)
    torch.save({"state_dict": state | {"encoder.x": w_avg}, "latent_avg": w_avg},
               tmp_path / "e4e.pt")  # fmt: skip
    found = converted(tmp_path / "e4e.pt").networks["G_ema"]
    assert torch.allclose(found.mapping.w_avg, G.mapping.w_avg, atol=1e-6)
    found.mapping.w_avg.copy_(G.mapping.w_avg)
    assert same(found, G)


def test_what_a_file_lacks_is_measured_or_drawn_and_said(tmp_path):
    G, _ = networks(img_channels=3)
    theirs = rosinality_generator(G)
    theirs = {name: tensor for name, tensor in theirs.items() if "noises" not in name}
    torch.save({"g_ema": theirs}, tmp_path / "model.pt")
    found = converted(tmp_path / "model.pt")
    assert [note.split(":")[0] for note in found.notes] == [
        "it has no stored noise", "it has no mean of w",
    ]  # fmt: skip
    with torch.no_grad():
        w = G.mapping(torch.randn(20_000, 16))
    mapping = found.networks["G_ema"].mapping
    assert torch.allclose(mapping.w_avg, w.mean(dim=0), atol=0.05 * w.std().item() + 0.01)
    again = converted(tmp_path / "model.pt")
    assert same(again.networks["G_ema"], found.networks["G_ema"])  # drawn alike


def test_the_command_writes_what_explorer_and_training_open(tmp_path, capsys):
    G, D = networks()
    write_pkl(tmp_path / "brains.pkl", G=nvidia_module(G), D=nvidia_module(D),
              G_ema=nvidia_module(G))  # fmt: skip
    out = tmp_path / "new" / "brains.safetensors"
    command = [str(tmp_path / "brains.pkl"), "--out", str(out), "--licence", "CC BY 4.0"]
    assert main(command) == 0
    report = capsys.readouterr().out
    assert "nothing in the file was run" in report
    assert "16 px, grey" in report
    assert "--start-from" in report
    loaded, checkpoint = load_generator(out)
    assert same(loaded, G)
    ws = G.broadcast(G.mapping(torch.randn(2, 16)))
    assert torch.allclose(loaded.synthesis(ws, "const"), G.synthesis(ws, "const"), atol=1e-5)
    assert checkpoint.provenance["data_license"] == "CC BY 4.0"
    assert checkpoint.provenance["converted_from"]["file"] == "brains.pkl"
    assert "somebody" not in str(checkpoint.provenance)  # the author's own paths stay behind
    checkpoint = load_checkpoint(out)
    D2 = Discriminator(checkpoint.config)
    checkpoint.load_into(D2, "D")
    assert same(D2, D)


def refusals(tmp_path):
    """(file, what is said of it)."""
    G, D = networks()

    def pkl(name, **modules):
        write_pkl(tmp_path / name, **modules)
        return tmp_path / name

    def changed(change):
        module = nvidia_module(G)
        change(module)
        return module

    def stylegan3(m):
        size = np.broadcast_to(np.asarray(16), [2])  # theirs keeps such arrays
        m.synthesis.add_module("input", Module("SynthesisInput", size=size))

    def resnet(m):
        m.synthesis.b4.architecture = "resnet"

    def swish(m):
        m.synthesis.b4.conv1.activation = "swish"

    def multiplier(m):
        m.mapping.fc0.bias_gain = -1.0

    def infinite(m):
        m.synthesis.b8.conv0.weight = nn.Parameter(
            torch.full_like(m.synthesis.b8.conv0.weight, float("inf"))
        )

    def vast(m):  # finite, but not in float32
        m.mapping.w_avg = torch.full([16], 1e300, dtype=torch.float64)

    def filtered(m):
        m.synthesis.b8.conv0.resample_filter = torch.ones(4, 4)

    def extra(m):
        m.synthesis.b8.register_buffer("other", torch.ones(1))

    def missing(m):
        del m.synthesis.b8.conv0.affine.weight

    def uneven(m):
        m.synthesis.b8.torgb.weight = nn.Parameter(torch.ones(1, 13, 1, 1))

    def endless(m):
        m.synthesis.b8._modules["within"] = m.synthesis

    yield pkl("endless.pkl", G_ema=changed(endless)), "without end"
    yield pkl("sg3.pkl", G_ema=changed(stylegan3)), "StyleGAN3"
    yield pkl("resnet.pkl", G_ema=changed(resnet)), "of the kind resnet"
    yield pkl("swish.pkl", G_ema=changed(swish)), "another activation"
    yield pkl("lr.pkl", G_ema=changed(multiplier)), "learning-rate multiplier of mapping.fc0"
    yield pkl("inf.pkl", G_ema=changed(infinite)), "NaN or infinity"
    yield pkl("vast.pkl", G_ema=changed(vast)), "NaN or infinity"
    yield pkl("fir.pkl", G_ema=changed(filtered)), "not the filter"
    yield pkl("extra.pkl", G_ema=changed(extra)), "b8.other"
    yield pkl("missing.pkl", G_ema=changed(missing)), "lacks synthesis.b8.conv0.affine.weight"
    yield pkl("uneven.pkl", G_ema=changed(uneven)), "widths"
    yield pkl("only_d.pkl", D=nvidia_module(D)), "no generator (no G_ema"
    whole = pkl("whole.pkl", G_ema=nvidia_module(G)).read_bytes()
    (tmp_path / "cut.pkl").write_bytes(whole[: len(whole) // 2])
    yield tmp_path / "cut.pkl", "damaged"
    (tmp_path / "tf.pkl").write_bytes(b"\x80\x03cdnnlib.tflib.network\nNetwork\n)\x81}b.")
    yield tmp_path / "tf.pkl", "TensorFlow"
    (tmp_path / "text.pkl").write_bytes(b"hello, this is no model at all, but it is long enough")
    yield tmp_path / "text.pkl", "neither a pickle"
    (tmp_path / "empty.pkl").write_bytes(b"")
    yield tmp_path / "empty.pkl", "neither a pickle"
    yield tmp_path / "absent.pkl", "no such file"
    torch.save({"GAN": {"S.net": torch.ones(1)}, "version": "1"}, tmp_path / "lucid.pt")
    yield tmp_path / "lucid.pt", "lucidrains"
    torch.save({"g_ema": {"other.weight": torch.ones(1)}}, tmp_path / "other.pt")
    yield tmp_path / "other.pt", "unknown tensor other.weight"
    torch.save({"model": torch.ones(1)}, tmp_path / "model.pt")
    yield tmp_path / "model.pt", "no generator (no G_ema or g_ema"
    whole = (tmp_path / "model.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    yield tmp_path / "cut.pt", "the zip is damaged"
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    yield tmp_path / "any.zip", "not one of torch"


def test_what_cannot_be_converted_is_refused_in_one_line(tmp_path, capsys):
    for path, why in refusals(tmp_path):
        out = tmp_path / "out.safetensors"
        assert main([str(path), "--out", str(out)]) == 2, path
        error = capsys.readouterr().err
        assert error.startswith(f"convert: {path}: ")
        assert why in error
        assert not PYTHONS.search(error.replace(str(path), ""))
        assert error.count("\n") == 1
        assert not out.exists()


def test_a_discriminator_of_another_kind_is_left_out_with_a_note(tmp_path, capsys):
    G, _ = networks()
    _, D = networks(channel_base=64)
    write_pkl(tmp_path / "a.pkl", G_ema=nvidia_module(G), D=nvidia_module(D))
    assert main([str(tmp_path / "a.pkl"), "--out", str(tmp_path / "a.safetensors")]) == 0
    report = capsys.readouterr().out
    assert "without D: " in report
    assert "holds no discriminator" in report


def test_a_file_that_is_there_is_not_written_over(tmp_path, capsys):
    G, _ = networks()
    path = tmp_path / "named.safetensors"  # whatever it is called
    write_pkl(path, G_ema=nvidia_module(G))
    before = path.read_bytes()
    assert main([str(path), "--out", str(path)]) == 2
    assert "already there" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_odd_names_are_printed_harmlessly(tmp_path, capsys):
    G, _ = networks()
    path = tmp_path / "br\x1b[31m\udcff ins.pkl"
    write_pkl(path, G_ema=nvidia_module(G))
    assert main([str(path), "--out", str(tmp_path / "of mine.safetensors")]) == 0
    report = capsys.readouterr().out
    assert "br?[31m? ins.pkl: pickle of NVIDIA" in report
    assert "of mine.safetensors'\n" in report  # quoted, to be copied into a shell
    torch.save({"g_ema": {"\x1b[31m\nevil": torch.ones(1)}}, tmp_path / "evil.pt")
    assert main([str(tmp_path / "evil.pt"), "--out", str(tmp_path / "out.safetensors")]) == 2
    error = capsys.readouterr().err
    assert error.endswith("it holds an unknown tensor ?[31m?evil\n")
    assert error.count("\n") == 1


def test_out_must_be_safetensors(tmp_path, capsys):
    (tmp_path / "a.pkl").write_bytes(b"\x80")
    assert main([str(tmp_path / "a.pkl"), "--out", str(tmp_path / "a.pkl")]) == 2
    assert "must end in .safetensors" in capsys.readouterr().err
    assert (tmp_path / "a.pkl").read_bytes() == b"\x80"


class Runs:
    """A pickle of it runs code when it is opened in the usual way."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return eval, (HARM.format(str(self.path)),)


@pytest.mark.parametrize("where", ["top", "state", "storage", "zip", "legacy"])
def test_hostile_files_run_nothing(tmp_path, capsys, where):
    G, _ = networks()
    witness, path = tmp_path / "witness", tmp_path / "hostile.pkl"
    if where in ("top", "state"):
        module = nvidia_module(G)
        if where == "state":
            module.synthesis.b8.conv0.padding = Runs(witness)
        write_pkl(path, G_ema=module, **({"extra": Runs(witness)} if where == "top" else {}))
    elif where == "storage":  # within the bytes of a storage, which torch would unpickle again
        write_pkl(path, G_ema=nvidia_module(G))
        inner = io.BytesIO()
        torch.save(Runs(witness), inner, _use_new_zipfile_serialization=False)
        content = inner.getvalue()
        call = b"\x80\x04ctorch.storage\n_load_from_bytes\nB" + len(content).to_bytes(4, "little")
        path.write_bytes(call + content + b"\x85R.")
    else:
        torch.save({"g_ema": Runs(witness)}, path, _use_new_zipfile_serialization=where == "zip")
    assert main([str(path), "--out", str(tmp_path / "out.safetensors")]) == 2
    assert re.search(r"asks for (builtins|__builtin__)\.eval", capsys.readouterr().err)
    assert not witness.exists()
    pickle.loads(pickle.dumps(Runs(witness)))
    assert witness.exists()  # as hostile as it looks


def leaves_a_trace(path) -> None:
    """What an unknown function of somebody's program might do."""
    Path(path).write_text("run")


class Calls:
    """A pickle of it calls a function that the converter does not know."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return leaves_a_trace, (str(self.path),)


@pytest.mark.parametrize("way", ["pickle", "zip", "legacy"])
def test_unknown_functions_beside_a_network_are_not_called(tmp_path, way):
    G, _ = networks(img_channels=3)
    witness, path = tmp_path / "witness", tmp_path / "a.pt"
    if way == "pickle":
        write_pkl(path, G_ema=nvidia_module(G), extra=Calls(witness))
    else:
        write_pt(path, G, zipped=way == "zip", latent_avg=G.mapping.w_avg, extra=Calls(witness))
    assert same(converted(path).networks["G_ema"], G)
    assert not witness.exists()
    pickle.loads(pickle.dumps(Calls(witness)))
    assert witness.exists()


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_are_refused_or_harmless(tmp_path, capsys, seed):
    """Random damage: a refusal in words or a whole network, never a traceback."""
    G, _ = networks()
    random = torch.Generator().manual_seed(seed)
    path = tmp_path / ("a.pkl" if seed % 2 else "a.pt")
    if seed % 2:
        write_pkl(path, G_ema=nvidia_module(G))
    else:
        write_pt(path, networks(img_channels=3)[0], zipped=seed % 4 == 0)
    content = bytearray(path.read_bytes())
    for _ in range(8):
        place = torch.randint(len(content), (1,), generator=random).item()
        content[place] = torch.randint(256, (1,), generator=random).item()
    path.write_bytes(content)
    assert main([str(path), "--out", str(tmp_path / "out.safetensors")]) in (0, 2)
    assert not PYTHONS.search(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("base", "most", "least"),
    [(16384, 512, 1), (32768, 512, 1), (2048, 128, 1), (2048, 128, 16), (1024, 64, 64)],
)
@pytest.mark.parametrize("R", [64, 256, 1024])
def test_widths_are_read_from_the_tensors(base, most, least, R):
    config = ModelConfig(resolution=R, channel_base=base, channel_max=most, channel_min=least)
    with torch.device("meta"):
        found = config_of(Generator(config).state_dict())
    assert [found.channels(r) for r in found.block_resolutions] == [
        config.channels(r) for r in config.block_resolutions
    ]


def test_no_tensors_are_no_generator():
    with pytest.raises(Refused, match="lacks the tensors"):
        config_of({"synthesis.b4.const": torch.ones(1)})
