"""`grade serve` as a process of its own, as somebody starts it from the command line."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENV = {"NO_COLOR": "1", "PATH": os.environ["PATH"], "HOME": "/nonexistent", "DISPLAY": ""}


def line_of(stream: int, seconds: float = 60) -> str:
    """The first line that somebody says."""
    said, until = b"", time.monotonic() + seconds
    while b"\n" not in said:
        ready, _, _ = select.select([stream], [], [], max(0, until - time.monotonic()))
        got = os.read(stream, 4096) if ready else b""
        assert got, said
        said += got
    return said.decode().partition("\n")[0]


@contextmanager
def serving(data: Path, *arguments: str, port: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of one's own, and the link that it printed."""
    command = [sys.executable, "-m", "grader", "serve", "--data", str(data), "--port", str(port), *arguments]
    with (data.parent / "said").open("ab") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=ENV, start_new_session=True)
    assert process.stdout is not None
    try:
        yield process, line_of(process.stdout.fileno())
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def address_of(link: str) -> str:
    """Of the server that printed it."""
    return link.partition("/enter")[0]


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def descendants(of: int) -> set[int]:
    """Every process below one."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(entry)] = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found, before = {of}, set()
    while found != before:
        before = set(found)
        found |= {process for process, parent in parents.items() if parent in found}
    return found - {of}


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """It and every process below it, as where a machine loses its power: none can do anything more."""
    below = descendants(process.pid)
    process.kill()
    for one in below:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, 9)
    process.wait(10)
