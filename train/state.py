"""Everything a training consists of, and how it survives a crash: saved whole, restored exactly."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from gan.augment import AdaptiveP
from gan.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_checkpoint,
    named_tensors,
    save_checkpoint,
)
from gan.config import ModelConfig
from gan.generator import Generator
from gan.judge import BELOW, new_discriminator
from gan.lite0 import MissingWeights
from train.config import TrainConfig, UsageError
from train.transfer import copy_matching

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


class TrainState:
    """Networks, optimisers, running means and the clock (`seen`, real images shown)."""

    def __init__(
        self, model: ModelConfig, config: TrainConfig, device: torch.device, grown: bool = False
    ):
        """grown: the newest block is to fade in (see train.growth).

        Raises UsageError if the discriminator's fixed features are not installed.
        """
        torch.manual_seed(config.seed)
        self.model, self.device, self.grown = model, device, grown
        self.G = Generator(model).to(device, memory_format=torch.channels_last)
        self.D = _discriminator(model, grown).to(device, memory_format=torch.channels_last)
        self.G_ema = Generator(model).to(device, memory_format=torch.channels_last)
        self.G_ema.load_state_dict(self.G.state_dict())
        self.G_ema.eval().requires_grad_(False)
        self.opt_G = _adam(self.G, config.lr, config.pl_interval if config.pl_weight else None)
        self.opt_D = _adam(self.D, config.lr, config.r1_interval if config.r1_gamma else None)
        self.pl_mean = torch.zeros([], device=device)
        self.ada = AdaptiveP(config.ada_target, speed_kimg=config.ada_kimg)
        self.seen = 0
        self.seconds = 0.0  # spent training, over all sessions
        self.kimg_before = 0.0  # of the trainings that this one began with, as far as they tell

    def save(self, path: Path, provenance: dict) -> None:
        """Write everything, so that `load` goes on bit for bit (on a CPU, with as many threads)."""
        tensors = named_tensors(G=self.G, D=self.D, G_ema=self.G_ema)
        tensors |= _moments("opt_G", self.opt_G, self.G) | _moments("opt_D", self.opt_D, self.D)
        tensors["state.pl_mean"] = self.pl_mean
        tensors["state.ada"] = self.ada.state()
        tensors["state.seen"] = torch.tensor(self.seen)
        tensors["state.seconds"] = torch.tensor(self.seconds, dtype=torch.float64)
        tensors["state.rng"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["state.rng_cuda"] = torch.cuda.get_rng_state(self.device)
        save_checkpoint(path, self.model, provenance, tensors)

    def load(self, path: Path) -> Checkpoint:
        """Restore what `save` wrote; raises CheckpointError if it does not belong here."""
        checkpoint = load_checkpoint(path)
        self._check(checkpoint.config, path)
        grew = any(name.startswith(BELOW) for name in checkpoint.part("D"))
        if grew != self.grown:
            raise CheckpointError(
                f"{path}: this training "
                + ("has grown: give the same --grow again" if grew
                   else "did not grow to this size: leave --grow out")
                + ", or another --out"
            )  # fmt: skip
        for name in ("G", "D", "G_ema"):
            checkpoint.load_into(getattr(self, name), name)
        self._restore(checkpoint)
        return checkpoint

    def grow_from(self, path: Path) -> Checkpoint:
        """Go on from the training state of a network of half the size; the new blocks are fresh."""
        checkpoint = load_checkpoint(path)
        self._check(replace(checkpoint.config, resolution=self.model.resolution), path)
        checkpoint = _entry_below(checkpoint)
        for name in ("G", "D", "G_ema"):
            copy_matching(checkpoint.part(name), getattr(self, name))
        self._restore(checkpoint)
        return checkpoint

    def _check(self, found: ModelConfig, path: Path) -> None:
        """Raises CheckpointError, with what differs, if that is another network than this."""
        before, now = found.to_dict(), self.model.to_dict()
        changed = ", ".join(f"{k} {before[k]} -> {now[k]}" for k in now if before[k] != now[k])
        if changed:
            raise CheckpointError(
                f"{path}: this training has another network ({changed}); "
                "give the same options again, or another --out"
            )

    def start_from(self, path: Path) -> list[str]:
        """A new training with another one's weights, as far as they fit; says what was copied."""
        checkpoint = load_checkpoint(path)
        lines = []
        for name in ("G", "D", "G_ema"):
            part = checkpoint.part(name)
            if name == "G" and not part:  # a model file holds the average only
                part = checkpoint.part("G_ema")
            lines += copy_matching(part, getattr(self, name)).lines(name)
        self.kimg_before = _told(checkpoint, "kimg") + _told(checkpoint, "kimg_before")
        length = checkpoint.part("state").get("pl_mean", checkpoint.provenance.get("path_length"))
        if length is not None:
            self.pl_mean.fill_(float(length))
        if not checkpoint.part("D"):
            # Seen in trials: what little a fresh discriminator finds wrong with a trained
            # generator's pictures, the generator mends at once, and both stand still.
            lines.append(
                f"{path.name} holds no discriminator, and beside a trained generator a fresh one "
                "learns next to nothing: start from the resume.safetensors of that training instead"
            )
        return lines

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Optimisers, running means, clock and random state."""
        try:
            _restore_moments(checkpoint.part("opt_G"), self.opt_G, self.G)
            _restore_moments(checkpoint.part("opt_D"), self.opt_D, self.D)
            state = checkpoint.part("state")
            self.pl_mean = state["pl_mean"].to(self.device)
            if "ada" in state:
                self.ada.restore(state["ada"])
            self.seen, self.seconds = int(state["seen"]), float(state["seconds"])
            self.kimg_before = _told(checkpoint, "kimg_before")
            torch.set_rng_state(state["rng"])
            if self.device.type == "cuda" and "rng_cuda" in state:
                torch.cuda.set_rng_state(state["rng_cuda"], self.device)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(
                f"{checkpoint.path}: not a whole training state ({error}); remove it to start over"
            ) from error


def _told(checkpoint: Checkpoint, name: str) -> float:
    """A number of the provenance, which any file may come with; 0 without one."""
    found = checkpoint.provenance.get(name)
    return float(found) if isinstance(found, int | float) and 0 <= found < 1e9 else 0.0


def _discriminator(model: ModelConfig, grown: bool) -> nn.Module:
    try:
        return new_discriminator(model, grown)
    except MissingWeights as error:
        raise UsageError(f"--d-architecture projected: {error}") from error


def _entry_below(checkpoint: Checkpoint) -> Checkpoint:
    """The state with its discriminator's fromRGB under the name it has in a grown one."""
    entry = f"b{checkpoint.config.resolution}.fromrgb."
    tensors = {k: v for k, v in checkpoint.tensors.items() if f".{BELOW}" not in k}
    tensors = {k.replace(f"D.{entry}", f"D.{BELOW}"): v for k, v in tensors.items()}
    return replace(checkpoint, tensors=tensors)


