"""The interpreter that runs students' programs, as a process that has Flask loaded and waits to be forked.

Imports little, so that the process can be begun before the grader loads what it needs itself: both load side by side.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from grader.errors import LaunchError, UsageError
from grader.launch.child.channel import Channel, Closed, Message
from grader.launch.scratch import PROGRAMS, Scratch, no_room

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child")
_READY_SECONDS = 30.0
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONHASHSEED": "0"}
# Its modules are loaded under a name of their own: the package `grader` is not to be found in a student's process.
_BOOT = (
    "import sys, importlib.util as u\n"
    "folder, descriptor, workspace = sys.argv[1:]\n"
    "s = u.spec_from_file_location('_launch', folder + '/__init__.py', submodule_search_locations=[folder])\n"
    "m = sys.modules['_launch'] = u.module_from_spec(s)\n"
    "s.loader.exec_module(m)\n"
    "from _launch import zygote\n"
    "zygote.main(int(descriptor), workspace)\n"
)


class WarmInterpreter:
    """One process of one interpreter, with a private folder for all that belongs to it.

    `apart`: in a process group of its own, so that Ctrl-C in a terminal reaches the grader alone, which ends it when it
    is ready to. Raises UsageError where the interpreter cannot be run or has no Flask, LaunchError where it fails
    otherwise.
    """

    def __init__(self, python: str = sys.executable, *, apart: bool = False) -> None:
        self.python = os.path.abspath(python)
        self._scratch = Scratch(PROGRAMS)
        self.workspace = self._scratch.path
        self._loaded = False
        self._fault: LaunchError | UsageError | None = None
        self._lock = threading.Lock()  # the probe is begun beside the first submission
        try:
            self._last_words = open(os.path.join(self.workspace, "launch.log"), "w+b")  # noqa: SIM115  # until close()
        except OSError as error:
            self._scratch.close()
            raise no_room(error) from error
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [self.python, "-c", _BOOT, _CHILD, str(theirs.fileno()), self.workspace],
                env=_ENVIRONMENT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._last_words,
                cwd="/",
                process_group=0 if apart else None,
            )
        except OSError as error:
            ours.close()
            self._clean()
            raise UsageError(
                f"The interpreter {python} cannot be run: {error.strerror}.",
                "Give --python the path of a Python that has Flask installed.",
            ) from error
        finally:
            theirs.close()
        ours.settimeout(_READY_SECONDS)
        self._channel = Channel(ours)

    @property
    def packages(self) -> str:
        """The folder of the course's environment."""
        return os.path.join(self.workspace, "course")

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process.poll() is None

    def load(self, packages: Sequence[str]) -> None:
        """Let programs import these distributions and all that they require, and begin to load Flask; does not wait.

        Empty: whatever is installed for the interpreter.
        """
        self._send({"course": self.packages, "packages": list(packages)})

    def wait_until_loaded(self) -> None:
        """Until programs can be started."""
        with self._lock:
            if self._fault is not None:  # the same for everybody who waits
                raise self._fault
            if not self._loaded:
                try:
                    self._wait_until_loaded()
                except (LaunchError, UsageError) as error:
                    self._fault = error
                    raise

    def _wait_until_loaded(self) -> None:
        loaded = self._receive()
        if not loaded["flask"]:
            raise UsageError(
                f"The interpreter {self.python} (Python {loaded['python']}) has no Flask: {loaded['problem']}.",
                "Install flask for it, or give --python another interpreter.",
            )
        self._loaded = True

    def about(self, packages: Sequence[str]) -> Message:
        """Of the interpreter: `python`, `executable`, `versions` of some packages (empty: not installed), and `closed`:
        path and missing right of what keeps a user without rights from using it."""
        self.wait_until_loaded()
        with self._lock:
            self._send({"about": list(packages)})
            return self._receive()

    def fork_keeper(self, order: Message) -> tuple[Channel, Message]:
        """Fork the keeper of one submission: the channel to it, and what is said of it."""
        ours, theirs = socket.socketpair()
        ours.settimeout(_READY_SECONDS)
        try:
            with self._lock:
                self._send(order, [theirs.fileno()])
                return Channel(ours), self._receive()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()

    def _send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        try:
            self._channel.send(message, descriptors)
        except Closed as error:
            raise self.failed() from error

    def _receive(self) -> Message:
        try:
            message, _ = self._channel.receive()
        except (Closed, TimeoutError) as error:
            raise self.failed() from error
        return message

    def failed(self) -> LaunchError | UsageError:
        """What to raise when it, or a keeper of it, is gone: its last words tell why.

        Where another interpreter than the grader's own never came up, the choice of it was wrong.
        """
        self._last_words.seek(0)
        lines = self._last_words.read()[-10_000:].decode("utf-8", "replace").strip().splitlines()
        kind = LaunchError if self._loaded or self.python == sys.executable else UsageError
        return kind(
            f"The process that starts students' programs with {self.python} failed: "
            f"{lines[-1] if lines else 'it ended without a word'}.",
            "Try again; if it stays so, check that this is Python 3.9 or later with a working Flask.",
        )

    def close(self) -> None:
        """End it and all that it started, and take away every file."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._clean()

    def _clean(self) -> None:
        self._last_words.close()
        self._scratch.close()
