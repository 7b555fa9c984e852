"""Reading slices: what is accepted, what is refused in which words, and the order of batches."""

import io
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from train.__main__ import main
from train.config import UsageError
from train.data import DataConfig, load_both, load_slices
from train.data.files import open_source
from train.data.plan import make_plan


def png(array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(array)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb(side: int) -> bytes:
    """A PNG whose header claims to be `side` pixels wide and high."""
    content = bytearray(png(np.zeros((8, 8), np.uint8)))
    content[16:24] = side.to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


GREY = np.tile(np.arange(16, dtype=np.uint8) * 15, (16, 1))


def test_folder_and_zip_give_the_same_slices(slices_folder, tmp_path):
    archive = tmp_path / "slices.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in slices_folder.iterdir():
            file.write(path, f"deep/er/{path.name}")
        file.writestr("manifest.csv", "not a picture")
        file.writestr("__MACOSX/._slice00.png", "not a picture either")
    folder, zipped = load_slices(slices_folder, 16, 1), load_slices(archive, 16, 1)
    assert folder.images.shape == (24, 1, 16, 16)
    assert np.array_equal(folder.images, zipped.images)
    first = np.asarray(Image.open(slices_folder / "slice00.png"))
    assert np.array_equal(folder.images[0, 0], first)


def test_held_out_folders_stay_out(slices_folder, tmp_path):
    for split, names in {"train": range(20), "val": range(20, 24)}.items():
        folder = tmp_path / "split" / split / f"sub-{split}"
        folder.mkdir(parents=True)
        for i in names:
            (folder / f"slice{i:02d}.png").write_bytes(
                (slices_folder / f"slice{i:02d}.png").read_bytes()
            )
    slices = load_slices(tmp_path / "split", 16, 1)
    assert len(slices) == 20
    assert set(slices.subjects) == {"sub-train"}
    assert slices.notes == ("4 slices of 1 person in val are held out",)

    held_out = load_slices(tmp_path / "split", 16, 1, split="held_out")
    assert (len(held_out), set(held_out.subjects)) == (4, {"sub-val"})
    everything = load_slices(tmp_path / "split", 16, 1, split=None)
    assert np.array_equal(everything.images, np.concatenate([slices.images, held_out.images]))
    assert len({slices.digest, held_out.digest, everything.digest}) == 3


@pytest.mark.parametrize("cache", ["none", "file"])
def test_both_sides_are_decoded_once(slices_folder, tmp_path, cache, monkeypatch):
    """Where nothing can be kept, too."""
    for i in range(2):
        person = tmp_path / "split" / ("train", "val")[i] / f"sub-{i}"
        person.mkdir(parents=True)
        (slices_folder / f"slice{i:02d}.png").rename(person / "a.png")
    (tmp_path / "file").write_bytes(b"")
    config = DataConfig(cache=cache if cache == "none" else str(tmp_path / "file"))
    expected = [load_slices(tmp_path / "split", 16, 1, config, s) for s in ("train", "held_out")]
    plans = []
    plan = lambda *args: plans.append(args) or make_plan(*args)  # noqa: E731
    monkeypatch.setattr("train.data.load.make_plan", plan)
    for one, other in zip(load_both(tmp_path / "split", 16, 1, config), expected, strict=True):
        assert np.array_equal(one.images, other.images)
        assert (one.subjects, one.digest) == (other.subjects, other.digest)
    assert len(plans) == 1


def test_who_is_asked_for_by_name_must_be_there(slices_folder):
    assert load_both(slices_folder, 16, 1)[1] is None
    for wanted in ("val", "test"):
        with pytest.raises(UsageError, match=f"folder named {wanted}; .*give another --held-out"):
            load_both(slices_folder, 16, 1, DataConfig(held_out=wanted))


def test_pictures_are_scaled_to_the_networks_size(slices_folder):
    assert load_slices(slices_folder, 32, 1).images.shape == (24, 1, 32, 32)
    constant = slices_folder.parent / "constant"
    constant.mkdir()
    (constant / "a.png").write_bytes(png(np.full((64, 64), 77, np.uint8)))
    assert (load_slices(constant, 16, 1).images == 77).all()


def test_grey_pictures_saved_as_colour_are_grey(tmp_path):
    (tmp_path / "rgb.png").write_bytes(png(np.stack([GREY] * 3, axis=2)))
    assert np.array_equal(load_slices(tmp_path, 16, 1).images[0, 0], GREY)


def test_colour_training_takes_grey_and_colour(tmp_path):
    colour = np.stack([GREY, GREY.T, 255 - GREY], axis=2)
    (tmp_path / "a.png").write_bytes(png(colour))
    (tmp_path / "b.png").write_bytes(png(GREY))
    images = load_slices(tmp_path, 16, 3).images
    assert np.array_equal(images[0], colour.transpose(2, 0, 1))
    assert np.array_equal(images[1], np.stack([GREY] * 3))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.png", png(GREY)[:-30], r"cut\.png: not a readable picture .*--skip-broken"),
        ("text.jpg", b"hello", r"text\.jpg: not a readable picture .neither PNG, JPG, TIFF"),
        ("empty.png", b"", r"empty\.png: not a readable picture"),
        ("wide.png", png(GREY[:8]), r"wide\.png: 16x8, but .* 16x16; .*--fit pad"),
        ("big.png", png(np.tile(GREY, (2, 2))), r"big\.png: 32x32, but"),
        ("bomb.png", bomb(60_000), r"bomb\.png: not a readable picture .*bomb"),
        ("huge.png", bomb(5_000), r"huge\.png: 5000x5000 is too large a picture"),
        (
            "rgb.png",
            png(np.stack([GREY, GREY.T, GREY], axis=2)),
            r"rgb\.png: a colour picture; .*--img-channels 3",
        ),
    ],
)
def test_one_bad_picture_among_good_ones(slices_folder, name, content, message, capsys):
    (slices_folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load_slices(slices_folder, 16, 1)
    small = ["--preset", "cpu64", "--resolution", "16"]
    run = str(slices_folder.with_name("run"))
    assert main(["--data", str(slices_folder), "--out", run, *small]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert name in error


def test_broken_pictures_can_be_left_out(slices_folder):
    (slices_folder / "cut.png").write_bytes(png(GREY)[:-30])
    slices = load_slices(slices_folder, 16, 1, DataConfig(skip_broken=True))
    assert len(slices) == 24
    assert slices.skipped == ("cut.png",)


def test_broken_entry_of_a_zip(tmp_path):
    archive = tmp_path / "slices.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.png", png(GREY))
        file.writestr("b.png", png(GREY.T))
    content = bytearray(archive.read_bytes())
    content[60] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(UsageError, match=r"slices\.zip: a\.png: .*--skip-broken"):
        load_slices(archive, 16, 1)
    assert len(load_slices(archive, 16, 1, DataConfig(skip_broken=True))) == 1


@pytest.mark.parametrize(("fit", "corner"), [("pad", 0), ("crop", 200)])
def test_other_shapes_can_be_fitted(tmp_path, fit, corner):
    (tmp_path / "wide.png").write_bytes(png(np.full((16, 32), 200, np.uint8)))
    (tmp_path / "square.png").write_bytes(png(np.full((16, 16), 200, np.uint8)))
    images = load_slices(tmp_path, 16, 1, DataConfig(fit=fit)).images
    assert images.shape == (2, 1, 16, 16)
    assert images[1, 0, 0, 0] == corner
    assert images[1, 0, 8, 8] == 200


def test_places_without_pictures(tmp_path):
    with pytest.raises(UsageError, match="absent: no such folder or file"):
        load_slices(tmp_path / "absent", 16, 1)
    with pytest.raises(UsageError, match=r"no \.png, \.jpg, .* found"):
        load_slices(tmp_path, 16, 1)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match="neither a folder, a zip, a picture"):
        load_slices(tmp_path / "notes.txt", 16, 1)
    (tmp_path / "x.slices").write_bytes(b"slices 2\n")
    with pytest.raises(UsageError, match="give the data it was packed from"):
        open_source(tmp_path / "x.slices")
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(UsageError, match="every file is broken"):
        load_slices(tmp_path, 16, 1, DataConfig(skip_broken=True))


