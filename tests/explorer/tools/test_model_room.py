"""Files of models that come in pieces."""

import shutil
from pathlib import Path

import pytest

from explorer.recipe.checks import RecipeError
from explorer.tools import model_room
from explorer.tools.model_room import ModelRoom
from tests.gan.convert.nvidia_like import Generator
from tests.gan.convert.test_alike import pickled


@pytest.fixture
def room():
    room = ModelRoom("cpu")
    yield room
    if room._folder:
        shutil.rmtree(room._folder, ignore_errors=True)


def send_all(room: ModelRoom, name: str, content: bytes, chunk: int = 1000):
    key = room.open(name, len(content))
    *_, last = [
        room.send(key, content[at : at + chunk]) for at in range(0, len(content), chunk)
    ]  # fmt: skip
    return last


def test_a_checkpoint_opens_when_it_is_whole(room, model_path):
    content = model_path.read_bytes()
    model = send_all(room, "C:\\mine\\../brain one.safetensors", content)
    assert model.name == "brain one"
    assert model.path.parent.parent == room._folder
    assert model.path.read_bytes() == content


def test_a_file_of_another_program_is_converted(room, tmp_path):
    content = pickled(tmp_path / "net.pkl", {"G_ema": Generator()}).read_bytes()
    model = send_all(room, "net.pkl", content, 50_000)
    assert model.config.resolution == 16
    assert "converted_from" in model.provenance


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("scan.nii", 5, r"scan\.nii.* is none of \.safetensors"),
        (5, 5, "is none of"),
        ("x.pkl", 0, "expected 1 byte to 2 GB"),
        ("x.pkl", 2**40, "expected 1 byte to 2 GB"),
        ("x.pkl", "much", "expected 1 byte to 2 GB"),
    ],
)
def test_what_is_no_model_is_refused_before_it_comes(room, name, size, told):
    with pytest.raises(RecipeError, match=told):
        room.open(name, size)


def test_what_cannot_be_opened_is_said_by_its_name_and_removed(room):
    with pytest.raises(RecipeError, match=r"^model: the file bad\.safetensors: ") as refused:
        send_all(room, "bad.safetensors", b"nothing" * 9)
    assert str(room._folder) not in str(refused.value)
    assert not list(room._folder.iterdir())


def test_pieces_must_fit(room):
    key = room.open("a.pkl", 10)
    with pytest.raises(RecipeError, match="more bytes than were announced"):
        room.send(key, bytes(11))
    assert room.send(key, bytes(4)) is None
    newer = room.open("b.pkl", 10)
    for wrong in (key, None, 5):
        with pytest.raises(RecipeError, match="another file is on its way"):
            room.send(wrong, bytes(4))
    assert room.send(newer, bytes(4)) is None


def test_a_full_disk_is_told(room, monkeypatch):
    monkeypatch.setattr(
        model_room.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 9)
    )
    with pytest.raises(RecipeError, match="no room; set TMPDIR"):
        room.open("a.pkl", 10)
    monkeypatch.undo()
    key = room.open("a.pkl", 10)

    def full(self, *how):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "stat", full)
    with pytest.raises(RecipeError, match="model: No space left on device"):
        room.send(key, bytes(4))
