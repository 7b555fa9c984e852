"""From files to a scan: what gan.scans reads, as slices of one person to look at."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.scan import MOST_BYTES, MOST_VALUES, Scan
from gan.scans import BrokenFile, dicom, nifti
from gan.scans.kinds import DICOM, PAIR, PICTURE, VOLUME, kind_of
from gan.scans.levels import eight_bits
from gan.scans.limits import check_size
from gan.scans.pictures import Pictures
from gan.scans.volume import PLANES, THICK, Volume, axes_of, pictures_of, sizes_of, upright

MOST_FILES = 1024
_PARTNERS = {".hdr": ".img", ".img": ".hdr"}


def read_scan(files: list[bytes], channels: int = 1) -> Scan:
    """One picture, NIfTI or DICOM file, the DICOM files of a series, or a pair of .hdr and .img.

    channels: of the model's pictures. All in memory, nothing is written anywhere. Raises
    RecipeError, in one sentence, for everything else.
    """
    check_files([len(content) for content in files])
    try:
        return _read(files, channels)
    except BrokenFile as error:
        raise RecipeError(f"scan: {error}") from error


def check_files(sizes: list[int]) -> None:
    """Raises RecipeError where files of these bytes are too many, too large or empty."""
    if not 0 < len(sizes) <= MOST_FILES:
        raise RecipeError(f"scan: {len(sizes)} files; expected 1 to {MOST_FILES}")
    if not any(sizes):
        raise RecipeError("scan: the file is empty")
    if sum(sizes) > MOST_BYTES:
        raise RecipeError(f"scan: {sum(sizes) >> 20} MB are too many; at most {MOST_BYTES >> 20}")


def paths_of(names: list[str]) -> list[Path]:
    """The files that belong to a scan's: those of a folder, and the other half of a pair."""
    paths: list[Path] = []
    for path in map(Path, names):
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.is_file())
            paths += [p for p in inside if not p.name.startswith(".")]
            continue
        paths.append(path)
        name = path.name.lower().removesuffix(".gz")
        if partner := _PARTNERS.get(name[-4:]):
            stem = path.name[: len(name) - 4]
            for suffix in (partner, partner.upper(), partner + ".gz"):
                if (other := path.with_name(stem + suffix)).is_file():
                    paths.append(other)
                    break
    return list(dict.fromkeys(paths))


def _read(files: list[bytes], channels: int) -> Scan:
    kinds = [kind_of(content) for content in files]
    if DICOM in kinds:
        series = [content for content, kind in zip(files, kinds, strict=True) if kind == DICOM]
        return _dicom(series, len(files) - len(series))
    if pair := nifti.matched(files):
        return _volume(nifti.open_volume(*pair, MOST_VALUES))
    if len(files) > 1:
        raise BrokenFile(
            "several files; only DICOM files of a series, or .hdr and .img, are opened together"
        )
    if kinds[0] == PICTURE:
        return _pictures(files[0], channels)
    if kinds[0] in (VOLUME, PAIR):
        return _volume(nifti.open_volume(files[0], None, MOST_VALUES))
    raise BrokenFile(
        "neither a picture (PNG, JPG, TIFF, ...), NIfTI (.nii, .nii.gz, or .hdr and .img "
        "together), .mgz nor DICOM inside"
    )


