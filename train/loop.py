"""The training loop: what is optimised, when."""

import math
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from gan.augment import apply_transforms
from gan.ema import ema_decay, update_ema
from gan.losses import (
    discriminator_loss,
    generator_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
    pairing_loss,
    path_length_penalty,
    r1_penalty,
)
from train.config import TrainConfig
from train.data import Slices
from train.draws import Draws, Part, PathPart
from train.growth import Stage, stages
from train.parallel import World, half_places
from train.state import TrainState

# Of the discriminator and the generator, where each picture is judged by itself.
_LOSSES = {
    "logistic": (discriminator_loss, generator_loss),
    "hinge": (hinge_discriminator_loss, hinge_generator_loss),
}
CHECK_STEPS = 50  # how often the losses are looked at: each look waits for the device


class TrainingFailed(RuntimeError):
    """The losses are no longer numbers."""


class Trainer:
    """One step at a time on a TrainState."""

    def __init__(
        self, state: TrainState, slices: Slices, config: TrainConfig, dtype: torch.dtype,
        world: World | None = None, stage: Stage | None = None,
    ):  # fmt: skip
        """Raises UsageError if the batch cannot be divided among the processes."""
        self.state, self.slices, self.config, self.dtype = state, slices, config, dtype
        self.world = world or World()
        self.stage = stage or stages(config, state.model.resolution)[-1]
        self.draws = Draws(state, slices, config, self.world)
        self.synthesis, self.D = state.G.synthesis, state.D
        if config.compile:  # the regularisers differentiate twice, which it cannot
            torch.compiler.reset()  # graphs of an earlier stage count towards dynamo's limit
            self.synthesis, self.D = torch.compile(self.synthesis), torch.compile(self.D)

    def step(self) -> dict[str, Tensor]:
        """Show one batch; returns the losses and statistics of this process's parts."""
        state, config, fade = self.state, self.config, self.fade
        paired = config.loss == "pairing"
        number = state.seen // config.batch
        parts = list(self.draws.batch())
        notes = _Notes(len(parts))

        # Discriminator: real slices up, generated slices down; or each real one above its partner
        shared = self._generate(parts[0], notes) if len(parts) == 1 else None

        def judge(part: Part) -> Tensor:
            fake = self._fake(part, shared)
            # In one call, which costs less than two; in two groups, which never mix.
            both = torch.cat([self._seen(part, 0, part.real), self._seen(part, 1, fake)])
            logits = self.D(both, part.c.repeat(2, 1), self.dtype, fade, groups=2)
            real_logits, fake_logits = logits.chunk(2)
            # ADA asks how often D is right; of pairs only the difference tells.
            right = real_logits - fake_logits if paired else real_logits
            notes.add(real_logit=real_logits.mean(), real_sign=right.sign().mean())
            loss = pairing_loss if paired else _LOSSES[config.loss][0]
            return notes.loss("loss_D", loss(real_logits, fake_logits))

        self._descend(state.opt_D, parts, judge)

        # R1 on real slices as the discriminator sees them, every 16th step, weighted 16x; with
        # pairs the same on generated ones
        if config.r1_gamma and number % config.r1_interval == 0:

            def steepness(part: Part) -> Tensor:
                few = half_places(len(part.real), part.real.device, self.draws.group)

                def penalty(seen: Tensor) -> Tensor:
                    images = seen[few].clone().requires_grad_()
                    logits = state.D(images, part.c[few], fade=fade)
                    return r1_penalty(images, logits, config.r1_gamma)

                loss = notes.loss("r1", penalty(self._seen(part, 0, part.real)))
                if paired:
                    fake = self._fake(part, shared)
                    loss = loss + notes.loss("r2", penalty(self._seen(part, 1, fake)))
                return loss * config.r1_interval

            self._descend(state.opt_D, parts, steepness)

        # Generator: fool the discriminator
        def fool(part: Part) -> Tensor:
            fake = self._generate(part, notes) if shared is None else shared
            fake_logits = self.D(self._seen(part, 2, fake), part.c, self.dtype, fade)
            notes.add(fake_logit=fake_logits.mean())
            if not paired:
                return notes.loss("loss_G", _LOSSES[config.loss][1](fake_logits))
            with torch.no_grad():
                real_logits = self.D(self._seen(part, 0, part.real), part.c, self.dtype, fade)
            return notes.loss("loss_G", pairing_loss(fake_logits, real_logits))

        with _frozen(state.D):
            self._descend(state.opt_G, parts, fool)

        # Path length, every 4th step, weighted 4x
        if config.pl_weight and number % config.pl_interval == 0:

            def unevenness(part: PathPart) -> Tensor:
                ws = self._ws(part)
                images = state.G.synthesis(ws, noise=part.noise, fade=fade)
                penalty, length = path_length_penalty(images, ws, part.y, state.pl_mean)
                notes.add(path_length=length)
                notes.loss("path_penalty", penalty)
                return penalty * (config.pl_weight * config.pl_interval)

            self._descend(state.opt_G, list(self.draws.path()), unevenness)

        # Average the generator, and what else is a mean over time
        state.seen += config.batch
        self._average(notes)
        return notes.means

    @property
    def fade(self) -> float:
        """How far the newest block has come in."""
        return self.stage.fade(self.state.seen)

    def _average(self, notes: "_Notes") -> None:
        """Running means of w and of the path length, ADA's p, and the averaged generator."""
        state, config, means = self.state, self.config, notes.means
        w_mean = means.pop("w_mean")
        self.world.average_([w_mean, *(means[k] for k in ("path_length",) if k in means)])
        state.G.mapping.track_average(w_mean[None])
        if "path_length" in means:
            state.pl_mean.lerp_(means["path_length"], 0.01)
            means["path_length"] = state.pl_mean.clone()
        sign = means.pop("real_sign")
        if config.augment == "ada":
            self.world.average_([sign])
            state.ada.update(sign * config.batch, config.batch)
            means |= {"augment_p": torch.tensor(state.ada.p), "r_t": torch.tensor(state.ada.r_t)}
        update_ema(state.G_ema, state.G, ema_decay(config.batch, config.ema_kimg, state.seen))

    def _descend(self, optimizer: torch.optim.Optimizer, parts: list, loss: Callable) -> None:
        """One step of the optimiser down the mean loss of all parts of all processes."""
        optimizer.zero_grad(set_to_none=True)
        for part in parts:
            (loss(part) / len(parts)).backward()
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        self.world.average_([g for g in gradients if g is not None])
        optimizer.step()

    def _seen(self, part: Part, which: int, images: Tensor) -> Tensor:
        """What the discriminator sees: with augmentation never a plain picture.

        Nothing is darker than black or brighter than white, as when a picture is shown: so the
        generator may put the background well below black, where its ripples are out of sight.
        """
        images = images.clamp(-1, 1)
        if part.transforms is None:
            return images
        return apply_transforms(images, part.transforms[which])

    def _generate(self, part: Part, notes: "_Notes | None" = None) -> Tensor:
        ws = self._ws(part, notes)
        return self.synthesis(ws, noise=part.noise, dtype=self.dtype, fade=self.fade)

    def _fake(self, part: Part, shared: Tensor | None) -> Tensor:
        """The part's generated slices for the discriminator, without a way back to G.

        shared: those made before, with that way.
        """
        if shared is not None:
            return shared.detach()
        with torch.no_grad():
            return self._generate(part)

    def _ws(self, part: Part | PathPart, notes: "_Notes | None" = None) -> Tensor:
        """ws of the part's z; with style mixing, from the crossover on of the other z."""
        G = self.state.G
        w = G.mapping(part.z[0], part.c)
        if notes:
            notes.add(w_mean=w.mean(dim=0))
        ws = G.broadcast(w)
        if part.crossover < G.config.num_ws:
            other = G.broadcast(G.mapping(part.z[1], part.c))
            ws = torch.cat([ws[:, : part.crossover], other[:, part.crossover :]], dim=1)
        return ws


