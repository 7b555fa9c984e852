"""NIfTI volumes as slices of true size: oriented, in millimetres, one grey scale a volume."""

import zlib
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from train.data.files import BrokenFile
from train.data.levels import foreground, to_8_bit, window

_MAX_BYTES = 4 << 30  # of one volume, decompressed; what claims more is a mistake or an attack

# For each plane: the axes (of RAS+: x to the right, y to the front, z up) that become the stack,
# the picture's rows and its columns. Rows and columns run against their axes: front or top of the
# head up, the subject's right on the picture's left (radiological convention).
PLANES = {"axial": (2, 1, 0), "coronal": (1, 2, 0), "sagittal": (0, 2, 1)}


@dataclass(frozen=True)
class Cut:
    """How volumes are cut.

    plane: one of PLANES. first, last, step: slice positions in mm from the middle of the head
    (its centre of mass), along the plane's normal. field: side of a picture in mm.
    """

    plane: str = "axial"
    first: float = -30.0
    last: float = 45.0
    step: float = 1.0
    field: float = 192.0

    @property
    def positions(self) -> np.ndarray:
        return np.arange(self.first, self.last + 1e-6, self.step)


def read_volume(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A NIfTI file's intensities, float32 [X, Y, Z] in RAS+ orientation, and voxel sizes in mm [3].

    Raises BrokenFile if the content is no whole three-dimensional volume.
    """
    image = read_image(content, name)
    try:
        return oriented(image)
    except BrokenFile:
        raise
    except Exception as error:  # nibabel raises many kinds on damaged files
        raise BrokenFile(f"not a readable NIfTI file ({error})") from error


def read_image(content: bytes, name: str):
    """A NIfTI file as a nibabel image whose shape is that of one volume; no voxel is read yet.

    Raises BrokenFile.
    """
    import nibabel  # seldom needed

    if name.lower().endswith(".gz"):
        content = _gunzip(content)
    try:
        image = nibabel.Nifti1Image.from_bytes(content)
    except Exception as error:  # nibabel raises many kinds on damaged files
        raise BrokenFile(f"not a readable NIfTI file ({error})") from error
    shape = [n for n in image.shape if n > 1]
    if len(shape) != 3 or np.prod(image.shape, dtype=float) * 4 > _MAX_BYTES:
        raise BrokenFile(
            f"shape {'x'.join(map(str, image.shape))}, not one 3-D volume; keep the one to train on"
        )
    return image


def oriented(image) -> tuple[np.ndarray, np.ndarray]:
    """A nibabel image with one volume as float32 [X, Y, Z] in RAS+, and voxel sizes in mm [3]."""
    import nibabel

    image = nibabel.as_closest_canonical(image)
    volume = np.asarray(image.dataobj, np.float32).squeeze()
    zooms = np.array(image.header.get_zooms()[:3], float)
    if not np.isfinite(volume).all():
        raise BrokenFile("holds NaN or infinity")
    if not (np.isfinite(zooms).all() and (zooms > 0.05).all() and (zooms < 50).all()):
        raise BrokenFile(f"voxel sizes {zooms.tolist()} mm make no sense")
    if np.ptp(volume) == 0:
        raise BrokenFile("every voxel has the same value")
    return volume, zooms


def cut_volume(volume: np.ndarray, zooms: np.ndarray, cut: Cut, resolution: int) -> np.ndarray:
    """Slices of a volume: uint8 [n, R, R], R pixels over the field, of equal size in all volumes.

    volume: [X, Y, Z] in RAS+; zooms: voxel sizes in mm. Slices that miss the head are left out.
    Grey levels: the 0.5th to 99.5th percentile of the head's voxels, once for the whole volume, so
    that slices of one brain agree. Raises BrokenFile if no slice is left.
    """
    head = foreground(volume)
    low, high = window(volume[head])
    middle = np.array(ndimage.center_of_mass(head))

    stack, rows, columns = PLANES[cut.plane]
    order = [stack, rows, columns]
    pixel = cut.field / resolution
    # Larger pixels than voxels: blur first, or fine detail turns into a pattern.
    excess = np.array([pixel / zooms[axis] for axis in (rows, columns)])
    sigma = np.zeros(3)
    sigma[[rows, columns]] = 0.5 * np.sqrt(np.maximum(excess**2 - 1, 0))
    smooth = ndimage.gaussian_filter(volume, sigma) if sigma.any() else volume

    scale = np.array([cut.step / zooms[stack], -pixel / zooms[rows], -pixel / zooms[columns]])
    centre = middle[order]
    half = (resolution - 1) / 2
    start = np.array([
        centre[0] + cut.first / zooms[stack],
        centre[1] - scale[1] * half,
        centre[2] - scale[2] * half,
    ])  # fmt: skip
    shape = (len(cut.positions), resolution, resolution)
    sample = lambda v: ndimage.affine_transform(  # noqa: E731
        v.transpose(order), scale, start, shape, order=1, cval=float(volume.min())
    )
    share = sample(head.astype(np.float32)).mean(axis=(1, 2))
    slices = to_8_bit(sample(smooth), low, high)[share > 0.02]
    if not len(slices):
        raise BrokenFile(
            f"no slice from {cut.first:g} to {cut.last:g} mm holds any head; "
            "see --slice-from and --slice-to"
        )
    return slices


def _gunzip(content: bytes) -> bytes:
    """Decompress, but never more than a volume can be."""
    decompressor = zlib.decompressobj(wbits=31)
    try:
        data = decompressor.decompress(content, _MAX_BYTES)
    except zlib.error as error:
        raise BrokenFile(f"not a whole .gz file ({error})") from error
    if decompressor.unconsumed_tail:
        raise BrokenFile("more than 4 GiB when decompressed")
    if not decompressor.eof:
        raise BrokenFile("not a whole .gz file (cut short)")
    return data