def _adam(network: nn.Module, lr: float, interval: int | None) -> torch.optim.Adam:
    """Adam, slowed to make up for a lazy regulariser's extra steps (Karras 2020, appendix B)."""
    c = 1.0 if interval is None else interval / (interval + 1)
    return torch.optim.Adam(
        network.parameters(), lr=lr * c, betas=(0.0, 0.99**c), eps=1e-8,
        fused=next(network.parameters()).device.type in ("cpu", "cuda"),
    )  # fmt: skip


def _moments(prefix: str, optimizer: torch.optim.Adam, network: nn.Module) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}.{moment}": optimizer.state[parameter][moment]
        for name, parameter in network.named_parameters()
        if parameter in optimizer.state
        for moment in MOMENTS
    }


def _restore_moments(
    tensors: dict[str, Tensor], optimizer: torch.optim.Adam, network: nn.Module
) -> None:
    for name, parameter in network.named_parameters():
        found = {m: tensors[f"{name}.{m}"] for m in MOMENTS if f"{name}.{m}" in tensors}
        if found:
            # Adam wants the moments laid out in memory like the parameter.
            optimizer.state[parameter] = {
                m: torch.empty_like(parameter).copy_(found[m]) if m != "step"
                else found[m].to(parameter.device)
                for m in MOMENTS
            }  # fmt: skip
