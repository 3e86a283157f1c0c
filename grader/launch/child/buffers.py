"""What sockets hold in their buffers: memory that no process shows, read from the kernel's tables of sockets.

Reading them costs milliseconds, so it is done only where a program has more than a few sockets.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence

_FEW, _FEW_FILES = 8, 24  # an ordinary server has fewer, and they hold little
_ITSELF = 4096  # what a socket takes besides: its own structures, its inode, its file
_SOCK_DIAG, _BY_FAMILY, _ALL_FAMILIES, _DUMP, _ONE = 4, 20, 18, 0x301, 1
_EVERY_STATE, _LISTENING = 0xFFFFFFFF, 10
_INET_MEMORY, _OF_INTERNET, _INODE = 7, 72, 68  # linux/inet_diag.h: the attribute, the size of the message, in it
_UNIX_SHOW, _UNIX_PEER, _UNIX_QUEUES, _UNIX_MEMORY, _OF_UNIX = 0x34, 2, 4, 5, 16  # linux/unix_diag.h
_DATAGRAMS = 10  # that wait in a Unix socket at the most

Held = tuple[int, int]  # a socket's inode, and its bytes


def held(pids: Sequence[int], most: int, *, alone: bool, descriptors: int) -> int:
    """Bytes in the buffers of these processes' sockets, counted until they are more than `most`. `alone`: every socket
    of this network namespace is theirs, those that no process has open any more included. `descriptors` is how many
    one process may have, which is taken for full where it lets nobody look."""
    total = 0
    with contextlib.suppress(OSError):
        if alone:
            if _in_use("sockets:", "used") <= _FEW:
                return 0
            inodes = None  # type: set[int] | None
        else:
            inodes, hidden = _sockets_of(pids)
            if hidden:
                with _diag() as table:
                    total = hidden * descriptors * _most_of_one(table)
            if len(inodes) <= _FEW:
                return total
        for inode, size in _every():
            if inodes is None or inode in inodes:
                total += size + _ITSELF
                if total > most:
                    break
    return total


def counted() -> bool:
    """Whether this kernel tells of Unix sockets, the only ones by which a program without a network fills buffers."""
    with contextlib.suppress(OSError), _diag() as table:
        table.send(_message(struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 0, 0, 0, 0, 0), _ONE))
        return int(struct.unpack_from("=i", table.recv(4096), 16)[0]) != -errno.ENOENT  # EINVAL: there is no socket 0
    return False


def _in_use(protocol: str, what: str = "inuse", table: str = "sockstat") -> int:
    """How many sockets this network namespace has."""
    with open(f"/proc/self/net/{table}") as lines:
        part = next((line.split() for line in lines if line.startswith(protocol)), [what, "0"])
    return int(part[part.index(what) + 1])


def _sockets_of(pids: Iterable[int]) -> tuple[set[int], int]:
    """The inodes of their sockets, as far as there are more than a few files, and how many processes hide them."""
    files: list[str] = []
    hidden = 0
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            files += [f"{folder}/{name}" for name in os.listdir(folder)]
        except PermissionError:
            hidden += 1
        except OSError:
            continue  # it has ended
    inodes = set()
    if len(files) > _FEW_FILES:
        for file in files:
            with contextlib.suppress(OSError):
                kind, _, inode = os.readlink(file).partition(":[")
                if kind == "socket":
                    inodes.add(int(inode[:-1]))
    return inodes, hidden


def _every() -> Iterator[Held]:
    """Every socket of this network namespace."""
    yield from _unix()
    if _in_use("TCP:") + _in_use("TCP6:", table="sockstat6") > _FEW:  # the table is the machine's, and a large one
        yield from _tcp()
    if _in_use("UDP:") + _in_use("UDP6:", table="sockstat6") > _FEW:
        yield from _listed("udp")
        yield from _listed("udp6")
    yield from _listed("netlink")


def _listed(name: str) -> Iterator[Held]:
    """From a table that is a text: what waits to be sent, and to be read."""
    base = 10 if name == "netlink" else 16
    with contextlib.suppress(OSError), open(f"/proc/self/net/{name}") as lines:
        next(lines)
        for line in lines:
            part = line.split()
            queues = part[4:6] if name == "netlink" else part[4].split(":")
            yield int(part[9]), sum(int(queue, base) for queue in queues)


def _unix() -> Iterator[Held]:
    """What is sent counts for its sender, and once that one is closed, for nobody: then as much is counted as one can
    send. So it is for all that wait to be accepted, and for sockets of datagrams, which anyone can send to."""
    wish = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, _EVERY_STATE, 0, _UNIX_SHOW, 0, 0)
    with _diag() as table:
        one = _most_of_one(table)
        for message in _dump(table, wish):
            found = _attributes(message, _OF_UNIX)
            kind, state, inode = struct.unpack_from("=xBBxI", message)
            (waiting,) = struct.unpack_from("=I", found.get(_UNIX_QUEUES, bytes(4)))
            (sent,) = struct.unpack_from("=8xI", found.get(_UNIX_MEMORY, bytes(12)))
            if state == _LISTENING:
                sent += waiting * one
            elif kind == socket.SOCK_DGRAM:
                sent += _DATAGRAMS * one
            elif waiting and not any(found.get(_UNIX_PEER, b"")):
                sent += one
            yield inode, sent


def _tcp() -> Iterator[Held]:
    """Of both families: by the older request, which passes over the table once."""
    wish = struct.pack("=xxxB48xI4x", 1 << (_INET_MEMORY - 1), _EVERY_STATE)
    with _diag() as table:
        for message in _dump(table, wish, _ALL_FAMILIES):
            memory = _attributes(message, _OF_INTERNET).get(_INET_MEMORY, b"").ljust(32, b"\0")
            received, queued, backlog = struct.unpack_from("=I16xI4xI", memory)
            yield struct.unpack_from("=I", message, _INODE)[0], received + queued + backlog


def _diag() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)


def _most_of_one(own: socket.socket) -> int:
    """Bytes that one Unix socket can have sent: its buffer, and the message that went over it."""
    return own.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) * 3 // 2


def _message(wish: bytes, flags: int, kind: int = _BY_FAMILY) -> bytes:
    return struct.pack("=IHHII", 16 + len(wish), kind, flags, 0, 0) + wish


def _dump(table: socket.socket, wish: bytes, kind: int = _BY_FAMILY) -> Iterator[bytes]:
    """Each socket's message, its header taken off; none where the kernel does not know the request."""
    table.send(_message(wish, _DUMP, kind))
    last = kind
    while last == kind:
        data, at = table.recv(1 << 16), 0
        while at < len(data) and last == kind:
            length, last = struct.unpack_from("=IH", data, at)
            if last == kind:
                yield data[at + 16 : at + length]
            at += (length + 3) & ~3


def _attributes(message: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("=HH", message, at)
        found[kind] = message[at + 4 : at + length]
        at += max(4, (length + 3) & ~3)
    return found
