"""What the levels without namespaces share: copies in a folder, and a keeper that adopts and ends every process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from . import begin
from .watch import Program, Spec, Unavailable, Watch, decoded, prepare

NOBODY = 65534
_KILL_SECONDS = 5.0


class Child(Program):
    """A program that is an ordinary child of the keeper, in a session of its own."""

    def __init__(self, pid: int, folder: str) -> None:
        self.pid, self.folder = pid, folder
        self._status: int | None = None

    def reap(self) -> None:
        """Note the end of the program, and forget orphans that have ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self._status = status

    def exit(self) -> list[int] | None:
        self.reap()
        return None if self._status is None else decoded(self._status)

    def ended(self) -> bool:
        return self.exit() is not None and not children_of(os.getpid())

    def busy(self) -> bool:
        try:
            return len(os.listdir(f"/proc/{self.pid}/task")) > 2 or bool(children_of(self.pid))
        except OSError:
            return True


def children_of(pid: int) -> list[int]:
    """The processes that a process has started or adopted; none where the system does not tell."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        return []


class FolderWatch(Watch):
    """The program runs in a copy below `stage`, under an unprivileged user where the grader is root."""

    def __init__(self, stage: str, pristine: str, readable: Sequence[str], python: str) -> None:
        self.stage, self.readable, self.python = stage, readable, python
        self._pristine = os.open(pristine, os.O_RDONLY | os.O_DIRECTORY)
        self._count = 0
        self.drops_to_nobody = os.geteuid() == 0

    def enter(self) -> None:
        if sys.platform == "linux":
            from . import linux

            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        if self.drops_to_nobody:
            self._open_the_way()

    def _open_the_way(self) -> None:
        """Nobody has to reach the copies, and to be able to read the interpreter. Raises Unavailable."""
        os.chmod(os.path.dirname(self.stage), 0o711)
        os.chmod(self.stage, 0o711)
        for path in (*self.readable, begin.stdlib(), os.path.realpath(self.python)):
            closed = next((p for p in _parents(path) if not os.stat(p).st_mode & 0o001), None)
            if closed is not None:
                raise Unavailable(
                    f"the user nobody, as whom students' programs run, may not pass {closed} on the way to {path}"
                )

    def start(self, spec: Spec, log: int, claims: int, ask: int) -> Child:
        self._count += 1
        home = os.path.join(self.stage, str(self._count))
        os.mkdir(home, 0o700)
        if self.drops_to_nobody:
            os.chown(home, NOBODY, NOBODY)
        self.before_fork()
        pid = os.fork()
        if pid == 0:
            self._program(spec, home, log, claims, ask)
        child = Child(pid, home)
        self.after_fork(child)
        return child

    def _program(self, spec: Spec, home: str, log: int, claims: int, ask: int) -> NoReturn:
        try:
            spec["keep"] = [self._pristine, *self.kept()]
            prepare(spec, log, claims, ask, self.shim())
            os.setsid()
            if sys.platform == "linux":
                from . import linux

                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
                linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
            if self.drops_to_nobody:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                if sys.platform == "linux":
                    linux.prctl(linux.PR_SET_DUMPABLE, 1)
            copy = os.path.join(home, spec["folder"])
            begin.copy_tree(os.dup(self._pristine), copy)
            os.close(self._pristine)
            begin.lay_in(spec, copy)
            self.confine(home)
            os.environ["TMPDIR"] = home
            begin.become_program(spec, copy, home, self.python)
        except BaseException as error:  # noqa: BLE001  # before the student's code: ours to report
            begin.report_fault(spec, error)

    # ------------------------------------------------------------------------------------- what the levels fill in

    def before_fork(self) -> None:
        """In the keeper."""

    def after_fork(self, child: Child) -> None:
        """In the keeper."""

    def kept(self) -> list[int]:
        """Descriptors that `confine` needs in the program's process."""
        return []

    def shim(self) -> int | None:
        """Where the shim inside the program reports to."""
        return None

    def confine(self, home: str) -> None:
        """In the program's process, last of all."""

    # --------------------------------------------------------------------------------------------------- the end

    def stop(self, program: Any) -> None:
        """Kill until nobody is left: whatever leaves its session is adopted by this process."""
        until = time.monotonic() + _KILL_SECONDS
        while True:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGKILL)
            for pid in children_of(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            program.reap()
            if program.ended() or time.monotonic() > until:
                break
            time.sleep(0.001)
        shutil.rmtree(program.folder, ignore_errors=True)


def _parents(path: str) -> list[str]:
    found = []
    while path not in ("/", ""):
        path = os.path.dirname(path)
        found.append(path)
    return found[::-1]
