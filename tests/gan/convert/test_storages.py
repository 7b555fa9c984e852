"""Tensors of torch's files, and what a file must not say of them."""

import io

import pytest
import torch

from gan.convert.pickled import Budget, Name, Refused, read
from gan.convert.storages import Allowance, Storage, _Storages, from_bytes, read_legacy, view

NUMBERS = torch.arange(24.0)
VIEWS = {
    "whole": NUMBERS,
    "turned": NUMBERS.view(4, 6).T,
    "part": NUMBERS.view(4, 6)[1:3, ::2],
    "expanded": NUMBERS[:3].view(3, 1).expand(3, 5),
    "scalar": NUMBERS[7],
    "empty": NUMBERS[:0],
    "half": NUMBERS.half(),
    "bfloat16": NUMBERS.bfloat16(),
    "long": NUMBERS.long(),
    "double": NUMBERS.double(),
    "bool": NUMBERS > 5,
}


@pytest.mark.parametrize("kind", VIEWS)
def test_views_come_back(kind):
    file = io.BytesIO()
    torch.save(VIEWS[kind], file, _use_new_zipfile_serialization=False)
    stored = read_legacy(file.getvalue(), {}, Budget())
    assert torch.equal(stored.tensor(), VIEWS[kind])
    assert stored.tensor().dtype == VIEWS[kind].dtype


def test_two_views_of_one_storage_share_it():
    file = io.BytesIO()
    torch.save([NUMBERS, NUMBERS[3:]], file, _use_new_zipfile_serialization=False)
    one, other = read_legacy(file.getvalue(), {}, Budget())
    assert one.storage is other.storage
    assert torch.equal(other.tensor(), NUMBERS[3:])


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(0, (5,), (1,)), (1, (4,), (1,)), (0, (2, 2), (3, 1)), (0, (100,), (0,)), (4, (1,), (1,))],
)
def test_a_view_stays_within_its_storage(offset, size, stride):
    with pytest.raises(Refused, match="beyond its storage"):
        view(Storage(torch.float32, 4, bytes(16)), offset, size, stride)


@pytest.mark.parametrize(
    "arguments",
    [(None, 0, (1,), (1,)), ("s", -1, (1,), (1,)), ("s", 0, (1.0,), (1,)), ("s", 0, (1,), (-1,))],
)
def test_a_view_is_made_of_whole_numbers(arguments):
    storage = Storage(torch.float32, 4, bytes(16)) if arguments[0] else None
    with pytest.raises(Refused, match="whole numbers"):
        view(storage, *arguments[1:])


def test_views_cost_what_they_hold():
    storage = Storage(torch.float16, 2**20, bytes(2**21))
    whole = view(storage, 0, (2**20,), (1,))
    Allowance(size=2**21, packed=2**21).take([whole])
    with pytest.raises(Refused, match="larger than itself"):
        Allowance(size=2**21, packed=2**21).take([whole, whole])
    with pytest.raises(Refused, match="larger than itself"):  # in float32, of a packed file
        Allowance(size=2**21, packed=2**19).take([whole])


def test_a_far_reaching_view_copies_only_itself(monkeypatch):
    """A few numbers, the first and the last of a storage far apart."""
    storage = Storage(torch.float32, 2**22, bytes(2**24))
    ends = view(storage, 0, (2,), (2**22 - 1,))
    copied = []
    monkeypatch.setattr(torch, "from_numpy", lambda x: copied.append(x.nbytes) or torch.zeros(2))
    ends.tensor()
    assert copied == [8]


@pytest.mark.parametrize(
    "reference",
    [
        ("tensor", Name("torch.FloatStorage"), "0", "cpu", 4),
        ("storage", Name("os.system"), "0", "cpu", 4),
        ("storage", "torch.FloatStorage", "0", "cpu", 4),
        ("storage", Name("torch.FloatStorage"), "0", "cpu", -1),
        ("storage", Name("torch.FloatStorage"), "0", "cpu", 2**40),
        ("storage", Name("torch.FloatStorage"), "0", "cpu", 4, ("1", 0, 4)),
    ],
)
def test_unknown_storages_are_refused(reference):
    with pytest.raises(Refused, match="a storage"):
        _Storages()(reference)


def test_bytes_of_a_storage_are_read_without_torch(monkeypatch):
    monkeypatch.setattr(torch, "load", None)
    file = io.BytesIO()
    torch.save(NUMBERS.storage(), file, _use_new_zipfile_serialization=False)
    storage = from_bytes(file.getvalue())
    assert torch.equal(view(storage, 0, (24,), (1,)).tensor(), NUMBERS)
    with pytest.raises(Refused, match="numbers are missing"):
        from_bytes(file.getvalue()[:-1])
    file = io.BytesIO()
    torch.save(NUMBERS, file, _use_new_zipfile_serialization=False)
    with pytest.raises(Refused, match="something else"):
        from_bytes(file.getvalue())


def test_no_pickle_of_plain_values_is_a_file_of_torch():
    with pytest.raises(Refused, match="no file of torch"):
        from_bytes(b"I1\n.I2\n.")
    assert read(b"I1\n.", {}) == 1
