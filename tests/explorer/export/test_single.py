"""Single files: NIfTI that points the right way, contact sheets that list what they show."""

import gzip
import io
import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, load, render
from explorer.export.nifti import nifti_bytes, voxel_mm
from explorer.export.sheet import _label, next_brains, sheet_png
from explorer.picture.render import export_png, quantise, synthesise
from explorer.recipe import Walk
from explorer.recipe.checks import RecipeError
from explorer.tools import matrix, variety
from explorer.tools.views import companions
from tests.explorer.conftest import write_model


def opened(content: bytes):
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(content))


def test_nifti_lies_in_ras_with_the_front_up_and_the_right_on_the_left(model):
    recipe = Recipe(3)
    image = opened(nifti_bytes(model, recipe, 2.5))
    assert image.shape == (16, 16, 1)
    assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    assert image.header.get_zooms() == (2.5, 2.5, 2.5)
    volume, picture = np.asarray(image.dataobj), quantise(synthesise(model, recipe), 16)
    # A pixel's place in mm: the top of the picture is the front, its left the subject's right.
    to_voxel = np.linalg.inv(image.affine)
    for row, column in ((0, 0), (0, 15), (3, 11)):
        place = [2.5 * (7.5 - column), 2.5 * (7.5 - row), 0, 1]
        i, j, k = np.rint(to_voxel @ place)[:3].astype(int)
        assert volume[i, j, k] == picture[row, column]
    assert np.allclose(image.affine @ [7.5, 7.5, 0, 1], [0, 0, 0, 1])  # the middle
    assert image.header.get_xyzt_units()[0] == "mm"


def test_other_planes_lie_where_they_belong(model):
    picture = quantise(synthesise(model, Recipe(3)), 16)
    # For each plane: shape, and where in mm the picture's upper left pixel lies.
    expected = {
        "coronal": ((16, 1, 16), [7.5, 0, 7.5]),
        "sagittal": ((1, 16, 16), [0, 7.5, 7.5]),
        "oblique": ((16, 16, 1), [7.5, 7.5, 0]),
    }
    for plane, (shape, corner) in expected.items():
        known = replace(model, provenance={"data_options": {"plane": plane}})
        image = opened(nifti_bytes(known, Recipe(3), 1))
        assert image.shape == shape
        place = np.rint(np.linalg.inv(image.affine) @ [*corner, 1])[:3].astype(int)
        assert np.asarray(image.dataobj)[tuple(place)] == picture[0, 0]


def test_nifti_says_what_it_is_and_is_the_same_every_time(model):
    content = nifti_bytes(model, Recipe(3))
    assert content == nifti_bytes(model, Recipe(3))
    image = opened(content)
    description = image.header["descrip"].item()
    assert b"SYNTHETIC" in description
    assert b"not for diagnosis" in description
    note = json.loads(image.header.extensions[0].get_content())
    assert Recipe.from_dict(note["recipe"]) == Recipe(3)
    assert note["model"] == model.digest


def test_voxel_sizes(model):
    assert voxel_mm(model) is None
    assert opened(nifti_bytes(model, Recipe())).header.get_zooms()[0] == 1
    knowing = replace(model, provenance={"pixel_mm": 3})
    assert voxel_mm(knowing) == 3
    assert opened(nifti_bytes(knowing, Recipe())).header.get_zooms()[0] == 3
    for wrong in (0, -1, float("nan"), 1e300, "1", True):
        assert voxel_mm(replace(model, provenance={"pixel_mm": wrong})) is None
        with pytest.raises(RecipeError, match="voxel size"):
            nifti_bytes(model, Recipe(), wrong)


def test_colour_models(tmp_path):
    colour = load(write_model(tmp_path / "colour.safetensors", img_channels=3))
    picture = render(colour, Recipe(2))
    volume = np.asarray(opened(nifti_bytes(colour, Recipe(2))).dataobj)
    assert volume.shape == (16, 16, 1)
    assert [volume[-1, -1, 0][c] for c in "RGB"] == picture[0, 0].tolist()
    with pytest.raises(RecipeError, match="16 is for grey"):
        export_png(colour, Recipe(2), bits=16)
    sheet = Image.open(io.BytesIO(sheet_png(colour, next_brains(colour, Recipe(), 3), 2)))
    assert sheet.mode == "RGB"


def test_sheets_show_and_list_their_pictures(class_model):
    brains = next_brains(class_model, Recipe(2**32 - 2, class_index=1), 5)
    assert [b.seed for b in brains] == [2**32 - 2, 2**32 - 1, 0, 1, 2]
    image = Image.open(io.BytesIO(sheet_png(class_model, brains, 3, labels=False)))
    shown = np.asarray(image)
    assert shown.shape == (32, 48)
    assert np.array_equal(shown[16:, 16:32], render(class_model, brains[4]))
    assert [Recipe.from_dict(r) for r in json.loads(image.text["recipes"])] == brains
    assert "Not for diagnosis" in image.text["Description"]
    told = []
    labelled = np.asarray(
        Image.open(io.BytesIO(sheet_png(class_model, brains, 3, report=told.append)))
    )
    height = labelled.shape[0] // 2
    assert height > 16
    assert np.array_equal(labelled[:16, 16:32], render(class_model, brains[1]))
    assert labelled[16:height, :16].max() > 100  # the label
    assert told == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_labels_name_a_seed_where_it_makes_the_brain(class_model):
    way = Walk((Recipe(1), Recipe(2)), 0.5)
    for recipe, label in ((Recipe(3), "3 AD"), (Recipe(3, w="AAA="), "w AD"),
                          (Recipe(3, walk=way), "journey AD")):  # fmt: skip
        assert _label(class_model, recipe) == label


def test_a_sheets_first_picture_is_the_recipe_itself(model):
    recipe = Recipe(3, w="AAA=")
    assert next_brains(model, recipe, 2) == [recipe, Recipe(4)]


def test_brains_beside_a_place_on_a_journey_are_of_its_height(height_model):
    way = Walk((Recipe(1, psi=1, condition=-20.0), Recipe(2, psi=1, condition=60.0)), 0.75)
    recipe = Recipe(3, psi=1, walk=way)
    assert next_brains(height_model, recipe, 2) == [recipe, Recipe(4, psi=1, condition=40.0)]
    beside = companions(height_model, recipe)
    assert np.array_equal(beside, companions(height_model, Recipe(psi=1, condition=40.0)))
    brains = variety.brains(height_model, recipe, 5)
    assert np.array_equal(brains[0], render(height_model, Recipe(5, psi=1, condition=40.0)))
    head = matrix.row(height_model, recipe, (7,), None, (0, 2))
    alone = render(height_model, Recipe(7, psi=1, condition=40.0))
    assert np.array_equal(head[:, -alone.shape[1] :], alone)


@pytest.mark.parametrize(("count", "columns"), [(0, 3), (401, 3), (4, 0), (4, 1.5), (4, 500)])
def test_sheets_that_make_no_sense(model, count, columns):
    with pytest.raises(RecipeError):
        sheet_png(model, [Recipe()] * count, columns)
