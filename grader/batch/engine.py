"""What starts students' programs for all threads of a batch: one warm interpreter, and a new one where it died."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from grader.errors import UngradedError
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Level


class Engine:
    """One interpreter, and a launcher for each thread. Raises UsageError, LaunchError."""

    def __init__(self, packages: Sequence[str], lowest: Level, python: str | None = None) -> None:
        self._packages = () if python else tuple(packages)
        self._lowest, self._python = lowest, python or sys.executable
        self._lock = threading.Lock()
        self._warm: WarmInterpreter | None = None
        self._own = threading.local()
        self._all: list[Launcher] = []
        self._ended = False

    def launcher(self) -> Launcher:
        """The calling thread's own; one level that does not work is nothing that other threads see."""
        with self._lock:
            if self._ended:
                raise UngradedError("The grader was asked to end.")
            if self._warm is None or not self._warm.alive:
                self._warm = WarmInterpreter(self._python, apart=True)
                self._warm.load(self._packages)
            if getattr(self._own, "warm", None) is not self._warm:
                self._own.warm, self._own.launcher = self._warm, Launcher(self._warm, lowest=self._lowest)
                self._all.append(self._own.launcher)
            found: Launcher = self._own.launcher
            return found

    def close(self) -> None:
        """End everything that it started; it starts nothing more."""
        with self._lock:
            self._ended = True
            for launcher in self._all:
                launcher.close()
            if self._warm is not None and not self._all:
                self._warm.close()
