"""The connection to a student's server, with a deadline and a budget of bytes that hold for all reads and writes."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from grader.model import FailureKind
from grader.probe.failure import AnswerError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Deadline:
    """A moment, `seconds` after it was made."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._moment = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then; below zero when it has passed."""
        return self._moment - time.monotonic()


class Wire(socket.socket):
    """Takes over a connected socket. Every wait is cut at the deadline, however little a server sends at a time.

    `received` counts the bytes that came; `ended` says that the server closed its side; after `stop_waiting()` a read
    takes only what has already arrived. Closing resets the connection, so nothing lingers in the student's network.
    """

    def __init__(self, plain: socket.socket, deadline: Deadline, budget: int) -> None:
        super().__init__(fileno=plain.detach())
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = 0
        self.ended = False
        self._deadline = deadline
        self._budget = budget
        self._waiting = True

    def stop_waiting(self) -> None:
        """From now on a read takes what has arrived, or nothing."""
        self._waiting = False

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """As socket.recv_into; raises AnswerError when time or bytes run out or the connection is reset."""
        self._arm()
        try:
            count = super().recv_into(buffer, nbytes, flags)
        except TimeoutError as error:
            raise self._late() from error
        except ConnectionError as error:
            raise AnswerError(FailureKind.CLOSED, "the server broke off the connection") from error
        self.ended = self.ended or count == 0
        self.received += count
        if self.received > self._budget:
            message = f"the server sent more than {self._budget:,} bytes without finishing its answer"
            raise AnswerError(FailureKind.TOO_LARGE, message)
        return count

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """As socket.sendall; raises AnswerError when time runs out. A server that reads no further may yet answer."""
        self._arm()
        try:
            super().sendall(data, flags)
        except TimeoutError as error:
            raise self._late() from error

    def _arm(self) -> None:
        left = self._deadline.left() if self._waiting else 0.0
        if self._waiting and left <= 0:
            raise self._late()
        self.settimeout(left)

    def _late(self) -> AnswerError:
        return late(self._deadline, begun=self.received > 0)


def late(deadline: Deadline, *, begun: bool) -> AnswerError:
    """Make the error for a deadline that passed; `begun` says whether any part of the answer had come."""
    answer = "complete answer" if begun else "answer"
    unit = "second" if deadline.seconds == 1 else "seconds"
    return AnswerError(FailureKind.TIMEOUT, f"no {answer} within {deadline.seconds:g} {unit}")
