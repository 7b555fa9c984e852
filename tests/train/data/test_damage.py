"""Random damage to files of every kind: nothing but a one-line reason may come of it."""

import gzip
import io
import zipfile

import nibabel
import numpy as np
import pytest
from PIL import Image

from tests.train.data.test_dicom import dicom
from train.data import DataConfig, load_slices
from train.usage import UsageError

PICTURE = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
STACK = np.stack([PICTURE] * 3)


def written(save, *args, **options) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **options)
    return buffer.getvalue()


def whole_files() -> dict[str, bytes]:
    picture = Image.fromarray(PICTURE)
    volume = np.zeros((16, 16, 16), np.int16)
    volume[4:12, 4:12, 4:12] = 100
    nifti = nibabel.Nifti1Image(volume, np.eye(4)).to_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(3):
            file.writestr(f"{i}.png", written(picture.save, "PNG"))
    return {
        "a.png": written(picture.save, "PNG"), "a.jpg": written(picture.save, "JPEG"),
        "a.tif": written(picture.save, "TIFF"),
        "lzw.tif": written(picture.save, "TIFF", compression="tiff_lzw"),
        "a.npy": written(np.save, STACK),
        "a.npz": written(np.savez_compressed, images=STACK, subjects=np.arange(3)),
        "a.nii": nifti, "a.nii.gz": gzip.compress(nifti), "a.dcm": dicom(3, "1.2.3"),
        "a.zip": archive.getvalue(),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", whole_files())
def test_damage_is_told_in_one_line(tmp_path, name):
    random, whole, said = np.random.default_rng(5), whole_files()[name], []
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(random.integers(1, 6)):
            content[random.integers(min(len(content), 400))] = random.integers(256)
        if random.random() < 0.2:
            del content[random.integers(len(content)) :]
        (tmp_path / name).write_bytes(content)
        try:
            slices = load_slices(tmp_path / name, 16, 1, DataConfig(cache="none", fit="pad"))
            assert slices.images.shape[1:] == (1, 16, 16)
        except UsageError as error:
            said.append(str(error))
    assert len(said) > 4
    assert all(name in words and "\n" not in words for words in said)
