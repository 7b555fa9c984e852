"""What the processor at hand is good at, asked here and nowhere else.

oneDNN and torch's own kernels each choose their instructions when they are loaded, within the
limits that ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY set. So what counts is what they chose, not
only what the processor has. Where nobody has measured (arm64) the answer is no: the plain way is
right everywhere.
"""

from functools import cache

import torch

_INSTRUCTIONS = {
    torch.bfloat16: ("avx512_bf16", "amx_bf16"),
    torch.float16: ("avx512_fp16", "amx_fp16"),
}


@cache
def has_prepacking() -> bool:
    """Whether oneDNN's convolutions with weights reordered beforehand are there (x86-64)."""
    return (
        torch.cpu.get_capabilities().get("architecture") == "x86_64"
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


@cache
def is_fast(dtype: torch.dtype) -> bool:
    """Whether networks run at least as fast in this precision as in float32.

    Without instructions of its own a half precision is converted number by number, and oneDNN may
    refuse it.
    """
    if dtype == torch.float32:
        return True
    abilities = torch.cpu.get_capabilities()
    if not any(abilities.get(name) for name in _INSTRUCTIONS[dtype]) or not has_prepacking():
        return False
    supported = {
        torch.bfloat16: torch.ops.mkldnn._is_mkldnn_bf16_supported,
        torch.float16: torch.ops.mkldnn._is_mkldnn_fp16_supported,
    }
    return torch.backends.cpu.get_cpu_capability() == "AVX512" and supported[dtype]()
