"""What counts as fast follows from the processor and from the limits set for the libraries."""

import os
import subprocess
import sys

import pytest
import torch

from gan.cpu import has_prepacking, is_fast
from tests.browser import ROOT

pytestmark = pytest.mark.cpu
HALVES = (torch.bfloat16, torch.float16)


@pytest.fixture
def processor(monkeypatch):
    """A function that puts another processor in the place of this one."""

    def put(abilities: dict, kernels: str = "AVX512", library: bool = True) -> None:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: kernels)
        for name in ("bf16", "fp16"):
            asked = f"_is_mkldnn_{name}_supported"
            monkeypatch.setattr(torch.ops.mkldnn, asked, lambda: library, raising=False)
        forget()

    def forget() -> None:
        has_prepacking.cache_clear()
        is_fast.cache_clear()

    yield put
    monkeypatch.undo()
    forget()


X86 = {"architecture": "x86_64", "avx2": True}


@pytest.mark.skipif(not has_prepacking(), reason="torch without oneDNN, or another architecture")
@pytest.mark.parametrize(
    ("ability", "fast"),
    [
        ("avx2", {torch.float32}),
        ("avx512_f", {torch.float32}),
        ("avx512_bf16", {torch.float32, torch.bfloat16}),
        ("amx_bf16", {torch.float32, torch.bfloat16}),
        ("avx512_fp16", {torch.float32, torch.float16}),
    ],
)
def test_each_precision_needs_its_instructions(processor, ability, fast):
    processor(X86 | {ability: True})
    assert {dtype for dtype in (torch.float32, *HALVES) if is_fast(dtype)} == fast


@pytest.mark.parametrize("limit", [{"kernels": "AVX2"}, {"library": False}])
def test_a_limit_of_the_libraries_counts(processor, limit):
    processor(X86 | {"avx512_bf16": True, "avx512_fp16": True}, **limit)
    assert not any(map(is_fast, HALVES))
    assert is_fast(torch.float32)


def test_arm64_goes_the_plain_way(processor):
    processor({"architecture": "arm64", "neon": True, "bf16": True, "fp16_arith": True})
    assert not has_prepacking()
    assert not any(map(is_fast, HALVES))
    assert is_fast(torch.float32)


def test_the_variables_make_any_processor_a_small_one():
    code = (
        "import torch; from gan.cpu import is_fast;"
        "print(is_fast(torch.bfloat16), torch.backends.cpu.get_cpu_capability())"
    )
    limits = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | limits,
        capture_output=True, text=True,
    )  # fmt: skip
    fast, kernels = run.stdout.split()
    assert fast == "False", run.stderr
    assert kernels != "AVX512"