def test_labels_from_folders(tmp_path):
    for name, value in {"AD": 10, "NC": 20}.items():
        (tmp_path / "train" / name).mkdir(parents=True)
        for i in range(3):
            picture = png(np.full((16, 16), value + i, np.uint8))
            (tmp_path / "train" / name / f"{i}.png").write_bytes(picture)
    slices = load_slices(tmp_path, 16, 1, DataConfig(labels="folders"))
    assert slices.classes == ("AD", "NC")
    assert slices.labels.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(UsageError, match="one per class"):
        load_slices(tmp_path / "train" / "AD", 16, 1, DataConfig(labels="folders"))


def test_every_pass_shows_every_picture_once(slices_folder):
    slices = load_slices(slices_folder, 16, 1)
    seen = [slices.batch(n, 7, seed=3, mirror=False)[0] for n in range(0, 168, 7)]
    keys = [image.tobytes() for batch in seen for image in batch]
    everything = {image.tobytes() for image in slices.images}
    orders = [keys[i : i + 24] for i in range(0, 168, 24)]
    assert all(set(order) == everything for order in orders)
    assert len({tuple(order) for order in orders}) == 7


def test_batches_depend_on_the_position_alone(slices_folder):
    slices = load_slices(slices_folder, 16, 1)
    one, _ = slices.batch(20, 12, seed=1, mirror=True)
    two = [slices.batch(n, 4, seed=1, mirror=True)[0] for n in (20, 24, 28)]
    assert np.array_equal(one, np.concatenate(two))
    assert not np.array_equal(one, slices.batch(20, 12, seed=2, mirror=True)[0])


def test_mirroring_turns_about_half_of_them(tmp_path):
    (tmp_path / "a.png").write_bytes(png(GREY))
    slices = load_slices(tmp_path, 16, 1)
    images, _ = slices.batch(0, 200, seed=0, mirror=True)
    turned = sum(np.array_equal(image[0], GREY[:, ::-1]) for image in images)
    same = sum(np.array_equal(image[0], GREY) for image in images)
    assert turned + same == 200
    assert 70 < turned < 130
