"""A growing zip: cut anywhere, it goes on and ends with the same bytes."""

import zipfile

import pytest

from explorer.export.archive import Archive, read_entry
from explorer.recipe.checks import RecipeError

ENTRIES = [(f"pictures/{i}.png", bytes([i]) * (50 + 7 * i)) for i in range(6)]


def write(path, upto=6, head=None) -> None:
    """Go on with it up to an entry; the last one finishes it."""
    with Archive(path, head or {"a": 1}) as archive:
        for i in range(archive.count, upto):
            archive.add(*ENTRIES[i], {"i": i})
        if upto == len(ENTRIES):
            assert [note["i"] for note in archive.notes()] == list(range(upto))
            archive.finish({"list.txt": ("line\n" for _ in range(3))})


@pytest.fixture
def whole(tmp_path) -> bytes:
    path = tmp_path / "whole.zip"
    write(path)
    return path.read_bytes()


def test_it_is_an_ordinary_zip(tmp_path, whole):
    path = tmp_path / "whole.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [name for name, _ in ENTRIES] + ["list.txt"]
        assert all(archive.read(name) == content for name, content in ENTRIES)
    assert read_entry(path, "list.txt") == b"line\n" * 3
    assert read_entry(path, "x") is read_entry(tmp_path / "x", "x") is None
    assert [p.name for p in tmp_path.iterdir()] == ["whole.zip"]


@pytest.mark.parametrize("cut_part", [0, 1, 30, 150, 300, None])
@pytest.mark.parametrize("cut_journal", [0, 5, 60, 130, 250, None])
def test_cut_anywhere_it_ends_the_same(tmp_path, whole, cut_part, cut_journal):
    path = tmp_path / "cut.zip"
    write(path, 4)
    part, journal = tmp_path / "cut.zip.part", tmp_path / "cut.zip.journal"
    part.write_bytes(part.read_bytes()[:cut_part])
    journal.write_bytes(journal.read_bytes()[:cut_journal])
    if cut_journal in (0, 5) and cut_part != 0:  # nothing says any more what this is
        with pytest.raises(RecipeError, match="of another request"):
            write(path)
        assert part.exists()
        return
    write(path)
    assert path.read_bytes() == whole
    assert not part.exists()
    assert not journal.exists()


def test_killed_while_finishing(tmp_path, whole):
    path = tmp_path / "cut.zip"
    with Archive(path, {"a": 1}) as archive:
        for i, entry in enumerate(ENTRIES):
            archive.add(*entry, {"i": i})
        with pytest.raises(ZeroDivisionError):
            archive.finish({"list.txt": (str(1 // i) for i in (1, 0))})
    assert not path.exists()
    write(path)
    assert path.read_bytes() == whole


def test_a_damaged_entry_is_made_again(tmp_path, whole):
    path = tmp_path / "cut.zip"
    write(path, 4)
    part = tmp_path / "cut.zip.part"
    content = bytearray(part.read_bytes())
    content[150] ^= 1
    part.write_bytes(content)
    with Archive(path, {"a": 1}) as archive:
        assert archive.count == 1
    write(path)
    assert path.read_bytes() == whole


def test_foreign_files_stay(tmp_path):
    path = tmp_path / "a.zip"
    (tmp_path / "a.zip.part").write_bytes(b"mine")
    with pytest.raises(RecipeError, match="--overwrite"):
        write(path)
    assert (tmp_path / "a.zip.part").read_bytes() == b"mine"
    with Archive(path, {"a": 1}, overwrite=True) as archive:
        assert archive.count == 0
    write(path, 3)
    with pytest.raises(RecipeError, match="of another request"):
        write(path, head={"a": 2})
    with Archive(path, {"a": 1}) as archive:
        assert archive.count == 3


def test_nobody_writes_it_twice_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "a.zip"

    def refused():
        with pytest.raises(RecipeError, match="another export"):
            Archive(path, {}, overwrite=True)

    def papers():
        refused()  # until it has its name
        yield "x"

    with Archive(path, {}) as archive:
        refused()  # still empty
        archive.add(*ENTRIES[0], {})
        refused()
        archive.finish({"list.txt": papers()})
    with zipfile.ZipFile(path) as whole:
        assert whole.read(ENTRIES[0][0]) == ENTRIES[0][1]
