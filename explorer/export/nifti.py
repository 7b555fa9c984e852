"""A picture as a NIfTI volume of one slice, for the programs of the field."""

import numpy as np

from explorer.picture.model import Model
from explorer.picture.render import quantise, synthesise
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, is_number, short
from gan.scans.nifti import volume_bytes
from gan.scans.volume import PLANES

DEFAULT_MM = 1.0
_DESCRIPTION = b"SYNTHETIC (generative model); no real person; not for diagnosis"  # at most 79
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def voxel_mm(model: Model) -> float | None:
    """Side of a pixel in mm, where the checkpoint's provenance tells (`pixel_mm`); else None."""
    size = model.provenance.get("pixel_mm")
    return float(size) if is_number(size) and 0 < size <= 100 else None


def nifti_bytes(model: Model, recipe: Recipe, mm: float | None = None) -> bytes:
    """The picture as .nii.gz: uint16 [R, R, 1] (RGB24 of a colour model), oriented RAS+.

    mm: side of a voxel; None for the model's own, or 1 mm where it knows none. The front of the
    head is up in the picture and its right side on the left, as radiologists look at it; a model
    that was shown mirrored slices does not know its sides. Coronal and sagittal models have the
    shape and orientation of their plane. The middle of the picture lies at 0 mm. The recipe stands
    in a header extension. Raises RecipeError for a size that makes no sense, or as `render` does.
    """
    if mm is None:
        mm = voxel_mm(model) or DEFAULT_MM
    if not is_number(mm) or not 0 < mm <= 100:
        raise RecipeError(f"voxel size: expected mm above 0, at most 100, got {short(mm)}")
    colour = model.config.img_channels == 3
    picture = quantise(synthesise(model, recipe), 8 if colour else 16)
    if colour:
        picture = np.ascontiguousarray(picture).view(_RGB)[..., 0]
    axes = PLANES[_plane(model)]
    # Rows and columns of the picture run against their axes.
    volume = np.moveaxis(picture[None, ::-1, ::-1], (0, 1, 2), axes)
    affine = np.diag([mm, mm, mm, 1.0])
    affine[axes[1:], 3] = -mm * (model.config.resolution - 1) / 2
    note = {"synthetic": True, "recipe": recipe.compact(), "model": model.digest}
    return volume_bytes(volume, affine, 0 if colour else 65535, _DESCRIPTION, note)


def _plane(model: Model) -> str:
    options = model.provenance.get("data_options")
    plane = options.get("plane") if isinstance(options, dict) else None
    return plane if plane in PLANES else "axial"
