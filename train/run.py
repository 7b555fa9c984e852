"""A run's folder: what is written when, and how the same command resumes it."""

import json
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import gan
from gan.checkpoint import code_version, named_tensors, save_checkpoint, write_atomic
from gan.config import ModelConfig
from gan.picture import contact_sheet, png_bytes, to_uint8
from train.config import Command, TrainConfig, UsageError
from train.data import Slices, load_slices
from train.loop import Trainer, run
from train.state import TrainState

GRID = 8  # sample grids are 8 x 8


def train(command: Command) -> bool:
    """Train, or go on training, what the command line asks for. False if stopped by the user."""
    config = command.train
    slices = load_slices(
        command.data,
        command.model.resolution,
        command.model.img_channels,
        command.source,
    )
    device, dtype = pick_device(config), pick_dtype(config)
    model = ModelConfig.from_dict(command.model.to_dict() | {"c_dim": len(slices.classes)})
    try:
        command.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {command.out}: {error.strerror}; give another folder") from error
    state = TrainState(model, config, device)
    folder = RunFolder(command.out, state, slices, config, str(device), str(dtype).split(".")[1])
    resumed = folder.resume()
    _say(slices, state, device, dtype, resumed)
    if state.seen >= config.kimg * 1000:
        tqdm.write(f"already trained for {state.seen / 1000:g} kimg; give a larger --kimg to go on")
        return True
    total = int(config.kimg * 1000)
    tick_images = max(int(config.snapshot_kimg * 1000), config.batch)
    with tqdm(total=total, initial=state.seen, unit="img", smoothing=0.05) as bar:
        trainer = Trainer(state, slices, config, dtype)
        finished = run(trainer, folder.snapshot, tick_images, bar.update)
    if not finished:
        tqdm.write(f"stopped at {state.seen / 1000:.1f} kimg; run the same command to resume")
    return finished


class RunFolder:
    """The files of one training.

    model.safetensors   the averaged generator, what the explorer opens
    resume.safetensors  the whole state, what the same command resumes from
    stats.jsonl         one line per snapshot
    samples/            a grid of pictures per snapshot, always of the same z
    reals.png           what they should look like
    """

    def __init__(
        self, path: Path, state: TrainState, slices: Slices, config: TrainConfig,
        device: str, precision: str,
    ):  # fmt: skip
        self.path, self.state, self.slices, self.config = path, state, slices, config
        self.device, self.precision = device, precision
        self.code_version = code_version()  # of the code that runs, whatever is committed later
        self.resume_path = path / "resume.safetensors"
        self.stats_path = path / "stats.jsonl"

    def resume(self) -> bool:
        """Restore the last checkpoint if there is one; else note what this training is."""
        for leftover in self.path.glob(".*.tmp"):  # of a run that was killed while writing
            leftover.unlink()
        if self.resume_path.exists():
            before = self.state.load(self.resume_path).provenance
            if before.get("data_digest") != self.slices.digest:
                raise UsageError(
                    f"--data {self.slices.name}: not the pictures this training started with; "
                    f"give the same ones, or another --out than {self.path}"
                )
            self._forget_later_stats()
            return True
        (self.path / "samples").mkdir(exist_ok=True)
        self._forget_later_stats()
        reals = self.slices.images[:: max(1, len(self.slices) // GRID**2)][: GRID**2]
        picture = contact_sheet(to_uint8(torch.from_numpy(reals) / 127.5 - 1), GRID)
        write_atomic(self.path / "reals.png", png_bytes(picture, "Real training slices."))
        self._write_grid()
        return False

    def snapshot(self, stats: dict[str, float]) -> None:
        """Grid, log and checkpoints, in an order in which a crash loses nothing."""
        kimg = self.state.seen / 1000
        self._write_grid()
        provenance = self.provenance()
        ema = named_tensors(G_ema=self.state.G_ema)
        save_checkpoint(self.path / "model.safetensors", self.state.model, provenance, ema)
        self._append_stats({"kimg": kimg, "seconds": round(self.state.seconds, 1), **stats})
        self.state.save(self.resume_path, provenance)

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
            "train": self.config.to_dict(),
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
            to_uint8(G(z[i : i + 16], None if c is None else c[i : i + 16], noise_mode="const"))
            for i in range(0, len(z), 16)
        ]
        name = f"kimg{self.state.seen / 1000:09.2f}.png"
        picture = contact_sheet(np.concatenate(batches), GRID)
        write_atomic(self.path / "samples" / name, png_bytes(picture))


def pick_device(config: TrainConfig) -> torch.device:
    """CUDA, then MPS, then the CPU, unless the user chose."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if config.device in available and not available[config.device]:
        raise UsageError(f"--device {config.device}: torch finds none; give --device cpu")
    if config.device != "auto":
        return torch.device(config.device)
    return torch.device(next((name for name, here in available.items() if here), "cpu"))


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


def _say(slices: Slices, state: TrainState, device, dtype, resumed: bool) -> None:
    """What is being trained, on what, before the long wait."""
    shape = f"{state.model.resolution} px, {'grey' if state.model.img_channels == 1 else 'colour'}"
    sizes = [sum(p.numel() for p in n.parameters()) / 1e6 for n in (state.G, state.D)]
    for line in (
        f"data      {slices.name}: {len(slices)} slices, {shape}",
        *(f"          {note}" for note in slices.notes),
        *([f"          skipped {len(slices.skipped)}: {', '.join(slices.skipped[:3])}"]
          if slices.skipped else []),
        *([f"classes   {', '.join(slices.classes)}"] if slices.classes else []),
        f"networks  G {sizes[0]:.1f} M, D {sizes[1]:.1f} M parameters (version {gan.__version__})",
        f"computing on {device}, {str(dtype).split('.')[1]}, {torch.get_num_threads()} threads",
        f"resumed at {state.seen / 1000:g} kimg" if resumed else "a new training",
    ):  # fmt: skip
        tqdm.write(line)
