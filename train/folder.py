"""A run's folder: what is written when, and how the same command resumes it."""

import math
import time
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch

from gan.checkpoint import (
    code_version,
    load_checkpoint,
    named_tensors,
    save_checkpoint,
    write_atomic,
)
from gan.judge import CUT
from gan.picture import contact_sheet, png_bytes, to_uint8
from train.boards import Board
from train.config import TrainConfig, UsageError
from train.data import Slices
from train.keepsakes import FOLDER as SNAPSHOTS
from train.keepsakes import Keepsakes
from train.log import Log
from train.loop import Trainer
from train.overfitting import overfitting
from train.usage import flag
from train.watch import BEST, FLOORS, Watch

MODEL = "model.safetensors"
RESUME = "resume.safetensors"
SAMPLES = "samples"
GRID = 8  # sample grids are 8 x 8
_RESULTS = (MODEL, BEST, "stats.jsonl", "quality.jsonl", FLOORS, SAMPLES, SNAPSHOTS)


class RunFolder:
    """The files of one training.

    model.safetensors   the averaged generator, what the explorer opens
    resume.safetensors  the whole state, what the same command resumes from
    stats.jsonl         one line per snapshot; quality.jsonl and best.safetensors: see train.watch
    samples/            a grid of pictures per snapshot, always of the same z
    snapshots/          what --keep-snapshots asks for, see train.keepsakes
    reals.png           what they should look like
    """

    def __init__(
        self, path: Path, trainer: Trainer, held_out: Slices | None, config: TrainConfig,
        device: str, precision: str, deadline: float = math.inf,
    ):  # fmt: skip
        """held_out: slices of people who are not trained on. config: as the user gave it, whatever
        the stage makes of it. deadline: of the training, on the clock of time.monotonic."""
        self.path, self.trainer, self.config, self.held_out = path, trainer, config, held_out
        self.state, self.slices = trainer.state, trainer.slices
        self.device, self.precision, self.deadline = device, precision, deadline
        self.code_version = code_version()  # of the code that runs, whatever is committed later
        self.resume_path = path / RESUME
        self.stats = Log(path / "stats.jsonl")
        self.board = Board(path / "tensorboard" if trainer.world.first else None)
        self.watch = Watch(path, self.slices, held_out, config)
        self.keepsakes = Keepsakes(path, config.keep_snapshots, round(config.kimg * 1000))
        self.resumed = False  # at the size at which it stopped

    def begin(self) -> list[str]:
        """Restore the last checkpoint, grow from it, or start anew; says which in words."""
        if self.resume_path.exists():
            return self._resume()
        lines = ["a new training"]
        if self.config.start_from:
            lines += self.state.start_from(Path(self.config.start_from))
        self.trainer.world.wait()  # all have read what they start from
        if self.trainer.world.first:
            lines += self._put_aside()
            self._tidy()
            self._write_first_pictures()
            self.keepsakes.keep(self.state, self.provenance(), self._average())
            self.state.save(self.resume_path, self.provenance())  # from now on it resumes
        return lines

    def _put_aside(self) -> list[str]:
        """Make room for a new training; says where an earlier one's files are now, if any lay here.

        It may have been finished, brought home, or its state removed to save space.
        """
        if not (self.path / MODEL).exists() and not self.watch.best_path.exists():
            return []
        numbers = (self.path / f"before-{k}" for k in count(1))
        aside = next(folder for folder in numbers if not folder.exists())
        aside.mkdir()
        for name in _RESULTS:
            if (self.path / name).exists():
                (self.path / name).rename(aside / name)
        return [f"what an earlier training left in {self.path} lies in {aside} now"]

    def _resume(self) -> list[str]:
        before = load_checkpoint(self.resume_path)
        self._check_data(before.provenance)
        there, here = before.config.resolution, self.state.model.resolution
        grows = self.config.grow and 2 * there == here
        if grows:
            self.state.grow_from(self.resume_path)
        else:
            self.state.load(self.resume_path)
        self.resumed = not grows
        if self.trainer.world.first:
            self._tidy()
            if grows:
                self.watch.forget_best()
                self._write_first_pictures()
        kimg = f"{self.state.seen / 1000:g} kimg"
        return [f"grown from {there} px at {kimg}" if grows else f"resumed at {kimg}"]

    def _check_data(self, before: dict) -> None:
        """Raises UsageError if the slices, their classes or whose they are have changed.

        before: the provenance of the state; an early one does not tell all of them.
        """
        slices, data = self.slices, f"--data {self.slices.name}"
        if before.get("data_digest") != slices.digest:
            raise self._refusal(f"{data}: not the pictures this training started with", "ones")
        classes, now = before.get("classes"), list(slices.classes)
        if classes is not None and classes != now:
            raise self._refusal(
                f"--labels: this training has the classes {_listed(classes)}, not {_listed(now)}",
                "labels",
            )
        if before.get("data_labels_digest", slices.labels_digest) != slices.labels_digest:
            raise self._refusal(
                "--labels: some slices are of another class than when this training started",
                "labels",
            )
        if before.get("data_people_digest", slices.people_digest) != slices.people_digest:
            raise self._refusal(
                f"{data}: some slices are of another person than when this training started",
                f"table of people and {flag('subject_pattern')}",
            )

    def _refusal(self, reason: str, same: str) -> UsageError:
        return UsageError(f"{reason}; give the same {same}, or another --out than {self.path}")

    def _write_first_pictures(self) -> None:
        reals = self.slices.images[:: max(1, len(self.slices) // GRID**2)][: GRID**2]
        picture = contact_sheet(to_uint8(torch.from_numpy(reals) / 127.5 - 1), GRID)
        write_atomic(self.path / "reals.png", png_bytes(picture, "Real training slices."))
        self._write_grid()

    def snapshot(self, stats: dict[str, float]) -> None:
        """Grid, log and checkpoints, in an order in which a crash loses nothing; then judge."""
        if not self.trainer.world.first:
            return
        state, fade = self.state, self.trainer.fade
        self._write_grid()
        provenance, average = self.provenance(), self._average()
        save_checkpoint(self.path / MODEL, state.model, provenance, average)
        if self.held_out:
            stats = stats | overfitting(state, self.slices, self.held_out, fade)
        self.stats.append(self._moment() | stats)
        self.board.write(state.seen / 1000, stats)
        # While a block fades in, the discriminator judges by two: no other program could ask it.
        self.keepsakes.keep(state, provenance, average, judge=fade == 1)
        state.save(self.resume_path, provenance)
        self.judge()

    def judge(self) -> None:
        """Evaluate the model if that is due and would end in time.

        It takes minutes, or more memory than there is: the state is on the disk by then. What a
        kill cut short, or the deadline, is still due when the same command resumes.
        """
        final = self.trainer.stage.final and self.trainer.fade == 1
        due = self.trainer.world.first and final and self.watch.due(self.state.seen)
        if due and self.watch.in_time(self.deadline):
            self.watch.evaluate(
                self.state.G_ema, self._moment(), self._average(), self.provenance()
            )

    def _moment(self) -> dict:
        """What every line of a log begins with."""
        line = {"kimg": self.state.seen / 1000, "seconds": round(self.state.seconds, 1)}
        return line | ({"resolution": self.state.model.resolution} if self.config.grow else {})

    def _tidy(self) -> None:
        """Drop what a killed run left half-written, and what it logged past its checkpoint."""
        for folder in (self.path, self.path / SAMPLES):
            for leftover in folder.glob(".*.[0-9]*.tmp"):
                leftover.unlink()
        self.stats.forget_after(self.state.seen)
        self.watch.log.forget_after(self.state.seen)
        self.keepsakes.forget_after(self.state.seen)

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
            "data_labels_digest": self.slices.labels_digest,
            "data_people_digest": self.slices.people_digest,
            "data_images": len(self.slices),
            "data_license": self.config.data_license,
            "data_source": self.config.data_source,
            "pixel_mm": self.slices.pixel_mm,
            "classes": list(self.slices.classes),
            "scale": self.slices.scale.to_dict() if self.slices.scale else None,
            "kimg": self.state.seen / 1000,
            "kimg_before": self.state.kimg_before,
            "seconds": round(self.state.seconds),
            "code_version": self.code_version,
            "torch_version": torch.__version__,
            "device": self.device,
            "precision": self.precision,
            "threads": torch.get_num_threads(),
            "processes": self.trainer.world.size,
            "path_length": self.state.pl_mean.item(),
            CUT: True,
            "train": self.config.to_dict() | {"start_from": Path(self.config.start_from).name},
            "data_options": self.slices.options,
            "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }

    @torch.no_grad()
    def _write_grid(self) -> None:
        """The averaged generator on 64 fixed z, at psi 1, with its stored noise."""
        G, device = self.state.G_ema, self.state.device
        z = np.random.RandomState(self.config.seed).randn(GRID**2, G.config.z_dim)
        z = torch.from_numpy(z).float().to(device)
        c = None
        if G.config.c_dim:
            c = torch.eye(G.config.c_dim, device=device)[torch.arange(len(z)) % G.config.c_dim]
        ws = G.broadcast(G.mapping(z, c))
        show = partial(G.synthesis, noise_mode="const", fade=self.trainer.fade)
        pictures = np.concatenate([to_uint8(show(some)) for some in ws.split(16)])
        picture = png_bytes(contact_sheet(pictures, GRID))
        (self.path / SAMPLES).mkdir(exist_ok=True)  # even if somebody tidied it away
        write_atomic(self.path / SAMPLES / f"kimg{self.state.seen / 1000:09.2f}.png", picture)
        self.board.picture(self.state.seen / 1000, picture)


def _listed(classes: list[str]) -> str:
    return ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "") or "none"
