"""A small dose of damaged files of each kind; `make fuzz` gives ten thousand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.kinds import kinds
from tests.fuzz.mutate import damaged
from tests.fuzz.run import Fault, faults, file_of, try_file

FILES = 150


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory):
    return kinds(tmp_path_factory.mktemp("kinds"))


def test_whole_files_are_read(all_kinds, tmp_path):
    """Or nothing would be seen of what damage does behind the first check."""
    refused = []
    for name, kind in all_kinds.items():
        for file, content in kind.whole.items():
            path = tmp_path / name / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            try:
                kind.read(path)
            except kind.refusals as error:
                refused.append((name, file, str(error)))
    alone = [what for name, file, what in refused if file.endswith(".dcm")]
    assert len(alone) == len(refused) == 3  # one slice is no series to train on
    assert all("only 1 slices" in what for what in alone)


def test_damaged_files_are_read_or_refused_in_a_sentence(all_kinds, tmp_path):
    found = [fault for fault in faults(all_kinds, range(FILES), 7, tmp_path) if fault]
    assert found == []
    assert not list(tmp_path.iterdir())


# Numbers of files, of seed 0, that once ended in a traceback.
@pytest.mark.parametrize("number", [219, 459, 6309, 19991])
def test_what_once_went_wrong(all_kinds, tmp_path, number):
    assert list(faults(all_kinds, range(number, number + 1), 0, tmp_path)) == [None]


def test_the_same_number_is_the_same_file(all_kinds):
    assert file_of(all_kinds, 5, 0) == file_of(all_kinds, 5, 0)
    assert file_of(all_kinds, 5, 0) != file_of(all_kinds, 5, 1)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 2**32))
def test_any_file_can_be_damaged(content, other, seed):
    assert isinstance(damaged(content, other, random.Random(seed)), bytes)


def test_faults_are_seen(all_kinds, tmp_path):
    """What the search must not miss: tracebacks, Python's words, and lines behind the first."""
    kind = all_kinds["lesson"]
    path = tmp_path / "x.json"
    path.write_bytes(b"{}")

    def raising(error: Exception):
        def read(path):
            raise error

        return type(kind)(kind.whole, read, (ValueError,))

    assert try_file(raising(ValueError("x.json: not a lesson")), path) == ""
    assert "KeyError: 'x'" in try_file(raising(KeyError("x")), path)
    for told in ("KeyError: 'x'", "a\nb", "", "at 0x7f0011223344"):
        assert try_file(raising(ValueError(told)), path).startswith("not said in a sentence")
    assert Fault(1, "lesson", "x", "y") != Fault(2, "lesson", "x", "y")
