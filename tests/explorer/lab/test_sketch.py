"""Large networks: their sketches, and what the lab measures and says of those."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.knowledge.sketch import is_large, sketch_of
from explorer.lab import claims
from explorer.lab.agreement import Agreement, agreement, of_tables
from explorer.lab.analysis import analyse, found
from explorer.lab.codes import draw_brains
from explorer.lab.factors import Factors, factors_of
from explorer.lab.live import brain_of, race_of
from explorer.lab.results import Analysis
from explorer.picture import model as models
from explorer.picture.model import BUNDLED, load
from explorer.picture.render import render
from explorer.recipe import Recipe
from gan.config import ModelConfig
from gan.generator import Generator
from gan.resample import upsample2d
from gan.trace import trace
from tests.explorer.conftest import write_model
from tests.explorer.lab.test_analysis import SMALL


def test_the_sketch_is_what_the_blocks_gave_on_the_way():
    torch.manual_seed(0)
    whole = Generator(ModelConfig(resolution=64, channel_base=512, channel_max=16, w_dim=32)).eval()
    short = sketch_of(whole, 16)
    ws = torch.randn(2, whole.config.num_ws, 32)
    with torch.no_grad():
        noise = [layer.noise_const[None, None] for layer in whole.synthesis.layers]
        _, (four, eight, sixteen, *_) = trace(whole.synthesis, ws, noise)
        summed = upsample2d(upsample2d(four) + eight) + sixteen
        picture = short.synthesis(ws[:, : short.config.num_ws], noise_mode="const")
    assert torch.equal(picture, summed)
    kept = short.synthesis.b16.conv1.weight.data_ptr()
    assert kept == whole.synthesis.b16.conv1.weight.data_ptr()


def test_multiplications_by_hand():
    """4 px: 16 * 9 * 8 * 8; 8 px: 64 * 9 * 8 * (8 + 8); 16 px: 256 * 9 * 4 * (8 + 4)."""
    config = ModelConfig(resolution=16, channel_base=64, channel_max=8)
    assert config.multiplications == 9 * (16 * 64 + 64 * 128 + 256 * 48)
    assert is_large(ModelConfig(resolution=256))  # the paper's widths
    assert not is_large(ModelConfig(resolution=64, channel_base=65536, channel_max=4096))
    assert not any(is_large(load(path).config) for path in BUNDLED.glob("*/model.safetensors"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A network of 32 px that counts as large, measured on its pictures of 16 px."""
    patch = pytest.MonkeyPatch()
    patch.setattr(models, "is_large", lambda config: True)
    patch.setattr(models, "sketch_of", lambda generator: sketch_of(generator, 16))
    patch.setattr("explorer.knowledge.population.measure_population.__defaults__", (None, 300))
    model = load(write_model(tmp_path_factory.mktemp("large") / "model.safetensors", resolution=32))
    _ = model.lab
    yield model
    patch.undo()


def test_the_lab_measures_on_the_sketch_and_keeps_it_apart(large):
    assert large.lab.generator.config.resolution == 16
    assert large.lab.whole is large.generator
    assert large.library.whole is None
    places = [library.shelf.places("x")[0].name for library in (large.lab, large.library)]
    digest = large.digest[:12]
    assert places == [f"model.{digest}-16px.x.safetensors", f"model.{digest}.x.safetensors"]


def test_what_is_measured_on_small_pictures_says_so(large):
    factors = factors_of(large.lab)
    settings = replace(SMALL, racers=40, starts=40)
    analyse(large.lab, factors=factors, settings=settings, only=("whole",))
    there = found(large.lab, factors, settings=settings)
    assert (there.agreement.small, there.agreement.whole) == (16, 32)
    assert there.agreement.brains == 40
    assert "makes on the way to 32 px" in claims.sketched(there)
    whole = found(large.library, factors_of(large.library), settings=settings)
    assert whole.agreement is None
    assert claims.sketched(whole) == ""


def test_the_sentence_names_what_is_known():
    r, ends = np.array([0.98, np.nan]), np.array([[0.97, 0.99], [np.nan, np.nan]])
    there = Analysis(("a", "b"), ("Area", "Beta"), {}, agreement=Agreement(64, 256, 200, r, ends))
    assert claims.sketched(there).endswith(
        "(correlation over 200 brains): area 0.98 (0.97 to 0.99)."
    )
    nothing = replace(there, agreement=replace(there.agreement, r=np.full(2, np.nan)))
    assert claims.sketched(nothing).endswith("not known.")


def test_agreement_by_hand():
    """Equal columns go together whole; of noise beside the same a known share is left."""
    random = np.random.default_rng(0)
    a = random.standard_normal((200, 4))
    b = np.column_stack([2 * a[:, 0] + 1, a[:, 1] + random.standard_normal(200), a[:, 2], a[:, 3]])
    b[20:, 2], b[:, 3] = np.nan, 7.0
    r, ends = of_tables(a, b)
    assert r[0] == pytest.approx(1)
    assert r[1] == pytest.approx(np.sqrt(0.5), abs=0.1)
    assert ends[1, 0] < r[1] < ends[1, 1]
    assert (ends[1, 1] - ends[1, 0]) / 2 == pytest.approx(1.96 * 0.5 / np.sqrt(200), rel=0.2)
    assert np.isnan(r[2:]).all()  # twenty rows; always the same


def test_a_network_beside_itself_agrees(large):
    read = lambda pictures: pictures.reshape(len(pictures), -1).mean(axis=1)[:, None]  # noqa: E731
    factors = Factors("x", ("grey",), ("Grey",), ("",), np.zeros((9, 1)), read)
    brains = draw_brains(large.generator, 40)
    found = agreement(large.generator, large.generator, brains, factors)
    assert found.r[0] == pytest.approx(1)
    assert found.intervals[0] == pytest.approx([1, 1])


def test_a_live_race_shows_the_whole_picture(large, monkeypatch):
    """It is measured on the small one."""
    seen = []
    factors = factors_of(large.lab)
    factors = replace(factors, read=lambda p, read=factors.read: (seen.append(p.shape), read(p))[1])
    race = type("Race", (), {"target": 0, "lanes": {}})()
    heat = race_of(large, brain_of(large, Recipe(seed=3)), race, factors)
    assert seen[0][1:] == (16, 16)
    assert np.array_equal(heat.picture, render(large, Recipe(seed=3, psi=1.0)))
