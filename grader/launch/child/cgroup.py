"""Memory and processes of a whole box limited by the kernel: cgroup v2, where this account was given one of its own.

The warm process claims it once: whatever of ours runs in it moves into a leaf, since a group with limits below it may
hold no process itself. Each keeper then makes a group for its box and moves into that, with all that it starts.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any

from . import usage

_LEAF = "grader"
_CONTROLLERS = ("memory", "pids")
_OF_OUR_OWN = 64 << 20  # the keeper, the first process, and what the kernel keeps for them
_OUR_PROCESSES = 4
_TRIES, _PAUSE = 200, 0.005


class NotDelegated(Exception):
    """There is no group for us; says why."""


def own_folder(groups: str, mounts: str) -> str:
    """Where this process's group lies, from the texts of /proc/self/cgroup and /proc/self/mountinfo."""
    path = next((line[3:] for line in groups.splitlines() if line.startswith("0::/")), "")
    for line in mounts.splitlines():
        fields, _, behind = line.partition(" - ")
        root, mounted = fields.split(" ")[3:5]
        inside = (path + "/").startswith(root.rstrip("/") + "/") and "/../" not in path + "/"
        if path and inside and behind.startswith("cgroup2 "):
            return os.path.normpath(mounted + "/" + path[len(root.rstrip("/")) :])
    raise NotDelegated("this system shows no cgroup v2")


def claim(grader: int) -> str:
    """The folder in which boxes get their groups; `grader` and what is below it are our processes. Raises
    NotDelegated."""
    try:
        folder = own_folder(_read("/proc/self/cgroup"), _read("/proc/self/mountinfo"))
        return claimed(folder, set(usage.tree([grader])))
    except OSError as error:
        raise NotDelegated(f"this one cannot be used: {error.strerror}") from error


def claimed(folder: str, ours: set[int]) -> str:
    """The same, of a group: enable limits below it. Raises OSError, NotDelegated."""
    if os.path.basename(folder) == _LEAF:  # by a grader that has started this one
        return os.path.dirname(folder)
    if not all(os.access(f"{folder}/{name}", os.W_OK) for name in ("", "cgroup.procs", "cgroup.subtree_control")):
        raise NotDelegated("none is delegated to this account")
    lacks = set(_CONTROLLERS).difference(_read(f"{folder}/cgroup.controllers").split())
    if lacks:
        raise NotDelegated(f"this one has no controller for {' and '.join(sorted(lacks))}")
    if not _members(folder) <= ours:
        raise NotDelegated("other programs run in this one")
    with contextlib.suppress(FileExistsError):
        os.mkdir(f"{folder}/{_LEAF}")
    for pid in _members(folder):
        with contextlib.suppress(ProcessLookupError):
            _write(f"{folder}/{_LEAF}/cgroup.procs", str(pid))
    _write(f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in _CONTROLLERS))
    return folder


class Group:
    """The group of one box; this process is in it from here on. Raises OSError, NotDelegated."""

    def __init__(self, claimed: str, limits: dict[str, Any]) -> None:
        self.folder = group_of(claimed, os.getpid())
        remove(self.folder)  # of another keeper with this number, which was killed with all that could tidy up
        os.mkdir(self.folder)
        try:
            memory = limits["memory_bytes"] + limits["disk_bytes"] + _OF_OUR_OWN  # scratch space is memory, too
            self._limit("memory.max", memory - memory % os.sysconf("SC_PAGE_SIZE"))
            self._limit("pids.max", limits["processes"] + _OUR_PROCESSES)
            if os.path.exists(f"{self.folder}/memory.swap.max"):
                self._limit("memory.swap.max", 0)
            self._events = os.open(f"{self.folder}/memory.events", os.O_RDONLY | os.O_CLOEXEC)
            _write(f"{self.folder}/cgroup.procs", "0")
        except BaseException:
            os.rmdir(self.folder)
            raise
        self._most = limits["memory_bytes"]
        self._seen = self._kills()

    def _limit(self, name: str, most: int) -> None:
        _write(f"{self.folder}/{name}", str(most))
        if _read(f"{self.folder}/{name}").strip() != str(most):
            raise NotDelegated(f"this one takes no limit on {name.partition('.')[0]}")

    def _kills(self) -> int:
        lines = os.pread(self._events, 4096, 0).decode().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def overrun(self) -> usage.Overrun | None:
        """Whether the kernel has killed a process for its memory since this was asked last."""
        before, self._seen = self._seen, self._kills()
        return usage.Overrun("memory_bytes", self._most) if self._seen > before else None


def group_of(claimed: str, keeper: int) -> str:
    """The folder of a keeper's group."""
    return f"{claimed}/box-{keeper}"


def remove(folder: str) -> None:
    """End whatever is left in a group, and take the group away, if it is there."""
    for _ in range(_TRIES):
        with contextlib.suppress(OSError):  # of a kernel before 5.14
            _write(f"{folder}/cgroup.kill", "1")
        try:
            return os.rmdir(folder)
        except FileNotFoundError:
            return None
        except OSError:  # processes take a moment to end
            time.sleep(_PAUSE)
    return None


def _members(folder: str) -> set[int]:
    return set(map(int, _read(f"{folder}/cgroup.procs").split()))


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
