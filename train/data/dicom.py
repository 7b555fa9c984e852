"""DICOM series of many people. No name, number or date of a patient leaves this module."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass

from tqdm import tqdm

from gan.scans import BrokenFile, dicom
from gan.scans.volume import Volume
from train.data.files import Source
from train.data.subjects import known_id
from train.data.volumes import MOST_VALUES

_OF_PEOPLE = (
    "StudyInstanceUID", "PatientID", "SeriesDescription", "BurnedInAnnotation", "InstanceNumber",
)  # fmt: skip
# What programs write where a name was: it tells nobody from anybody.
_NOBODY = re.compile(
    r"(anon\w*|de-?id\w*|unknown|none|null|n/?a|removed|hidden|patient|subject|test|[0x*_.?-]*)",
    re.IGNORECASE,
)
_FEWEST = 8  # slices; fewer are a localizer
_LARGEST = 256 << 20  # bytes of a slice


@dataclass(frozen=True)
class Series:
    """The files of one series, in no order yet.

    person: the same for all series of a patient, and nothing of the patient's; None where nobody
    can tell. description: the kind of scan, for choosing; never kept.
    """

    name: str
    files: tuple[str, ...]
    person: str | None
    description: str


@dataclass(frozen=True)
class Found:
    """series; broken: files with reasons; without: files that are DICOM but hold no grey slices,
    beside some that do."""

    series: list[Series]
    broken: list[tuple[str, str]]
    without: list[str]


def find_series(source: Source, names: list[str]) -> Found:
    """Files grouped by SeriesInstanceUID.

    A person is known by an id of a known kind in the path, which also tells apart whom one
    PatientID (ANONYMOUS) hides. Else PatientID says who belongs together and goes no further: the
    one id that its other paths hold, or patient-1, patient-2, ... in the order of the file names.
    Where it is nobody's (ANONYMOUS, empty) and stands in several studies, nobody can tell.
    """
    groups, studies, broken, without = defaultdict(list), defaultdict(set), [], []
    colour = []
    for name in tqdm(names, "headers", unit="file", delay=1, leave=False):
        try:
            header = dicom.read_header(source.read(name, _LARGEST), _OF_PEOPLE)
            if header.get("BurnedInAnnotation", "NO") == "YES":
                raise BrokenFile(
                    "BurnedInAnnotation is YES: the pixels may show a name; leave it out"
                )
            if not header.get("ImagePositionPatient") or not header.get("SeriesInstanceUID"):
                raise BrokenFile("no slice of a series: it has no position; leave it out")
            patient = str(header.get("PatientID") or "").strip()
            description = str(header.get("SeriesDescription") or "")
            groups[str(header.SeriesInstanceUID)].append((name, patient, description))
            studies[patient].add(str(header.get("StudyInstanceUID") or header.SeriesInstanceUID))
        except dicom.NoPicture:
            without.append(name)
        except dicom.ColourPicture as error:
            colour.append((name, str(error)))
        except BrokenFile as error:
            broken.append((name, str(error)))
    if groups:  # screenshots and maps lie beside many a series
        without += [name for name, _ in colour]
    else:
        broken += colour
    ids = defaultdict(set)
    for (first, patient, _), *_ in groups.values():
        if found := known_id(first):
            ids[patient].add(found)
    people, series = {}, []
    for uid, members in sorted(groups.items(), key=lambda group: group[1][0][0]):
        first, patient, description = members[0]
        person = known_id(first)
        if person is None and len(ids[patient]) == 1:
            (person,) = ids[patient]
        nobody = _NOBODY.fullmatch(patient) is not None and len(studies[patient]) > 1
        if person is None and not nobody:
            person = people.setdefault(patient, f"patient-{len(people) + 1}")
        folder = first.rpartition("/")[0]
        mark = hashlib.sha256(uid.encode()).hexdigest()[:8]
        name = f"{folder}/series-{mark}".lstrip("/")
        series.append(Series(name, tuple(m[0] for m in members), person, description))
    return Found(series, broken, without)


def of_modality(series: list[Series], modality: str) -> list[Series]:
    """Those whose description names the wanted kind (`T1w`: t1), if any does; else all."""
    wanted = modality.lower().removesuffix("w")
    kinds = {"t1": r"t1|mp-?rage|spgr|bravo|tfl"}
    matches = [s for s in series if re.search(kinds.get(wanted, re.escape(wanted)),
                                              s.description.lower())]  # fmt: skip
    return matches or series


def open_series(source: Source, series: Series) -> Volume:
    """Raises BrokenFile if the files are no regular stack of slices."""
    contents = [source.read(name, _LARGEST) for name in series.files]
    headers = [dicom.read_header(content) for content in contents]
    volume = dicom.open_series(headers, contents.__getitem__, MOST_VALUES)
    if volume.shape[2] < _FEWEST:
        raise BrokenFile(
            f"only {volume.shape[2]} slices: a localizer or a part of a series; leave it out"
        )
    return volume
