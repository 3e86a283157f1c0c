"""A server that answers every connection with a function of the test's own, on a real socket."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, bytes], None]


@dataclass
class Server:
    """`requests` holds what came on each connection, `connections` counts them."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def connect(self, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), seconds)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    """Serve on a free port, one thread per connection; at the end every thread has ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener.getsockname()[1])
        threads: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listener, server, behaviour, threads))
        accepting.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
            for thread in threads:
                thread.join(10)
            assert not any(thread.is_alive() for thread in [accepting, *threads])


def _accept(listener: socket.socket, server: Server, behaviour: Behaviour, threads: list[threading.Thread]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            server.connections += 1
            threads.append(threading.Thread(target=_serve, args=(connection, server, behaviour)))
            threads[-1].start()


def _serve(connection: socket.socket, server: Server, behaviour: Behaviour) -> None:
    with connection, suppress(OSError):
        connection.settimeout(8)
        request = read_request(connection)
        server.requests.append(request)
        behaviour(connection, request)


def read_request(connection: socket.socket) -> bytes:
    """A request with its body, as long as Content-Length says."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(65536)):
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]) and (more := connection.recv(65536)):
                body += more
    return head + b"\r\n\r\n" + body


def saying(*parts: bytes) -> Behaviour:
    """Send these bytes, each in its own packet, and close."""

    def behave(connection: socket.socket, request: bytes) -> None:
        for part in parts:
            connection.sendall(part)

    return behave


def keeping_open(*parts: bytes) -> Behaviour:
    """Send these bytes and wait for the client to go away."""

    def behave(connection: socket.socket, request: bytes) -> None:
        saying(*parts)(connection, request)
        connection.recv(1)

    return behave


def endlessly(start: bytes, again: bytes, pause: float = 0.0) -> Behaviour:
    """Send `start` once and then `again` until the client goes away."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        gone = threading.Event()
        while True:
            connection.sendall(again)
            gone.wait(pause)

    return behave


def resetting(*parts: bytes) -> Behaviour:
    """Send these bytes and reset the connection."""

    def behave(connection: socket.socket, request: bytes) -> None:
        saying(*parts)(connection, request)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return behave


def routing(answers: dict[str, bytes]) -> Behaviour:
    """Answer by the target of the request."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(answers.get(request.split()[1].decode(), answer(b"", status=b"404 NOT FOUND")))

    return behave


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A correct answer."""
    lines = (b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def bomb(megabytes: int) -> Iterator[bytes]:
    """A gzip stream of zeros, in parts of a kilobyte that each stand for a megabyte."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    yield compressor.compress(zeros) + compressor.flush(zlib.Z_FULL_FLUSH)
    repeated = compressor.compress(zeros) + compressor.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes - 1):
        yield repeated


def exploding(megabytes: int) -> Behaviour:
    """Send a compression bomb, part by part."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        for part in bomb(megabytes):
            connection.sendall(part)

    return behave
