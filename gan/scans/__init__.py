"""The one reader of scans: NIfTI, Analyze, FreeSurfer's MGH, DICOM and pictures.

kinds (what a file is, by its content) -> nifti, dicom, pictures -> levels (to 8 bits) and
volume (upright). Nothing here knows of training or of the page: every refusal is a BrokenFile,
whose one line says what is wrong and what helps, and whoever reads adds the file's name.
nibabel and pydicom are imported here alone, and only when they are needed.
"""

from gan.scans.limits import BrokenFile

__all__ = ["BrokenFile"]
