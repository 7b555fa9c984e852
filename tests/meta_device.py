"""torch's meta device in a card's place: what was forgotten on the processor meets a tensor of
another device there, and is found without a card.

Values do not exist on that device; where the processor reads one, a made-up value stands in.
"""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")


class _Fetched(torch.autograd.Function):
    """A copy on the processor, made up; gradients go back to the device."""

    @staticmethod
    def forward(ctx, x):
        return torch.ones(x.shape, dtype=x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return torch.empty_like(gradient, device=META)


_zeros = lambda x: torch.zeros(x.shape, dtype=x.dtype)  # noqa: E731
READ = {
    "item": lambda x: 0.5, "__bool__": lambda x: True, "__int__": lambda x: 1,
    "__float__": lambda x: 0.5, "__index__": lambda x: 1, "cpu": lambda x: _Fetched.apply(x),
    "numpy": lambda x: _zeros(x).numpy(), "tolist": lambda x: _zeros(x).tolist(),
}  # fmt: skip


class OneDevice(TorchDispatchMode):
    """Refuses what mixes devices, as a card does. Products and convolutions of meta and CPU
    tensors raise nothing by themselves. Copies are meant, and so is the processor's index."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [x for x in tree_leaves((args, kwargs)) if torch.is_tensor(x) and x.dim()]
        kinds = {x.device.type for x in tensors}
        name = func.__name__
        meant = "copy" in name or (name.startswith("index.") and tensors[0].is_meta)
        if len(kinds) > 1 and not meant:
            raise AssertionError(f"{name}: tensors on {' and '.join(sorted(kinds))}")
        home = name.startswith("_to_copy") and (kwargs or {}).get("device") == torch.device("cpu")
        if home and args[0].is_meta:  # a gradient on its way back to the processor
            return torch.ones(args[0].shape, dtype=args[0].dtype)
        return func(*args, **(kwargs or {}))


def make_it_answer(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the meta device answer; the list gets the name of each read, a wait for the card."""
    waits = []

    def reading(name: str, value) -> None:
        real = getattr(torch.Tensor, name)

        def read(self, *args, **kwargs):
            if self.device.type != "meta":
                return real(self, *args, **kwargs)
            waits.append(name)
            return value(self)

        monkeypatch.setattr(torch.Tensor, name, read)

    for name, value in READ.items():
        reading(name, value)
    return waits
