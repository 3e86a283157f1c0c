"""Is the sandbox tight here? The probe submission (`breakout`) is started in it, and tries what must not succeed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from grader.launch.box import Box, Unusable
from grader.launch.scratch import no_room
from grader.model import Condition, Level, Limits, SourceFile, Submission
from grader.resources import folder as folder_of_grader

_PROGRAM = Path(__file__).with_name("breakout.py")
_ALL = (Level.NAMESPACES, Level.LANDLOCK, Level.PROCESS)
_WALLED, _PRIVATE, _SHARED = _ALL[:2], _ALL[:1], _ALL[1:2]


class Attempt(NamedTuple):
    """What the probe tries, and the levels at which it has to fail."""

    name: str
    words: str
    levels: tuple[Level, ...]


ATTEMPTS = (
    Attempt("file", "read a file beside the submission", _WALLED),
    Attempt("home", "list the home folder of this account", _WALLED),
    Attempt("grader", "read the grader's source", _WALLED),
    Attempt("rubric", "open a bundled rubric", _WALLED),
    Attempt("import", "import the grader", _WALLED),
    Attempt("interpreter", "write into the standard library", _WALLED),
    Attempt("packages", "write into the course's packages", _WALLED),
    Attempt("tcp", "connect to a server of this machine", _WALLED),
    Attempt("udp", "send a datagram to this machine", _WALLED),
    Attempt("abstract", "connect to an abstract socket of this machine", _WALLED),
    Attempt("path", "connect to a socket file of this account", _WALLED),
    Attempt("interfaces", "see network interfaces of this machine", _PRIVATE),
    Attempt("signal", "send the grader a signal", _WALLED),
    Attempt("processes", "see other processes", _PRIVATE),
    Attempt("memory", "read the grader's environment", _WALLED),
    Attempt("environment", "find a variable that was not given", _ALL),
    Attempt("descriptors", "find an inherited descriptor", _WALLED),
    Attempt("root", "be root", _ALL),
    Attempt("capabilities", "have a capability", _WALLED),
    Attempt("privileges", "gain privileges by running a program", _WALLED),
    Attempt("filter", "run without a filter of system calls", _WALLED),
    Attempt("namespace", "make a user namespace of its own", _WALLED),
    Attempt("mount", "mount a file system", _WALLED),
    Attempt("trace", "trace the grader", _WALLED),
    Attempt("keyring", "use the kernel's keyring", _WALLED),
    Attempt("session", "leave its process group", _SHARED),
    Attempt("limits", "run without a limit on memory, processes, time, files or descriptors", _ALL),
    Attempt("disk", "have more disk space than is allowed", _PRIVATE),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an attempt. `detail` says what stopped it, or what it got."""

    attempt: Attempt
    out: bool
    detail: str

    def breaks(self, level: Level) -> bool:
        """Whether this must not happen at a level."""
        return self.out and level in self.attempt.levels


@contextlib.contextmanager
def probe_submission(workspace: str, packages: str, disk_bytes: int) -> Iterator[tuple[Submission, socket.socket]]:
    """The probe with its aims, as a submission; and the socket at which no datagram may arrive."""
    with contextlib.ExitStack() as stack:
        try:
            made = _laid_out(stack, workspace, packages, disk_bytes)
        except OSError as error:
            raise no_room(error) from error
        yield made


def _laid_out(
    stack: contextlib.ExitStack, workspace: str, packages: str, disk_bytes: int
) -> tuple[Submission, socket.socket]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="probe-", dir=workspace)))
    folder.chmod(0o711)
    work = folder / "work"
    work.mkdir()
    work.chmod(0o711)
    canary = folder / "canary"
    word = secrets.token_hex(8)
    canary.write_text(word)
    canary.chmod(0o644)
    tcp = stack.enter_context(_listening(socket.AF_INET, ("127.0.0.1", 0)))
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    home = os.path.expanduser("~")
    home = home if os.path.isdir(home) else "/"
    aims: dict[str, Any] = {
        "word": word, "canary": str(canary), "home": home, "home_is": [*_identity(home)], "source": str(_PROGRAM),
        "rubric": str(folder_of_grader("rubrics") / "flask-lab.yaml"),
        "packages": packages, "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1],
        "path": str(folder / "socket"), "grader": os.getpid(),
        "grader_begun": _begun(), "disk_bytes": disk_bytes,
    }  # fmt: skip
    stack.enter_context(_listening_at(folder / "socket"))
    if os.path.isdir("/proc/self/ns"):  # only Linux has them
        stack.enter_context(_listening(socket.AF_UNIX, "\0" + word))
    (work / "aims.json").write_text(json.dumps(aims))
    (work / "main.py").write_bytes(_PROGRAM.read_bytes())
    for path in work.iterdir():
        path.chmod(0o644)
    files = tuple(SourceFile(path.name, path.stat().st_size) for path in sorted(work.iterdir()))
    return Submission("probe", work, "main.py", "", files), udp


def _listening_at(path: Path) -> socket.socket:
    """At a path of any length: the kernel takes 107 bytes, and a folder for temporary files may be deeper."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    short = f"/proc/self/fd/{descriptor}/{path.name}"
    try:
        server = _listening(socket.AF_UNIX, short if os.path.isdir("/proc/self/fd") else str(path))
    finally:
        os.close(descriptor)
    path.chmod(0o777)
    return server


def _begun() -> str:
    """When this process began, in the kernel's ticks; empty where that cannot be read."""
    with contextlib.suppress(OSError), open("/proc/self/stat") as line:
        return line.read().rpartition(")")[2].split()[19]
    return ""


def _identity(folder: str) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _listening(family: socket.AddressFamily, address: Any) -> socket.socket:
    server = socket.socket(family)
    server.bind(address)
    server.listen()
    return server


def findings(box: Box, udp: socket.socket) -> Sequence[Finding]:
    """Start the probe in its box; what came of each attempt. One that it does not tell of counts as got out.

    Raises Unusable where it tells of all of them, and then cannot listen.
    """
    with box.start(Condition(), "probe") as running:
        pass
    told = {}
    for line in running.start.log.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            told[entry["attempt"]] = (entry["out"] is True, str(entry["detail"]))
    with contextlib.suppress(BlockingIOError):
        udp.recv(100)
        told["udp"] = (True, "it arrived")
    if not running.listening and told.keys() >= {attempt.name for attempt in ATTEMPTS}:
        raise Unusable(f"no program can listen there ({running.start.log.splitlines()[-1][:200]})")
    silent = running.start.problem or running.start.limit or "the probe ended before it"
    return [Finding(attempt, *told.get(attempt.name, (True, silent))) for attempt in ATTEMPTS]


def limits_of_probe() -> Limits:
    """Enough for it."""
    return Limits(start_seconds=10.0, log_bytes=64 << 10)
