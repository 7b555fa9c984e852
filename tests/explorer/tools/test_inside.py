"""The inside is the plain network's own: hooks on it see the same, and the parts add up."""

import json

import numpy as np
import pytest
import torch

from explorer import Recipe, load, render
from explorer.picture.latents import ws_of
from explorer.picture.layers import noise_maps, rgb_style_shifts, style_shifts
from explorer.recipe import Channel, Edit, Mix, Noise
from explorer.recipe.checks import RecipeError
from explorer.tools import inside_views
from explorer.tools.inside import activity, feature_maps, log_spectrum, parts_of, style_sizes, trace
from explorer.tools.inside_views import maps_sheet, parts_sheet, spectrum_decibels, style_rows
from gan.picture import to_uint8
from tests.explorer.conftest import write_model

NOW = Recipe(
    4, psi=0.9, mix=Mix(5, (0, 1)), edits=(Edit("pca1", 1),), noise=Noise("random", 2, 1.5, (1,)),
    channels=(Channel(2, 1, 4), Channel(1, 3, -5, rgb=True)),
)  # fmt: skip


def watched(model, recipe: Recipe):
    """The plain network's picture, what its layers gave and the styles it used."""
    synthesis, seen, styles, hooks = model.generator.synthesis, [], [], []
    modules = [*synthesis.layers, *(block.torgb for block in synthesis.blocks)]
    for module in modules:
        hooks.append(module.register_forward_hook(lambda _, __, out: seen.append(out[0])))
        hooks.append(module.affine.register_forward_hook(lambda _, __, out: styles.append(out[0])))
    with torch.inference_mode():
        noise = noise_maps(model.generator, recipe.noise)
        shifts = style_shifts(model, recipe)
        rgb_shifts = rgb_style_shifts(model, recipe)
        ws = ws_of(model, recipe)
        picture = synthesis(ws, noise=noise, shifts=shifts, rgb_shifts=rgb_shifts)
    for hook in hooks:
        hook.remove()
    return picture, seen, styles


def test_the_trace_is_the_networks_own_forward(model):
    _, seen, _ = watched(model, NOW)
    found = trace(model, NOW)
    assert [m.shape[-1] for m in found.maps] == [4, 8, 8, 16, 16]
    maps, rgbs = found.maps, found.rgbs
    order = [maps[0], rgbs[0], *maps[1:3], rgbs[1], *maps[3:], rgbs[2]]
    assert all(torch.equal(a, b) for a, b in zip(order, seen, strict=True))
    assert np.array_equal(feature_maps(model, NOW, 2), found.maps[2].numpy())
    assert len(trace(model, NOW, 3).maps) == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_contributions_add_up_to_the_picture(model, tmp_path, channels):
    if channels == 3:
        model = load(write_model(tmp_path / "colour.safetensors", img_channels=3))
    picture, _, _ = watched(model, NOW)
    found = parts_of(model, NOW)
    assert found.resolutions == (4, 8, 16)
    assert found.parts.shape == (3, channels, 16, 16)
    size = picture.abs().max().item()
    assert np.allclose(found.parts.sum(axis=0), picture[0], atol=1e-5 * size)
    assert np.allclose(found.sums[-1], picture[0], atol=1e-5 * size)
    assert found.share.sum() == pytest.approx(1)
    flat, whole = found.parts.reshape(3, -1), found.parts.sum(axis=0).ravel()
    assert found.share[1] == pytest.approx(np.cov(flat[1], whole)[0, 1] / whole.var(ddof=1), 1e-4)
    assert np.abs(to_uint8(picture)[0].astype(int) - render(model, NOW)).max() <= 1


def test_style_sizes_are_of_the_styles_used(model):
    _, _, styles = watched(model, NOW)
    found = style_sizes(model, NOW)
    assert [(s.kind, s.resolution) for s in found] == [
        ("conv", 4), ("toRGB", 4), ("conv", 8), ("conv", 8), ("toRGB", 8),
        ("conv", 16), ("conv", 16), ("toRGB", 16),
    ]  # fmt: skip
    for size, style in zip(found, styles, strict=True):
        assert size.channels == len(style)
        if size is found[3]:  # of layer 2, whose shift comes behind the affine map
            style = style + style_shifts(model, NOW)[2][0]
        if size is found[4]:
            style = style + rgb_style_shifts(model, NOW)[1][0]
        assert size.size == pytest.approx(style.square().mean().sqrt().item(), rel=1e-5)


