"""Small files that ask for boundless memory or time: refused at once, in one line."""

import io
import pickle
import struct
import zipfile

import pytest
import torch

from gan.convert.__main__ import main
from gan.convert.pickled import Budget, Refused, read
from gan.convert.storages import from_bytes, nested, read_zip

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
    assert why in error
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