class _Notes:
    """Statistics of a step, averaged over this process's parts."""

    def __init__(self, parts: int):
        self.parts = parts
        self.means: dict[str, Tensor] = {}

    def add(self, **values: Tensor) -> None:
        for name, value in values.items():
            share = value.detach().float() / self.parts
            self.means[name] = self.means[name] + share if name in self.means else share

    def loss(self, name: str, value: Tensor) -> Tensor:
        """Note a loss and hand it on."""
        self.add(**{name: value})
        return value


def run(
    trainer: Trainer,
    tick: Callable[[dict[str, float]], None],
    tick_images: int,
    progress: Callable[[int], object],
    deadline: float = math.inf,
) -> bool:
    """Train until the end of the trainer's stage; returns False if it was stopped before.

    Every `tick_images` images, and at the end, `tick` gets the means of all statistics since the
    last call; `progress` gets the number of images after every step. Ctrl-C, SIGTERM and the
    deadline, on the clock of time.monotonic, end the loop, in all processes, after the step in hand
    and a last tick.

    Raises TrainingFailed when a loss is no longer finite, LostProcess when another process ended.
    """
    state, config, world, total = trainer.state, trainer.config, trainer.world, trainer.stage.end
    with _stop_signals() as signals:
        history = _History(trainer)
        stopped = False
        while state.seen < total and not stopped:
            start, before = time.perf_counter(), state.seen
            history.add(trainer.step())
            progress(config.batch)
            due_to_stop = bool(signals) or time.monotonic() >= deadline
            stopped = world.any(due_to_stop, state.device)
            state.seconds += time.perf_counter() - start  # a card is waited for in `any`
            due = state.seen // tick_images > before // tick_images
            if due or state.seen >= total or stopped:
                tick(history.means())
    return state.seen >= total


