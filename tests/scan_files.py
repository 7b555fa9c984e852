"""One made-up head in every kind of file, so that what comes out is known in advance.

The head, in RAS+: cortex 500 of 1000, white matter 750, dark ventricles, and a bright spot at the
subject's right and front, which is top left of a radiological picture.
"""

import gzip
import io
import struct

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

MM = 5.0
SHAPE = (32, 40, 24)


def head(shape=SHAPE, mm=(MM, MM, MM)) -> np.ndarray:
    """int16 [X, Y, Z] in RAS+, 0 to 1000, whose middle lies at 0 mm."""
    x, y, z = (
        (np.arange(n).reshape([-1 if i == a else 1 for i in range(3)]) - (n - 1) / 2) * size
        for a, (n, size) in enumerate(zip(shape, mm, strict=True))
    )
    ball = lambda cx, cy, cz, rx, ry, rz: (  # noqa: E731
        ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1
    )
    values = 500 * ball(0, 0, 0, 64, 80, 50)
    values = np.where(ball(0, 0, 0, 46, 60, 38), 750, values)
    values = np.where(ball(0, 4, 0, 14, 24, 18), 150, values)
    return np.where(ball(30, 40, 0, 12, 12, 24), 1000, values).astype(np.int16)


def affine(mm=MM, shape=SHAPE) -> np.ndarray:
    result = np.diag([mm, mm, mm, 1.0])
    result[:3, 3] = -mm * (np.array(shape) - 1) / 2
    return result


def image(values=None, matrix=None, kind=nibabel.Nifti1Image):
    values = head() if values is None else values
    return kind(values, affine() if matrix is None else matrix, dtype=values.dtype)


def turned(axes: str, values=None) -> nibabel.Nifti1Image:
    """The same head with its axes in another order and direction."""
    codes = nibabel.orientations.axcodes2ornt
    turn = nibabel.orientations.ornt_transform(codes("RAS"), codes(axes))
    return image(values).as_reoriented(turn)


def edited(content: bytes, **fields) -> bytes:
    """A NIfTI-1 file with something else in its header."""
    start = nibabel.Nifti1Header(content[:348], check=False)
    for name, value in fields.items():
        start[name] = value
    return start.binaryblock + content[348:]


def rotated(degrees: float, axis: int) -> bytes:
    """The head in a grid that lies askew to the body."""
    from scipy import ndimage

    angle, shape = np.radians(degrees), tuple(n + 16 for n in SHAPE)
    a, b = [i for i in range(3) if i != axis]
    turn = np.eye(3)
    turn[[a, a, b, b], [a, b, a, b]] = [np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)]
    grid = np.eye(4)
    grid[:3, :3] = turn * MM
    grid[:3, 3] = -grid[:3, :3] @ (np.array(shape) - 1) / 2
    back = np.linalg.inv(affine()) @ grid
    values = ndimage.affine_transform(
        head().astype(np.float32), back[:3, :3], back[:3, 3], shape, order=1
    )
    return nibabel.Nifti1Image(values, grid).to_bytes()


def pair(kind=nibabel.Nifti1Pair, values=None) -> tuple[bytes, bytes]:
    """.hdr and .img."""
    volume = image(values, kind=kind)
    files = kind.make_file_map({name: io.BytesIO() for name in ("header", "image")})
    volume.to_file_map(files)
    return files["header"].fileobj.getvalue(), files["image"].fileobj.getvalue()


def analyze(order: str = "<") -> tuple[bytes, bytes]:
    """As OASIS-1 has it: no magic, no orientation, the sides as radiologists look at them."""
    values = head()[::-1]
    start = nibabel.AnalyzeHeader(endianness=order)
    start.set_data_dtype(np.dtype(np.int16).newbyteorder(order))
    start.set_data_shape((*values.shape, 1))
    start.set_zooms((MM, MM, MM, 1))
    return start.binaryblock, values.astype(f"{order}i2").tobytes(order="F")


def mgh(kind=np.uint8, told: bool = True) -> bytes:
    """told: whether it says where it lies (goodRASFlag)."""
    content = nibabel.freesurfer.MGHImage((head() / 4).astype(kind), affine()).to_bytes()
    return content if told else content[:28] + bytes(2) + content[30:]


def dicom_slices(
    values=None,
    syntax=ExplicitVRLittleEndian,
    plane=(0, 1, 2),
    flip=(True, True, False),
    bits=(16, 12),
    signed=False,
    **tags,
) -> list[bytes]:
    """The head as a series: plane, the axes of RAS+ that are columns, rows and slices; flip: which
    of them run backwards (as DICOM's own axes do)."""
    values = head() if values is None else values
    matrix = affine()
    turned = values.transpose(plane)
    steps = [matrix[:3, axis].copy() for axis in plane]
    origin = matrix[:3, 3].copy()
    for axis, back in enumerate(flip):
        if back:
            origin += steps[axis] * (turned.shape[axis] - 1)
            steps[axis] *= -1
            turned = np.flip(turned, axis)
    lps = np.array([-1, -1, 1])
    slices = []
    for k in range(turned.shape[2]):
        pixels = turned[:, :, k].T
        where = (origin + steps[2] * k) * lps
        facing = [*(steps[0] / MM * lps), *(steps[1] / MM * lps)]
        slices.append(dicom(pixels, where, facing, syntax, bits, signed, number=k, **tags))
    return slices


