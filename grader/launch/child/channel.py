"""Messages between the grader and its processes: JSON with a length before it, and descriptors beside it."""

from __future__ import annotations

import array
import contextlib
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_MOST_BYTES = 64 << 20
_MOST_DESCRIPTORS = 4

Message = dict[str, Any]


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One end of a connected stream socket."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send one message; the descriptors stay open on this side. Raises Closed."""
        data = json.dumps(message).encode()
        data = _LENGTH.pack(len(data)) + data
        try:
            sent = 0
            if descriptors:
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
                sent = self.socket.sendmsg([data], rights)
            self.socket.sendall(data[sent:])
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(self) -> tuple[Message, list[int]]:
        """The next message with its descriptors, which now belong to the caller. Raises Closed; TimeoutError where
        the socket has a time-out."""
        head, descriptors = self._first()
        while len(head) < _LENGTH.size:
            head += self._more(_LENGTH.size - len(head))
        (length,) = _LENGTH.unpack(head)
        if length > _MOST_BYTES:
            raise Closed("a message that is too long")
        parts = []
        while length:
            parts.append(self._more(min(length, 1 << 20)))
            length -= len(parts[-1])
        message: Message = json.loads(b"".join(parts))
        return message, descriptors

    def _first(self) -> tuple[bytes, list[int]]:
        space = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        try:
            data, ancillary, _, _ = self.socket.recvmsg(_LENGTH.size, space, flags)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of file")
        received = array.array("i")
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                received.frombytes(payload[: len(payload) - len(payload) % received.itemsize])
        return data, list(received)

    def _more(self, size: int) -> bytes:
        try:
            data = self.socket.recv(size)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of file")
        return data

    def close(self) -> None:
        """Hang up, also where a process forked meanwhile still holds a copy of this end."""
        with contextlib.suppress(OSError):  # the other side was faster
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
