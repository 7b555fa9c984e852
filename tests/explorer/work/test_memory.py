"""Memory that is given back stays with the program, where the C library is glibc."""

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys, threading
import torch
from explorer.work.memory import keep_memory

assert not sys.argv[1:] or keep_memory()

def work():
    def faults():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(10_000_000)  # 40 MB
    before = faults()
    for _ in range(20):
        torch.ones(10_000_000)
    print(faults() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def faults(*arguments: str) -> int:
    """Pages that came anew while a thread took and gave back 40 MB twenty times."""
    done = subprocess.run([sys.executable, "-c", _FAULTS, *arguments], capture_output=True,
                          text=True, check=True)  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_pages_come_once():
    few, many = faults("keep"), faults()
    assert few < many / 2  # now and then a piece finds no room


def test_elsewhere_nothing_is_done(monkeypatch):
    from explorer.work import memory

    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert memory.keep_memory() is False