def test_rarity_is_in_deviations_of_the_models_styles(model):
    """Against the styles of all sampled brains; and one on average over them."""
    affine = model.generator.synthesis.b8.conv0.affine
    with torch.inference_mode():
        styles = affine(torch.from_numpy(model.library.w)).double().numpy()
        mine = affine(ws_of(model, NOW)[0, 1]).double().numpy()
    z = (mine - styles.mean(axis=0)) / styles.std(axis=0)
    assert style_sizes(model, NOW)[2].rarity == pytest.approx(np.sqrt((z**2).mean()), rel=1e-3)
    some = [style_sizes(model, Recipe(seed, psi=1))[2].rarity ** 2 for seed in range(60)]
    assert np.mean(some) == pytest.approx(1, rel=0.3)


def test_on_a_scale_rarity_is_that_among_brains_of_the_same_place(height_model):
    for mm in (-20, 60):
        average, brain = (
            [size.rarity for size in style_sizes(height_model, Recipe(3, psi=psi, condition=mm))]
            for psi in (0, 1)
        )
        assert max(average) < 0.1
        assert min(brain) > 2 * max(average)


def test_activity_is_the_deviation_over_places():
    maps = np.zeros((2, 2, 2), np.float32)
    maps[1] = [[1, -1], [1, -1]]
    assert activity(maps).tolist() == [0, 1]


def test_log_spectrum_shows_a_wave_at_its_frequency():
    x = np.arange(64)
    wave = 100 + 50 * np.sin(2 * np.pi * 8 * x / 64)[None, :].repeat(64, axis=0)
    spectrum = log_spectrum(wave)
    peaks = {
        tuple(int(i) for i in place) for place in np.argwhere(spectrum > spectrum.max() - 0.01)
    }
    assert peaks == {(32, 24), (32, 40)}


def test_sheets_of_channels_are_sorted_and_scaled(model, monkeypatch):
    maps = feature_maps(model, NOW, 3)
    sheet, facts = maps_sheet(model, NOW, 3, "grey", 0)
    assert json.dumps(facts, allow_nan=False)
    assert facts["of"] == len(facts["channels"]) == len(maps)
    found = [row["activity"] for row in facts["channels"]]
    assert found == sorted(found, reverse=True)
    first = facts["channels"][0]
    tile = sheet[:16, :16]
    assert (tile.min(), tile.max()) == (0, 255)
    own = maps[first["channel"]]
    assert (first["least"], first["most"]) == (own.min(), own.max())
    assert np.corrcoef(tile.ravel(), own.ravel())[0, 1] > 0.999
    monkeypatch.setattr(inside_views, "_LARGEST", 8)
    small, smaller = maps_sheet(model, NOW, 3, "grey", 0)
    assert small.shape == tuple(n // 2 for n in sheet.shape)
    assert smaller == facts
    assert np.abs(small[0, 0] - sheet[:2, :2].mean()) <= 1
    coloured, _ = maps_sheet(model, NOW, 3, "signed", 0)
    assert coloured.shape == (*small.shape, 3)


def test_sheets_of_parts_styles_and_spectrum(model):
    sheet, rows = parts_sheet(model, NOW)
    assert sheet.shape == (32, 48)
    assert np.abs(sheet[16:, 32:].astype(int) - render(model, NOW)).max() <= 1
    assert [row["resolution"] for row in rows] == [4, 8, 16]
    assert len(style_rows(model, NOW)) == 8
    decibels = spectrum_decibels(model, NOW)
    assert (decibels.shape, decibels.dtype) == ((16, 16), np.uint8)
    assert decibels.min() == 0
    power = log_spectrum(render(model, NOW).astype(float))
    assert decibels.max() == round(10 * np.ptp(power))
    apart = int(decibels[8, 9]) - int(decibels[3, 2])
    assert apart == pytest.approx(10 * (power[8, 9] - power[3, 2]), abs=1)


@pytest.mark.parametrize(
    "wrong", [(-1, "grey", 0), (5, "grey", 0), ("0", "grey", 0), (0, "red", 0), (0, ["grey"], 0),
              (0, "grey", 1), (0, "grey", -1), (0, "grey", 0.5), (None, "grey", 0)]
)  # fmt: skip
def test_what_is_not_there_is_refused(model, wrong):
    with pytest.raises(RecipeError, match="inside"):
        maps_sheet(model, NOW, *wrong)
