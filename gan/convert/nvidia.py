"""The networks of NVIDIA's stylegan2-ada-pytorch and stylegan3 (of the latter its StyleGAN2s).

Every module in their pickles is a call that would run the source text stored beside it, with its
state. Read here as data, it is a tree of states: parameters, buffers, modules and a few numbers.
"""

import re
from dataclasses import dataclass

from gan.convert.found import MBSTD_GROUP, Found, number, tensors_of
from gan.convert.pickled import Inert, Names, Refused, dictionary
from gan.convert.storages import Stored

USUAL_CLAMP = 256.0  # what their training sets, unless half precision is switched off
_LONGEST = 60  # synthesis.b1024.conv0.affine.weight
_MOST_ENTRIES = 20_000  # of all modules together; a generator of 1024 px has some 500
_ACTIVATED = r"mapping\.fc\d+|synthesis\.b\d+\.conv[01]|b\d+\.(fromrgb|conv[01]?|fc)"
_LINEAR = r"mapping\.embed|synthesis\.b\d+\.\w+\.affine|b\d+\.(skip|out)"
_PLAIN = r"mapping\.embed|synthesis\.b\d+\.\w+\.affine|b4\.(fc|out)"  # multiplier 1
_CLAMPED = r"synthesis\.b\d+\.(conv[01]|torgb)|b\d+\.(fromrgb|conv[01]?)"


@dataclass(frozen=True, eq=False)
class Module:
    """A module of theirs."""

    kind: str
    state: dict

    def modules(self) -> dict[str, "Module"]:
        """It and all within, by their dotted names; "" is itself. Raises Refused."""
        found, seen, entries, queue = {}, set(), 0, [("", self)]
        for name, module in queue:  # which grows meanwhile
            children = module.state.get("_modules", {})
            entries += 1 + len(children)
            if module in seen or len(name) > _LONGEST or entries > _MOST_ENTRIES:
                raise Refused("its modules lie within each other without end")
            seen.add(module)
            found[name] = module
            for inner, child in children.items():
                if isinstance(child, Module) and isinstance(inner, str):
                    queue.append((f"{name}.{inner}".lstrip("."), child))
        return found


def generator(root: Module) -> Found:
    """Raises Refused with a reason if it is of a kind that is not made here."""
    modules = root.modules()
    for name in ("mapping", "synthesis"):
        if name not in modules:
            raise Refused(f"its {root.kind[:60]} has no {name}")
    if "synthesis.input" in modules:
        raise Refused("it is a StyleGAN3, which has another synthesis network")
    _check_kind(modules, r"synthesis\.b\d+", ("skip",), "synthesis network")
    return Found(_tensors(modules), _multipliers(modules), _clamp(modules))


def discriminator(root: Module) -> Found:
    """Raises Refused with a reason if it is of a kind that is not made here."""
    modules = root.modules()
    _check_kind(modules, r"b\d+", ("resnet", "orig"), "discriminator")
    if "b4.mbstd" not in modules:
        raise Refused("it does not compare pictures with each other (no minibatch deviation)")
    deviation = modules["b4.mbstd"].state
    channels = int(number(deviation.get("num_channels", 1), "minibatch channels"))
    group = deviation.get("group_size", MBSTD_GROUP)
    group = 65536 if group is None else number(group, "minibatch group")  # None: all of them
    found = _tensors(modules), _multipliers(modules), _clamp(modules)
    return Found(*found, int(group), channels)


def from_state_dict(tensors: dict[str, Stored | Inert]) -> Found:
    """Without the modules' own numbers: as their training sets them."""
    return Found(tensors, None, USUAL_CLAMP)


def _tensors(modules: dict[str, Module]) -> dict[str, Stored | Inert]:
    found, entries = {}, 0
    for name, module in modules.items():
        for group in ("_parameters", "_buffers"):  # a frozen layer keeps its weights as buffers
            values = module.state.get(group, {})
            entries += len(values)
            if entries > _MOST_ENTRIES:
                raise Refused("it has more tensors than any such network")
            found |= {f"{name}.{k}" if name else k: v for k, v in tensors_of(values).items()}
    return found


def _check_kind(modules: dict[str, Module], blocks: str, known: tuple, what: str) -> None:
    """Refuse what has the same tensors and means something else by them."""
    for name, module in modules.items():
        if re.fullmatch(blocks, name):
            architecture = module.state.get("architecture", known[0])
            if architecture not in known:
                kind = architecture[:60] if isinstance(architecture, str) else "?"
                raise Refused(
                    f"its {what} is of the kind {kind}; only {' and '.join(known)} can be made here"
                )
        expected = _expected_activation(name)
        if expected and (found := module.state.get("activation")) != expected:
            kind = found[:60] if isinstance(found, str) else "?"
            raise Refused(f"its {name} has another activation, {kind} instead of {expected}")


def _expected_activation(name: str) -> str | None:
    if re.fullmatch(_ACTIVATED, name):
        return "lrelu"
    return "linear" if re.fullmatch(_LINEAR, name) else None


def _multipliers(modules: dict[str, Module]) -> dict[str, float]:
    """Of the learning rate of each mapping layer; other fully connected layers have none."""
    found = {}
    for name, module in modules.items():
        if re.fullmatch(r"mapping\.fc\d+", name):
            gain = module.state.get("bias_gain")
            found[name] = number(gain, f"learning-rate multiplier of {name}")
        elif re.fullmatch(_PLAIN, name) and module.state.get("bias_gain", 1) != 1:
            raise Refused(f"its {name} has another learning-rate multiplier than 1")
    return found


def _clamp(modules: dict[str, Module]) -> float | None:
    """The bound of the feature maps, one for all layers."""
    clamped = [m.state.get("conv_clamp") for n, m in modules.items() if re.fullmatch(_CLAMPED, n)]
    bounds = {None if bound is None else number(bound, "conv_clamp") for bound in clamped}
    if len(bounds) > 1:
        raise Refused("its layers bound their feature maps differently (conv_clamp)")
    return bounds.pop() if bounds else None


def _module(meta) -> Module:
    """For `torch_utils.persistence._reconstruct_persistent_obj`, which would run `module_src`."""
    if not isinstance(meta, dict) or meta.get("type") != "class":
        raise Refused("a module is described in an unknown way")
    kind, state = meta.get("class_name"), meta.get("state")
    if not isinstance(kind, str) or not isinstance(state, dict):
        raise Refused("a module has no name or no state")
    if not all(isinstance(state.get(k, {}), dict) for k in ("_modules", "_parameters", "_buffers")):
        raise Refused("a module's state is described in an unknown way")
    return Module(kind, state)


def _tensorflow(*_) -> Module:
    raise Refused(
        "it is a file of the TensorFlow program; if you trust it, NVIDIA's stylegan2-ada-pytorch "
        "turns it into a .pkl of PyTorch (legacy.py), which can be converted"
    )


NAMES: Names = {
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
    "dnnlib.util.EasyDict": dictionary,
    "dnnlib.tflib.network.Network": _tensorflow,
}
