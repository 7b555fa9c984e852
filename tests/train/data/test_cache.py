"""The cache: mapped, keyed, rebuilt when damaged, harmless when shared, never in the way."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from train.data import DataConfig, cache, load_slices
from train.data.cache import DiskWriter, MemoryWriter

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def config(tmp_path):
    return DataConfig(cache=str(tmp_path / "cache"))


def never(*args, **kwargs):
    raise AssertionError("decoded again")


def files(config) -> list[Path]:
    return sorted(Path(config.cache).iterdir())


def test_a_second_start_decodes_nothing(slices_folder, config, monkeypatch):
    first = load_slices(slices_folder, 16, 1, config)
    assert isinstance(first.images, np.memmap)
    assert [p.suffix for p in files(config)] == [".json", ".npy"]
    assert files(config)[1].parent.stat().st_mode & 0o777 == 0o700
    assert np.array_equal(np.load(files(config)[1]), first.images)
    monkeypatch.setattr("train.data.load.make_plan", never)
    again = load_slices(slices_folder, 16, 1, config)
    assert isinstance(again.images, np.memmap)
    assert np.array_equal(again.images, first.images)
    for name in ("subjects", "classes", "skipped", "notes", "digest", "options", "names"):
        assert getattr(again, name) == getattr(first, name)


@pytest.mark.parametrize(
    "change",
    [
        {"resolution": 32},
        {"channels": 3},
        {"fit": "pad"},
        {"val_fraction": 0.0},
        {"plane": "coronal"},
    ],
)
def test_every_option_that_matters_is_in_the_key(slices_folder, config, change, monkeypatch):
    load_slices(slices_folder, 16, 1, config)
    monkeypatch.setattr("train.data.load.make_plan", never)
    sizes = {"resolution": 16, "channels": 1} | {
        k: v for k, v in change.items() if k in ("resolution", "channels")
    }
    options = {k: v for k, v in change.items() if k not in sizes}
    with pytest.raises(AssertionError, match="decoded again"):
        load_slices(slices_folder, *sizes.values(), DataConfig(cache=config.cache, **options))


def test_changed_data_is_decoded_again_and_the_old_cache_goes(slices_folder, config):
    first = load_slices(slices_folder, 16, 1, config)
    names = {p.name for p in files(config)}
    (slices_folder / "slice00.png").unlink()
    second = load_slices(slices_folder, 16, 1, config)
    assert len(second) == 23
    assert second.digest != first.digest
    assert len(files(config)) == 2
    assert not names & {p.name for p in files(config)}
    assert first.images.sum() > 0  # what is mapped stays readable


def test_a_table_of_labels_is_part_of_the_key(slices_folder, config, tmp_path):
    table = tmp_path / "labels.csv"
    lines = [f"slice{i:02d}.png,{'ab'[i % 2]}" for i in range(24)]
    table.write_text("\n".join(["file,label", *lines]))
    config = DataConfig(cache=config.cache, labels=str(table))
    assert load_slices(slices_folder, 16, 1, config).classes == ("a", "b")
    table.write_text("\n".join(["file,label", *lines]).replace(",b", ",ccc"))
    assert load_slices(slices_folder, 16, 1, config).classes == ("a", "ccc")


def cut_short(array: Path, index: Path) -> None:
    array.write_bytes(array.read_bytes()[:-5])


def flip_a_bit(array: Path, index: Path) -> None:
    content = bytearray(array.read_bytes())
    content[3000] ^= 1
    array.write_bytes(content)


def lose_the_index(array: Path, index: Path) -> None:
    index.unlink()


def half_an_index(array: Path, index: Path) -> None:
    index.write_text(index.read_text()[:100])


def of_another_version(array: Path, index: Path) -> None:
    index.write_text(json.dumps(json.loads(index.read_text()) | {"format_version": 99}))


@pytest.mark.parametrize(
    "damage", [cut_short, flip_a_bit, lose_the_index, half_an_index, of_another_version]
)
def test_a_damaged_cache_is_made_again(slices_folder, config, damage):
    first = load_slices(slices_folder, 16, 1, config)
    expected = np.array(first.images)
    index, array = files(config)
    damage(array, index)
    assert np.array_equal(load_slices(slices_folder, 16, 1, config).images, expected)
    assert cache.read(array.parent, array.stem) is not None


def test_pictures_in_hand_cannot_change_the_cache(slices_folder, config):
    slices = load_slices(slices_folder, 16, 1, config)
    before = files(config)[1].read_bytes()
    slices.images[:] = 0
    assert files(config)[1].read_bytes() == before


@pytest.mark.parametrize("choice", ["none", "file"])
def test_without_a_cache_memory_does(slices_folder, tmp_path, choice):
    if choice == "file":  # a folder cannot be made where a file lies
        (tmp_path / "file").write_text("x")
        choice = str(tmp_path / "file")
    slices = load_slices(slices_folder, 16, 1, DataConfig(cache=choice))
    cached = load_slices(slices_folder, 16, 1)
    assert not isinstance(slices.images, np.memmap)
    assert np.array_equal(slices.images, cached.images)
    assert slices.digest == cached.digest
    assert any("decoded into memory; see --cache" in n for n in slices.notes) == (choice != "none")


def test_a_full_disk_leaves_nothing_behind(slices_folder, config, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(DiskWriter, "_flush", full)
    slices = load_slices(slices_folder, 16, 1, config)
    assert len(slices) == 24
    assert any("No space left on device" in note for note in slices.notes)
    assert files(config) == []


def test_what_a_killed_process_left_is_removed(slices_folder, config):
    folder = Path(config.cache)
    folder.mkdir()
    old, new = folder / ".x.1.old.tmp", folder / ".x.2.new.tmp"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 1e6, time.time() - 1e6))
    load_slices(slices_folder, 16, 1, config)
    assert (old.exists(), new.exists()) == (False, True)


def test_two_processes_at_once(slices_folder, config):
    code = (
        "import sys; from pathlib import Path; from train.data import DataConfig, load_slices; "
        "s = load_slices(Path(sys.argv[1]), 16, 1, DataConfig(cache=sys.argv[2])); "
        "print(len(s), int(s.images.sum()), s.notes)"
    )
    command = [sys.executable, "-c", code, str(slices_folder), config.cache]
    running = [
        subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) for _ in range(3)
    ]
    said = {process.communicate(timeout=120)[0] for process in running}
    assert len(said) == 1
    assert said.pop().startswith("24 ")
    assert [p.suffix for p in files(config)] == [".json", ".npy"]


def test_the_decoder_never_holds_more_than_a_chunk(tmp_path, tmp_path_factory, monkeypatch):
    """40,000 slices of a stack go through in pieces; nothing is ever whole in memory."""
    stack = np.zeros((40_000, 8, 8), np.uint8)
    stack[:] = np.arange(40_000).reshape(-1, 1, 1) % 251
    np.save(tmp_path / "x.npy", stack)
    most, plain = 0, DiskWriter.append

    def watched(self, picture):
        nonlocal most
        plain(self, picture)
        most = max(most, len(self._pending))

    monkeypatch.setattr(DiskWriter, "append", watched)
    elsewhere = str(tmp_path_factory.mktemp("cache"))
    slices = load_slices(tmp_path, 8, 1, DataConfig(cache=elsewhere))
    assert isinstance(slices.images, np.memmap)
    assert np.array_equal(slices.images[:, 0], stack)
    assert most <= cache.CHUNK


@pytest.mark.parametrize("kind", ["disk", "memory"])
@pytest.mark.parametrize(("kept", "lost"), [(3, 2), (300, 2), (300, 400), (0, 600)])
def test_rollback(tmp_path, kind, kept, lost):
    shape = (1, 4, 4)
    writer = DiskWriter(tmp_path, "x-y", shape) if kind == "disk" else MemoryWriter(shape)
    picture = lambda i: np.full(shape, i % 256, np.uint8)  # noqa: E731
    for i in range(kept):
        writer.append(picture(i))
    for _ in range(lost):
        writer.append(picture(255))
    writer.rollback(kept)
    assert len(writer) == kept
    writer.append(picture(7))
    array = writer.finish({})
    assert array[:, 0, 0, 0].tolist() == [i % 256 for i in range(kept)] + [7]
