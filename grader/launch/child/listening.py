"""The kernel's own table of listening sockets in one network namespace; nothing inside can forge a line of it."""

from __future__ import annotations

import socket
import struct

Address = tuple[str, int]

_SOCK_DIAG, _BY_FAMILY, _ALL_FAMILIES, _ERROR, _DUMP, _LISTENING = 4, 20, 18, 2, 0x301, 1 << 10
_SIZES = {socket.AF_INET: 4, socket.AF_INET6: 16}


class ListeningTable:
    """A view of the namespace in which it was opened, also from a process that has left it. 0.1 ms a reading."""

    def __init__(self) -> None:
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
        self._at_once = True

    def read(self) -> list[Address]:
        """(address, port) of every TCP socket that listens now."""
        found: list[Address] = []
        if self._at_once:  # an older request than the others, and the only one that takes both families
            wish = struct.pack("=B51xI4x", socket.AF_UNSPEC, _LISTENING)
            self._at_once = self._ask(_ALL_FAMILIES, wish, found)
        if not self._at_once:
            for family in _SIZES:
                self._ask(_BY_FAMILY, struct.pack("=BBxxI48x", family, socket.IPPROTO_TCP, _LISTENING), found)
        return found

    def _ask(self, kind: int, wish: bytes, found: list[Address]) -> bool:
        """Send a request and add what answers it; whether the kernel knows this request."""
        self._netlink.send(struct.pack("=IHHII", 16 + len(wish), kind, _DUMP, 0, 0) + wish)
        last = kind
        while last in (_BY_FAMILY, _ALL_FAMILIES):
            data = self._netlink.recv(1 << 16)
            while data:
                length, last = struct.unpack_from("=IH", data)
                if last in (_BY_FAMILY, _ALL_FAMILIES):  # 16 bytes of header, 4 of family and state, two ports, address
                    family = socket.AddressFamily(data[16])
                    (port,) = struct.unpack_from(">H", data, 20)
                    found.append((socket.inet_ntop(family, data[24 : 24 + _SIZES[family]]), port))
                data = data[(length + 3) & ~3 :]
        return last != _ERROR

    def close(self) -> None:
        """Free the descriptor."""
        self._netlink.close()
