"""What differs between the levels: how the sandbox is made, how listening sockets are seen, how everything ends."""

from __future__ import annotations

import abc
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import begin, buffers, cgroup, limits, way

Address = tuple[str, int]
Spec = dict[str, Any]

NOBODY = 65534
_OWN_USERS = 2_000_000_000  # above all that distributions and containers hand out
_TO_CHANGE_USERS = 1 << 0 | 1 << 6 | 1 << 7  # CAP_CHOWN, CAP_SETGID, CAP_SETUID
_NEVER_AS_ROOT = "students' programs are never run as root"


class Unavailable(Exception):
    """This level does not work here; says which step failed."""


class Setting(NamedTuple):
    """What every level is told of a submission: `stage` is an empty folder of ours, `pristine` holds the submission's
    copy, `readable` is what the course may see beside the interpreter `python`. `without` names layers that are left
    out, to prove in tests what each of them is good for. `cgroup` is the folder in which boxes get their groups, or
    why there is none."""

    stage: str
    pristine: str
    readable: Sequence[str]
    python: str
    limits: limits.Limits
    without: frozenset[str] = frozenset()
    cgroup: tuple[str, str] = ("", "it was not looked for")


class Program(abc.ABC):
    """A started program."""

    used_before = 0.0  # CPU seconds of its roots before it began

    @abc.abstractmethod
    def exit(self) -> list[int] | None:
        """[code, signal] of the program itself, one of them -1; None while it runs."""

    @abc.abstractmethod
    def ended(self) -> bool:
        """Whether the program and all that it started are gone."""

    @abc.abstractmethod
    def busy(self) -> bool:
        """Whether it has threads or processes besides the one that runs the entry."""

    @abc.abstractmethod
    def roots(self) -> list[int]:
        """The processes that, with all below them, make it up."""

    @abc.abstractmethod
    def kill(self) -> None:
        """Send all of its processes to their end, without waiting for it."""

    def news(self) -> list[int]:
        """Descriptors that can be read when one of the answers above has changed, as far as there are such."""
        return []

    def problem(self) -> str:
        """What kept the program from being started; empty where nothing did."""
        return ""


class Watch(abc.ABC):
    """One level."""

    source = "kernel"

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.mechanisms: list[str] = []  # what is in force, once `enter` is through
        self.missing: list[str] = []  # and what this machine lacks of it
        self.group: cgroup.Group | None = None
        self._pristine = os.open(setting.pristine, os.O_RDONLY | os.O_DIRECTORY)

    def has(self, layer: str) -> bool:
        """Whether a layer is to be put up."""
        return layer not in self.setting.without

    def limit_together(self) -> None:
        """Let the kernel limit what everything in this box uses in all, where it can; first of all, in view of the
        machine's files."""
        folder, why = self.setting.cgroup
        if folder and self.has("cgroup"):
            try:
                self.group = cgroup.Group(folder, self.setting.limits)
            except (OSError, cgroup.NotDelegated) as error:
                why = str(error)
        if self.group is not None:
            self.mechanisms.append("memory and processes limited by a cgroup")
        self.mechanisms.append("watchdog over memory, processes and CPU" + (f" (no cgroup: {why})" if why else ""))
        if sys.platform == "linux" and not buffers.counted():
            self.missing.append("a count of what sockets hold in memory, which this kernel does not tell")

    @classmethod
    def foresee(cls, readable: Sequence[str]) -> None:
        """Find out, before the first box is made, what is the same for all of them."""

    def enter(self) -> None:
        """Make the sandbox around this process, once. Raises OSError or Unavailable."""

    @abc.abstractmethod
    def start(self, spec: Spec, log: int, claims: int, ask: int) -> Program:
        """Start the program; the descriptors are its own ends of the pipes. Raises Unavailable."""

    @abc.abstractmethod
    def listeners(self) -> list[Address]:
        """Where the program listens now, as it asked for it."""

    @abc.abstractmethod
    def client(self, address: Address) -> tuple[socket.socket, Address]:
        """An unconnected client socket, and the endpoint at which it reaches the listener."""

    @abc.abstractmethod
    def stop(self, program: Program) -> None:
        """End every process of the start, and wait for that."""

    def disk_used(self, program: Program) -> int:
        """Bytes that the program has written, where nothing but this look limits them."""
        return 0

    def in_buffers(self, pids: list[int], *, alone: bool = False) -> int:
        """Bytes that these processes hold in sockets; `alone`: whose network is their own."""
        most, descriptors = self.setting.limits["memory_bytes"], self.setting.limits["descriptors"]
        return buffers.held(pids, most, alone=alone, descriptors=descriptors) if sys.platform == "linux" else 0

    def sources(self) -> list[Any]:
        """Descriptors that this level has to answer when they become readable."""
        return []

    def answer(self, ready: Sequence[Any]) -> None:
        """Answer those of them that are ready."""

    def assert_open(self, *, above: bool = True) -> None:
        """Where programs run as a user without rights. Raises Unavailable where that one cannot use the interpreter."""
        python = os.path.realpath(self.setting.python)
        gate = next(way.closed([*self.setting.readable, begin.stdlib(), python], above=above), None)
        if gate is not None:
            raise Unavailable(f"a user without rights, as whom students' programs run, {gate}")

    def leave(self) -> None:
        """Take away what `enter` made."""


def decoded(status: int) -> list[int]:
    """[code, signal] of a wait status, the one that does not apply being -1."""
    return [-1, os.WTERMSIG(status)] if os.WIFSIGNALED(status) else [os.WEXITSTATUS(status), -1]


def user_for_programs() -> int:
    """Where the grader is root: the user as whom this box's programs run. One of its own for each box, so that none
    can reach another one's processes, and the kernel counts its processes alone; nobody, where there are few users.
    Raises Unavailable where root cannot make anyone else run something."""
    if sys.platform != "linux":
        return NOBODY
    with open("/proc/self/status") as lines:
        capabilities = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    if capabilities & _TO_CHANGE_USERS != _TO_CHANGE_USERS:
        raise Unavailable(f"{_NEVER_AS_ROOT}, and this root has not the right to use another user")
    with open("/proc/self/uid_map") as lines:
        maps = [list(map(int, line.split())) for line in lines]
    for user in (_OWN_USERS + os.getpid() % 100_000_000, NOBODY):
        if any(first <= user < first + count for first, _, count in maps):
            return user
    raise Unavailable(f"{_NEVER_AS_ROOT}, and root is alone in this user namespace")


def prepare(spec: Spec, log: int, claims: int, ask: int, shim: int | None = None) -> None:
    """In the new process: its descriptors."""
    begin.redirect(log)
    keep = [d for d in (claims, ask, shim, spec["fault"]) if d is not None]
    if "descriptors" not in spec["without"]:
        begin.close_others([*keep, *spec["keep"]])
    spec.update(claims=claims, ask=ask, shim=shim)
