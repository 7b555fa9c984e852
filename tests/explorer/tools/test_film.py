"""Films: what is in them, what they say of themselves, and that they can be stopped."""

import io
import json

import av
import numpy as np
import pytest
from PIL import Image

from explorer.picture.render import render
from explorer.recipe import Recipe, Walk
from explorer.recipe.checks import RecipeError
from explorer.tools.film import Film, make_film
from explorer.tools.journey import at
from gan.picture import SYNTHETIC

WALK = Recipe(psi=1, walk=Walk((Recipe(3), Recipe(8)), 0.3))


def test_places():
    assert Film(seconds=1, fps=5).places(False) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert Film(seconds=1, fps=5).places(True) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    even = Film(seconds=1, fps=5, changes=np.array([3.0, 1.0]))
    assert even.places(False) == pytest.approx([0, 1 / 6, 1 / 3, 1 / 2, 1], abs=1e-6)


def test_a_gif_holds_the_pictures_to_the_grey_level(model):
    shares = []
    content = make_film(model, WALK, Film("gif", 1, 5, 32), shares.append)
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    film = Image.open(io.BytesIO(content))
    assert (film.n_frames, film.size, film.info["duration"]) == (5, (32, 32), 200)
    assert film.info["loop"] == 0
    for i, t in enumerate((0, 0.25, 0.5, 0.75, 1)):
        film.seek(i)
        expected = Image.fromarray(render(model, at(WALK, t))).resize((32, 32), Image.BICUBIC)
        assert np.array_equal(np.asarray(film.convert("L")), np.asarray(expected))
    says, about = film.info["comment"].decode().split(" {", 1)
    assert says == SYNTHETIC
    about = json.loads("{" + about)
    assert about.pop("model") == model.digest
    assert Recipe.from_dict(about) == at(WALK, 0)


def test_an_mp4_plays_and_says_that_it_is_synthetic(model):
    with av.open(io.BytesIO(make_film(model, WALK, Film("mp4", 1, 10, 64)))) as film:
        assert film.metadata["comment"] == SYNTHETIC
        assert json.loads(film.metadata["description"])["walk"]["keys"]
        stream = film.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.average_rate == 10
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(stream)]
    assert len(frames) == 10
    for frame, t in ((frames[0], 0), (frames[-1], 1)):
        expected = Image.fromarray(render(model, at(WALK, t))).resize((64, 64), Image.BICUBIC)
        assert np.abs(frame.astype(float) - np.asarray(expected)).mean() < 6


def test_a_film_stops_when_its_reader_does(model):
    def stop(progress):
        if progress > 0.3:
            raise KeyboardInterrupt

    for kind in ("mp4", "gif"):
        with pytest.raises(KeyboardInterrupt):
            make_film(model, WALK, Film(kind, 1, 10, 64), stop)


def test_no_key_frames_no_film(model):
    with pytest.raises(RecipeError, match="no key frames"):
        make_film(model, Recipe(), Film())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "avi"}, "kind: expected mp4, gif"),
        ({"seconds": 1e300}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": "5"}, "seconds"),
        ({"fps": 0}, "fps"),
        ({"fps": 12.5}, "fps"),
        ({"size": 65}, "size: expected an even number"),
        ({"size": 5000}, "size"),
        ({"kind": "gif", "size": 1024}, "too large for a GIF"),
    ],
)
def test_what_cannot_be_made(wrong, message):
    with pytest.raises(RecipeError, match=message):
        Film(**wrong)
