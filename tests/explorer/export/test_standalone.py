"""The page without a server, before a browser opens it: what is in it, and what is refused."""

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from explorer import Recipe
from explorer.export.__main__ import main
from explorer.export.runtime import Runtime
from explorer.export.standalone.facts import facts_of, licence_of
from explorer.export.standalone.file import _FOLDER, bundled, page_html
from explorer.recipe import Channel, Edit, Mix, Walk
from explorer.recipe.checks import RecipeError
from explorer.recipe.files import read_recipe

RUNTIME = Runtime(b"var ort;", b"export default 0;", b"\0asm")
SCRIPTS = sorted((_FOLDER / "scripts").glob("*.js"))


@pytest.fixture(scope="module")
def ready(model):
    """The model with all that is known of it."""
    model.library.settled_receipts()
    return model


def part(page: str, name: str) -> bytes:
    text = re.search(rf'<script type="text/plain" id="{name}">([^<]*)</script>', page)[1]
    return gzip.decompress(b64decode(text))


def test_one_file_holds_everything_and_is_always_the_same(ready):
    content = page_html(ready, Recipe(5, psi=0.8), RUNTIME)
    assert content == page_html(ready, Recipe(5, psi=0.8), RUNTIME)
    page = content.decode()
    assert part(page, "script") == RUNTIME.script
    assert part(page, "wasm") == RUNTIME.wasm
    assert part(page, "synthesis").startswith(b"\x08")  # ONNX: its version
    assert len(part(page, "arrays")) % 4 == 0
    first = b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', page)[1])
    assert read_recipe(first) == Recipe(5, psi=0.8, model=ready.digest[:12])
    assert "Synthetic pictures, not for diagnosis" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert str(ready.path.parent) not in page


def test_names_cannot_leave_their_place(ready):
    rogue = replace(
        ready, path=ready.path.with_name("<script>alert(1)<b>.safetensors"),
        provenance={"data_license": "</script><b>"},
    )  # fmt: skip
    page = page_html(rogue, Recipe(), RUNTIME).decode()
    assert "<script>alert" not in page
    assert "</script><b>" not in page
    assert "&lt;/script&gt;&lt;b&gt;" in page


def test_ten_directions_the_measured_first(ready):
    table = facts_of(ready, Recipe()).table
    told = table["directions"]
    assert len(told) == 10
    assert len({d["key"] for d in told}) == 10
    order = [(not d["measured"], not d["named"]) for d in told]
    assert order == sorted(order)
    listed = {d.key: d for d in ready.library.listed()}
    assert all(d["name"] == listed[d["key"]].name for d in told)
    json.dumps(table, allow_nan=False)


def test_directions_of_the_recipe_come_along(ready):
    key = ready.library.sefa()[4].key
    facts = facts_of(ready, Recipe(edits=(Edit(key, 1.0), Edit("pca9", -1.0))))
    assert [d["key"] for d in facts.table["directions"][:2]] == [key, "pca9"]
    assert np.array_equal(facts.arrays[:16], ready.library.find(key).vector.numpy())


def test_arrays_are_directions_means_and_noise(ready, height_model):
    facts = facts_of(ready, Recipe())
    layers = ready.generator.synthesis.layers
    assert len(facts.arrays) == 11 * 16 + sum(x.resolution**2 for x in layers)
    assert np.array_equal(facts.arrays[160:176], ready.generator.mapping.w_avg.numpy())
    assert np.array_equal(facts.arrays[-256:], layers[-1].noise_const.numpy().ravel())
    height_model.library.settled_receipts()
    facts = facts_of(height_model, Recipe())
    assert facts.table["places"] == 33
    last = facts.arrays[160 + 32 * 16 : 160 + 33 * 16]
    assert np.array_equal(last, height_model.library.centre(4.0).numpy())


@pytest.mark.parametrize(
    ("recipe", "what"),
    [
        (Recipe(walk=Walk((Recipe(1), Recipe(2)), 0.5)), "a journey"),
        (Recipe(hold=("pca1",)), "kept fixed"),
        (Recipe(channels=(Channel(0, 1, 1.0),)), "moved channels"),
        (Recipe(mix=Mix(recipe=Recipe(3), weights=(1.0,))), "second brain"),
    ],
)
def test_what_it_cannot_show_is_refused(ready, recipe, what):
    with pytest.raises(RecipeError, match=what):
        facts_of(ready, recipe)


def test_the_licence_is_the_cards(ready, tmp_path):
    assert licence_of(ready) == "Licence of the training data: CC0-1.0."
    assert "does not say" in licence_of(replace(ready, provenance={}))
    card = "# A\n\nSlices (Somebody\n2020). Licence: **CC BY\n4.0**. Cite them.\n"
    (tmp_path / "card.md").write_text(card)
    assert licence_of(replace(ready, path=tmp_path / "a.safetensors")) == "Licence: CC BY 4.0."


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_small_and_open_with_their_purpose(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// ")
    assert len(text.splitlines()) <= 400


def test_a_bundle_has_each_module_once_behind_what_it_needs():
    page, worker = bundled("page.js"), bundled("worker.js")
    assert not re.search(r"^(import|export) ", page + "\n" + worker, re.MULTILINE)
    each = re.compile(r"^const module_(\w+) =", re.MULTILINE)
    first, second = each.findall(page), each.findall(worker)
    assert first == ["controls", "png", "recipe", "unpack", "page"]
    assert second[-1] == "worker"
    assert {*first, *second} == {path.stem for path in SCRIPTS}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.html", "--runtime", "nowhere.tgz"], "nowhere.tgz"),
        (["a.html", "--count", "4"], "--count"), (["a.html", "--bits", "16"], "--bits"),
        (["a.onnx", "--seed", "4"], "--seed"), (["a.onnx", "--runtime", "x"], "--runtime"),
        (["a.png", "--runtime", "x"], "--runtime"), (["a.html", "--psi", "7"], "psi"),
        (["a.html", "--where", "area>1"], ".zip"), (["there.html"], "--overwrite"),
        (["there.onnx"], "--overwrite"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(model_path, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    for name in ("there.html", "there.onnx"):
        (tmp_path / name).write_bytes(b"mine")
    assert main(["--checkpoint", str(model_path), "--out", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("export: ")
    assert error.count("\n") == 1
    assert message in error
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"mine"}


def test_the_first_time_the_model_is_measured_before(tmp_path, monkeypatch):
    """A model that nobody has opened yet, from the command line."""
    from explorer.export import __main__ as command
    from tests.explorer.conftest import write_model

    monkeypatch.setattr(command, "open_runtime", lambda given, report: RUNTIME)
    path, out = write_model(tmp_path / "new" / "new.safetensors"), tmp_path / "new.html"
    assert main(["--checkpoint", str(path), "--seed", "3", "--out", str(out)]) == 0
    facts = re.search(r'id="facts">(.*?)</script>', out.read_text(encoding="utf-8"))[1]
    assert json.loads(facts)["recipe"]["seed"] == 3
