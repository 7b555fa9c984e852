"""A training step, phase by phase, against the same step as first published."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from gan.ema import ema_decay, update_ema
from gan.losses import discriminator_loss, generator_loss, path_length_penalty, r1_penalty
from tests.bench.timing import interleaved
from tests.reference import stylegan2, textbook
from train.config import TrainConfig, configs_for
from train.data import Slices
from train.loop import Trainer
from train.run import pick_dtype, tune_for
from train.state import TrainState

PRESETS = ("cpu64", "cpu128")
PHASES = ("plain step", "R1", "path length")


def trainer_of(preset: str, phase: str, device: str = "cpu") -> Trainer:
    """A training on random slices in which a phase runs in every step, or only the plain one.

    By the published loss, as the textbook beside it.
    """
    config = configs_for(preset)[1]
    return fresh_trainer(
        preset, device, mirror=True, loss="logistic",
        r1_gamma=config.r1_gamma if phase == "R1" else 0.0, r1_interval=1,
        pl_weight=config.pl_weight if phase == "path length" else 0.0, pl_interval=1,
    )  # fmt: skip


def fresh_trainer(preset: str, device: str = "cpu", **changes) -> Trainer:
    """A training on random slices, at its beginning; changes: of its TrainConfig."""
    model, config = configs_for(preset)
    config = replace(config, device=device, **changes)
    size = (256, 1, model.resolution, model.resolution)
    images = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    slices = Slices("random", images, np.zeros(256, np.int64), ("",) * 256, (), (), (), "")
    torch.manual_seed(0)
    return Trainer(TrainState(model, config, torch.device(device)), slices, config,
                   pick_dtype(config))  # fmt: skip


class Textbook:
    """The same step as first published: float32, per-sample weights, nothing shared or skipped."""

    def __init__(self, preset: str):
        self.config: TrainConfig = trainer_of(preset, "plain step").config
        self.state: TrainState = trainer_of(preset, "plain step").state
        self.resolution = self.state.model.resolution

    def generate(self) -> tuple[Tensor, Tensor]:
        """Pictures [N, 1, R, R] of new z, and their ws."""
        G, N = self.state.G, self.config.batch
        w = stylegan2.mapping(
            dict(G.mapping.named_parameters()), torch.randn(N, G.config.z_dim),
            G.config.mapping_layers,
        )  # fmt: skip
        ws = w[:, None].repeat(1, G.config.num_ws, 1)
        tensors = dict(G.synthesis.named_parameters()) | dict(G.synthesis.named_buffers())
        return textbook.synthesis(tensors, ws, self.resolution), ws

    def judge(self, images: Tensor) -> Tensor:
        return textbook.discriminator(
            dict(self.state.D.named_parameters()), images, self.resolution
        )

    def real(self) -> Tensor:
        return torch.rand(self.config.batch, 1, self.resolution, self.resolution) * 2 - 1

    def plain_step(self) -> None:
        state = self.state
        with torch.no_grad():
            fake = self.generate()[0]
        loss = discriminator_loss(self.judge(self.real()), self.judge(fake))
        _descend(state.opt_D, loss)
        _descend(state.opt_G, generator_loss(self.judge(self.generate()[0])))
        update_ema(state.G_ema, state.G, ema_decay(self.config.batch, 5.0, 10**6))

    def r1(self) -> None:
        images = self.real().requires_grad_()
        _descend(self.state.opt_D, r1_penalty(images, self.judge(images), 0.5))

    def path_length(self) -> None:
        images, ws = self.generate()
        penalty, _ = path_length_penalty(images, ws, torch.randn_like(images), torch.zeros(()))
        _descend(self.state.opt_G, penalty)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def speed(preset: str, seconds: float = 40) -> dict:
    """Milliseconds of each phase, ours and the textbook's, and images a second of the mix.

    Ours are whole steps of the trainer, with drawing, augmentation and averaging; a regulariser's
    time is what a step with it takes more.
    """
    tune_for("cpu")  # serves both
    ours = {phase: trainer_of(preset, phase) for phase in PHASES}
    theirs = Textbook(preset)
    calls: dict[str, Callable[[], object]] = {
        **{f"ours, {phase}": trainer.step for phase, trainer in ours.items()},
        "textbook, plain step": theirs.plain_step,
        "textbook, R1": theirs.r1,
        "textbook, path length": theirs.path_length,
    }
    took = interleaved(calls, seconds, rounds=(3, 20))
    config = configs_for(preset)[1]
    table = {
        who: {phase: took[f"{who}, {phase}"] for phase in PHASES} for who in ("ours", "textbook")
    }
    for phase in PHASES[1:]:
        table["ours"][phase] -= table["ours"][PHASES[0]]
    result = {"batch": config.batch, "ms": table}
    every = {"plain step": 1, "R1": config.r1_interval, "path length": config.pl_interval}
    result["images_per_second"] = {
        who: 1000 * config.batch / sum(ms[phase] / every[phase] for phase in PHASES)
        for who, ms in table.items()
    }
    rate = result["images_per_second"]
    result["times textbook"] = rate["ours"] / rate["textbook"]
    return result


def table(networks: dict[str, dict]) -> str:
    """Markdown."""
    lines = [
        "| preset, batch | phase | textbook float32 | ours | times |", "| --- " * 5 + "|"
    ]  # fmt: skip
    for name, r in networks.items():
        for phase in PHASES:
            a, b = r["ms"]["textbook"][phase], r["ms"]["ours"][phase]
            lines.append(
                f"| {name}, {r['batch']} | {phase} | {a:.0f} ms | {b:.0f} ms | {a / b:.1f} |"
            )
        rate = r["images_per_second"]
        lines.append(
            f"| {name} | **whole loop** | {rate['textbook']:.1f} images/s "
            f"| **{rate['ours']:.1f} images/s** | **{r['times textbook']:.1f}** |"
        )
    return "\n".join(lines)
