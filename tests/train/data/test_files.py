"""Folders and zips: what is found, and what a hostile or damaged one cannot do."""

import os
import struct
import zipfile

import numpy as np
import pytest

from gan.scans import BrokenFile
from tests.train.data.test_load import GREY, png
from train.data import DataConfig, load_slices
from train.data.files import Archive, Folder, open_source, too_large
from train.usage import UsageError

SKIP = DataConfig(skip_broken=True)


def make_zip(path, entries: dict[str, bytes], **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "C:/evil.png"]
)
def test_names_that_point_outside_are_refused_or_left_out(tmp_path, name):
    path = make_zip(tmp_path / "x.zip", {"a.png": png(GREY), name: png(GREY.T)})
    with pytest.raises(UsageError, match=r"evil\.png: its name points outside the zip"):
        load_slices(path, 16, 1)
    slices = load_slices(path, 16, 1, SKIP)
    assert (len(slices), slices.skipped) == (1, (name,))
    assert not list(tmp_path.parent.glob("evil.png"))


def test_a_zip_bomb_is_told_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("train.data.files._LARGE", 1 << 20)
    bomb = make_zip(tmp_path / "x.zip", {"a.png": png(GREY), "bomb.png": bytes(8 << 20)},
                    compression=zipfile.ZIP_DEFLATED)  # fmt: skip
    with pytest.raises(UsageError, match=r"bomb\.png: \d+ bytes that claim to be 8388608: a zip"):
        load_slices(bomb, 16, 1)
    assert load_slices(bomb, 16, 1, SKIP).skipped == ("bomb.png",)


def test_an_entry_that_unpacks_to_more_than_it_declares(tmp_path):
    """The declared size is made small in both headers: no more than that is read."""
    path = make_zip(tmp_path / "x.zip", {"a.png": bytes(1 << 20)}, compression=zipfile.ZIP_DEFLATED)
    content = path.read_bytes().replace(struct.pack("<I", 1 << 20), struct.pack("<I", 100))
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match="cannot be read"):
        Archive(path).read("a.png")


def test_no_more_is_read_than_allowed(tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(5 << 20))
    with pytest.raises(BrokenFile, match="more than 2 MiB"):
        Folder(tmp_path).read("a.png", 2 << 20)


def test_ordinary_entries_are_no_bombs():
    info = zipfile.ZipInfo("a.nii")
    info.file_size, info.compress_size = 1 << 30, 1 << 28
    assert too_large(info) is None
    info.compress_size = 1 << 20
    assert "zip bomb" in too_large(info)


def test_encrypted_entries(tmp_path):
    path = make_zip(tmp_path / "x.zip", {"a.png": png(GREY), "b.png": png(GREY.T)})
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1  # the flag of the first entry in the directory
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.png: encrypted; unpack the zip with its password"):
        load_slices(path, 16, 1)
    assert len(load_slices(path, 16, 1, SKIP)) == 1


def test_zips_inside_are_left_alone_and_told(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", {"b.png": png(GREY)}).read_bytes()
    path = make_zip(tmp_path / "x.zip", {"a.png": png(GREY), "inner.zip": inner})
    slices = load_slices(path, 16, 1)
    assert len(slices) == 1
    assert "left 1 archives inside the data alone" in slices.notes


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_zip_that_is_cut_short(tmp_path, cut):
    path = make_zip(tmp_path / "x.zip", {f"{i}.png": png(GREY) for i in range(3)})
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UsageError, match="not a whole zip"):
        load_slices(path, 16, 1)


def test_names_from_windows(tmp_path):
    path = make_zip(
        tmp_path / "x.zip", {"train\\P1\\a.png": png(GREY), "val\\P2\\b.png": png(GREY)}
    )
    assert [f.name for f in open_source(path).files] == ["train/P1/a.png", "val/P2/b.png"]


