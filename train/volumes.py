"""NIfTI volumes as slices of true size: oriented, in millimetres, one grey scale a volume."""

import zlib
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SUFFIXES = (".nii", ".nii.gz")
_MAX_BYTES = 4 << 30  # of one volume, decompressed; what claims more is a mistake or an attack

# For each plane: the axes (of RAS+: x to the right, y to the front, z up) that become the stack,
# the picture's rows and its columns. Rows and columns run against their axes: front or top of the
# head up, the subject's right on the picture's left (radiological convention).
PLANES = {"axial": (2, 1, 0), "coronal": (1, 2, 0), "sagittal": (0, 2, 1)}


class VolumeError(ValueError):
    """A file that holds no usable volume; the message says why."""


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

    Raises VolumeError if the content is no whole three-dimensional volume.
    """
    import nibabel  # seldom needed

    if name.lower().endswith(".gz"):
        content = _gunzip(content)
    try:
        image = nibabel.as_closest_canonical(nibabel.Nifti1Image.from_bytes(content))
        shape = [n for n in image.shape if n > 1]
        if len(shape) != 3 or np.prod(image.shape) * 4 > _MAX_BYTES:
            raise VolumeError(f"shape {'x'.join(map(str, image.shape))}, not one 3-D volume")
        volume = np.asarray(image.dataobj, np.float32).squeeze()
    except VolumeError:
        raise
    except Exception as error:  # nibabel raises many kinds on damaged files
        raise VolumeError(f"not a readable NIfTI file ({error})") from error
    zooms = np.array(image.header.get_zooms()[:3], float)
    if not np.isfinite(volume).all():
        raise VolumeError("holds NaN or infinity")
    if not (np.isfinite(zooms).all() and (zooms > 0.05).all() and (zooms < 50).all()):
        raise VolumeError(f"voxel sizes {zooms.tolist()} mm make no sense")
    if np.ptp(volume) == 0:
        raise VolumeError("every voxel has the same value")
    return volume, zooms


def cut_volume(volume: np.ndarray, zooms: np.ndarray, cut: Cut, resolution: int) -> np.ndarray:
    """Slices of a volume: uint8 [n, R, R], R pixels over the field, of equal size in all volumes.

    volume: [X, Y, Z] in RAS+; zooms: voxel sizes in mm. Slices that miss the head are left out.
    Grey levels: the 0.5th to 99.5th percentile of the head's voxels, once for the whole volume, so
    that slices of one brain agree.
    """
    head = volume > 0.1 * np.percentile(volume[volume > volume.min()], 99)
    low, high = np.percentile(volume[head], (0.5, 99.5))
    low = min(low, 0.0)  # a black background stays black
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
    grey = np.clip((sample(smooth) - low) / (high - low), 0, 1) * 255
    share = sample(head.astype(np.float32)).mean(axis=(1, 2))
    return np.round(grey).astype(np.uint8)[share > 0.02]


def _gunzip(content: bytes) -> bytes:
    """Decompress, but never more than a volume can be."""
    decompressor = zlib.decompressobj(wbits=31)
    try:
        data = decompressor.decompress(content, _MAX_BYTES)
    except zlib.error as error:
        raise VolumeError(f"not a whole .gz file ({error})") from error
    if decompressor.unconsumed_tail:
        raise VolumeError("more than 4 GiB when decompressed")
    if not decompressor.eof:
        raise VolumeError("not a whole .gz file (cut short)")
    return data
