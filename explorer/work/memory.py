"""What the C library does with memory that is given back."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3), glibc
_MOST = 2**30  # bytes: the largest piece that is kept, and how much of it


def keep_memory() -> bool:
    """Keep it for the next who asks, from now on; False where the C library is not glibc.

    Each layer of a large network takes and gives back tens of megabytes. As a rule they go back to
    the system each time and come anew, page by page, and threads wait for each other over that: a
    third of the time of two threads was measured to go there. To be called before threads begin.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    wishes = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _MOST), (_TRIM_THRESHOLD, _MOST))
    return all([mallopt(what, value) for what, value in wishes])
