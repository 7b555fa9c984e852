"""A training from the command line to the last file, whatever its stages and processes."""

import ctypes
import sys
import time
from contextlib import nullcontext
from dataclasses import replace

import torch
from tqdm import tqdm

import gan
from gan.checkpoint import load_checkpoint
from gan.cpu import is_fast
from train.alone import alone_in
from train.config import Command, TrainConfig, UsageError
from train.data import Slices, load_both
from train.folder import RESUME, RunFolder
from train.growth import Stage, at_stage, check_fade, stages
from train.loop import Trainer, run
from train.parallel import World, join_world
from train.state import TrainState
from train.usage import check_outside

# M_MMAP_THRESHOLD, the most there may be, and M_TRIM_THRESHOLD (malloc.h).
_KEEP_MEMORY = ((-3, 32 * 2**20), (-1, 2**31 - 1))


def train(command: Command) -> bool:
    """Train, or go on training, what the command line asks for. False if stopped by the user.

    A growing training takes its stages one after the other; each goes on from the files the one
    before has left. Raises UsageError if the training's own pictures would lie among the data.
    """
    check_outside("out", command.out, command.data)
    deadline = time.monotonic() + 60 * command.minutes
    plan = stages(command.train, command.model.resolution)
    with (
        join_world(pick_device(command.train).type) as world,
        alone_in(command.out) if world.first else nullcontext(),
    ):
        for stage in plan[_stage_reached(command, plan) :]:
            if not _train_stage(command, stage, plan, world, deadline):
                return False
    return True


def _stage_reached(command: Command, plan: tuple[Stage, ...]) -> int:
    """Place in the plan of the stage that the files of an earlier session belong to."""
    path = command.out / RESUME
    if len(plan) == 1 or not path.exists():
        return 0
    checkpoint = load_checkpoint(path)
    reached = checkpoint.config.resolution
    resolutions = [stage.resolution for stage in plan]
    if reached not in resolutions:
        raise UsageError(
            f"--grow {command.train.grow}: {path} is at {reached} px, which is not in it; "
            "give the same --grow again, or another --out"
        )
    place = resolutions.index(reached)
    seen = checkpoint.tensors.get("state.seen")
    if seen is not None:
        check_fade(command.train, plan, place, int(seen))
    return place


def _train_stage(
    command: Command, stage: Stage, plan: tuple[Stage, ...], world: World, deadline: float
) -> bool:
    model, config = at_stage(command.model, command.train, stage)
    device, dtype = pick_device(config, world), pick_dtype(config)
    tune_for(device.type)
    if not world.first:
        world.wait()  # the first process decodes the data; then all read it
    slices, held_out = load_both(command.data, model.resolution, model.img_channels, command.source)
    if world.first:
        world.wait()
    model = replace(model, c_dim=len(slices.classes), c_ordered=slices.scale is not None)
    state = TrainState(model, config, device, grown=stage is not plan[0])
    trainer = Trainer(state, slices, config, dtype, world, stage)
    folder = RunFolder(
        command.out, trainer, held_out if world.first else None,
        command.train, str(device), str(dtype).split(".")[1], deadline,
    )  # fmt: skip
    begun = folder.begin()
    finished_before = state.seen >= stage.end
    if world.first:
        _say(trainer, begun, device, dtype)
        if finished_before and stage is plan[-1]:
            tqdm.write(f"trained for {state.seen / 1000:g} kimg; give a larger --kimg to go on")
    if folder.resumed:
        folder.judge()  # what a kill or the deadline cut short
    if finished_before:
        return True
    tick_images = max(round(config.snapshot_kimg * 1000), config.batch)
    with tqdm(total=stage.end, initial=state.seen, unit="img", smoothing=0.05,
              disable=not world.first) as bar:  # fmt: skip
        finished = run(trainer, folder.snapshot, tick_images, bar.update, deadline)
    if not finished and world.first:
        tqdm.write(f"stopped at {state.seen / 1000:g} kimg; run the same command to resume")
    if finished and stage.final and world.first:
        tqdm.write(
            f"finished at {state.seen / 1000:g} kimg: {command.out / 'model.safetensors'}; see how "
            f"it went with: python -m train report {command.out}"
        )
    return finished


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


def tune_for(device: str) -> None:
    """Settings of the whole process that make training faster.

    CUDA: each convolution tried out once per shape, and float32 products in TF32; what must be
    exact is neither. CPU: the C library keeps freed memory for the next feature maps, where it
    would return it to the system and have every page of it cleared again (glibc only).
    """
    if device == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    elif device == "cpu" and sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt:
            for parameter, value in _KEEP_MEMORY:
                mallopt(parameter, value)


def pick_dtype(config: TrainConfig) -> torch.dtype:
    """bfloat16 where the hardware computes in it; elsewhere it would only be slower."""
    if config.precision != "auto":
        return getattr(torch, config.precision)
    device = pick_device(config).type
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = device == "cpu" and is_fast(torch.bfloat16)
    return torch.bfloat16 if fast else torch.float32


def _classes(slices: Slices) -> str:
    scale = slices.scale
    if not scale:
        return ", ".join(slices.classes)
    return f"{scale.count} in order, {scale.column} {scale.first:g} to {scale.last:g}"


def slow_precision(device: torch.device, dtype: torch.dtype) -> str:
    """A sentence for whoever asked for a precision that this processor is slow in, or ""."""
    if device.type != "cpu" or is_fast(dtype):
        return ""
    name = str(dtype).split(".")[1]
    return f"--precision {name} is slow on this processor; without it float32 is used"


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
        *([f"classes   {_classes(slices)}"] if slices.classes else []),
        f"networks  G {sizes[0]:.1f} M, D {sizes[1]:.1f} M parameters (version {gan.__version__})",
        f"computing on {where}" + (f", {world.size} processes" if world.size > 1 else ""),
        *([f"          {told}"] if (told := slow_precision(device, dtype)) else []),
        *begun,
    ):  # fmt: skip
        tqdm.write(line)
