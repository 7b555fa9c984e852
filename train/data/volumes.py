"""Volumes as slices of true size: upright, in millimetres, one grey scale a volume."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from gan.scans import BrokenFile
from gan.scans.levels import Sample, Window
from gan.scans.volume import PLANES, Volume, pictures_of, upright

MOST_VALUES = 1 << 30  # voxels; what claims more is a mistake or an attack


@dataclass(frozen=True)
class Cut:
    """How volumes are cut.

    plane: one of gan.scans.volume.PLANES. first, last, step: slice positions in mm from the middle
    of the head (its centre of mass), along the plane's normal. field: side of a picture in mm.
    """

    plane: str = "axial"
    first: float = -30.0
    last: float = 45.0
    step: float = 1.0
    field: float = 192.0

    @property
    def positions(self) -> np.ndarray:
        return np.arange(self.first, self.last + 1e-6, self.step)


@dataclass(frozen=True)
class Loaded:
    """A volume in memory.

    values: float32 [X, Y, Z] in RAS+, with black where there is nothing; zooms: voxel sizes in mm
    [3]; window: its grey scale; notes: what the user should know, one sentence each.
    """

    values: np.ndarray
    zooms: np.ndarray
    window: Window
    notes: tuple[str, ...] = ()


def load_volume(volume: Volume, digest=None) -> Loaded:
    """digest: takes in the values as they were stored. Raises BrokenFile."""
    if volume.count > 1:
        words = "x".join(map(str, (*volume.shape, volume.count)))
        raise BrokenFile(f"shape {words}, not one 3-D volume; keep the one to train on")
    values = volume.values()
    if digest is not None:
        digest.update(values.T)  # contiguous, as it is stored by column
    return prepared(values, volume.affine, volume.notes, volume.told)


def prepared(values: np.ndarray, affine, notes: tuple[str, ...] = (), told: bool = True) -> Loaded:
    """values: float32 [X, Y, Z] as stored; affine: to mm in RAS+. Raises BrokenFile."""
    sample = Sample()
    for k in range(values.shape[2]):
        sample.add(values[:, :, k])
    window = sample.window()
    notes = (*notes, *sample.notes(window, told))
    values = window.blackened(values)
    return Loaded(*upright(values, affine, window.low, MOST_VALUES), window, notes)


def cut_volume(loaded: Loaded, cut: Cut, resolution: int) -> np.ndarray:
    """Slices of a volume: uint8 [n, R, R], R pixels over the field, of equal size in all volumes.

    Slices that miss the head are left out. Grey levels: one window for the whole volume, so that
    slices of one brain agree. Raises BrokenFile if no slice is left.
    """
    volume, zooms, window = loaded.values, loaded.zooms, loaded.window
    head = volume > window.head
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
    sample = lambda v, outside: ndimage.affine_transform(  # noqa: E731
        v.transpose(order), scale, start, shape, order=1, cval=outside
    )
    share = sample(head.astype(np.float32), 0.0).mean(axis=(1, 2))
    slices = window.to_8_bit(sample(smooth, window.low))[share > 0.02]
    if not len(slices):
        raise BrokenFile(
            f"no slice from {cut.first:g} to {cut.last:g} mm holds any head; "
            "see --slice-from and --slice-to"
        )
    return slices


def with_square_pixels(values: np.ndarray, zooms: np.ndarray, plane: str) -> np.ndarray:
    """A single slice, [X, Y, Z] in RAS+, as a picture [H, W], as large as its smaller pixels ask
    where they are not square."""
    picture = pictures_of(values, plane)[0]
    sizes = zooms[list(PLANES[plane][1:])]
    if sizes.max() < 1.01 * sizes.min():
        return np.ascontiguousarray(picture)
    return ndimage.zoom(picture, sizes / sizes.min(), order=1, grid_mode=True, mode="nearest")
