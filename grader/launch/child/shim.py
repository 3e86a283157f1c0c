"""For level `process` only: inside the program, note what it binds, and bind it to loopback instead.

The last resort where the kernel offers no way to watch from outside (macOS): its word is "reported by the program".
"""

from __future__ import annotations

import os
import socket
from typing import Any

_INTERNET = (socket.AF_INET, socket.AF_INET6)


def install(descriptor: int) -> None:
    """Report every listening socket as a line "family host port real_port" into `descriptor`."""
    bind, listen = socket.socket.bind, socket.socket.listen
    asked = {}  # type: dict[int, Any]

    def bind_to_loopback(self: Any, address: Any) -> None:
        if self.family not in _INTERNET or not isinstance(address, tuple):
            return bind(self, address)
        socket.getaddrinfo(address[0] or None, address[1], self.family, flags=socket.AI_PASSIVE)  # or the true error
        loopback = "::1" if self.family == socket.AF_INET6 else "127.0.0.1"
        reuse = self.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)  # else another program's might turn up at listen()
        try:
            bind(self, (loopback, *address[1:]))
        except (PermissionError, OSError) as error:
            if isinstance(error, OverflowError) or address[:2] in asked.values():
                raise  # the program's own second socket there: a true error
            bind(self, (loopback, 0))
        finally:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        asked[self.fileno()] = address[:2]
        return None

    def listen_and_tell(self: Any, *backlog: int) -> None:
        listen(self, *backlog)
        if self.family in _INTERNET:
            real = self.getsockname()
            host, port = asked.get(self.fileno(), real[:2])
            line = f"{int(self.family)} {host or '0.0.0.0'} {port or real[1]} {real[1]}\n"
            os.write(descriptor, line.encode())

    socket.socket.bind, socket.socket.listen = bind_to_loopback, listen_and_tell  # type: ignore[method-assign]
