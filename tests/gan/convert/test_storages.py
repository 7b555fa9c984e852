"""Tensors of torch's files, and what a file must not say of them."""

import io

import pytest
import torch

from gan.convert.pickled import Name, Refused, read
from gan.convert.storages import Storage, _Storages, from_bytes, load, read_legacy, view

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
    file.seek(0)
    stored = read_legacy(file, {})
    assert torch.equal(stored.tensor(), VIEWS[kind])
    assert stored.tensor().dtype == VIEWS[kind].dtype


def test_two_views_of_one_storage_share_it():
    file = io.BytesIO()
    torch.save([NUMBERS, NUMBERS[3:]], file, _use_new_zipfile_serialization=False)
    file.seek(0)
    one, other = read_legacy(file, {})
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


def test_many_views_of_a_few_numbers_are_no_network():
    storage = Storage(torch.uint8, 2**24, bytes(2**24))
    many = {str(i): view(storage, 0, (2**24,), (1,)) for i in range(17)}
    with pytest.raises(Refused, match="larger than any"):
        load(many)


@pytest.mark.parametrize(
    "reference",
    [
        ("module", Name("torch.FloatStorage"), "0", "cpu", 4),
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