def _pictures(content: bytes, channels: int) -> Scan:
    pages = Pictures(content, MOST_VALUES)

    def frames() -> Iterator[np.ndarray]:
        for page in pages:
            if page.ndim == 3 and channels == 1:
                raise BrokenFile("a colour picture, but this model makes grey ones; make it grey")
            if page.ndim == 2 and channels == 3 and page.dtype == np.uint8:
                page = np.repeat(page[:, :, None], 3, axis=2)
            yield page

    slices, said = eight_bits(frames, keep=True)
    notes = (f"{pages.count} pages: choose one.",) if pages.count > 1 else ()
    return Scan(slices, middle=pages.count // 2, notes=(*notes, *map(_sentence, said)))


def _dicom(files: list[bytes], others: int) -> Scan:
    """The longest series, or a single slice as it is stored where nobody knows how it lies."""
    series: dict[str, list[tuple[object, bytes]]] = {}
    colours, broken = [], []  # why files were left alone; those without a picture need no reason
    for content in files:
        try:
            header = dicom.read_header(content)
        except BrokenFile as error:
            if len(files) == 1:
                raise
            if isinstance(error, dicom.NoPicture | dicom.ColourPicture):
                others += 1
                colours += [error] * isinstance(error, dicom.ColourPicture)
            else:
                broken.append(error)
            continue
        series.setdefault(str(header.get("SeriesInstanceUID")), []).append((header, content))
    if not series and (told := broken or colours):
        raise told[0]
    if not series:
        raise BrokenFile("DICOM files without a picture; open the files of a series")
    longest = max(series.values(), key=len)
    notes = ()
    if len(series) > 1:
        notes = (f"{len(series)} series: the longest, with {len(longest)} slices, is taken.",)
    if others:
        notes = (
            *notes,
            f"Left alone: {others} file{'s' * (others > 1)} without grey slices.",
        )
    if broken:
        such = f"{len(broken)} file{'s' * (len(broken) > 1)} that cannot be used"
        notes = (*notes, f"Left alone: {such} ({broken[0]}).")
    headers, contents = zip(*longest, strict=True)
    if len(longest) > 1 or _is_placed(headers[0]):
        return _volume(dicom.open_series(headers, contents.__getitem__, MOST_VALUES), notes)
    slices, _ = eight_bits(lambda: iter([dicom.read_slice(contents[0])]))
    notes = (*notes, "One slice, shown as it is stored: turn it if it does not stand upright.")
    spacing = dicom.spacing_of(headers[0])
    if spacing is None:
        notes = (*notes, "It does not tell the size of its pixels: they are taken as square.")
    return Scan(slices, spacing or (1.0, 1.0), notes=notes)


def _is_placed(header) -> bool:
    return all(header.get(f"Image{name}Patient") for name in ("Position", "Orientation")) and (
        dicom.spacing_of(header) is not None
    )


def _volume(volume: Volume, notes: tuple[str, ...] = ()) -> Scan:
    """As axial slices, from the neck up; a single slice in its own plane."""
    plane = volume.thin or "axial"
    sizes, axes = sizes_of(volume.affine), axes_of(volume.affine)
    side = {int(axis): n for axis, n in zip(axes[:, 0], volume.shape, strict=True)}
    mm = {int(axis): float(size) for axis, size in zip(axes[:, 0], sizes, strict=True)}
    stack, rows, columns = PLANES[plane]
    check_size(side[columns], side[rows], side[stack], MOST_VALUES, (mm[columns], mm[rows]))
    if volume.count > 1:
        notes = (*notes, f"{volume.count} volumes in one file: the first is taken.")
    if plane != "axial":
        notes = (*notes, f"A {plane} slice, not an axial one.")
    thick = max(mm.values()) > THICK * min(mm.values()) and max(mm, key=mm.__getitem__) != stack
    if thick and not volume.thin:
        notes = (*notes, "Thick slices across another plane: the axial ones are coarse.")
    slices, said = eight_bits(volume.frames, told=volume.told)
    notes = (*notes, *map(_sentence, (*volume.notes, *said)))
    shrunk = np.divide(volume.shape[:2], slices.shape[1:])  # of large slices
    affine = volume.affine @ np.diag([*shrunk, 1.0, 1.0])
    upwards, sizes = upright(slices.transpose(1, 2, 0), affine, 0, MOST_VALUES)
    slices = np.ascontiguousarray(pictures_of(upwards, plane))
    pixel = (float(sizes[rows]), float(sizes[columns]))
    check_size(*slices.shape[:0:-1], pixel=pixel[::-1])
    mass = (slices > 25).sum(axis=(1, 2), dtype=np.int64)
    middle = round(float((mass * np.arange(len(mass))).sum() / max(mass.sum(), 1)))
    return Scan(slices, pixel, middle, notes)


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}."
