"""Any pickle of plain values reads as pickle itself would read it; nothing else reads at all."""

import collections
import datetime
import decimal
import io
import pathlib
import pickle
import types
from collections import OrderedDict

import numpy as np
import pytest
import torch

from gan.convert.pickled import Inert, Name, Refused, read
from gan.convert.storages import TENSORS

VALUES = {
    "numbers": [0, 1, -1, 255, 65536, -(2**31), 2**31, 2**200, 1.5, -0.0, 1e300],
    "texts": ["", "é", "x" * 300, "line\nbreak", "\ud800"],
    "bytes": [b"", b"\x00\xff" * 200],
    "sets": [set(), {"a", "b"}, frozenset({1, 2})],
    "nested": ([{"a": (1,), "b": [(), (1, 2), (1, 2, 3), (1, 2, 3, 4)]}], None, True, False),
    "ordered": OrderedDict(b=1, a=2),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", VALUES)
def test_plain_values_read_as_by_pickle(kind, protocol):
    expected = VALUES[kind]
    found = read(pickle.dumps(expected, protocol=protocol), {})
    assert found == expected
    assert repr(found) == repr(expected) or kind in ("sets", "ordered")


@pytest.mark.parametrize("protocol", [2, 4])
def test_the_same_object_stays_the_same(protocol):
    one = ["shared"]
    found = read(pickle.dumps([one, one], protocol=protocol), {})
    assert found[0] is found[1]


def test_pickles_back_to_back_are_read_one_after_the_other():
    stream = io.BytesIO(pickle.dumps(1) + pickle.dumps({"a": 2}) + b"tail")
    assert [read(stream, {}), read(stream, {}), stream.read()] == [1, {"a": 2}, b"tail"]


def test_the_state_of_an_object_becomes_entries():
    class Options:
        pass

    options = Options()
    options.size = 3
    Options.__module__, Options.__qualname__ = "tests.gan.convert.test_pickled", "Fetched"
    globals()["Fetched"] = Options
    content = pickle.dumps(options, protocol=2)
    assert read(content, {"tests.gan.convert.test_pickled.Fetched": dict}) == {"size": 3}


@pytest.mark.parametrize("protocol", range(6))
def test_what_is_not_known_is_refused_and_not_run(tmp_path, protocol):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return eval, (f"open({str(witness)!r}, 'w').write('run')",)

    with pytest.raises(Refused, match=r"asks for (__builtin__|builtins)\.eval.*nothing was run"):
        read(pickle.dumps([Hostile()], protocol=protocol), {})
    assert not witness.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "damaged"),
        (b"hello", "damaged"),
        (pickle.dumps([1, 2, 3])[:-1], "damaged"),
        (b"\x80\x04\x8a\xff", "damaged"),
        (b"cos\nsystem\n.", "asks for os.system"),
        (b"(cos\nsystem\n.", "asks for os.system"),
        (b"(S'x'\nios\nsystem\n.", "asks for os.system"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"Vkey\n.", None),
        (b"Pthere\n.", "outside itself"),
        (b"t.", "damaged"),
        (b"h\x05.", "damaged"),
        (b"I1\n(tR.", "calls what is no function"),
        (b"I1\nI2\na.", "damaged"),
    ],
)
def test_nonsense_is_refused(content, why):
    if why is None:
        assert read(content, {}) == "key"
        return
    with pytest.raises(Refused, match=why):
        read(content, {})


@pytest.mark.parametrize("names", [{"torch.FloatStorage": None}, {}])
def test_what_has_no_function_of_ours_is_inert(names):
    assert read(b"ctorch\nFloatStorage\n.", names) == Name("torch.FloatStorage")
    called = read(b"ctorch\nFloatStorage\n(I1\ntR}(I1\nI2\nub.", names)
    assert isinstance(called, Inert)
    assert called.dotted == "torch.FloatStorage"


HARMLESS = {
    "device": torch.device("cpu"), "size": torch.Size([1, 2]), "path": pathlib.Path("a/b"),
    "default": collections.defaultdict(list, a=[1]), "range": range(3), "kind": torch.float16,
    "number": np.float32(2.5), "whole": np.int64(3), "array": np.arange(3.0),
    "names": np.array(["x"]), "decimal": decimal.Decimal("1.5"), "date": datetime.date(2020, 1, 1),
    "deque": collections.deque([1]), "counter": collections.Counter("aab"), "complex": 1 + 2j,
    "slice": slice(1, 2), "tuple key": {(1, 2): 3}, "simple": types.SimpleNamespace(a=1),
}  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
def test_harmless_objects_are_passed_over(protocol):
    found = read(pickle.dumps(HARMLESS | {"end": 1}, protocol=protocol), TENSORS)
    assert found.keys() == HARMLESS.keys() | {"end"}
    assert (found["end"], found["number"], found["whole"]) == (1, 2.5, 3)
    assert found["default"] == {"a": [1]}
    assert torch.equal(found["array"].stored.tensor(), torch.arange(3.0, dtype=torch.float64))
    assert isinstance(found["device"], Inert)


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0, dtype="f4").reshape(2, 3)),
    np.full((), 3, "f4"), np.zeros((0, 3), "f2"), np.array([True, False]),
])  # fmt: skip
@pytest.mark.parametrize("protocol", range(6))
def test_numpys_arrays_are_tensors(array, protocol):
    found = read(pickle.dumps(array, protocol=protocol), TENSORS).stored.tensor()
    assert torch.equal(found, torch.from_numpy(array.copy(order="C")))


def test_big_endian_arrays_are_not_read():
    assert read(pickle.dumps(np.arange(3.0).astype(">f8")), TENSORS).stored is None
