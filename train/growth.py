"""Growing a network (Karras 2018, section 2): train small, double the size, fade the new block in.

A slice of 32 px costs a tenth of one of 128 px, and the coarse blocks learnt on it stay.
"""

from dataclasses import dataclass, replace

from gan.config import ModelConfig
from train.config import TrainConfig, UsageError


@dataclass(frozen=True)
class Stage:
    """One resolution of a growing training; `start`, `end` and `fade_in` in images.

    final: the last of its plan.
    """

    resolution: int
    start: int
    end: int
    fade_in: int
    final: bool

    def fade(self, seen: int) -> float:
        """How far the newest block has come in: 0 at the start, 1 once it counts fully."""
        if not self.fade_in:
            return 1.0
        return min(1.0, max(0.0, (seen - self.start) / self.fade_in))


def stages(config: TrainConfig, resolution: int) -> tuple[Stage, ...]:
    """The plan of a training: one stage without --grow.

    `config.grow` is like "32:50,64:150,128": resolution and the thousand images shown at it; the
    last takes what is left of --kimg. Raises UsageError.
    """
    total = round(config.kimg * 1000)
    if not config.grow:
        return (Stage(resolution, 0, total, 0, True),)
    found: list[Stage] = []
    entries = [entry.strip().rstrip(":.").partition(":") for entry in config.grow.split(",")]
    for size, colon, kimg in entries:
        last = len(found) == len(entries) - 1
        try:
            r, images = int(size), round(float(kimg) * 1000) if colon else None
        except (ValueError, OverflowError):  # of numbers without end
            raise _refusal(config, f"{size}{colon}{kimg} is no resolution:kimg") from None
        if images is None and not last:
            raise _refusal(config, f"{r} needs its thousand images")
        if images is not None and images <= 0:
            raise _refusal(config, f"{r}:{kimg} shows no images at {r} px")
        if r < 16 or (found and r != 2 * found[-1].resolution):
            raise _refusal(config, f"{r} px: each resolution is twice the one before, 16 at least")
        start = found[-1].end if found else 0
        end = total if last else start + images
        if end <= start:
            raise _refusal(config, f"nothing of --kimg {config.kimg:g} is left for {r} px")
        fade_in = round(config.fade_kimg * 1000) if found else 0
        if not last:  # a block is whole before the next comes
            fade_in = min(fade_in, end - start)
        found.append(Stage(r, start, end, fade_in, last))
    if found[-1].resolution != resolution:
        raise _refusal(config, f"it must end at --resolution {resolution}")
    return tuple(found)


def check_fade(config: TrainConfig, plan: tuple[Stage, ...], place: int, seen: int) -> None:
    """Raises UsageError if a training at a stage's resolution is past the moment at which the next
    block begins to fade in: it would come in with a jump.

    A tenth of the fade and a batch are let pass: a training ends a little after its plan.
    """
    if place + 1 == len(plan):
        return
    here, above = plan[place], plan[place + 1]
    if above.fade_in and seen - above.start > above.fade_in / 10 + config.batch:
        images = f"{(seen - here.start) / 1000:.10g}"
        raise _refusal(
            config,
            f"{seen / 1000:.10g} kimg are shown, but {above.resolution} px would have begun to "
            f"fade in at {above.start / 1000:.10g}; give {here.resolution}:{images}",
        )


def at_stage(model: ModelConfig, config: TrainConfig, stage: Stage) -> tuple:
    """Both configurations at a stage's resolution.

    A picture of half the size has the same gradients on a quarter of the pixels; gamma falls with
    it (Karras 2020b: gamma grows like the number of pixels).
    """
    ratio = stage.resolution / model.resolution
    return (
        replace(model, resolution=stage.resolution),
        replace(config, r1_gamma=config.r1_gamma * ratio**2),
    )


def _refusal(config: TrainConfig, reason: str) -> UsageError:
    return UsageError(f"--grow {config.grow}: {reason}; an example is 32:50,64:150,128")
