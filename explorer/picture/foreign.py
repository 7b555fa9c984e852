"""Files of other programs, opened as if they were this one's.

Each is converted once, into the user's cache folder under its digest; nothing in it is ever run,
see gan.convert. Where that folder cannot be written the conversion lasts as long as the program.
"""

import re
from functools import cache
from pathlib import Path

from explorer.knowledge.cache import users_cache
from explorer.work.scratch import make_scratch, scratch_path
from gan.checkpoint import CheckpointError, file_digest
from gan.convert.conversion import printable, read_foreign, reason
from gan.convert.pickled import Refused

OWN = ".safetensors"
FOREIGN = (".pkl", ".pt", ".pth", ".pickle", ".gz")
_KEPT = re.compile(r"\.[0-9a-f]{12}(-\d+px)?\.[\w-]+\.safetensors$")  # beside a checkpoint, of it


def models_in(path: str | Path) -> list[Path]:
    """What can be opened of a file or folder: itself, or the models that lie in it.

    A training's folder is its model. Raises CheckpointError for a folder without any.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    if (path / "model.safetensors").is_file():
        return [path / "model.safetensors"]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in (OWN, *FOREIGN))
    found = [file for file in found if not _KEPT.search(file.name)]
    if not found:
        kinds = ", ".join((OWN, *FOREIGN))
        raise CheckpointError(f"{path}: no model lies in this folder (one of {kinds})")
    return found


def as_ours(path: Path) -> Path:
    """The checkpoint of this program that says the same as a file: itself, or its conversion.

    Raises CheckpointError, with the file and the reason, where it is no StyleGAN2.
    """
    if path.suffix.lower() not in FOREIGN or not path.is_file():
        return path
    stem = path
    while stem.suffix.lower() in FOREIGN:  # network.pkl.gz
        stem = stem.with_suffix("")
    name = Path("converted", file_digest(path)[:16], f"{stem.name}{OWN}")
    places = [folder / name for folder in (users_cache(), _passing()) if folder]
    for place in places:
        if place.is_file():
            return place
    try:
        foreign = read_foreign(path)
        for place in places:
            try:
                foreign.write(place)
                return place
            except OSError as error:
                why = error
        raise why
    except Refused as error:
        raise CheckpointError(printable(f"{path}: {error}")[:500]) from error
    except OSError as error:
        raise CheckpointError(printable(f"{path}: {reason(error)}")[:500]) from error


def told_of(provenance: dict) -> list[str]:
    """What was found in the file that a model was converted from, for people; nothing of others."""
    found = provenance.get("converted_from")
    if not isinstance(found, dict):
        return []
    lines = [f"{found.get('file')}: {found.get('kind')}; nothing in the file was run"]
    notes = found.get("notes")
    lines += [str(note)[:300] for note in notes] if isinstance(notes, list) else []
    return [printable(line) for line in lines]


@cache
def _passing() -> Path:
    folder = scratch_path()
    make_scratch(folder)
    return folder
