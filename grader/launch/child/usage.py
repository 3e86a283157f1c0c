"""What a whole tree of processes uses, read from outside; the kernel's own limits hold for single processes only."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

EVERY_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_MOST_READ = 4096  # processes
_LOOKS_A_DISK = 4


class Overrun(NamedTuple):
    """A limit by its name in a rubric, and how much was used of it."""

    limit: str
    used: float


def children_of(pid: int) -> list[int]:
    """The processes that a process has started or adopted; none where the system does not tell."""
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for task in tasks:
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/task/{task}/children") as children:
            found += map(int, children.read().split())
    return found


def tree(roots: Iterable[int]) -> list[int]:
    """These processes and all below them."""
    found: list[int] = []
    waiting = list(roots)
    while waiting and len(found) < _MOST_READ:
        pid = waiting.pop()
        found.append(pid)
        waiting += children_of(pid)
    return found


def resident(pid: int) -> int:
    """Bytes in memory; pages that it shares with others are counted in full."""
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def proportional(pid: int) -> int:
    """Bytes in memory, of shared pages its share alone. Slower; as `resident` where it may not be read."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            return next(int(line.split()[1]) << 10 for line in rollup if line.startswith("Pss:"))
    except (OSError, StopIteration, ValueError):
        return resident(pid)


def cpu_seconds(pid: int) -> float:
    """What a process and its reaped children have used."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    except (OSError, ValueError):
        return 0.0


def threads(pid: int) -> int:
    """How many threads a process has, the first included."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


class Watchdog:
    """Looks at a program's processes every 50 ms, and says which limit they have passed together."""

    def __init__(self, limits: dict[str, Any]) -> None:
        self._limits = limits
        self._next = time.monotonic() + EVERY_SECONDS
        self._looks = 0

    def due(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() >= self._next

    def look(self, roots: Iterable[int], disk_used: Callable[[], int]) -> Overrun | None:
        """What is over its limit. The disk, which takes longest, is looked at every few times."""
        pids = tree(roots)
        self._looks += 1
        overrun = self._memory(pids) or self._processes(pids) or self._cpu(pids)
        if overrun is None and self._looks % _LOOKS_A_DISK == 0:
            overrun = self._disk(disk_used())
        self._next = time.monotonic() + EVERY_SECONDS
        return overrun

    def _disk(self, used: int) -> Overrun | None:
        return Overrun("disk_bytes", used) if used > self._limits["disk_bytes"] else None

    def _memory(self, pids: list[int]) -> Overrun | None:
        most = self._limits["memory_bytes"]
        if sum(map(resident, pids)) <= most:
            return None
        used = sum(map(proportional, pids))  # forked processes share what they were forked with
        return Overrun("memory_bytes", used) if used > most else None

    def _processes(self, pids: list[int]) -> Overrun | None:
        count = sum(map(threads, pids))
        return Overrun("processes", count) if count > self._limits["processes"] + 2 else None

    def _cpu(self, pids: list[int]) -> Overrun | None:
        used = sum(map(cpu_seconds, pids))
        return Overrun("cpu_seconds", round(used, 1)) if used > self._limits["cpu_seconds"] else None
