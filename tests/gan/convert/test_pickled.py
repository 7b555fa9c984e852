"""Any pickle of plain values reads as pickle itself would read it; nothing else reads at all."""

import io
import pickle
from collections import OrderedDict

import pytest

from gan.convert.pickled import Refused, read

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
    expected, names = VALUES[kind], {}
    for module in ("builtins", "__builtin__"):
        names |= {f"{module}.frozenset": frozenset, f"{module}.bytes": bytes}
    found = read(pickle.dumps(expected, protocol=protocol), names)
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
        (b"(S'x'\nios\nsystem\n.", "INST"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"Vkey\n.", None),
        (b"Pthere\n.", "outside itself"),
        (b"t.", "damaged"),
        (b"h\x05.", "damaged"),
        (b"}(((tttI1\ns.", "a tuple names an entry|damaged"),
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


def test_a_mentioned_name_cannot_be_called():
    with pytest.raises(Refused, match="no function"):
        read(b"ctorch\nFloatStorage\n(tR.", {"torch.FloatStorage": None})
