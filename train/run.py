"""A run's folder: what is written when, and how the same command resumes it."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import gan
from gan.checkpoint import (
    code_version,
    load_checkpoint,
    named_tensors,
    save_checkpoint,
    write_atomic,
)
from gan.config import ModelConfig
from gan.picture import contact_sheet, png_bytes, to_uint8
from train.config import Command, TrainConfig, UsageError
from train.data import Slices, load_slices
from train.growth import Stage, at_stage, stages
from train.loop import Trainer, run
from train.overfitting import overfitting
from train.parallel import World, join_world
from train.state import TrainState

RESUME = "resume.safetensors"
GRID = 8  # sample grids are 8 x 8


def train(command: Command) -> bool:
    """Train, or go on training, what the command line asks for. False if stopped by the user.

    A growing training takes its stages one after the other; each goes on from the files the one
    before has left.
    """
    plan = stages(command.train, command.model.resolution)
    with join_world(pick_device(command.train).type) as world:
        for stage in plan[_stage_reached(command, plan) :]:
            if not _train_stage(command, stage, plan, world):
                return False
    return True


def _stage_reached(command: Command, plan: tuple[Stage, ...]) -> int:
    """Place in the plan of the stage that the files of an earlier session belong to."""
    path = command.out / RESUME
    if len(plan) == 1 or not path.exists():
        return 0
    reached = load_checkpoint(path).config.resolution
    resolutions = [stage.resolution for stage in plan]
    if reached not in resolutions:
        raise UsageError(
            f"--grow {command.train.grow}: {path} is at {reached} px, which is not in it; "
            "give the same --grow again, or another --out"
        )
    return resolutions.index(reached)


def _train_stage(command: Command, stage: Stage, plan: tuple[Stage, ...], world: World) -> bool:
    model, config = at_stage(command.model, command.train, stage)
    device, dtype = pick_device(config, world), pick_dtype(config)
    if not world.first:
        world.wait()  # the first process decodes the data and makes the folder; then all read it
    slices = _load(command, model)
    try:
        command.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {command.out}: {error.strerror}; give another folder") from error
    if world.first:
        world.wait()
    model = replace(model, c_dim=len(slices.classes))
    state = TrainState(model, config, device, grown=stage is not plan[0])
    trainer = Trainer(state, slices, config, dtype, world, stage)
    folder = RunFolder(
        command.out, trainer, _held_out(command, model) if world.first else None,
        command.train, str(device), str(dtype).split(".")[1],
    )  # fmt: skip
    begun = folder.begin()
    finished_before = state.seen >= stage.end
    if world.first:
        _say(trainer, begun, device, dtype)
        if finished_before and stage is plan[-1]:
            tqdm.write(f"trained for {state.seen / 1000:g} kimg; give a larger --kimg to go on")
    if finished_before:
        return True
    tick_images = max(round(config.snapshot_kimg * 1000), config.batch)
    with tqdm(total=stage.end, initial=state.seen, unit="img", smoothing=0.05,
              disable=not world.first) as bar:  # fmt: skip
        finished = run(trainer, folder.snapshot, tick_images, bar.update)
    if not finished and world.first:
        tqdm.write(f"stopped at {state.seen / 1000:.1f} kimg; run the same command to resume")
    return finished


def _load(command: Command, model: ModelConfig, split: str = "train") -> Slices:
    return load_slices(
        command.data, model.resolution, model.img_channels, command.source, split=split
    )


def _held_out(command: Command, model: ModelConfig) -> Slices | None:
    try:
        return _load(command, model, "held_out")
    except UsageError:  # nobody is held out
        return None


class RunFolder:
    """The files of one training.

    model.safetensors   the averaged generator, what the explorer opens
    resume.safetensors  the whole state, what the same command resumes from
    stats.jsonl         one line per snapshot
    samples/            a grid of pictures per snapshot, always of the same z
    reals.png           what they should look like
    """

    def __init__(
        self, path: Path, trainer: Trainer, held_out: Slices | None, config: TrainConfig,
        device: str, precision: str,
    ):  # fmt: skip
        """held_out: slices of people who are not trained on. config: as the user gave it, whatever
        the stage makes of it."""
        self.path, self.trainer, self.config, self.held_out = path, trainer, config, held_out
        self.state, self.slices = trainer.state, trainer.slices
        self.device, self.precision = device, precision
        self.code_version = code_version()  # of the code that runs, whatever is committed later
        self.resume_path = path / RESUME
        self.stats_path = path / "stats.jsonl"

    def begin(self) -> list[str]:
        """Restore the last checkpoint, grow from it, or start anew; says which in words."""
        if self.resume_path.exists():
            return self._resume()
        lines = ["a new training"]
        if self.config.start_from:
            lines += self.state.start_from(Path(self.config.start_from))
        if self.trainer.world.first:
            self._forget_later_stats()
            self._write_first_pictures()
        return lines

    def _resume(self) -> list[str]:
        before = load_checkpoint(self.resume_path)
        if before.provenance.get("data_digest") != self.slices.digest:
            raise UsageError(
                f"--data {self.slices.name}: not the pictures this training started with; "
                f"give the same ones, or another --out than {self.path}"
            )
        there, here = before.config.resolution, self.state.model.resolution
        grows = self.config.grow and 2 * there == here
        if grows:
            self.state.grow_from(self.resume_path)
        else:
            self.state.load(self.resume_path)
        if self.trainer.world.first:
            for leftover in self.path.glob(".*.tmp"):  # of a run that was killed while writing
                leftover.unlink()
            self._forget_later_stats()
            if grows:
                self._write_first_pictures()
        kimg = f"{self.state.seen / 1000:g} kimg"
        return [f"grown from {there} px at {kimg}" if grows else f"resumed at {kimg}"]

    def _write_first_pictures(self) -> None:
        (self.path / "samples").mkdir(exist_ok=True)
        reals = self.slices.images[:: max(1, len(self.slices) // GRID**2)][: GRID**2]
        picture = contact_sheet(to_uint8(torch.from_numpy(reals) / 127.5 - 1), GRID)
        write_atomic(self.path / "reals.png", png_bytes(picture, "Real training slices."))
        self._write_grid()

    def snapshot(self, stats: dict[str, float]) -> None:
        """Grid, log and checkpoints, in an order in which a crash loses nothing."""
        if not self.trainer.world.first:
            return
        kimg = self.state.seen / 1000
        self._write_grid()
        provenance = self.provenance()
        save_checkpoint(
            self.path / "model.safetensors", self.state.model, provenance, self._average()
        )
        line = {"kimg": kimg, "seconds": round(self.state.seconds, 1), **stats}
        if self.held_out:
            line |= overfitting(self.state, self.slices, self.held_out, self.trainer.fade)
        if self.config.grow:
            line["resolution"] = self.state.model.resolution
        self._append_stats(line)
        self.state.save(self.resume_path, provenance)

    def _average(self) -> dict[str, torch.Tensor]:
        """The averaged generator as others use it: a block that is fading in, at its weight."""
        tensors = named_tensors(G_ema=self.state.G_ema)
        torgb = f"G_ema.synthesis.b{self.state.model.resolution}.torgb."
        for name in ("weight", "bias"):
            tensors[torgb + name] = tensors[torgb + name] * self.trainer.fade
        return tensors

    def provenance(self) -> dict:
        """Where the weights come from; kept inside every checkpoint."""
        return {
            "data": self.slices.name,
            "data_digest": self.slices.digest,
            "data_images": len(self.slices),
            "data_license": self.config.data_license,
            "data_source": self.config.data_source,
            "classes": list(self.slices.classes),
            "kimg": self.state.seen / 1000,
            "seconds": round(self.state.seconds),
            "code_version": self.code_version,
            "torch_version": torch.__version__,
            "device": self.device,
            "precision": self.precision,
            "threads": torch.get_num_threads(),
            "processes": self.trainer.world.size,
            "path_length": self.state.pl_mean.item(),
            "train": self.config.to_dict() | {"start_from": Path(self.config.start_from).name},
            "data_options": self.slices.options,
            "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }

    def _append_stats(self, line: dict) -> None:
        with open(self.stats_path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def _forget_later_stats(self) -> None:
        """Drop lines past the checkpoint, or half-written, that a killed run left behind."""
        if not self.stats_path.exists():
            return
        kept = []
        for line in self.stats_path.read_text().splitlines():
            try:
                if json.loads(line)["kimg"] * 1000 <= self.state.seen:
                    kept.append(line + "\n")
            except ValueError:
                continue
        write_atomic(self.stats_path, "".join(kept).encode())

    @torch.no_grad()
    def _write_grid(self) -> None:
        """The averaged generator on 64 fixed z, at psi 1, with its stored noise."""
        G, device = self.state.G_ema, self.state.device
        z = np.random.RandomState(self.config.seed).randn(GRID**2, G.config.z_dim)
        z = torch.from_numpy(z).float().to(device)
        c = None
        if G.config.c_dim:
            c = torch.eye(G.config.c_dim, device=device)[torch.arange(len(z)) % G.config.c_dim]
        batches = [
            to_uint8(
                G.synthesis(
                    G.broadcast(G.mapping(z[i : i + 16], None if c is None else c[i : i + 16])),
                    noise_mode="const",
                    fade=self.trainer.fade,
                )
            )
            for i in range(0, len(z), 16)
        ]
        name = f"kimg{self.state.seen / 1000:09.2f}.png"
        picture = contact_sheet(np.concatenate(batches), GRID)
        write_atomic(self.path / "samples" / name, png_bytes(picture))


def pick_device(config: TrainConfig, world: World | None = None) -> torch.device:
    """CUDA, then MPS, then the CPU, unless the user chose; each process its own card."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if config.device in available and not available[config.device]:
        raise UsageError(f"--device {config.device}: torch finds none; give --device cpu")
    kind = config.device
    if kind == "auto":
        kind = next((name for name, here in available.items() if here), "cpu")
    if kind == "cuda" and world and world.size > 1:
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device(kind)


