"""Small files that ask for boundless memory or time: refused at once, in one line."""

import gzip
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from gan.convert.__main__ import main
from gan.convert.pickled import Budget, Refused, read
from gan.convert.storages import Stored, from_bytes, nested, read_zip
from tests.gan.convert import rosinality_like as rosinality

CALL = b"torch_utils.persistence\n_reconstruct_persistent_obj\n"


def text(x: str) -> bytes:
    return b"X" + struct.pack("<I", len(x)) + x.encode()


def whole(n: int) -> bytes:
    digits = pickle.encode_long(n)
    return b"\x8b" + struct.pack("<I", len(digits)) + digits


def table(**entries: bytes) -> bytes:
    return b"}(" + b"".join(text(k) + v for k, v in entries.items()) + b"u"


def module(state: bytes) -> bytes:
    call = table(type=text("class"), class_name=text("X"), state=state)
    return b"c" + CALL + call + b"\x85R"


def storage(numbers: int) -> bytes:
    file = io.BytesIO()
    torch.save(torch.zeros(numbers).storage(), file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def laughs(make: bytes) -> bytes:
    """Sixty containers, each with the one before twice: 2^60 when written out or hashed."""
    inner = b"".join(b"(h%ch%c%bq%c0" % (i, i, make, i + 1) for i in range(60))
    return b")q\x000" + inner + b"h\x3c"


def many(n: int, each) -> bytes:
    return b"".join(map(each, range(n)))


STORAGE = storage(1000)
GREEDY = {
    "text copied again and again": (
        b"c_codecs\nencode\n" + text("a" * 10_000) + text("latin1") + b"\x86q\x010q\x00"
        + b"h\x00h\x01R" * 100 + b".", "again and again",
    ),
    "a table copied again and again": (
        b"}(" + many(1000, lambda i: text(str(i)) + b"N") + b"uq\x000" + b"}h\x00b" * 100 + b".",
        "again and again",
    ),
    "a list made a set again and again": (
        b"cbuiltins\nset\nq\x00(" + many(1000, lambda i: b"K\x01") + b"l\x85q\x01"
        + b"h\x00h\x01R" * 100 + b".", "again and again",
    ),
    "a storage copied again and again": (
        b"ctorch.storage\n_load_from_bytes\nq\x00B" + struct.pack("<I", len(STORAGE)) + STORAGE
        + b"\x85q\x01" + b"h\x00h\x01R" * 100 + b".", "again and again",
    ),
    "instructions without end": (b"\x8f" * (2**18 + 1) + b".", "more instructions"),
    "numbers that collide": (
        b"}(" + many(50_000, lambda i: whole(i * (2**61 - 1)) + b"N") + b"u.", "absurd size",
    ),
    "remembered numbers that collide": (
        b"N" + many(50_000, lambda i: b"p%d\n" % (i * (2**61 - 1))) + b".", "absurd size",
    ),
    "a long name asked for again and again": (
        text("a" * 1000) + b"q\x000" + text("b") + b"q\x010" + b"h\x00h\x01\x930" * 100 + b".",
        "absurd length",
    ),
    "a text made a set": (b"cbuiltins\nset\n" + text("a" * 1000) + b"\x85R.", "of no list"),
    "a text made a dictionary": (
        b"ccollections\nOrderedDict\n" + text("a" * 1000) + b"\x85R.", "of no pairs",
    ),
    "very many arguments": (
        b"cbuiltins\nset\n(" + b"N" * 1000 + b"tq\x000" + b"h\x00h\x01R" * 10 + b".",
        "no function|more parts|damaged",
    ),
    "a name without end": (laughs(b"l") + text("x") + b"\x93.", "no name"),
    "a class without end": (
        b"c" + CALL + table(type=text("class"), class_name=laughs(b"l"), state=b"}") + b"\x85R.",
        "no name",
    ),
    "a kind of number without end": (
        b"cnumpy.core.multiarray\nscalar\n" + laughs(b"t") + b"C\x04abcd\x86R.", "object of numpy",
    ),
    "sizes whose product is huge": (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + b"ctorch.storage\n_load_from_bytes\nB"
        + struct.pack("<I", len(STORAGE)) + STORAGE + b"\x85RK\x00(" + whole(2**80_000) + b"q\x05"
        + b"h\x05" * 5000 + b"t(" + b"h\x05" * 5001 + b"ttR.", "whole numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", GREEDY)
def test_a_greedy_pickle_is_refused(tmp_path, capsys, kind):
    content, why = GREEDY[kind]
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + content)
    assert main([str(tmp_path / "a.pkl"), "--out", str(tmp_path / "a.safetensors")]) == 2
    error = capsys.readouterr().err
    assert re.search(why, error)
    assert error.count("\n") == 1


def tree(**states: bytes) -> bytes:
    """A generator of so much as is looked at before its tensors are."""
    first = {"activation": text("lrelu"), "bias_gain": b"G" + struct.pack(">d", 0.01)} | states
    fc0 = module(table(activation=first["activation"], bias_gain=first["bias_gain"]))
    conv1 = module(table(activation=text("lrelu")))
    kind = first.get("architecture", text("skip"))
    b4 = module(table(architecture=kind, _modules=table(conv1=conv1)))
    mapping = module(table(_modules=table(fc0=fc0)))
    synthesis = module(table(_modules=table(b4=b4) + first.get("more", b"}b")))
    inner = table(mapping=mapping, synthesis=synthesis)
    return b"\x80\x04" + table(G_ema=module(table(_modules=inner))) + b"."


def levels() -> bytes:
    """Five levels of modules, each with the one below five hundred times."""
    below = module(b"}") + b"q\x200"
    for _ in range(4):
        names = many(500, lambda i: text(f"n{i}") + b"h\x20")
        below += module(table(_modules=b"}(" + names + b"u")) + b"q\x200"
    return below + table(deep=b"h\x20") + b"b"


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ({"bias_gain": whole(2**5000)}, "no number above 0"),
        ({"architecture": laughs(b"l")}, "of the kind ?"),
        ({"more": levels()}, "without end"),
    ],
)
def test_a_greedy_network_is_refused(tmp_path, capsys, states, why):
    (tmp_path / "a.pkl").write_bytes(tree(**states))
    assert main([str(tmp_path / "a.pkl"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("name", ["to_rgbs.{}.bias", "convs.{}.bias", "noises.noise_{}"])
def test_layers_without_end_are_unknown_tensors(tmp_path, capsys, name):
    name = name.format(99_999_999_999)
    torch.save({"g_ema": {name: torch.ones(1)}}, tmp_path / "a.pt")
    assert main([str(tmp_path / "a.pt"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert f"unknown tensor {name}" in capsys.readouterr().err


def test_storages_are_no_larger_together_than_their_zip(tmp_path):
    """Entries of a zip may lie within each other: each could claim nearly the whole file."""
    torch.save([torch.zeros(1000) for _ in range(10)], tmp_path / "whole.pt")
    with zipfile.ZipFile(tmp_path / "whole.pt") as archive:
        content = archive.read("whole/data.pkl")
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", content)
        archive.writestr("a/data/0", bytes(4000))
    with pytest.raises(Refused, match="cut short"):
        read_zip((tmp_path / "a.pt").read_bytes(), {}, Budget())


def test_an_entry_that_claims_more_than_there_is(tmp_path):
    path = tmp_path / "a.pt"
    torch.save([torch.zeros(3)], path)
    with zipfile.ZipFile(path) as archive:
        pkl = next(info for info in archive.infolist() if info.filename.endswith("data.pkl"))
    content = bytearray(path.read_bytes())
    sizes = struct.pack("<II", pkl.compress_size, pkl.file_size)
    place = content.index(sizes, content.index(b"PK\x01\x02"))
    content[place : place + 8] = struct.pack("<II", 10**9, 10**9)
    with pytest.raises(Refused, match="the zip is damaged"):
        read_zip(bytes(content), {}, Budget())


def test_what_is_copied_once_is_no_greed():
    """All of a file may pass through calls: text to bytes, bytes to a storage."""
    letters = "".join(map(chr, STORAGE))
    found = read(pickle.dumps(letters.encode("latin1"), protocol=2), {})
    assert found == STORAGE
    assert from_bytes(found).numel == 1000
    content = (
        b"\x80\x02ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\nX"
        + struct.pack("<I", len(letters.encode())) + letters.encode() + text("latin1") + b"\x86RtR."
    )  # fmt: skip
    assert read(content, nested(Budget())).numel == 1000


def test_one_budget_serves_all_pickles_of_a_file():
    call = b"ctorch.storage\n_load_from_bytes\nq\x00"
    one = b"h\x00B" + struct.pack("<I", len(STORAGE)) + STORAGE + b"\x85R0"
    budget = Budget(instructions=200)
    with pytest.raises(Refused, match="more instructions"):
        read(call + 20 * one + b"N.", nested(budget), None, budget)
    enough = Budget(instructions=2000)
    assert read(call + 20 * one + b"N.", nested(enough), None, enough) is None
    assert enough.instructions < 2000 - 20 * 25  # of the storages' own pickles too


def test_a_table_that_many_modules_share_is_not_read_for_each(tmp_path, capsys):
    table_ = b"}(" + many(300, lambda i: text(f"p{i}") + b"N") + b"uq\x010"
    parts = table(_parameters=b"h\x01")
    within = many(300, lambda i: text(f"m{i}") + module(parts))
    names = ("mapping", "synthesis", "within")
    inner = b"".join(text(n) + module(table(_modules=b"}(" + within + b"u") if n == "within"
                                      else b"}") for n in names)  # fmt: skip
    content = table_ + table(G_ema=module(table(_modules=b"}(" + inner + b"u")))
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + content + b".")
    assert main([str(tmp_path / "a.pkl"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "more tensors than any such network" in capsys.readouterr().err


def zip_of(entries: int) -> bytes:
    """A directory of so many entries and nothing else."""
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"a"
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, entries * len(entry), 0, 0)
    return entries * entry + end


def test_a_zip_with_very_many_entries_is_not_listed(tmp_path, capsys, monkeypatch):
    path = tmp_path / "a.pt"
    path.write_bytes(b"PK" + zip_of(50_000))
    listed = []
    monkeypatch.setattr(zipfile.ZipInfo, "__init__", lambda *_: listed.append(1))
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "more entries than any model has" in capsys.readouterr().err
    assert not listed


def overlapping(w: int, layers: int) -> dict[str, torch.Tensor]:
    """A generator whose tensors are all views of the same few numbers."""
    numbers = torch.randn(w * w + 100)
    state = dict(rosinality.Generator(style_dim=w, n_mlp=0).state_dict())
    state = {name: numbers[: t.numel()].view(t.shape) for name, t in state.items()
             if not name.endswith("kernel")}  # fmt: skip
    for i in range(1, layers + 1):
        state |= {f"style.{i}.weight": numbers[i : i + w * w].view(w, w),
                  f"style.{i}.bias": numbers[:w]}  # fmt: skip
    return state


def test_overlapping_views_are_refused_before_anything_is_copied(tmp_path, capsys, monkeypatch):
    torch.save({"g_ema": overlapping(600, 15)}, tmp_path / "a.pt")
    monkeypatch.setattr(Stored, "tensor", None)
    assert main([str(tmp_path / "a.pt"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "they share the same numbers" in capsys.readouterr().err


def test_shapes_are_looked_at_before_anything_is_copied(tmp_path, capsys, monkeypatch):
    state = rosinality.Generator().state_dict()
    state = {name: tensor for name, tensor in state.items() if not name.endswith("kernel")}
    state["convs.0.conv.weight"] = state["convs.0.conv.weight"][:, :3]
    torch.save({"g_ema": state}, tmp_path / "a.pt")
    monkeypatch.setattr(Stored, "tensor", None)
    assert main([str(tmp_path / "a.pt"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "b8.conv0.weight is [3, 12, 3, 3], not" in capsys.readouterr().err


def test_what_no_network_needs_is_not_copied(tmp_path, monkeypatch):
    """Thousands of overlapping views beside a network, and a storage that is not there."""
    numbers = torch.randn(10_000)
    state = rosinality.Generator().state_dict()
    torch.save({"g_ema": state, "more": [numbers[i:] for i in range(2000)]}, tmp_path / "a.pt")
    copied, plain = [], Stored.tensor
    monkeypatch.setattr(Stored, "tensor", lambda self: copied.append(self.numel) or plain(self))
    assert main([str(tmp_path / "a.pt"), "--out", str(tmp_path / "a.safetensors")]) == 0
    assert sum(copied) <= sum(tensor.numel() for tensor in state.values())


def test_few_w_are_drawn_of_a_great_mapping_network(tmp_path, capsys, monkeypatch):
    torch.save({"g_ema": rosinality.Generator().state_dict()}, tmp_path / "a.pt")
    monkeypatch.setattr("gan.convert.networks._PRODUCTS", 300 * 2 * (16 * 16 + 16))
    assert main([str(tmp_path / "a.pt"), "--out", str(tmp_path / "a.safetensors")]) == 0
    assert "no mean of w: measured over 300 of its own" in capsys.readouterr().out


PACKED = {
    "a bomb": (gzip.compress(bytes(2**25)), "unfolds to far more"),
    "cut": (gzip.compress(b"x" * 100)[:-9], "the gzip file is cut short"),
    "damaged": (b"\x1f\x8b\x08" + bytes(50), "neither a pickle|damaged|cut short"),
    "empty streams without end": (gzip.compress(b"") * 10_000, "it is empty"),
    "within itself": (gzip.compress(gzip.compress(b"x")), "neither a pickle"),
}


@pytest.mark.parametrize("kind", PACKED)
def test_greedy_or_damaged_gzip_files_are_refused(tmp_path, capsys, kind):
    content, why = PACKED[kind]
    (tmp_path / "a.gz").write_bytes(content)
    assert main([str(tmp_path / "a.gz"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert re.search(why, capsys.readouterr().err)


def test_the_whole_command_stays_within_its_limits(tmp_path):
    """Generous in time, for a busy machine; in memory torch and a few times the file."""
    numbers = torch.randn(2**22)  # 16 MB
    state = rosinality.Generator().state_dict()
    far = {}
    for name, tensor in state.items():
        if not name.endswith("kernel"):  # each from one end of the numbers to the other
            steps = max(1, (len(numbers) - 1) // max(1, sum(n - 1 for n in tensor.shape)))
            far[name] = numbers.as_strided(tensor.shape, [steps] * tensor.ndim)
    views = [numbers[i:] for i in range(1000)]
    torch.save({"g_ema": far, "more": views}, tmp_path / "a.pt")
    command = [sys.executable, "-m", "gan.convert", "a.pt", "--out", "a.safetensors"]
    # By a small process of its own: a child's memory counts what its parent had at the fork.
    watch = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(code, used.ru_maxrss, used.ru_utime)"
    )
    told = subprocess.run(
        [sys.executable, "-c", watch, *command], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}, check=True,
    )  # fmt: skip
    code, memory, seconds = told.stdout.split()
    assert code == "0"
    unit = 1 if sys.platform == "darwin" else 2**10
    assert int(memory) * unit < 2**30
    assert float(seconds) < 60
