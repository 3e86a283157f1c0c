"""The kernel's own limits on each process of a student's program; what they miss is watched from outside (`usage`)."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Collection
from typing import Any

Limits = dict[str, Any]

_ADDRESS_SPACE_BEYOND = 2 << 30  # stacks of threads, arenas and mapped libraries are no memory in use
_OUR_OWN = 3  # processes of ours that the kernel may count to the program's user: the keeper, the first process
_SOON = 64  # that others may have beyond what they have now
_SMALL = 64 << 10

# What names a limit in `Launcher(without=...)`: the resource, and what stands in the rubric.
NAMES = {
    "RLIMIT_AS": "memory_bytes",
    "RLIMIT_NPROC": "processes",
    "RLIMIT_CPU": "cpu_seconds",
    "RLIMIT_FSIZE": "file_bytes",
    "RLIMIT_NOFILE": "descriptors",
}


def apply(limits: Limits, others: int = 0, without: Collection[str] = ()) -> None:
    """Limit this process and all that it will start. `others` are processes and threads of the same user that have
    nothing to do with the program, where the kernel counts those in. Then its limit is a loose one, for they come and
    go, another box's program among them; the watchdog's is exact."""
    if others:
        others += _SOON + limits["processes"]
    seconds = max(1, int(limits["cpu_seconds"]))
    wanted = {
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_AS": (limits["memory_bytes"] + _ADDRESS_SPACE_BEYOND,) * 2,
        "RLIMIT_NPROC": (limits["processes"] + _OUR_OWN + others,) * 2,
        "RLIMIT_CPU": (seconds, seconds + 1),  # SIGXCPU first; SIGKILL for who ignores it
        "RLIMIT_FSIZE": (limits["file_bytes"],) * 2,
        "RLIMIT_NOFILE": (limits["descriptors"],) * 2,
        "RLIMIT_MEMLOCK": (_SMALL, _SMALL),
        "RLIMIT_MSGQUEUE": (0, 0),
        "RLIMIT_RTPRIO": (0, 0),
        "RLIMIT_NICE": (0, 0),
    }
    for name, pair in wanted.items():
        kind = getattr(resource, name, None)
        if kind is not None and name not in without:
            _lower(kind, *pair)


def give_way() -> None:
    """Where the machine's memory ends, this process goes first, and nobody's work."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", 0) as wish:
        wish.write(b"1000")


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit, or what is allowed of it where the grader itself has less."""
    _, most = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    with contextlib.suppress(ValueError, OSError):  # macOS knows some names that cannot be set
        resource.setrlimit(kind, (soft, hard))


def of_this_user() -> int:
    """How many processes and threads this process's user has now; 0 where the system does not tell."""
    uid, count = os.getuid(), 0
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return 0
    for name in names:
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
    return count
