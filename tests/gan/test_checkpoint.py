"""Checkpoints: round trips, and one clear sentence for every file that is not one."""

import errno
import json
import pickle
import resource
import sys
import threading

import pytest
import torch
from safetensors.torch import save_file

from gan import Generator, ModelConfig
from gan.checkpoint import (
    CheckpointError,
    code_version,
    file_digest,
    load_checkpoint,
    load_generator,
    named_tensors,
    save_checkpoint,
    write_atomic,
)
from tests.conftest import TINY


@pytest.fixture
def saved(tmp_path, tiny_generator):
    path = tmp_path / "model.safetensors"
    provenance = {"data": "test", "kimg": 1.5}
    save_checkpoint(path, tiny_generator.config, provenance, named_tensors(G_ema=tiny_generator))
    return path


def test_round_trip_gives_the_same_pictures(saved, tiny_generator):
    loaded, checkpoint = load_generator(saved)
    assert checkpoint.config == tiny_generator.config
    assert checkpoint.provenance == {"data": "test", "kimg": 1.5}
    ws = torch.randn(2, 6, 16)
    assert torch.equal(loaded.synthesis(ws, "const"), tiny_generator.synthesis(ws, "const"))
    assert not any(p.requires_grad for p in loaded.parameters())


def write_variant(path, change_metadata=lambda m: m, change_tensors=lambda t: t):
    generator = Generator(ModelConfig(**TINY))
    metadata = {"format_version": "1", "config": json.dumps(TINY), "provenance": "{}"}
    tensors = {k: v.contiguous() for k, v in named_tensors(G_ema=generator).items()}
    save_file(change_tensors(tensors), path, change_metadata(metadata))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m | {"format_version": "2"}, r"format 2, newer .* update the program"),
        (lambda m: {"anything": "else"}, "not a checkpoint of this program"),
        (lambda m: m | {"config": "{"}, "damaged"),
        (lambda m: m | {"config": '{"resolution": 48}'}, "48 is not a power of two"),
        (lambda m: m | {"config": json.dumps(TINY | {"colour": 1})}, "unknown model option colour"),
        (lambda m: m | {"config": json.dumps(TINY | {"w_dim": 10**9})}, "w_dim"),
        (lambda m: m | {"provenance": "[]"}, "provenance is not a table"),
        (lambda m: m | {"provenance": "[" * 200_000}, "damaged"),
        (lambda m: m | {"config": '{"w_dim":' * 200_000}, "damaged"),
        (lambda m: m | {"format_version": "²"}, "not a checkpoint of this program"),
        (lambda m: m | {"format_version": "9" * 5000}, "not a checkpoint of this program"),
    ],
)
def test_wrong_metadata(tmp_path, change, message):
    path = tmp_path / "foreign.safetensors"
    write_variant(path, change_metadata=change)
    with pytest.raises(CheckpointError, match=message) as error:
        load_generator(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: dict(list(t.items())[1:]), "lacks G_ema"),
        (lambda t: t | {"G_ema.extra": torch.zeros(1)}, "unknown tensor G_ema.extra"),
        (lambda t: t | {"G_ema.mapping.w_avg": torch.zeros(3)}, r"is \[3\], expected \[16\]"),
        (lambda t: t | {"G_ema.mapping.w_avg": torch.full([16], torch.nan)}, "holds NaN"),
    ],
)
def test_wrong_tensors(tmp_path, change, message):
    path = tmp_path / "edited.safetensors"
    write_variant(path, change_tensors=change)
    with pytest.raises(CheckpointError, match=message):
        load_generator(path)


@pytest.mark.parametrize("keep", [4, 9, 100, 3000, -1])
def test_cut_short(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cut short|not a checkpoint"):
        load_checkpoint(saved)


def test_cut_short_says_so(saved):
    saved.write_bytes(saved.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"cut short .* copy or download it again"):
        load_checkpoint(saved)


def headed(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n" * 100,
        b"\xff" * 1000,
        b"\x10" + b"\0" * 7 + b"{" * 64,
        headed(b'{"a":' * 200_000),
        headed(b'{"a":{"data_offsets":[0,"x"]}}'),
        headed(b'{"a":{"data_offsets":[0,1]},"b":{"data_offsets":[0,"x"]}}'),
    ],
)
def test_not_a_checkpoint(tmp_path, content):
    path = tmp_path / "picture.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"picture\.safetensors"):
        load_checkpoint(path)


def test_a_pickle_is_refused_and_never_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    path = tmp_path / "network.pkl"
    path.write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(CheckpointError, match="never opened"):
        load_checkpoint(path)
    assert not (tmp_path / "owned").exists()


def test_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        load_checkpoint(tmp_path / "absent.safetensors")
    with pytest.raises(CheckpointError, match="no such file"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("read", [load_checkpoint, file_digest])
def test_a_file_that_may_not_be_read_is_told(saved, monkeypatch, read):
    def forbidden(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", forbidden)  # whoever runs the tests may read everything
    with pytest.raises(CheckpointError, match=r"Permission denied.*may read it") as told:
        read(saved)
    assert str(saved) in str(told.value)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(fd):
        raise OSError("disk full")

    monkeypatch.setattr("gan.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "disk").mkdir()
    link, there = tmp_path / "link", tmp_path / "disk" / "file"
    link.symlink_to(there)
    for content in (b"first", b"second"):  # also where nothing is there yet
        write_atomic(link, content)
        assert there.read_bytes() == content
    assert link.is_symlink()
    assert list(there.parent.iterdir()) == [there]


def test_a_small_file_cannot_ask_for_much_memory(tmp_path):
    """The widest network a configuration may name takes far more than any machine has."""
    path = tmp_path / "greedy.safetensors"
    greedy = {"resolution": 1024, "channel_base": 131072, "channel_max": 4096, "w_dim": 4096,
              "z_dim": 4096, "mapping_layers": 64}  # fmt: skip
    write_variant(path, change_metadata=lambda m: m | {"config": json.dumps(greedy)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match="damaged"):
        load_generator(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 500e6


def test_readers_never_see_a_half_written_file(tmp_path):
    path = tmp_path / "file"
    contents = {bytes([i]) * 200_000 for i in range(4)}
    write_atomic(path, next(iter(contents)))
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for content in list(contents) * 10:
        write_atomic(path, content)
    done.set()
    reader.join()
    assert seen
    assert seen <= contents


def test_code_version_starts_with_the_release():
    assert code_version().startswith("0.1.0")
