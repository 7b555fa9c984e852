"""Small scans that the tests write themselves."""

import io
import struct

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid


def head(resolution=64, height=0.8, width=0.65, y=0.5, x=0.5, level=200) -> np.ndarray:
    """A bright ellipse with a dark spot towards the upper left: uint8 [R, R]."""
    rows, columns = (np.mgrid[:resolution, :resolution] + 0.5) / resolution
    inside = ((rows - y) / height * 2) ** 2 + ((columns - x) / width * 2) ** 2 < 1
    spot = (rows - y + 0.2 * height) ** 2 + (columns - x + 0.2 * width) ** 2 < 0.004
    return (level * inside * (1 - 0.9 * spot)).astype(np.uint8)


def image_bytes(pixels: np.ndarray, kind="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def volume(n=40) -> np.ndarray:
    """A ball in RAS+ with a mark to the right, front and top of its middle: float32 [n, n, n]."""
    x, y, z = (np.mgrid[:n, :n, :n] + 0.5) / n - 0.5
    ball = (x**2 + y**2 + z**2 < 0.16) * 500.0
    mark = (abs(x - 0.15) < 0.1) & (abs(y - 0.2) < 0.1) & (abs(z - 0.1) < 0.1)
    return np.where(mark, 1000, ball).astype(np.float32)


def nifti(data: np.ndarray, affine=None) -> bytes:
    affine = np.diag([2.0, 2.0, 2.0, 1.0]) if affine is None else affine
    return nibabel.Nifti1Image(data, affine).to_bytes()


def dicom(pixels: np.ndarray, position=(0, 0, 0), series="1.2.3", **tags) -> bytes:
    """uint16 [rows, columns] as one axial slice."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    data.PatientName, data.PatientID = "Secret^Person", "4711"
    data.SeriesInstanceUID = series
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelSpacing = [2, 2]
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = list(position)
    data.PixelData = pixels.astype("<u2").tobytes()
    for name, value in tags.items():
        setattr(data, name, value)
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    import zlib

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + crc
