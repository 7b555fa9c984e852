"""Several processes, on one machine or many, train one network: torchrun starts them.

A step shows the same batch however it is divided: each process (and, with --accumulate, each of
its turns) takes one part of it, all draw the same random numbers for the whole batch, and the
gradients are averaged. So one process and eight see the same losses, to rounding, and a training
goes on with another number of processes.

Gradients are averaged here rather than by DistributedDataParallel: R1 and path length go through
torch.autograd.grad, which that module's documentation excludes.
"""

import os
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache

import torch
import torch.distributed as dist
from torch import Tensor

GROUP = 4  # of pictures compared in the minibatch standard deviation, unless a network has others
_PATIENCE = timedelta(minutes=30)  # one process may be evaluating while the others wait


class LostProcess(RuntimeError):
    """Another process of this training has ended."""


class World:
    """This process among its peers: number `rank` of `size`."""

    def __init__(self, rank: int = 0, size: int = 1):
        self.rank, self.size = rank, size

    @property
    def first(self) -> bool:
        """The one process that writes files and talks."""
        return self.rank == 0

    def average_(self, tensors: list[Tensor]) -> None:
        """Replace each tensor by its mean over all processes; raises LostProcess."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([t.flatten().float() for t in tensors])
        with _peers():
            dist.all_reduce(flat)
        flat /= self.size
        parts = flat.split([t.numel() for t in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is set in some process, so that all act alike."""
        if self.size == 1:
            return flag
        count = torch.tensor(float(flag), device=device)
        with _peers():
            dist.all_reduce(count)
            return bool(count > 0)  # NCCL tells here that one is lost

    def wait(self) -> None:
        """Until every process has come here."""
        if self.size > 1:
            with _peers():
                dist.barrier()


@contextmanager
def join_world(device: str):
    """The World that torchrun describes in the environment; one process without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    card = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if device == "cuda" else None
    if card:
        torch.cuda.set_device(card)
    dist.init_process_group("nccl" if card else "gloo", timeout=_PATIENCE, device_id=card)
    try:
        yield World(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()


def whole_group(batch: int, wanted: int, parts: int) -> int | None:
    """How many pictures are compared in the minibatch standard deviation when a batch is divided:
    as many as `wanted`, or fewer, so that half of each part still holds whole groups.

    A batch in one part may have any size. None where not even GROUP fit.
    """
    sizes = range(min(wanted, batch), 0, -1)
    if parts == 1:
        return next(g for g in sizes if batch % g == 0)
    fits = (g for g in sizes if batch % (2 * g * parts) == 0)
    found = next(fits, 0)
    return found if found >= min(GROUP, wanted) else None


def groups(size: int, group: int = GROUP) -> Tensor:
    """Which pictures the minibatch standard deviation compares: int64 [groups, pictures].

    group: how many, or the largest number below it that divides them.
    """
    G = next(g for g in range(min(group, size), 0, -1) if size % g == 0)
    return torch.arange(size).view(G, -1).T


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # what is kept must serve training as well
def part_places(
    batch: int, part: int, parts: int, device: torch.device | str = "cpu", group: int = GROUP
) -> Tensor:
    """Which pictures of the batch one of `parts` equal parts holds: int64 [batch / parts].

    The groups of the minibatch standard deviation are every (batch / G)-th picture; a part holds
    whole groups, in the order in which it finds the same groups again. Kept, because each copy to
    a graphics card makes the program wait for it.
    """
    return groups(batch, group).T.unflatten(1, (parts, -1))[:, part].flatten().to(device)


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # what is kept must serve training as well
def half_places(size: int, device: torch.device | str = "cpu", group: int = GROUP) -> Tensor:
    """Every second group of a part, for the regularisers: int64, half of `size` or a group more.

    Of one group that is all, every second picture.
    """
    found = groups(size, group)
    return (found[::2] if len(found) > 1 else found[:, ::2]).T.flatten().to(device)


@contextmanager
def _peers():
    try:
        yield
    except RuntimeError as error:
        raise LostProcess(
            "another process of this training has ended; run the same command to resume, with as "
            f"many processes as you like ({str(error).splitlines()[0]})"
        ) from error
