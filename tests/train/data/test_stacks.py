""".npy and .npz: shapes, kinds of numbers, names of arrays, and nothing that could run code."""

import io
import zipfile

import numpy as np
import pytest

from train.data import DataConfig, load_slices
from train.usage import UsageError

RANDOM = np.random.default_rng(0)
STACK = RANDOM.integers(0, 256, (5, 16, 16), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)


def npy(array, **options) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "array", [STACK, STACK[..., None], STACK[:, None], np.asfortranarray(STACK)]
)
def test_grey_stacks_of_every_shape(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    slices = load_slices(tmp_path / "x.npy", 16, 1)
    assert np.array_equal(slices.images[:, 0], STACK)


@pytest.mark.parametrize("array", [COLOUR, COLOUR.transpose(0, 3, 1, 2)])
def test_colour_stacks(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    assert np.array_equal(load_slices(tmp_path, 16, 3).images, COLOUR.transpose(0, 3, 1, 2))
    with pytest.raises(UsageError, match=r"x\.npy: a colour picture; train with --img-channels 3"):
        load_slices(tmp_path, 16, 1)


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32, np.float64])
def test_other_numbers_get_one_scale(tmp_path, kind):
    ramp = (np.arange(256).reshape(1, 16, 16) * np.array([1, 4]).reshape(2, 1, 1)).astype(kind)
    np.save(tmp_path / "x.npy", ramp)
    dim, bright = load_slices(tmp_path, 16, 1).images[:, 0].astype(int)
    assert bright.max() == 255
    assert np.abs(dim * 4 - bright)[bright < 250].max() <= 3


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("key", ["images", "arr_0", "whatever"])
def test_the_array_of_an_npz(tmp_path, save, key):
    save(tmp_path / "x.npz", **{key: STACK, "ages": np.arange(5.0)})
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "x.npz", "data/x.npz")
        archive.writestr("data/y.npy", npy(STACK[:2]))
    assert np.array_equal(load_slices(tmp_path / "x.npz", 16, 1).images[:, 0], STACK)
    zipped = load_slices(tmp_path / "outer.zip", 16, 1)
    assert np.array_equal(zipped.images[:, 0], np.concatenate([STACK, STACK[:2]]))


def test_an_npz_that_says_whose_slices_they_are(tmp_path):
    np.savez(tmp_path / "x.npz", images=STACK, subjects=np.array(["b", "a", "b", "a", "a"]))
    slices = load_slices(tmp_path / "x.npz", 16, 1)
    assert slices.subjects == ("a", "a", "a", "b", "b")
    assert np.array_equal(slices.images[:, 0], STACK[[1, 3, 4, 0, 2]])


def test_an_npz_with_its_split(tmp_path):
    np.savez(tmp_path / "x.npz", train_images=STACK[:3], val_images=STACK[3:4],
             test_images=STACK[4:], train_labels=np.zeros(3))  # fmt: skip
    config = DataConfig(allow_shared_subjects=True)
    assert len(load_slices(tmp_path / "x.npz", 16, 1, config)) == 3
    held_out = load_slices(tmp_path / "x.npz", 16, 1, config, "held_out")
    assert np.array_equal(held_out.images[:, 0], STACK[3:4])


def test_stacks_named_after_their_split(tmp_path):
    np.save(tmp_path / "x_train.npy", STACK)
    np.save(tmp_path / "x_test.npy", STACK[::-1])
    assert len(load_slices(tmp_path, 16, 1)) == 5
    held_out = load_slices(tmp_path, 16, 1, split="held_out")
    assert np.array_equal(held_out.images[:, 0], STACK[::-1])


OBJECTS = np.array([[[None] * 16] * 16] * 2, dtype=object)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.npy", npy(OBJECTS, allow_pickle=True), "Python objects .pickle., which are never"),
        ("x.npy", npy(STACK)[:-10], "not a whole .npy file"),
        ("x.npy", b"", "not a whole .npy file"),
        ("x.npy", npy(STACK.reshape(-1)), "shape 1280; .N, H, W. or .N, H, W, 3. is needed"),
        ("x.npy", npy(STACK.astype("S3")), "not numbers"),
        ("x.npy", npy(STACK[:, :4]), "16x4 is too small to be a slice"),
        ("x.npy", npy(STACK.astype(float) * np.nan), "NaN or infinity"),
        ("x.npy", npy(STACK * 0.0), "every pixel has the same value"),
        ("x.npz", b"hello", "not a readable .npz"),
    ],
)
def test_broken_stacks(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    np.save(tmp_path / "good.npy", STACK)
    with pytest.raises(UsageError, match=rf"{name}: .*{message}.*--skip-broken"):
        load_slices(tmp_path, 16, 1)
    slices = load_slices(tmp_path, 16, 1, DataConfig(skip_broken=True))
    assert (len(slices), slices.skipped) == (5, (name,))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": STACK, "b": STACK}, "holds a, b; call the array with the slices `images`"),
        ({"images": OBJECTS}, "Python objects"),
        ({"images": STACK, "subjects": np.arange(4)}, r"subjects is \(4,\), but there are 5"),
        ({}, "holds nothing"),
    ],
)
def test_broken_npz(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UsageError, match=rf"x\.npz: .*{message}"):
        load_slices(tmp_path, 16, 1)


def test_a_header_that_claims_more_than_there_is(tmp_path):
    lying = npy(STACK).replace(b"(5, 16, 16)", b"(9, 90, 90)")
    (tmp_path / "x.npy").write_bytes(lying)
    with zipfile.ZipFile(tmp_path / "y.npz", "w") as archive:
        archive.writestr("images.npy", lying)
    for name in ("x.npy", "y.npz"):
        with pytest.raises(UsageError, match=rf"{name}: (not a whole|its header claims)"):
            load_slices(tmp_path / name, 16, 1)
