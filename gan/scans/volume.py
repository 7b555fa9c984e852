"""A volume of any file, and how it is turned upright."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gan.scans.limits import BrokenFile

# For each plane: the axes (of RAS+: x to the right, y to the front, z up) that become the stack,
# the picture's rows and its columns. Rows and columns run against their axes: front or top of the
# head up, the subject's right on the picture's left (radiological convention).
PLANES = {"axial": (2, 1, 0), "coronal": (1, 2, 0), "sagittal": (0, 2, 1)}

THICK = 2.0  # voxel sides, longest over shortest; of such volumes only one plane looks right
_RESAMPLED = 10.0  # degrees off the body's axes
_TURNED = 1.0  # degrees that are worth a word
_SIZES = 0.01, 100.0  # mm of a voxel that make sense


@dataclass(frozen=True)
class Volume:
    """shape: [X, Y, Z] as stored; affine: [4, 4], from voxels to mm in RAS+.

    frames: gives the slices [X, Y] along the third axis, rescaled, float32, each time that it is
    called; NaN where there is nothing. notes: sentences. count: volumes in the file, of which this
    is the first. told: whether NaN is the format's own word for nothing.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray
    frames: Callable[[], Iterator[np.ndarray]]
    notes: tuple[str, ...] = ()
    count: int = 1
    told: bool = False

    @property
    def thin(self) -> str | None:
        """The plane of a single slice; None for a whole volume."""
        if 1 not in self.shape:
            return None
        axes = axes_of(self.affine)[:, 0].astype(int)
        body = [0, 0, 0]
        for axis, of in enumerate(axes):
            body[of] = self.shape[axis]
        return next(name for name, (stack, *_) in PLANES.items() if body[stack] == 1)

    def values(self) -> np.ndarray:
        """All at once: float32 [X, Y, Z]."""
        values = np.empty(self.shape, np.float32, order="F")
        for k, frame in enumerate(self.frames()):
            values[:, :, k] = frame
        return values


def sizes_of(affine: np.ndarray) -> np.ndarray:
    """Voxel sizes [3] in mm; raises BrokenFile where they make no sense."""
    from nibabel.affines import voxel_sizes

    sizes = voxel_sizes(affine) if np.isfinite(affine).all() else np.zeros(3)
    low, high = _SIZES
    if not ((sizes > low) & (sizes < high)).all():
        words = "x".join(f"{size:.4g}" for size in sizes)
        raise BrokenFile(
            f"voxel sizes of {words} mm make no sense; mend its header, or convert it again"
        )
    return sizes


def axes_of(affine: np.ndarray) -> np.ndarray:
    """nibabel's orientation [3, 2]: for each axis of the file the body's, and its direction."""
    from nibabel.orientations import io_orientation

    axes = io_orientation(affine)
    if not np.isfinite(axes).all():
        raise BrokenFile(
            "its header has no orientation that makes sense; mend it, or convert it again"
        )
    return axes


def tilt_of(affine: np.ndarray) -> float:
    """Degrees between the file's axes and the body's, at most."""
    from nibabel.affines import obliquity

    return float(np.degrees(obliquity(affine)).max())


def tilt_note(affine: np.ndarray) -> str:
    """What the user should know of an oblique scan; empty for others."""
    tilt = tilt_of(affine)
    if tilt > _RESAMPLED:
        return f"oblique by more than {_RESAMPLED:g} degrees: resampled to the axes of the body"
    if tilt > _TURNED:
        return f"oblique by up to {_RESAMPLED:g} degrees: shown along its own axes"
    return ""


def upright(
    values: np.ndarray, affine: np.ndarray, outside: float, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """[X, Y, Z] in RAS+ and voxel sizes in mm [3]; `values` keep their type.

    Axes are exchanged and turned round, and nothing is resampled, unless the scan is oblique by
    more than 10 degrees: then it is, linearly, to the body's axes, with `outside` around it.
    Raises BrokenFile if that would take more than `most` voxels, or the affine makes no sense.
    """
    from nibabel.orientations import apply_orientation
    from nibabel.spaces import vox2out_vox
    from scipy import ndimage

    sizes, axes = sizes_of(affine), axes_of(affine)
    ordered = np.empty(3)
    ordered[axes[:, 0].astype(int)] = sizes
    if tilt_of(affine) <= _RESAMPLED or 1 in values.shape:
        return apply_orientation(values, axes), ordered
    shape, straight = vox2out_vox((values.shape, affine), ordered)
    if np.prod(shape, dtype=float) > most:
        raise BrokenFile("turned upright it has too many voxels; resample it to larger ones first")
    back = np.linalg.inv(affine) @ straight
    matrix, shift = back[:3, :3], back[:3, 3]
    return ndimage.affine_transform(values, matrix, shift, shape, order=1, cval=outside), ordered


def pictures_of(volume: np.ndarray, plane: str) -> np.ndarray:
    """[X, Y, Z] in RAS+ as the slices of a plane, [N, H, W], upright on the page; a view."""
    return volume.transpose(PLANES[plane])[:, ::-1, ::-1]