def dicom(pixels, where, facing, syntax, bits, signed, number=0, **tags) -> bytes:
    """One slice; tags: other values, None for an empty one, ... (Ellipsis) for none at all."""
    allocated, stored = bits
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    meta.MediaStorageSOPInstanceUID = f"1.2.3.4.{number + 1}"
    meta.TransferSyntaxUID = syntax
    data = FileDataset(
        "", Dataset(), file_meta=meta, preamble=bytes(128),
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
    )  # fmt: skip
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, f"1.2.3.4.{number + 1}"
    data.SeriesDescription, data.PatientID = "t1_mprage", "A"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    data.InstanceNumber = number + 1
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = allocated, stored, stored - 1
    data.PixelRepresentation = int(signed)
    data.PixelSpacing = [MM, MM]
    data.ImageOrientationPatient = [round(float(v), 6) for v in facing]
    data.ImagePositionPatient = [round(float(v), 6) for v in where]
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    kind = f"{order}{'i' if signed else 'u'}{allocated // 8}"
    data.PixelData = np.asarray(pixels).astype(kind).tobytes()
    data["PixelData"].VR = "OW" if allocated > 8 else "OB"
    for name, value in tags.items():
        if value is ...:
            delattr(data, name)
        else:
            setattr(data, name, value)
    if syntax == pydicom.uid.RLELossless:
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def bare(content: bytes) -> bytes:
    """A DICOM file without preamble and file meta information."""
    data = pydicom.dcmread(io.BytesIO(content))
    syntax = data.file_meta.TransferSyntaxUID
    plain = Dataset(data)
    buffer = io.BytesIO()
    pydicom.dcmwrite(
        buffer, plain, implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian, enforce_file_format=False,
    )  # fmt: skip
    content = buffer.getvalue()
    assert content[:2] in (b"\x08\0", b"\0\x08")
    return content


def directory() -> bytes:
    """A DICOMDIR: DICOM, but no picture."""
    data = FileDataset("", Dataset(), file_meta=FileMetaDataset(), preamble=bytes(128))
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.FileSetID = "DISC"
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def picture() -> np.ndarray:
    """The middle slice as a picture: uint8 [40, 32], 0 to 250."""
    return (head()[::-1, ::-1, SHAPE[2] // 2].T // 4).astype(np.uint8)


def saved(pixels: np.ndarray, kind: str, mode: str | None = None, **options) -> bytes:
    page = Image.fromarray(pixels)
    if mode:
        page = page.convert(mode)
    buffer = io.BytesIO()
    page.save(buffer, kind, **options)
    return buffer.getvalue()


def oriented(orientation: int, kind: str, pixels=None, **options) -> bytes:
    """The picture lying as EXIF's orientation says, so that upright it is the picture."""
    pixels = picture() if pixels is None else pixels
    stored = {  # what `orientation` turns back; see EXIF 2.3, tag 274
        1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1],
        5: pixels.T, 6: np.rot90(pixels), 7: np.rot90(pixels, 2).T, 8: np.rot90(pixels, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[274] = orientation
    return saved(np.ascontiguousarray(stored), kind, exif=exif, **options)


def tiff(pages: list[tuple[np.ndarray, int]], order: str = "<", **more: int) -> bytes:
    """Uncompressed grey TIFF, by hand. pages: pixels with their photometric interpretation, 0 where
    white is zero; more: other tags."""
    content = bytearray((b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 0))
    link = 4  # where the offset of the next directory goes
    for pixels, photometric in pages:
        data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        start = len(content)
        content += data + bytes(len(data) % 2)
        form = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
        tags = {
            256: pixels.shape[1], 257: pixels.shape[0], 258: 8 * pixels.dtype.itemsize, 259: 1,
            262: photometric, 273: start, 277: 1, 278: pixels.shape[0], 279: len(data), 339: form,
        }  # fmt: skip
        tags |= {int(name[1:]): value for name, value in more.items()}
        content[link : link + 4] = struct.pack(f"{order}I", len(content))
        content += struct.pack(f"{order}H", len(tags))
        for tag, value in sorted(tags.items()):
            content += struct.pack(f"{order}HHII", tag, 4, 1, value)
        link = len(content)
        content += bytes(4)
    return bytes(content)


def packed(content: bytes) -> bytes:
    return gzip.compress(content, 1)
