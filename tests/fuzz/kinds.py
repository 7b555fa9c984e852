"""Kinds of files that people give the program: whole ones, how each is read, how it may refuse."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from explorer.export.archive import Archive, read_entry
from explorer.knowledge.cache import Kept, Shelf
from explorer.lessons.fields import LessonError
from explorer.lessons.reading import BUNDLED, read_lesson
from explorer.picture.model import load
from explorer.picture.render import export_png, render
from explorer.recipe import Edit, Mix, Noise, Recipe
from explorer.recipe.checks import RecipeError
from explorer.recipe.files import read_recipe
from explorer.tools.scans.reading import read_scan
from gan import ModelConfig
from gan.checkpoint import CheckpointError, load_checkpoint, load_generator
from gan.convert.conversion import read_foreign
from gan.convert.pickled import Refused
from gan.height import load_readers
from gan.reference import UnusableReference, load_reference
from tests import scan_files as scans
from tests.conftest import TINY
from tests.explorer.conftest import write_model
from tests.gan.convert import mmgeneration_like as mmgeneration
from tests.gan.convert import nvidia_like as nvidia
from tests.gan.convert import rosinality_like as rosinality
from tests.gan.convert.test_alike import pickled, saved
from train.config import TrainConfig
from train.data.files import open_source
from train.data.labels import read_table
from train.data.load import load_slices
from train.data.options import DataConfig
from train.state import TrainState
from train.usage import UsageError


@dataclass(frozen=True)
class Kind:
    """whole: files by name; read: as the program does it; refusals: what it may raise, in words."""

    whole: dict[str, bytes]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...]


def kinds(folder: Path) -> dict[str, Kind]:
    """All kinds. folder: an empty one, for what is made on the way."""
    return {
        "scan in the page": Kind(_scans(), _read_scan, (RecipeError,)),
        "training data": Kind(_scans() | _stacks(), _read_slices, (UsageError,)),
        "labels": Kind(_tables(), _read_labels, (UsageError,)),
        "recipe": _recipes(folder),
        "lesson": Kind(
            {path.name: path.read_bytes() for path in BUNDLED.glob("*.json")}, read_lesson,
            (LessonError,),
        ),
        "checkpoint": _checkpoints(folder),
        "training's state": _states(folder),
        "file of another program": _foreign(folder),
        "kept beside a model": _beside(folder),
        "unfinished data set": _datasets(folder),
    }  # fmt: skip


def _scans() -> dict[str, bytes]:
    small = scans.image()
    picture = scans.picture()
    dicom = scans.dicom_slices()[scans.SHAPE[2] // 2 :][:2]
    return {
        "head.nii": small.to_bytes(), "head.nii.gz": scans.packed(small.to_bytes()),
        "head.mgz": scans.packed(scans.mgh()), "head.mgh": scans.mgh(),
        "slice.dcm": dicom[0], "other.dcm": dicom[1], "bare.dcm": scans.bare(dicom[0]),
        "slice.tif": scans.tiff([(picture, 1)]),
        **{f"slice.{kind}": scans.saved(picture, kind.upper().replace("JPG", "JPEG"))
           for kind in ("png", "jpg", "bmp", "gif", "webp")},
        "turned.jpg": scans.oriented(6, "JPEG"),
    }  # fmt: skip


def _stacks() -> dict[str, bytes]:
    pictures = np.stack([scans.picture()] * 3)
    plain, named, zipped = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(plain, pictures)
    np.savez(named, images=pictures, labels=np.arange(3))
    with zipfile.ZipFile(zipped, "w") as archive:
        for i in range(3):
            archive.writestr(f"sub-{i}/slice.png", scans.saved(scans.picture(), "PNG"))
    with zipfile.ZipFile(series := io.BytesIO(), "w") as archive:
        for i, content in enumerate(scans.dicom_slices()):
            archive.writestr(f"study/{i}.dcm", content)
    return {
        "s.npy": plain.getvalue(), "s.npz": named.getvalue(), "s.zip": zipped.getvalue(),
        "series.zip": series.getvalue(),
    }  # fmt: skip


def _read_scan(path: Path) -> object:
    return read_scan([path.read_bytes()])


def _read_slices(path: Path) -> object:
    return load_slices(path, 16, 1, DataConfig(cache="none", fit="pad"), split=None)


def _tables() -> dict[str, bytes]:
    rows = "file,subject,label\n" + "".join(f"s{i}.png,p{i // 2},{i % 3}\n" for i in range(9))
    listed = {"labels": [[f"s{i}.png", i % 3] for i in range(9)]}
    return {
        "t.csv": rows.encode(), "t.tsv": rows.replace(",", "\t").encode(),
        "t16.csv": rows.encode("utf-16"), "dataset.json": json.dumps(listed).encode(),
    }  # fmt: skip


def _read_labels(path: Path) -> object:
    return read_table(open_source(path.parent), str(path), "label")


def _recipes(folder: Path) -> Kind:
    model = load(write_model(folder / "recipes" / "tiny.safetensors"))
    full = Recipe(
        7, psi=0.5, cutoff=3, edits=(Edit("pca1", 2.0, (0, 3)),), mix=Mix(3, (0.5, 0.5)),
        noise=Noise("random", seed=3, strength=0.5),
    )  # fmt: skip
    png, text = export_png(model, full), full.to_json().encode()

    def read(path: Path) -> object:
        return render(model, read_recipe(path.read_bytes()))

    return Kind({"r.png": png, "r.json": text, "plain.json": Recipe(3).to_json().encode()}, read,
                (RecipeError,))  # fmt: skip


def _checkpoints(folder: Path) -> Kind:
    place = folder / "checkpoints"
    plain = write_model(place / "plain.safetensors").read_bytes()
    classes = write_model(place / "classes.safetensors", c_dim=2).read_bytes()
    return Kind({"plain.safetensors": plain, "classes.safetensors": classes}, load_generator,
                (CheckpointError,))  # fmt: skip


def _states(folder: Path) -> Kind:
    model, config = ModelConfig(**TINY), TrainConfig()
    path = folder / "resume.safetensors"
    TrainState(model, config, torch.device("cpu")).save(path, {})

    def read(path: Path) -> object:
        return TrainState(model, config, torch.device("cpu")).load(path)

    return Kind({path.name: path.read_bytes()}, read, (CheckpointError,))


def _foreign(folder: Path) -> Kind:
    place = folder / "foreign"
    place.mkdir()
    pickled(place / "net.pkl", {"G_ema": nvidia.Generator(), "training_set_kwargs": None})
    other = rosinality.Generator()
    saved(place / "net.pt", {"g_ema": other.state_dict(), "latent_avg": torch.zeros(16)})
    saved(place / "old.pt", {"g_ema": other.state_dict()}, zipped=False)
    state = mmgeneration.whole(mmgeneration.Generator(), D=mmgeneration.Discriminator())
    saved(place / "net.pth", {"meta": {"config": "model = dict()"}, "state_dict": state})
    whole = {path.name: path.read_bytes() for path in place.iterdir()}

    def read(path: Path) -> object:
        out = place / "out.safetensors"
        read_foreign(path).write(out)
        return load_checkpoint(out)

    return Kind(whole, read, (Refused, CheckpointError))


def _beside(folder: Path) -> Kind:
    """What is damaged among these is made anew, without a word."""
    checkpoint = write_model(folder / "beside" / "tiny.safetensors")
    model = load(checkpoint)
    shelf = model.library.shelf
    shelf.write("population", 1, Kept({"table": np.zeros((4, 10))}, {"of": ["area"]}))
    (kept,) = [path for path in shelf.places("population") if path.exists()][:1]
    whole = {"pca": shelf.places("pca")[0].read_bytes(), "population": kept.read_bytes()}
    reader = {"weight": torch.zeros(4, 4)}
    whole["height"] = save(reader)

    def read(path: Path) -> object:
        place = Shelf(path.with_name("x.safetensors"), shelf.digest)
        for kind in ("pca", "population"):
            place.places(kind)[0].write_bytes(path.read_bytes())
            place.read(kind, 1)
        load_readers(path)
        try:
            return load_reference(path, "0" * 64, model.config)
        except UnusableReference:
            return None

    return Kind(whole, read, ())


def _datasets(folder: Path) -> Kind:
    """PATH.part and its journal, one behind the other with a mark between."""
    mark, head = b"\n--journal--\n", {"count": 3}
    place = folder / "datasets"
    place.mkdir()
    archive = Archive(place / "d.zip", head)
    for i in range(3):
        archive.add(f"pictures/{i}.png", bytes([i]) * 200, {"number": i})
    archive.__exit__()
    part, journal = (place / f"d.zip.{kind}" for kind in ("part", "journal"))
    whole = part.read_bytes() + mark + journal.read_bytes()

    def read(path: Path) -> object:
        first, _, second = path.read_bytes().partition(mark)
        for kind, content in (("part", first), ("journal", second)):
            path.with_name(f"{path.name}.{kind}").write_bytes(content)
        read_entry(path.with_name(f"{path.name}.part"), "dataset.json")
        with Archive(path.with_name(path.name), head, overwrite=False) as again:
            return list(again.notes())

    return Kind({"d.zip": whole}, read, (RecipeError,))
