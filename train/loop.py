"""The training loop: what is optimised, when."""

import signal
import time
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from gan.augment import augment
from gan.ema import ema_decay, update_ema
from gan.generator import one_hot
from gan.losses import discriminator_loss, generator_loss, path_length_penalty, r1_penalty
from train.config import TrainConfig
from train.data import Slices
from train.state import TrainState


class TrainingFailed(RuntimeError):
    """The losses are no longer numbers."""


class Trainer:
    """One step at a time on a TrainState."""

    def __init__(self, state: TrainState, slices: Slices, config: TrainConfig, dtype: torch.dtype):
        self.state, self.slices, self.config, self.dtype = state, slices, config, dtype

    def step(self) -> dict[str, float]:
        """Show one batch; returns the losses and statistics of this step."""
        state, config = self.state, self.config
        number = state.seen // config.batch
        real, c = self._real_batch()
        real = self._augment(real)  # the discriminator never sees a plain picture
        stats = {}

        # Discriminator: real slices up, generated slices down
        fake = self._generate(c)  # one generated batch serves both players
        real_logits = state.D(real, c, self.dtype)
        loss_D = discriminator_loss(
            real_logits, state.D(self._augment(fake.detach()), c, self.dtype)
        )
        _descend(loss_D, state.opt_D)
        stats |= {"loss_D": loss_D, "real_logit": real_logits.mean()}

        # R1 on real slices, every 16th step, weighted 16x
        if config.r1_gamma and number % config.r1_interval == 0:
            few, few_c = self._half(real), self._half(c)
            few = few.clone().requires_grad_()
            r1 = r1_penalty(few, state.D(few, few_c), config.r1_gamma)
            _descend(r1 * config.r1_interval, state.opt_D)
            stats["r1"] = r1

        # Generator: fool the discriminator
        with _frozen(state.D):
            fake_logits = state.D(self._augment(fake), c, self.dtype)
            loss_G = generator_loss(fake_logits)
            _descend(loss_G, state.opt_G)
        stats |= {"loss_G": loss_G, "fake_logit": fake_logits.mean()}

        # Path length, every 4th step, weighted 4x
        if config.pl_weight and number % config.pl_interval == 0:
            ws = self._draw_ws(self._half(c))
            penalty, state.pl_mean = path_length_penalty(state.G.synthesis(ws), ws, state.pl_mean)
            _descend(penalty * config.pl_weight * config.pl_interval, state.opt_G)
            stats |= {"path_penalty": penalty, "path_length": state.pl_mean}

        # Augmentation: r_t towards its target
        if config.augment == "ada":
            state.ada.update(real_logits)
            stats |= {"augment_p": state.ada.p, "r_t": state.ada.r_t}

        # Average the generator
        state.seen += config.batch
        update_ema(state.G_ema, state.G, ema_decay(config.batch, config.ema_kimg, state.seen))
        return {name: float(torch.as_tensor(value).detach()) for name, value in stats.items()}

    def _real_batch(self) -> tuple[Tensor, Tensor]:
        config, device = self.config, self.state.device
        images, labels = self.slices.batch(
            self.state.seen, config.batch, config.seed, config.mirror
        )
        real = torch.from_numpy(images).to(device).float() / 127.5 - 1
        c_dim = self.state.model.c_dim
        labels = torch.from_numpy(labels).to(device)
        return real, one_hot(labels, c_dim) if c_dim else labels.new_zeros(len(labels), 0).float()

    def _augment(self, images: Tensor) -> Tensor:
        kind = self.config.augment
        p = {"none": 0.0, "fixed": self.config.augment_p, "ada": self.state.ada.p}[kind]
        return augment(images, p)

    def _half(self, batch: Tensor) -> Tensor:
        """Regularisers run on half a batch."""
        return batch[: (len(batch) + 1) // 2]

    def _generate(self, c: Tensor) -> Tensor:
        return self.state.G.synthesis(self._draw_ws(c, track=True), dtype=self.dtype)

    def _draw_ws(self, c: Tensor, track: bool = False) -> Tensor:
        """ws of random z; with style mixing, from a random layer on another z's."""
        G, N = self.state.G, len(c)
        z = torch.randn(2, N, G.config.z_dim, device=self.state.device)
        w = G.mapping(z[0], c)
        if track:
            G.mapping.track_average(w)
        ws = G.broadcast(w)
        if torch.rand([]) < self.config.style_mixing:
            crossover = int(torch.randint(1, G.config.num_ws, []))
            other = G.broadcast(G.mapping(z[1], c))
            ws = torch.cat([ws[:, :crossover], other[:, crossover:]], dim=1)
        return ws


def run(
    trainer: Trainer,
    tick: Callable[[dict[str, float]], None],
    tick_images: int,
    progress: Callable[[int], object],
) -> bool:
    """Train until the configured kimg; returns False if the user stopped it before.

    Every `tick_images` images, and at the end, `tick` gets the means of all statistics since the
    last call; `progress` gets the number of images after every step. Ctrl-C and SIGTERM end the
    loop after the step in hand and a last tick.

    Raises TrainingFailed when a loss is no longer finite.
    """
    state, config = trainer.state, trainer.config
    total = int(config.kimg * 1000)
    with _stop_signals() as stopped:
        history: dict[str, list[float]] = {}
        while state.seen < total and not stopped:
            start, before = time.perf_counter(), state.seen
            for name, value in trainer.step().items():
                history.setdefault(name, []).append(value)
            state.seconds += time.perf_counter() - start
            progress(config.batch)
            due = state.seen // tick_images > before // tick_images
            if due or state.seen >= total or stopped:
                means = {name: float(np.mean(values)) for name, values in history.items()}
                bad = [name for name, value in means.items() if not np.isfinite(value)]
                if bad:
                    raise TrainingFailed(
                        f"{', '.join(bad)} became infinite or NaN before {state.seen / 1000:.1f} "
                        "kimg; the last checkpoint is unharmed: resume it with a smaller --lr or a "
                        "larger --r1-gamma, or with --precision float32"
                    )
                tick(means)
                history.clear()
    return state.seen >= total


def _descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


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