def pick_dtype(config: TrainConfig) -> torch.dtype:
    """bfloat16 where the hardware computes in it; elsewhere it would only be slower."""
    if config.precision != "auto":
        return getattr(torch, config.precision)
    device = pick_device(config).type
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device == "cpu" and torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def _say(trainer: Trainer, begun: list[str], device, dtype) -> None:
    """What is being trained, on what, before the long wait."""
    state, slices, world = trainer.state, trainer.slices, trainer.world
    shape = f"{state.model.resolution} px, {'grey' if state.model.img_channels == 1 else 'colour'}"
    sizes = [sum(p.numel() for p in n.parameters()) / 1e6 for n in (state.G, state.D)]
    where = f"{device}, {str(dtype).split('.')[1]}, {torch.get_num_threads()} threads"
    for line in (
        f"data      {slices.name}: {len(slices)} slices, {shape}",
        *(f"          {note}" for note in slices.notes),
        *([f"          skipped {len(slices.skipped)}: {', '.join(slices.skipped[:3])}"]
          if slices.skipped else []),
        *([f"classes   {', '.join(slices.classes)}"] if slices.classes else []),
        f"networks  G {sizes[0]:.1f} M, D {sizes[1]:.1f} M parameters (version {gan.__version__})",
        f"computing on {where}" + (f", {world.size} processes" if world.size > 1 else ""),
        *begun,
    ):  # fmt: skip
        tqdm.write(line)
