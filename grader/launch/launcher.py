"""The grader's side: one warm process for each interpreter, one box for each submission."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.errors import LaunchError, UsageError
from grader.launch.box import Box
from grader.launch.child.channel import Channel, Closed, Message
from grader.model import Isolation, Level, Limits, Submission

CHILD = Path(__file__).resolve().parent / "child"
DISK_BYTES = 64 << 20
_ORDER = (Level.NAMESPACES, Level.LANDLOCK, Level.PROCESS)
_READY_SECONDS = 30.0
_BOOT = (
    "import sys, importlib.util as u\n"
    "s = u.spec_from_file_location('_launch', sys.argv[1] + '/__init__.py', submodule_search_locations=[sys.argv[1]])\n"
    "m = sys.modules['_launch'] = u.module_from_spec(s)\n"
    "s.loader.exec_module(m)\n"
    "from _launch import zygote\n"
    "zygote.main(int(sys.argv[2]))\n"
)
_MISSING = {
    Level.NAMESPACES: ("landlock", "seccomp", "limits on memory and processes"),
    Level.LANDLOCK: ("namespaces", "limits on memory and disk"),
    Level.PROCESS: ("any wall between the program and this account's files and network",),
}


class Launcher:
    """Starts students' programs with one interpreter.

    Begin it as early as possible: the interpreter loads Flask while the grader loads what it needs itself. Use it as a
    context manager; whatever it started has ended when it is left. Raises LaunchError, UsageError.
    """

    def __init__(
        self, interpreter: str = sys.executable, *, lowest: Level = Level.PROCESS, highest: Level = Level.NAMESPACES
    ) -> None:
        self._interpreter = os.path.abspath(interpreter)
        self._levels = [
            level for level in _ORDER if _ORDER.index(highest) <= _ORDER.index(level) <= _ORDER.index(lowest)
        ]
        self._why: list[str] = []
        self._loaded = False
        self._workspace = Path(tempfile.mkdtemp(prefix="grade-"))
        self._log = (self._workspace / "launch.log").open("wb")
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [self._interpreter, "-P", "-B", "-c", _BOOT, str(CHILD), str(theirs.fileno())],
                env={"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONHASHSEED": "0"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                cwd="/",
            )
        except OSError as error:
            ours.close()
            self._clean()
            raise UsageError(
                f"The interpreter {interpreter} cannot be run: {error.strerror}.",
                "Give --python the path of a Python that has Flask installed.",
            ) from error
        finally:
            theirs.close()
        ours.settimeout(_READY_SECONDS)
        self._channel = Channel(ours)

    def load(self, packages: Sequence[str]) -> None:
        """Let students' programs import these distributions and all that they require, and begin to load Flask.
        Empty: whatever is installed for the interpreter."""
        try:
            self._channel.send({"course": str(self._workspace / "course"), "packages": list(packages)})
        except Closed as error:
            raise self._died() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything and take away every file."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._clean()

    def _clean(self) -> None:
        self._log.close()
        shutil.rmtree(self._workspace, ignore_errors=True)

    @property
    def level(self) -> Level:
        """The strongest level that has not failed here so far."""
        return self._levels[0]

    @property
    def isolation(self) -> Isolation:
        """What is in force."""
        return Isolation(self.level, " ".join(self._why), self._mechanisms, _MISSING[self.level])

    _mechanisms: tuple[str, ...] = ()

    @contextmanager
    def open(self, submission: Submission, limits: Limits, *, fresh: bool = False) -> Iterator[Box]:
        """A box for one submission at the strongest level that works. `fresh`: every start gets a new interpreter."""
        stage = Path(tempfile.mkdtemp(prefix="box-", dir=self._workspace))
        box = self._open(submission, limits, stage, fresh)
        try:
            yield box
        finally:
            box.close()
            shutil.rmtree(stage, ignore_errors=True)

    def _open(self, submission: Submission, limits: Limits, stage: Path, fresh: bool) -> Box:
        self._wait_until_loaded()
        while True:
            channel, cold = self._new_keeper(submission, limits, stage)
            answer, _ = self._receive(channel)
            if answer["ready"]:
                self._mechanisms = tuple(answer["mechanisms"])
                return Box(channel, submission, limits, source=answer["source"], cold=fresh or cold)
            channel.close()
            self.lower(answer["problem"])

    def lower(self, problem: str) -> None:
        """Go down one level, since this one does not work here. Raises LaunchError below the lowest."""
        self._why.append(f"{self.level.value} is not available here: {problem}.")
        if len(self._levels) == 1:
            raise LaunchError(
                f"No student's server can be started here. {' '.join(self._why)}",
                "See docs/security.md on what each level needs.",
            )
        del self._levels[0]

    def _new_keeper(self, submission: Submission, limits: Limits, stage: Path) -> tuple[Channel, bool]:
        ours, theirs = socket.socketpair()
        ours.settimeout(_READY_SECONDS)
        order = {
            "level": self.level.value,
            "stage": str(stage),
            "pristine": str(submission.root),
            "names": sorted(top_level_names(submission)),
            "limits": {"log_bytes": limits.log_bytes, "disk_bytes": DISK_BYTES},
        }
        try:
            self._channel.send(order, [theirs.fileno()])
            answer, _ = self._channel.receive()
        except (Closed, TimeoutError) as error:
            ours.close()
            raise self._died() from error
        finally:
            theirs.close()
        return Channel(ours), bool(answer["cold"])

    def _receive(self, channel: Channel) -> tuple[Message, list[int]]:
        try:
            return channel.receive()
        except (Closed, TimeoutError) as error:
            raise self._died() from error

    def _wait_until_loaded(self) -> None:
        if self._loaded:
            return
        loaded, _ = self._receive(self._channel)
        if not loaded["flask"]:
            raise UsageError(
                f"The interpreter {self._interpreter} (Python {loaded['python']}) has no Flask: {loaded['problem']}.",
                "Install flask for it, or give --python another interpreter.",
            )
        self._loaded = True

    def _died(self) -> LaunchError | UsageError:
        """The warm process is gone: its last words tell why."""
        self._log.flush()
        last = (self._workspace / "launch.log").read_text(errors="replace").strip().splitlines()
        why = last[-1] if last else "it ended without a word"
        return LaunchError(
            f"The process that starts students' programs with {self._interpreter} failed: {why}.",
            "Try again; if it stays so, check that this is Python 3.9 or later with a working Flask.",
        )


def top_level_names(submission: Submission) -> set[str]:
    """The names that `import` finds first in the folder which the entry is started from."""
    prefix = "" if submission.home == "." else submission.home + "/"
    names: set[str] = set()
    for file in submission.files:
        if file.path.startswith(prefix):
            head, _, rest = file.path.removeprefix(prefix).partition("/")
            if rest or head.endswith(".py"):
                names.add(head.removesuffix(".py"))
    return names
