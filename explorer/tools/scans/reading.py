"""From files to a scan: what kind it is is told by the content."""

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.dicom import is_dicom, read_dicom
from explorer.tools.scans.pictures import is_picture, read_picture
from explorer.tools.scans.scan import MOST_BYTES, Scan
from explorer.tools.scans.volumes import is_nifti, read_nifti

MOST_FILES = 1024


def read_scan(files: list[bytes], channels: int = 1) -> Scan:
    """One PNG, JPG, TIFF, NIfTI or DICOM file, or the DICOM files of a series.

    channels: of the model's pictures. All in memory, nothing is written anywhere. Raises
    RecipeError, in one sentence, for everything else.
    """
    check_files([len(content) for content in files])
    dicom = [content for content in files if is_dicom(content)]
    if dicom:
        return read_dicom(dicom)
    if len(files) > 1:
        raise RecipeError("scan: several files; only DICOM files of a series are opened together")
    content = files[0]
    if is_picture(content):
        return read_picture(content, channels)
    if is_nifti(content):
        return read_nifti(content)
    raise RecipeError("scan: neither PNG, JPG, TIFF, NIfTI (.nii, .nii.gz) nor DICOM inside")


def check_files(sizes: list[int]) -> None:
    """Raises RecipeError where files of these bytes are too many, too large or empty."""
    if not 0 < len(sizes) <= MOST_FILES:
        raise RecipeError(f"scan: {len(sizes)} files; expected 1 to {MOST_FILES}")
    if not all(sizes):
        raise RecipeError("scan: the file is empty")
    if sum(sizes) > MOST_BYTES:
        raise RecipeError(f"scan: {sum(sizes) >> 20} MB are too many; at most {MOST_BYTES >> 20}")