class _History:
    """Statistics since the last tick, looked at now and then for numbers that are none."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer
        self.fresh: list[dict[str, Tensor]] = []
        self.values: dict[str, list[float]] = {}

    def add(self, stats: dict[str, Tensor]) -> None:
        self.fresh.append(stats)
        if len(self.fresh) == CHECK_STEPS:
            self._look()

    def means(self) -> dict[str, float]:
        """The mean of each statistic, over all processes; starts anew."""
        self._look()
        self._look_at_weights()
        names = sorted(self.values)
        means = torch.tensor([np.mean(self.values[name]) for name in names])
        means = means.to(self.trainer.state.device)
        self.trainer.world.average_([means])
        self.values = {}
        return dict(zip(names, means.tolist(), strict=True))

    def _look(self) -> None:
        state, batch = self.trainer.state, self.trainer.config.batch
        for age, stats in enumerate(self.fresh):
            names, values = list(stats), torch.stack([v.cpu() for v in stats.values()]).tolist()
            bad = [n for n, v in zip(names, values, strict=True) if not np.isfinite(v)]
            if bad:
                raise _failure(bad[0], state.seen - (len(self.fresh) - 1 - age) * batch, batch)
            for name, value in zip(names, values, strict=True):
                self.values.setdefault(name, []).append(value)
        self.fresh = []

    def _look_at_weights(self) -> None:
        """The last step may have spoilt them without showing in its losses."""
        state = self.trainer.state
        for network in ("D", "G"):
            for name, parameter in getattr(state, network).named_parameters():
                if not torch.isfinite(parameter).all():
                    raise _failure(f"{network}.{name}", state.seen, self.trainer.config.batch)


def _failure(what: str, seen: int, batch: int) -> TrainingFailed:
    return TrainingFailed(
        f"{what} became infinite or NaN at {seen / 1000:.2f} kimg (step {seen // batch}); the last "
        "checkpoint is unharmed, and the same command goes on from it; give it a smaller --lr, a "
        "larger --r1-gamma, or --precision float32"
    )


@contextmanager
def _frozen(network: torch.nn.Module):
    """Gradients flow through the network but not into it."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


@contextmanager
def _stop_signals():
    """A list that becomes non-empty once the user asks to stop."""
    stopped: list[int] = []
    previous = {
        number: signal.signal(number, lambda n, _: stopped.append(n))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
