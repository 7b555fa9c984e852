"""Recipes in files: what was saved comes back; what was not is refused in words."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from explorer import Recipe, render
from explorer.picture.render import export_png
from explorer.recipe import Edit, Mix, Noise
from explorer.recipe.checks import RecipeError
from explorer.recipe.files import read_recipe, recipe_of
from tests.explorer.recipe.test_recipe import FULL


def test_a_saved_picture_gives_its_recipe_back(model):
    recipe = Recipe(
        7, psi=0.9, edits=(Edit("sefa1@0-4", -1.25),), noise=Noise("random", 5, off=(1,))
    )
    found = read_recipe(export_png(model, recipe))
    assert found.model == model.digest[:12]
    assert np.array_equal(render(model, found), render(model, recipe))


def test_the_recipe_stands_before_the_pixels(model):
    """So that the beginning of a large file is enough."""
    png = export_png(model, Recipe(3))
    assert read_recipe(png[: png.index(b"IDAT")]).seed == 3


def test_json_files(tmp_path):
    (tmp_path / "r.json").write_text(FULL.to_json(), encoding="utf-8")
    assert recipe_of(tmp_path / "r.json") == FULL
    (tmp_path / "r.json").write_text(FULL.to_json(), encoding="utf-8-sig")
    assert recipe_of(tmp_path / "r.json") == FULL


def png_with(**text) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        info.add_itxt(key, value)
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A head that promises 50,000 x 50,000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither a PNG"),
        (b"GIF89a....", "neither a PNG"),
        (b"\xff\xd8\xff\xe0" * 100, "neither a PNG"),
        (b"[1, 2]", "neither a PNG"),
        (b"{}" * 2, "not JSON"),
        (b'{"psi": 1e300}', "psi"),
        (b'{"seed": "x"}', "seed"),
        (png_with(), "carries no recipe"),
        (png_with(recipe="{"), "not JSON"),
        (png_with(recipe="[" * 100_000), "not JSON"),
        (png_with(recipe='{"psi": NaN}'), "psi"),
        (png_with(recipe="5"), "expected a table"),
        (png_with(recipe='{"evil": 1}'), "unknown field"),
        (png_with(recipe="{}", model="<script>"), "model"),
        (huge_png(), "carries no recipe"),
        (png_with(recipe="{}")[:45], "carries no recipe"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 500, "carries no recipe"),
    ],
)
def test_what_holds_no_recipe_is_refused_in_words(content, message):
    with pytest.raises(RecipeError, match=message) as error:
        read_recipe(content)
    assert len(str(error.value)) < 250


def test_a_damaged_chunk_is_not_believed(model):
    png = export_png(model, Recipe(psi=0.5))
    with pytest.raises(RecipeError, match="carries no recipe"):
        read_recipe(png.replace(b'"psi":0.5', b'"psi":0.9'))


def test_another_models_picture_is_refused(model, class_model):
    found = read_recipe(export_png(class_model, Recipe(3)))
    with pytest.raises(RecipeError, match=f"another model .{class_model.digest[:12]}"):
        render(model, found)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"none\.png: No such file"):
        recipe_of(tmp_path / "none.png")


def test_a_second_brain_may_be_a_recipe(model):
    second = Recipe(9, edits=(Edit("pca1", 2),))
    whole = Recipe(3, mix=Mix(recipe=second, weights=(1,) * 6))
    assert np.array_equal(render(model, whole), render(model, second))


def test_a_file_cut_within_a_checksum_is_refused_in_words(model):
    png = export_png(model, Recipe(3))
    at = png.index(b"iTXtrecipe")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    with pytest.raises(RecipeError, match="no recipe"):
        read_recipe(png[: at + 4 + length + 2])
