"""Which processors a job uses, with all that it starts.

A grader and the programs it starts take turns: hardly ever has more than one of them something to do. Left alone, the
kernel moves each to another processor at every turn, whose caches know nothing of it, and two jobs leave a seventh of
two processors idle. So a job of many keeps to one; a box runs where the thread that opens it may run.
"""

from __future__ import annotations

import contextlib
import os


def usable() -> tuple[int, ...]:
    """The processors that the calling thread may run on; none where the system does not say."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def how_many() -> int:
    """So many jobs are worth while."""
    return len(usable()) or os.cpu_count() or 1


def keep_to_one(job: int) -> None:
    """Have the calling thread run on one of its processors from now on. Jobs counted from 0 get different ones, as far
    as there are, and so, as a rule, do two graders side by side."""
    cores = usable()
    if cores:
        with contextlib.suppress(OSError):  # the set of processors has just been changed from outside
            os.sched_setaffinity(0, {cores[(os.getpid() + job) % len(cores)]})
