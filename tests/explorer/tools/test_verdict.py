"""Projection is judged by what did not help to find it, and refuses what is no head."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.datasets import load_sample_images

from explorer.knowledge.unseen import Unseen, open_unseen, write_unseen
from explorer.picture.latents import moved_by
from explorer.picture.model import BUNDLED, load
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.projection import Projector
from explorer.tools.scans.framing import Placing, place
from explorer.tools.scans.reading import read_scan
from explorer.tools.verdict import judge
from gan.picture import grey, png_bytes


def rectangle() -> np.ndarray:
    picture = np.zeros((128, 128), np.uint8)
    picture[20:110, 30:100] = 150
    return picture


def ellipse() -> np.ndarray:
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    return np.uint8(190 * ((x / 0.6) ** 2 + (y / 0.75) ** 2 < 1))


def noise() -> np.ndarray:
    picture = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(128, 128)), 4)
    return np.uint8(255 * (picture - picture.min()) / np.ptp(picture))


def photos() -> list[np.ndarray]:
    return [grey(photo[None])[0] for photo in load_sample_images().images]


@pytest.fixture(scope="module", params=["brains64", "adults128"])
def projector(request):
    return Projector(load(BUNDLED / request.param))


def placed(projector, picture: np.ndarray) -> np.ndarray:
    """As the page would project it."""
    config = projector.model.config
    scan = read_scan([png_bytes(picture)])
    return place(scan, projector.album.get().frame, Placing(), config.resolution, 1)


def test_what_is_no_head_is_refused_with_a_reason(projector):
    for picture, why in (
        (rectangle(), "evenly grey"), (ellipse(), "evenly grey"),
        (noise() * (ellipse() > 0), "neither its outline"),
        *((picture, "looks like no head") for picture in (noise(), *photos())),
    ):  # fmt: skip
        with pytest.raises(RecipeError, match=why):
            projector.refuse_no_head(placed(projector, picture))


def test_the_models_own_brains_are_not_refused(projector):
    for seed in range(8):
        projector.refuse_no_head(render(projector.model, Recipe(seed, psi=1)))


def test_it_starts_at_the_brain_that_shares_most_structure(projector):
    """At the height of the scan, where the model has a slider for that."""
    model = projector.model
    target = render(model, Recipe(3, psi=0.7))
    best = projector.album.get().alike(target).argmax()
    first = next(projector.project(target))
    there = torch.from_numpy(model.library.people[best]) + moved_by(model, first.recipe.condition)
    assert torch.allclose(first.ws[0, 0], there, atol=1e-3)
    if model.scale:
        assert first.recipe.condition == model.library.ruler.measure(target[None])[0, 0]


def test_figures_of_unseen_people_lie_beside_the_bundled_models(projector):
    unseen = projector.model.library.unseen
    assert len(unseen) >= 10
    assert set(unseen.keys) <= set(projector.model.library.ruler.keys)
    assert 0 < min(unseen.structure) < max(unseen.structure) < 1
    assert max(unseen.rarer) < 95  # the results can be edited


@pytest.fixture
def judged(head_model, monkeypatch):
    """A model of phantoms with figures of slices that it came near to."""
    keys = head_model.library.ruler.keys
    unseen = Unseen(head_model.digest[:12], "phantoms", (0.8,) * 5, (0.7, 0.75, 0.8, 0.8, 0.9),
                    (9.0,) * 5, (50.0,) * 5, keys, ((0.5,) * len(keys),) * 5)  # fmt: skip
    monkeypatch.setattr(head_model.library, "unseen", unseen)
    return head_model


def test_the_same_picture_is_found_and_another_head_is_not(judged):
    scan = render(judged, Recipe(3, psi=1))
    same = judge(judged.library, scan, scan)
    assert same.reached
    assert "As near as the model comes" in same.words[0]
    assert "on 5 unseen slices 0.70 to 0.90" in same.words[1]
    flat = np.where(scan > 30, int(np.median(scan[scan > 30])), 0).astype(np.uint8)
    other = judge(judged.library, scan, flat)
    assert other.reached is False
    assert other.words[0].startswith("Not found")


def test_a_measurement_that_is_lost_is_named(judged):
    """The whole head is smaller: the structure may pass, the area does not."""
    unseen = judged.library.unseen
    most = tuple(0.5 if key == "area" else 1e12 for key in unseen.keys)
    judged.library.unseen = replace(unseen, structure=(0.01,) * 5, gaps=(most,) * 5)
    scan = render(judged, Recipe(3, psi=0.3))
    small = ndimage.zoom(scan, 0.75, order=1)
    small = np.pad(small, (len(scan) - len(small)) // 2)
    verdict = judge(judged.library, scan, small)
    assert verdict.reached is False
    assert verdict.words[0].startswith("Only in part")
    assert verdict.words[2].startswith("Brain area")
    assert "on unseen slices at most 0.5" in verdict.words[2]
    close = judge(judged.library, scan, scan)
    assert close.reached


def test_without_figures_nothing_is_claimed(head_model):
    scan = render(head_model, Recipe(3, psi=1))
    verdict = judge(head_model.library, scan, scan)
    assert verdict.reached is None
    assert "has not been measured" in verdict.words[0]


def test_figures_are_read_as_they_were_written_or_not_at_all(judged, tmp_path):
    checkpoint, unseen = tmp_path / "model.safetensors", judged.library.unseen
    unseen = replace(unseen, gaps=((None, *unseen.gaps[0][1:]), *unseen.gaps[1:]))
    assert open_unseen(checkpoint, judged.digest) is None
    path = tmp_path / "unseen.json"
    write_unseen(unseen, path)
    assert open_unseen(checkpoint, judged.digest) == unseen
    assert np.isnan(unseen.largest_gap(unseen.keys[0]))  # four are too few
    assert unseen.largest_gap(unseen.keys[1]) == 0.5
    assert open_unseen(checkpoint, "0" * 64) is None
    for damage in ("", "[]", path.read_text()[:-9], path.read_text().replace("0.7,", '"x",')):
        path.write_text(damage)
        assert open_unseen(checkpoint, judged.digest) is None
