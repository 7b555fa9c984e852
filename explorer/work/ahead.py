"""Pieces of work that several threads do ahead of whoever takes the results, in their order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


class _Crew:
    threads = 1


def employ(threads: int) -> None:
    """How many threads `in_order` uses from now on, torch with one core in each.

    Two pictures of a large network side by side are sooner done than one after the other with two
    threads. Those of a small one are not: the threads wait for Python more than they compute.
    """
    _Crew.threads = threads


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """work(item) for each item. With one thread nothing is done ahead."""
    threads = _Crew.threads
    if threads == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1))
    waiting = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # also where nobody wants the rest
        pool.shutdown(cancel_futures=True)