def test_links_in_a_folder(tmp_path):
    data = tmp_path / "data"
    (tmp_path / "other").mkdir()
    data.mkdir()
    (tmp_path / "other" / "a.png").write_bytes(png(GREY))
    os.symlink(tmp_path / "other", data / "linked")
    os.symlink(data, data / "circle")
    assert [f.name for f in Folder(data).files] == ["linked/a.png"]
    os.symlink(tmp_path / "nothing", data / "gone.png")
    with pytest.raises(UsageError, match=r"gone\.png: a link to nothing"):
        load_slices(data, 16, 1)
    assert load_slices(data, 16, 1, SKIP).skipped == ("gone.png",)


def test_folders_that_are_reached_on_two_ways(tmp_path):
    """A split made of links, beside the folders that it links to."""
    for i in range(4):
        (tmp_path / "raw" / f"P{i}").mkdir(parents=True)
        (tmp_path / "raw" / f"P{i}" / "001.png").write_bytes(png(GREY))
        part = tmp_path / ("val" if i == 0 else "train")
        part.mkdir(exist_ok=True)
        os.symlink(f"../raw/P{i}", part / f"P{i}")
    places = [f"raw/P{i}" for i in range(4)] + ["train/P1", "train/P2", "train/P3", "val/P0"]
    assert [f.name for f in Folder(tmp_path).files] == [f"{place}/001.png" for place in places]
    config = DataConfig(cache="none")
    assert load_slices(tmp_path, 16, 1, config).subjects == ("P1", "P2", "P3")
    assert load_slices(tmp_path, 16, 1, config, "held_out").subjects == ("P0",)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    """As root every file may be read, so the refusal is played."""
    for name in ("a.png", "secret.png"):
        (tmp_path / name).write_bytes(png(GREY))
    plain = open

    def refusing(path, *args):
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *args)

    monkeypatch.setattr("train.data.files.open", refusing, raising=False)
    with pytest.raises(UsageError, match=r"secret\.png: cannot be read \(Permission denied\)"):
        load_slices(tmp_path, 16, 1)
    assert load_slices(tmp_path, 16, 1, SKIP).skipped == ("secret.png",)


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(png(GREY))
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refusing(path):
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    with pytest.raises(UsageError, match="locked: a folder that cannot be read"):
        load_slices(tmp_path, 16, 1)
    assert len(load_slices(tmp_path, 16, 1, SKIP)) == 1


def test_the_fingerprint_follows_names_sizes_and_times(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(GREY))
    seen = {Folder(tmp_path).fingerprint}
    os.utime(path, ns=(1, 1))
    seen.add(Folder(tmp_path).fingerprint)
    path.rename(tmp_path / "b.png")
    seen.add(Folder(tmp_path).fingerprint)
    assert len(seen) == 3
    assert Folder(tmp_path).fingerprint in seen


def test_a_corpus_of_broken_files_among_good_ones(tmp_path):
    """All at once: every one named with its reason, the good ones kept."""
    good = np.arange(256, dtype=np.uint8).reshape(16, 16)
    broken = {
        "cut.png": png(good)[:-40], "zero.png": b"", "text.png": b"hello", "text.tif": b"II*\0",
        "dot.png": png(good[:1, :1]), "cut.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF", "void.nii": b"",
        "cut.nii.gz": b"\x1f\x8b\x08\0", "no.npy": b"\x93NUMPY", "no.npz": b"PK", "no.dcm": b"x",
    }  # fmt: skip
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    for i in range(3):
        (tmp_path / f"good{i}.png").write_bytes(png(np.roll(good, i)))
    slices = load_slices(tmp_path, 16, 1, SKIP)
    assert len(slices) == 3
    assert set(slices.skipped) == set(broken) - {"no.dcm"}  # which is no DICOM by its first bytes
    summary = next(note for note in slices.notes if "broken" in note)
    assert "left out 10 broken files: 5 not a readable picture" in summary


def test_a_folder_with_nothing_but_a_zip_is_told_to_give_the_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "brains.zip", "w") as file:
        file.writestr("a.png", b"")
    with pytest.raises(UsageError, match=r"give the zip itself: --data .*brains\.zip"):
        load_slices(tmp_path, 16, 1, DataConfig(cache="none"))
