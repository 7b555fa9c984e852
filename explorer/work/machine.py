"""How many processor cores to compute on."""

import os


def spare_cores() -> int:
    """Cores that nothing else keeps busy at the moment, at least one.

    Two threads on a core that another program uses wait for each other at every step, which was
    measured to be many times slower than one. OMP_NUM_THREADS overrules the guess.
    """
    wish = os.environ.get("OMP_NUM_THREADS", "")
    if wish.isdigit() and int(wish) > 0:
        return int(wish)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1, (cores or 1) - round(load))
