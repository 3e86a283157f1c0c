"""What a whole tree of processes uses, read from outside; the kernel's own limits hold for single processes only."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

EVERY_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_MOST_READ = 4096  # processes
_MOST_SECONDS, _MOST_UNTOLD = 0.25, 4
_OUR_OWN = 2  # the first process of a start, and the thread that tells of its apps


Buffers = Callable[[list[int]], int]


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


def tree(roots: Iterable[int], most: int = _MOST_READ) -> list[int]:
    """These processes and all below them, up to a number."""
    found: list[int] = []
    waiting = list(roots)
    while waiting and len(found) < most:
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


def proportional_sum(pids: Iterable[int]) -> int | None:
    """Of several processes, read by a process that is ended where it takes too long: whoever forks or maps without end
    keeps others from reading how much memory it has. None: it took too long."""
    heard, tell = os.pipe()
    reader = os.fork()
    if reader == 0:
        with contextlib.suppress(BaseException):
            os.write(tell, b"%d" % sum(map(proportional, pids)))
        os._exit(0)
    os.close(tell)
    try:
        ready, _, _ = select.select([heard], [], [], _MOST_SECONDS)
        said = os.read(heard, 100) if ready else b""
    finally:
        os.close(heard)
        os.kill(reader, signal.SIGKILL)
        os.waitpid(reader, 0)
    return int(said) if said else None


def cpu_seconds(pid: int) -> float:
    """What a process and its reaped children have used."""
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as stat:
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

    def __init__(self, limits: dict[str, Any], used_before: float = 0.0, buffers: Buffers = lambda _: 0) -> None:
        """`buffers` says how many bytes processes hold elsewhere than in their own memory."""
        self._limits, self._used_before, self._buffers = limits, used_before, buffers
        self._next = time.monotonic() + EVERY_SECONDS
        self._untold = 0  # how often in a row its memory could not be read

    def due(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() >= self._next

    def look(self, roots: Iterable[int], disk_used: Callable[[], int]) -> Overrun | None:
        """What is over its limit; what looking costs is a quarter of the time at the most."""
        begun = time.monotonic()
        most = self._limits["processes"] + _OUR_OWN
        pids = tree(roots, most + 1)
        if len(pids) > most:  # at once: a fork bomb leaves little time for looking
            overrun = Overrun("processes", len(pids))  # type: Overrun | None
        else:
            overrun = self._processes(pids) or self._cpu(pids) or self._memory(pids)
        if overrun is None:
            overrun = self._disk(disk_used())
        now = time.monotonic()
        self._next = now + max(EVERY_SECONDS, 3 * (now - begun))
        return overrun

    def _disk(self, used: int) -> Overrun | None:
        return Overrun("disk_bytes", used) if used > self._limits["disk_bytes"] else None

    def _memory(self, pids: list[int]) -> Overrun | None:
        buffers = self._buffers(pids)
        most = self._limits["memory_bytes"] - buffers
        at_most = sum(map(resident, pids))
        if at_most <= most:
            return None
        used = proportional_sum(pids)  # forked processes share what they were forked with
        if used is None:
            self._untold += 1
            used, enough = at_most, self._untold >= _MOST_UNTOLD  # what passed the limit: it may be less by now
        else:
            self._untold, enough = 0, used > most
        return Overrun("memory_bytes", used + buffers) if enough else None

    def _processes(self, pids: list[int]) -> Overrun | None:
        count = sum(map(threads, pids))
        return Overrun("processes", count) if count > self._limits["processes"] + _OUR_OWN else None

    def _cpu(self, pids: list[int]) -> Overrun | None:
        used = sum(map(cpu_seconds, pids)) - self._used_before
        return Overrun("cpu_seconds", round(used, 1)) if used > self._limits["cpu_seconds"] else None
