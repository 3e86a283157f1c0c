"""What the levels without namespaces share: copies in a folder, and a keeper that adopts and ends every process."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any, NoReturn

from . import begin, copying, leftovers, limits, removing, usage
from .watch import Program, Setting, Spec, Watch, decoded, prepare, user_for_programs

_KILL_SECONDS = 5.0
_REAPED_AT_ONCE = 32


class Child(Program):
    """A program that is an ordinary child of the keeper, in a session of its own."""

    def __init__(self, pid: int, folder: str) -> None:
        self.pid, self.folder = pid, folder
        self._status: int | None = None

    def reap(self) -> None:
        """Note the end of the program, and forget orphans that have ended; of a bomb, which makes them faster than
        they are forgotten, so many at once that the watchdog gets its turn."""
        with contextlib.suppress(ChildProcessError):
            for _ in range(_REAPED_AT_ONCE):
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self._status = status

    def exit(self) -> list[int] | None:
        self.reap()
        return None if self._status is None else decoded(self._status)

    def ended(self) -> bool:
        return self.exit() is not None and not usage.children_of(os.getpid())

    def busy(self) -> bool:
        try:
            return len(os.listdir(f"/proc/{self.pid}/task")) > 2 or bool(usage.children_of(self.pid))
        except OSError:
            return True

    def roots(self) -> list[int]:
        return usage.children_of(os.getpid())

    def kill(self) -> None:
        # Once it is reaped, its number may be somebody else's; on Linux its orphans are this process's children.
        if self._status is None or sys.platform != "linux":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        for pid in usage.children_of(os.getpid()):  # whatever left the session was adopted by this process
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class FolderWatch(Watch):
    """The program runs in a copy below `stage`, under an unprivileged user where the grader is root."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._count = 0
        self.user: int | None = None
        self._others = 0
        self._shared_before: frozenset[str] = frozenset()

    def enter(self) -> None:
        if sys.platform == "linux":
            from . import linux

            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        if os.geteuid() == 0 and self.has("user"):
            self.user = user_for_programs()
            self.mechanisms.append("runs as another user, not as root")
            self._open_the_way()
        else:  # the kernel counts all that this account runs
            self._others = limits.of_this_user()

    def _open_the_way(self) -> None:
        """That user has to reach the copies, and to be able to read the interpreter. Raises Unavailable."""
        os.chmod(os.path.dirname(self.setting.stage), 0o711)
        os.chmod(self.setting.stage, 0o711)
        self.assert_open()

    def start(self, spec: Spec, log: int, claims: int, ask: int) -> Child:
        self._count += 1
        home = os.path.join(self.setting.stage, str(self._count))
        os.mkdir(home, 0o700)
        if self.user is not None:
            os.chown(home, self.user, self.user)
        self._shared_before = leftovers.names()
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
            spec["scratch"] = home
            prepare(spec, log, claims, ask, self.shim())
            os.setsid()
            if sys.platform == "linux":
                from . import linux

                linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
                linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
            if self.user is not None:
                os.setgroups([])
                os.setresgid(self.user, self.user, self.user)
                os.setresuid(self.user, self.user, self.user)
                if sys.platform == "linux":
                    linux.prctl(linux.PR_SET_DUMPABLE, 1)
            copy = os.path.join(home, spec["folder"])
            copying.copy_tree(os.dup(self._pristine), copy)
            os.close(self._pristine)
            copying.lay_in(spec, copy)
            limits.give_way()
            limits.apply(spec["limits"], self._others, self.setting.without)
            self.confine(home)
            if self.has("clean environment"):
                begin.set_environment(home, self.setting.python, home)
            begin.become_program(spec, copy, home, self.setting.python)
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
        """Kill until nobody is left."""
        until = time.monotonic() + _KILL_SECONDS
        while True:
            program.kill()
            program.reap()
            if program.ended() or time.monotonic() > until:
                break
            time.sleep(0.001)
        removing.remove(program.folder)
        leftovers.sweep(self._owner, self._shared_before, shared_account=self.user is None)

    @property
    def _owner(self) -> int:
        return os.getuid() if self.user is None else self.user

    def disk_used(self, program: Any) -> int:
        shared = sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in self._shared())
        nameless = leftovers.bytes_nameless(usage.tree(program.roots()))
        return leftovers.bytes_below(program.folder) + shared + nameless

    def _shared(self) -> list[os.DirEntry[str]]:
        return leftovers.of_user(self._owner, self._shared_before)
