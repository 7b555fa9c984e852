"""How much memory something takes, measured where nothing else is at work.

CPython's tracing counts what every thread takes, and before 3.12.9 it crashes where a thread leaves
numpy's code just as it ends (python/cpython#128679): other tests' computations go on in threads.
"""

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def peak_of(work: Callable, *arguments) -> int:
    """Most bytes that Python and numpy hold meanwhile, in a process of its own.

    work: a function of a module, which the process imports; it raises what that raises.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_traced, work, *arguments).result()


def _traced(work: Callable, *arguments) -> int:
    tracemalloc.start()
    work(*arguments)
    return tracemalloc.get_traced_memory()[1]
