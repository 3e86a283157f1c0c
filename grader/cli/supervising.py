"""Keeps a worker alive beside a server."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

_PAUSES = (0.5, 30.0)  # seconds before it is started anew: at first, and at most
_STEADY_SECONDS = 60.0  # who lived so long begins with the first pause again
_END_SECONDS = 15.0


class Supervisor:
    """One process of `grade worker` with these options, started anew whenever it ends. It ends with this process, too,
    however that ends."""

    def __init__(self, options: Sequence[str], say: Callable[[str], None] = lambda _: None) -> None:
        self._command = [sys.executable, "-P", "-m", "grader", "worker", "--with-parent", *options]
        self._say, self._stop, self._lock = say, threading.Event(), threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def process(self) -> int | None:
        """The worker's process id, while it runs."""
        with self._lock:
            return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        """End it in order, and wait for that."""
        self._stop.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(_END_SECONDS)

    def _keep(self) -> None:
        pause = _PAUSES[0]
        while not self._stop.is_set():
            begun = time.monotonic()
            status = self._run()
            if self._stop.is_set():
                return
            pause = _PAUSES[0] if time.monotonic() - begun > _STEADY_SECONDS else pause
            self._say(f"The worker ended with status {status}; it is started anew in {pause:g} seconds.")
            self._stop.wait(pause)
            pause = min(2 * pause, _PAUSES[1])

    def _run(self) -> int:
        """Of a process group of its own: Ctrl-C in a terminal is for the server, which ends it."""
        with self._lock:
            if self._stop.is_set():
                return 0
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE, process_group=0)  # noqa: S603  # ourselves
            self._process = process
        status = process.wait()
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        return status


@contextlib.contextmanager
def supervise(options: Sequence[str], say: Callable[[str], None] = lambda _: None) -> Iterator[Supervisor]:
    """A worker beside whatever is done meanwhile. `options` are those of `grade worker`."""
    keeper = Supervisor(options, say)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()
