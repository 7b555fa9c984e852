"""Small trees in the layouts that people have."""

import gzip

import numpy as np
import pytest
from PIL import Image

from tests.train.data.test_volumes import head, nifti

RANDOM = np.random.default_rng(0)


def put(path, shape=(16, 16), kind="PNG", level=None) -> None:
    """A picture of its own (or of one grey level) at this place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, shape, np.uint8)
    if level is not None:
        pixels[:] = level
    Image.fromarray(pixels).save(path, kind)


@pytest.fixture
def keras(tmp_path):
    """keras_png_slices_data, as in the course, masks and all."""
    root = tmp_path / "keras_png_slices_data"
    for split, people in (("train", (1, 2, 3)), ("validate", (4,)), ("test", (5, 6))):
        for person in people:
            for i in range(2):
                name = f"case_{person:03d}_slice_{i}.nii.png"
                put(root / f"keras_png_slices_{split}" / name)
                put(root / f"keras_png_slices_seg_{split}" / name.replace("case", "seg"))
    return root


@pytest.fixture
def ad_nc(tmp_path):
    """AD_NC: wide JPEGs, patient before the underscore."""
    root = tmp_path / "AD_NC"
    for split, classes in (
        ("train", {"AD": (218391, 218392), "NC": (808819,)}),
        ("test", {"AD": (388206,), "NC": (1182968,)}),
    ):
        for name, people in classes.items():
            for person in people:
                for i in range(78, 81):
                    put(root / split / name / f"{person}_{i}.jpeg", (240, 256), "JPEG")
    return root


@pytest.fixture
def bids(tmp_path):
    root = tmp_path / "bids"
    rows = ["participant_id\tage\tgroup"]
    for i in range(1, 4):
        content = gzip.compress(nifti(head() * i))
        for folder in (root, root / "derivatives" / "stripped"):
            anat = folder / f"sub-{i:02d}" / "anat"
            anat.mkdir(parents=True)
            (anat / f"sub-{i:02d}_T1w.nii.gz").write_bytes(content)
        (root / f"sub-{i:02d}" / "anat" / f"sub-{i:02d}_run-1_FLAIR.nii.gz").write_bytes(content)
        (root / f"sub-{i:02d}" / "anat" / f"sub-{i:02d}_desc-brain_mask.nii.gz").write_bytes(b"")
        rows.append(f"sub-{i:02d}\t{20 + i}\t{('patient', 'control')[i % 2]}")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    (root / "dataset_description.json").write_text("{}")
    return root
