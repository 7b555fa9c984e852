"""Which person a file belongs to: splits and figures go by person, never by slice."""

import re
from pathlib import PurePosixPath

# BIDS, ADNI and OASIS names, wherever they stand in the path, the folder nearest the file first.
_ID = re.compile(r"(?<![A-Za-z0-9])(sub-[A-Za-z0-9]+|case_\d+|\d{3}_S_\d{4})(?![A-Za-z0-9])")


def subject_of(name: str) -> str:
    """The person's id in a file's name inside the data, e.g. `train/sub-02/sub-02_z10.png`.

    A known kind of id in the nearest folder or the file name; else what stands before the first
    `_` of the file name (`1003730_100.jpeg`); else the whole stem: every file its own person.
    """
    path = PurePosixPath(name)
    for part in (path.name, *reversed(path.parent.parts)):
        if found := _ID.search(part):
            return found[1]
    return path.name.split(".")[0].split("_")[0]
