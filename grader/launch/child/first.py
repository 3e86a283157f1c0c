"""The first process of a box at level `namespaces`: it starts the programs, one after the other, and reaps what ends.

It is process 1 of a process namespace, so nothing that a program starts can leave it, and its death ends them all. It
outlives the starts, since another fork, and a namespace, for each of them would cost as much as all walls together. A
start ends by a signal to it: then it kills whatever runs beside it, in one call that no fork escapes, and reaps until
nothing is left.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import begin, linux
from .channel import Channel, Closed

Spec = dict[str, Any]
Start = Callable[[Spec, Sequence[int]], NoReturn]

_END_OF_START = signal.SIGTERM
_PATIENCE = 5.0  # of the keeper; then the namespace is ended, and the next start gets another


class First:
    """The keeper's side of it."""

    def __init__(self, flags: int, prepare: Callable[[], None], start: Start, keep: Sequence[int]) -> None:
        """Fork it into new namespaces. In it, `prepare` is called once, and `start` in each new program's process;
        `keep` are descriptors that they need. Raises OSError."""
        ours, theirs = socket.socketpair()
        told, tell = os.pipe()
        try:
            self.pid = linux.clone(flags)
        except OSError:
            os.close(told)
            ours.close()
            raise
        else:
            if self.pid == 0:
                _serve(Channel(theirs), tell, prepare, start, keep)
        finally:
            theirs.close()
            os.close(tell)
        self.pidfd, self.status = os.pidfd_open(self.pid), told
        self._channel = Channel(ours)
        self._told = b""
        os.set_blocking(told, False)

    def start(self, spec: Spec, descriptors: Sequence[int]) -> None:
        """Have a program started; what became of the one before is forgotten."""
        self._told = b""
        with contextlib.suppress(Closed):  # then it is dead, and the program ended
            self._channel.send(spec, descriptors)

    def line(self, start: bytes) -> bytes | None:
        """What it has told of the program in a line that begins so."""
        try:
            while data := os.read(self.status, 4096):
                self._told += data
        except BlockingIOError:
            if not self._told:
                return None
        return next((part[len(start) :] for part in self._told.split(b"\n")[:-1] if part.startswith(start)), None)

    def idle(self) -> bool:
        """Whether nothing of the start is left."""
        return self.line(b"gone") is not None or self.dead()

    def dead(self) -> bool:
        """Whether it has ended itself, and with it all else."""
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PIDFD, self.pidfd, ended) is not None
        except ChildProcessError:
            return True

    def end_start(self) -> None:
        """Send every process of the start to its end, without waiting for it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, _END_OF_START)

    def wait_until_idle(self) -> None:
        """Until nothing of the start is left, after `end_start`."""
        until = time.monotonic() + _PATIENCE
        while not self.idle():
            if time.monotonic() > until:
                self.end()
            select.select([self.status, self.pidfd], [], [], _PATIENCE)

    def end(self) -> None:
        """End it, and with it all else."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def close(self) -> None:
        """The same, and give its descriptors back."""
        self.end()
        self._channel.close()
        os.close(self.pidfd)
        os.close(self.status)


# ------------------------------------------------------------------------------------------------------- in it itself


def _serve(channel: Channel, tell: int, prepare: Callable[[], None], start: Start, keep: Sequence[int]) -> NoReturn:
    """Be the first process, until the keeper hangs up."""
    try:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        linux.prctl(linux.PR_SET_DUMPABLE, 0)  # so that a program, under the same uid, cannot trace this one
        begin.close_others([channel.socket.fileno(), tell, *keep])
        prepare()
        begin.silence()
        _Programs(channel, tell, start).serve()
    except Closed:
        pass
    except OSError as error:
        os.write(tell, f"problem {error}\n".encode())
    finally:
        os._exit(0)


class _Programs:
    """Starts and reaps them."""

    def __init__(self, channel: Channel, tell: int, start: Start) -> None:
        self._channel, self._tell, self._start = channel, tell, start
        self._program = 0
        signal.signal(_END_OF_START, self._end)

    def serve(self) -> None:
        while True:
            spec, descriptors = self._channel.receive()
            self._program = os.fork()
            if self._program == 0:
                signal.signal(_END_OF_START, signal.SIG_DFL)
                spec["tell"] = self._tell
                self._start(spec, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            self._reap()
            os.write(self._tell, b"gone\n")

    def _end(self, *_: object) -> None:
        """Kill all but this process, or, where it is not the first of a namespace, the program alone."""
        with contextlib.suppress(ProcessLookupError):
            if os.getpid() == 1:
                os.kill(-1, signal.SIGKILL)
            elif self._program:
                os.kill(self._program, signal.SIGKILL)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(-1, 0)
                if ended == self._program:
                    self._program = 0
                    os.write(self._tell, b"exit %d\n" % status)
