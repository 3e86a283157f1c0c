"""What starts students' programs: one engine for each set of packages that rubrics allow, the last few used ones."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from grader.batch.engine import Engine
from grader.errors import UngradedError
from grader.model import Level

_MOST = 3  # each has an interpreter that waits


class Engines:
    """Engines for all threads of a worker. Raises UsageError, LaunchError."""

    def __init__(self, lowest: Level, python: str | None = None) -> None:
        self._lowest, self._python = lowest, python
        self._lock = threading.Lock()
        self._all: dict[tuple[str, ...], Engine] = {}  # the last used one last
        self._users: dict[tuple[str, ...], int] = {}
        self._ended = False

    @contextlib.contextmanager
    def engine(self, packages: Sequence[str]) -> Iterator[Engine]:
        """The engine for a rubric's packages, which stays as long as it is used."""
        key = tuple(packages)
        with self._lock:
            if self._ended:
                raise UngradedError("The worker was asked to end.")
            engine = self._all.pop(key, None) or Engine(key, self._lowest, self._python)
            self._all[key] = engine
            self._users[key] = self._users.get(key, 0) + 1
            idle = self._idle()
        for one in idle:
            one.close()
        try:
            yield engine
        finally:
            with self._lock:
                self._users[key] -= 1

    def _idle(self) -> Sequence[Engine]:
        """Those that are too many, and that nobody uses."""
        unused = [key for key in self._all if not self._users.get(key)]
        return [self._all.pop(key) for key in unused[: max(0, len(self._all) - _MOST)]]

    def close(self) -> None:
        """End every program and interpreter, whatever they are doing."""
        with self._lock:
            engines, self._all, self._ended = list(self._all.values()), {}, True
        for engine in engines:
            engine.close()
