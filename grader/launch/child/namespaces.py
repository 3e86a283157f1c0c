"""Level `namespaces`: network, processes and files of its own, all real, and a kernel that tells what listens.

The keeper enters the network and builds the private root; each start gets processes, scratch space and a copy of its
own below that. No socket of the outer network is passed inside: it would be a way out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import socket
from collections.abc import Sequence
from typing import Any, NoReturn

from . import begin, cmdline, copying, landlock, limits, linux, room, seccomp, usage
from .first import First
from .listening import ListeningTable
from .watch import NOBODY, Address, Program, Setting, Spec, Unavailable, Watch, decoded, prepare, user_for_programs

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # and where a client inside reaches who listens there


class InNamespaces(Program):
    """A program beside the first process of its namespaces, which reaps what it leaves."""

    def __init__(self, first: First) -> None:
        self.first = first
        self.used_before = usage.cpu_seconds(first.pid)

    def exit(self) -> list[int] | None:
        line = self.first.line(b"exit ")
        return decoded(int(line)) if line is not None else None

    def problem(self) -> str:
        line = self.first.line(b"problem ")
        return line.decode("utf-8", "replace") if line is not None else ""

    def news(self) -> list[int]:
        return [self.first.pidfd, self.first.status]

    def ended(self) -> bool:
        return self.first.idle()

    def busy(self) -> bool:
        """The first process has one child with two threads (the program's, and the one that tells of its apps)."""
        with contextlib.suppress(OSError, ValueError):
            (only,) = usage.children_of(self.first.pid)
            return usage.threads(only) > 2
        return True

    def kill(self) -> None:
        self.first.end_start()

    def roots(self) -> list[int]:
        return [self.first.pid]


class NamespaceWatch(Watch):
    """See the module."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._root = os.geteuid() == 0
        self._user = NOBODY  # inside; outside it is this account
        self._first: First | None = None

    @classmethod
    def foresee(cls, readable: Sequence[str]) -> None:
        room.layout(tuple(readable))
        landlock.version()
        if seccomp.supported():
            seccomp.for_namespaces()

    def enter(self) -> None:
        if self._root:
            self._user = user_for_programs()
            self.assert_open(above=False)
        uid, gid = os.geteuid(), os.getegid()
        network = linux.CLONE_NEWNET if self.has("network namespace") else 0
        ipc = linux.CLONE_NEWIPC if self.has("ipc namespace") else 0
        user = 0 if self._root else linux.CLONE_NEWUSER
        try:
            linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWUTS | network | ipc | user)
        except OSError as error:
            if error.errno == errno.ENOSPC:  # "no space left on device" would lead nobody anywhere
                raise Unavailable("the limit on namespaces is reached (user.max_*_namespaces)") from error
            raise
        if not self._root:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{NOBODY} {uid} 1")
            _write("/proc/self/gid_map", f"{NOBODY} {gid} 1")
        if network:
            linux.raise_loopback()
            _write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")  # port 80 is seen and judged, not fatal
            _write("/proc/sys/net/ipv4/ip_nonlocal_bind", "1")
        self._table = ListeningTable()
        with contextlib.suppress(OSError):  # a container's profile may refuse it; then the machine's name is seen
            socket.sethostname("lab")
        self._covered = []  # type: list[str]
        if self.has("private root"):
            self._covered = room.enter(
                self.setting.stage, room.layout(tuple(self.setting.readable)), self._user, self._user
            )
        else:
            room.bare()
        if self.has("capabilities"):
            linux.drop_bounding_set()  # of this process and so of every start: it does without exec
        self._name_what_holds()

    def _name_what_holds(self) -> None:
        self.mechanisms += [
            "runs as another user, not as root" if self._root else "user namespace",
            "network namespace without a way out",
            "pid, ipc, uts and mount namespaces",
            "private root",
            "scratch space with limits on bytes and files",
            "no capabilities",
            "no_new_privs",
            "rlimits",
        ]
        abi = landlock.version()
        if abi:
            self.mechanisms.append(f"landlock {abi}")
        else:
            self.missing.append("landlock, which this kernel does not have")
        if seccomp.supported():
            self.mechanisms.append("seccomp: dangerous system calls refused")
        else:
            self.missing.append(f"seccomp: there is no table of system calls for {platform.machine()}")

    def start(self, spec: Spec, log: int, claims: int, ask: int) -> Program:
        if self._first is not None and self._first.dead():
            self.leave()
        if self._first is None:
            self._first = self._make_first()
        descriptors = [log, claims, ask, spec["fault"]]
        program = InNamespaces(self._first)
        self._first.start(spec, descriptors)
        return program

    def _make_first(self) -> First:
        flags = (linux.CLONE_NEWPID if self.has("pid namespace") else 0) | linux.CLONE_NEWNS
        try:
            return First(flags, self._prepare_first, self._be_program, [self._pristine])
        except OSError as error:
            raise Unavailable(str(error)) from error

    def _prepare_first(self) -> None:
        """What every program of this box inherits."""
        cmdline.show([self.setting.python])
        room.show_processes()
        self._copy = copying.Pristine(self._pristine)
        if self.has("clean environment"):
            begin.set_environment(room.HOME, self.setting.python)

    def _be_program(self, spec: Spec, descriptors: Sequence[int]) -> NoReturn:
        """Set the room up, then become the program."""
        log, claims, ask, spec["fault"] = descriptors
        try:
            linux.unshare(linux.CLONE_NEWNS)
            disk = self.setting.limits["disk_bytes"] if self.has("scratch limits") else 0
            room.furnish(disk, self._user, self._user, self._covered)
        except OSError as error:
            os.write(spec["tell"], f"problem {error}\n".encode())
            os._exit(127)
        spec["keep"] = [self._pristine]
        self._second_process(spec, log, claims, ask)

    def _second_process(self, spec: Spec, log: int, claims: int, ask: int) -> NoReturn:
        """Nobody, without any power, in a copy of its own."""
        try:
            prepare(spec, log, claims, ask)
            self._drop_power()
            os.setsid()
            copy = os.path.join(room.HOME, spec["folder"])
            self._copy.copy_to(copy)
            copying.lay_in(spec, copy)
            self._confine(spec)
            spec["scratch"] = ""
            begin.become_program(spec, copy, room.HOME, self.setting.python)
        except BaseException as error:  # noqa: BLE001  # before the student's code: ours to report
            begin.report_fault(spec, error)

    def _drop_power(self) -> None:
        if self._root and self.has("user"):
            os.setgroups([])
            os.setresgid(self._user, self._user, self._user)
            os.setresuid(self._user, self._user, self._user)
        if self.has("no_new_privs"):
            linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if self.has("capabilities"):
            linux.drop_capabilities()
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self could not be read

    def _confine(self, spec: Spec) -> None:
        """The last of our own steps: what follows could not do any of those above. A submission may hold a file that is
        larger than those which its program may write."""
        limits.apply(self.setting.limits, without=self.setting.without)
        limits.give_way()
        if self.has("landlock") and landlock.version():
            landlock.confine(["/"], [*room.SCRATCH, "/dev"], own_network=True)
        if self.has("seccomp") and seccomp.supported():
            seccomp.install(seccomp.for_namespaces())

    def listeners(self) -> list[Address]:
        """Of one port, those that listen at every address come last: a client reaches the others before them."""
        found = self._table.read()
        ports = [port for _, port in found]
        return sorted(found, key=lambda address: (ports.index(address[1]), address[0] in _EVERYWHERE))

    def client(self, address: Address) -> tuple[socket.socket, Address]:
        host, port = address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        endpoint = _EVERYWHERE.get(host, host)
        return socket.socket(family), (endpoint, port)

    def in_buffers(self, pids: list[int], *, alone: bool = True) -> int:
        return super().in_buffers(pids, alone=alone and self.has("network namespace"))

    def stop(self, program: Any) -> None:
        program.first.end_start()
        program.first.wait_until_idle()

    def leave(self) -> None:
        if self._first is not None:
            self._first.close()
            self._first = None


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
