"""Level `process`: a session of its own, limits, and a shim inside the program that reports where it listens."""

from __future__ import annotations

import contextlib
import os
import socket
import sys

from .folder import Child, FolderWatch
from .watch import Address


class ShimmedWatch(FolderWatch):
    """See the module."""

    source = "program"

    def enter(self) -> None:
        super().enter()
        self.mechanisms += ["session of its own", "rlimits", "binds to loopback only"]
        if sys.platform == "linux":
            self.mechanisms += ["no_new_privs", "watchdog over disk space"]
        self.missing.append("any wall between the program and this account's files and network")
        self._read, self._write = -1, -1
        self._told = b""
        self._real: dict[Address, tuple[int, int]] = {}

    def before_fork(self) -> None:
        self._close()
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._told, self._real = b"", {}

    def after_fork(self, child: Child) -> None:
        os.close(self._write)
        self._write = -1

    def _close(self) -> None:
        for descriptor in (self._read, self._write):
            if descriptor >= 0:
                os.close(descriptor)

    def shim(self) -> int | None:
        return self._write

    def listeners(self) -> list[Address]:
        with contextlib.suppress(BlockingIOError):
            self._told += os.read(self._read, 4096)
        for line in self._told.split(b"\n")[:-1]:
            try:
                family, host, port, real = line.decode("ascii").split(" ")
                self._real[(host, int(port))] = (int(family), int(real))
            except ValueError:
                continue  # not a line of the shim's
        return list(self._real)

    def client(self, address: Address) -> tuple[socket.socket, Address]:
        family, port = self._real[address]
        return socket.socket(family), ("::1" if family == socket.AF_INET6 else "127.0.0.1", port)

    def leave(self) -> None:
        self._close()
