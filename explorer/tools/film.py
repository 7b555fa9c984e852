"""Films of a walk: MP4 and GIF that say what they show."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer.picture.model import Model
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, check_choice, check_number, check_whole
from explorer.tools.journey import at, even_places
from gan.picture import SYNTHETIC

KINDS = ("mp4", "gif")
MOST_SECONDS, MOST_FPS, MOST_SIZE = 60, 30, 1024
MOST_GIF_PIXELS = 50_000_000  # over all frames: they are in memory together, and the file is large
_QUALITY = "16"  # of H.264, 0 without loss to 51: no difference to be seen


@dataclass(frozen=True)
class Film:
    """How a film is made. size: pixels of a side; changes: for even speed, what was measured.

    Raises RecipeError on what cannot be made.
    """

    kind: str = "mp4"
    seconds: float = 6.0
    fps: int = 25
    size: int = 256
    changes: np.ndarray | None = None

    def __post_init__(self):
        check_choice(self, "kind", KINDS)
        check_number(self, "seconds", 0.5, MOST_SECONDS)
        check_whole(self, "fps", 1, MOST_FPS)
        check_whole(self, "size", 16, MOST_SIZE)
        if self.size % 2:
            raise RecipeError(f"size: expected an even number, got {self.size}")
        if self.kind == "gif" and self.frames * self.size**2 > MOST_GIF_PIXELS:
            raise RecipeError("film: too large for a GIF; make it smaller, shorter, or an MP4")

    @property
    def frames(self) -> int:
        return max(2, round(self.seconds * self.fps))

    def places(self, loop: bool) -> np.ndarray:
        """t of every frame; of a loop the last is just before the first."""
        phases = np.linspace(0, 1, self.frames, endpoint=not loop)
        return phases if self.changes is None else even_places(self.changes, phases)


def make_film(
    model: Model, recipe: Recipe, film: Film, report: Callable[[float], None] | None = None
) -> bytes:
    """The film of a recipe's walk. `report` gets the share that is done, and may raise to stop.

    Every picture waits for its own turn, so that whoever moves a slider meanwhile hardly notices.
    """
    first = at(recipe, 0.0)
    about = json.dumps({"model": model.digest, **first.compact()})

    def frames() -> Iterator[Image.Image]:
        for i, t in enumerate(film.places(first.walk.loop)):
            picture = Image.fromarray(render(model, at(recipe, float(t))))
            yield picture.resize((film.size, film.size), Image.Resampling.BICUBIC)
            if report:
                report((i + 1) / film.frames)

    encode = _mp4 if film.kind == "mp4" else _gif
    return encode(frames(), film, about)


def _mp4(frames: Iterator[Image.Image], film: Film, about: str) -> bytes:
    """H.264, which every browser and lecture projector plays."""
    import av  # takes a while to load and is seldom needed

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        container.metadata.update(title="Synthetic pictures", comment=SYNTHETIC, description=about)
        stream = container.add_stream("libx264", rate=film.fps, options={"crf": _QUALITY})
        stream.width = stream.height = film.size
        stream.pix_fmt = "yuv420p"  # what all players know
        stream.codec_context.thread_count = 1
        for image in frames:
            frame = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def _gif(frames: Iterator[Image.Image], film: Film, about: str) -> bytes:
    buffer = io.BytesIO()
    next(frames).save(
        buffer, "GIF", save_all=True, append_images=frames, loop=0,
        duration=round(1000 / film.fps), comment=f"{SYNTHETIC} {about}".encode(),
    )  # fmt: skip
    return buffer.getvalue()
