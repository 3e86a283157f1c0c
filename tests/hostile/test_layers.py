"""Every layer of the sandbox stops something: with the layer, an attempt fails; without it, the same attempt succeeds.

Where another layer stands in the way of the same attempt, that one is left out in both runs (`beside`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grader.launch import warm as warm_module
from grader.launch.child import landlock
from grader.launch.child import limits as kernel_limits
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Condition, Level, Limits, SourceFile, Submission
from tests.hostile.ground import SYSTEM_PYTHON

ROOT = os.geteuid() == 0
EVERYWHERE = (Level.NAMESPACES, Level.LANDLOCK, Level.PROCESS)
WALLED = EVERYWHERE[:2]
LIMITS = replace(Limits(), start_seconds=20.0, cpu_seconds=1, memory_bytes=128 << 20, processes=16, disk_bytes=24 << 20)
_SECONDS = 20.0

# A program makes its attempt in `get`; whatever true it gives has got out. It finds what to reach in AIMS.
PROGRAM = """\
import ctypes, errno, mmap, os, resource, signal, socket, sys, time
AIMS = {aims!r}
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True
def status(name):
    with open('/proc/self/status') as lines:
        return next(line.split()[1] for line in lines if line.startswith(name + ':'))
def in_children(count, what):
    'How many of so many children could do it, all at the same time.'
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            try:
                what()
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] == 0 for child in children)
{get}
try:
    got = get()
    said = ('OUT' if got else 'HELD') + ' ' + repr(got)
except (Exception, SystemExit) as error:
    said = 'HELD ' + repr(error)
os.write(1, said.encode()[:300] + b'\\n')
"""


@dataclass(frozen=True)
class Layer:
    """A layer with what only it stops, the levels that have it, and who has to be the grader for
    it to be seen (`root`, or an `ordinary` user)."""

    name: str
    attempt: str
    get: str
    levels: tuple[Level, ...] = EVERYWHERE
    beside: tuple[str, ...] = ()
    root: bool = False
    ordinary: bool = False
    long: bool = False  # it takes seconds to show
    killed: bool = False  # it stops the attempt by ending the program

    def __str__(self) -> str:
        return f"{self.name}: {self.attempt}".replace(" ", "-")


NAMESPACES = (Level.NAMESPACES,)
LANDLOCK = (Level.LANDLOCK,)
LAYERS = [
    Layer(
        "network namespace",
        "call a server of this machine",
        "def get():\n    return socket.create_connection(('127.0.0.1', AIMS['tcp']), 1).getpeername()",
        NAMESPACES,
    ),
    Layer(
        "network namespace",
        "call an abstract socket of this machine",
        "def get():\n    s = socket.socket(socket.AF_UNIX)\n    s.connect('\\0' + AIMS['abstract'])\n    return True",
        NAMESPACES,
        ("landlock",),  # where it is recent enough to know of such sockets
    ),
    Layer(
        "pid namespace",
        "see the machine's processes",
        "def get():\n    return [p for p in os.listdir('/proc') if p.isdigit() and int(p) == AIMS['grader']]",
        NAMESPACES,
        root=True,  # only root may mount the process table of the machine's own processes
    ),
    Layer(
        "ipc namespace",
        "be where the machine's shared segments are",
        "def get():\n    return os.stat('/proc/self/ns/ipc').st_ino == AIMS['ipc']",
        NAMESPACES,
    ),
    Layer(
        "ipc namespace",
        "find a shared segment of the machine",
        "def get():\n    return call('shmget', AIMS['segment'], 0, 0)",
        NAMESPACES,
        ("seccomp",),
    ),
    Layer("private root", "see the machine's own files", "def get():\n    return os.stat('/etc/shadow')", NAMESPACES),
    Layer(
        "scratch limits",
        "have more disk space than is allowed",
        "def get():\n    for n in range(9):\n        with open(f'part{n}', 'wb') as f:\n"
        "            f.write(bytes(4 << 20))\n    return n",
        NAMESPACES,
    ),
    Layer("user", "be root", "def get():\n    return os.getuid() == 0", beside=("capabilities",), root=True),
    Layer(
        "capabilities",
        "make raw packets",
        "def get():\n    return socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno()",
        NAMESPACES,
        ordinary=True,  # who changes from root to another user loses what is in force, and keeps what is in reach
    ),
    Layer(
        "capabilities", "have a capability within reach", "def get():\n    return int(status('CapBnd'), 16)", NAMESPACES
    ),
    Layer(
        "no_new_privs",
        "gain rights by running a program",
        "def get():\n    return status('NoNewPrivs') == '0'",
        NAMESPACES,
        ("landlock", "seccomp"),  # both cannot be had without it
    ),
    Layer(
        "landlock",
        "send its first process a signal",
        "def get():\n    os.kill(1, 0)\n    return True",
        NAMESPACES,
        ordinary=True,  # root's first process is root's
    ),
    Layer(
        "landlock",
        "write outside of its scratch space",
        "def get():\n    return open('/proc/self/comm', 'w').write('mine')",
        NAMESPACES,
    ),
    Layer("landlock", "read a file of this machine", "def get():\n    return open(AIMS['canary']).read()", LANDLOCK),
    Layer(
        "seccomp",
        "make a user namespace",
        "def get():\n    return call('unshare', 0x10000000)",
        WALLED,
    ),
    Layer("seccomp", "keep a nameless file", "def get():\n    return os.memfd_create('hoard')", WALLED),
    Layer(
        "seccomp",
        "send a datagram",
        "def get():\n    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    return s.sendto(b'hello', ('127.0.0.1', AIMS['udp']))",
        LANDLOCK,
    ),
    Layer(
        "seccomp",
        "let one socket hold megabytes",
        "def get():\n    a, b = socket.socketpair()\n    before = a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)\n"
        "    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * before)\n"
        "    return a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) > before",
        WALLED,
    ),
    Layer(
        "seccomp",
        "put pages into a pipe that are no longer its own",
        "def get():\n    r, w = os.pipe()\n    page = ctypes.create_string_buffer(4096)\n"
        "    where = (ctypes.c_void_p * 2)(ctypes.addressof(page), 4096)\n    return call('vmsplice', w, where, 1, 0)",
        WALLED,
    ),
    Layer(
        "seccomp",
        "have files that its process does not show",
        "def get():\n    return call('close_range', 1000, 1000, 2) or True",
        WALLED,
    ),
    Layer("seccomp", "leave its session", "def get():\n    return in_children(1, os.setsid)", LANDLOCK),
    Layer(
        "descriptors",
        "find what the grader has open",
        "def get():\n    found = [os.path.realpath(f'/proc/self/fd/{d}') for d in range(3, 64)]\n"
        "    return [f for f in found if 'socket:' in f or 'grade-' in f]",
    ),
    Layer(
        "clean environment", "see a variable that it was not given", "def get():\n    return os.environ.get('CANARY')"
    ),
    Layer(
        "watchdog",
        "use more memory in several processes than one may",
        "def get():\n    def hoard():\n        kept = bytearray(48 << 20)\n        time.sleep(0.6)\n"
        "    return in_children(4, hoard)",
        beside=("cgroup",),
        killed=True,
    ),
    Layer(
        "RLIMIT_AS",
        "map more memory than there may be",
        "def get():\n    return len(mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | 0x4000))",
    ),
    Layer(
        "RLIMIT_NPROC",
        "start more processes than there may be",
        "def get():\n    return in_children(40, lambda: time.sleep(0.4))",
        beside=("watchdog", "cgroup"),
        long=True,
    ),
    Layer(
        "RLIMIT_CPU",
        "compute for longer than it may",
        "def burn():\n    end = time.process_time() + 1.3\n"
        "    while time.process_time() < end:\n        pass\ndef get():\n    return in_children(1, burn)",
        beside=("watchdog",),
        long=True,
    ),
    Layer(
        "RLIMIT_FSIZE",
        "make a larger file than there may be",
        "def get():\n    with open('large', 'wb') as f:\n        return f.truncate(64 << 20)",
    ),
    Layer(
        "RLIMIT_NOFILE",
        "have more open than it may",
        "def get():\n    return [os.dup(1) for _ in range(300)][-1]",
    ),
]
CASES = [
    pytest.param(
        layer,
        level,
        id=f"{level.value}-{layer}",
        marks=[pytest.mark.slow] if level not in NAMESPACES or layer.long else [],
    )
    for layer in LAYERS
    for level in layer.levels
    if not (layer.ordinary if ROOT else layer.root)
]


@pytest.fixture(scope="module")
def interpreters() -> Iterator[dict[str, WarmInterpreter]]:
    """Warm interpreters whose own environment holds a canary: what a program sees of it, it was not given."""
    given = warm_module._ENVIRONMENT
    warm_module._ENVIRONMENT = {**given, "CANARY": "seen"}
    made = {path: WarmInterpreter(path) for path in {sys.executable, SYSTEM_PYTHON if ROOT else sys.executable}}
    warm_module._ENVIRONMENT = given
    for warm in made.values():
        warm.load(("flask",))
    yield made
    for warm in made.values():
        warm.close()


@pytest.fixture(scope="module")
def aims() -> Iterator[dict[str, Any]]:
    """What there is to reach."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-")))
        folder.chmod(0o755)
        (folder / "canary").write_text("canary")
        name = f"hostile-{os.getpid()}"
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind("\0" + name)
        abstract.listen()
        segment = stack.enter_context(_segment())
        yield {
            "canary": str(folder / "canary"), "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1],
            "abstract": name, "grader": os.getpid(), "ipc": os.stat("/proc/self/ns/ipc").st_ino, "segment": segment,
        }  # fmt: skip


@contextlib.contextmanager
def _segment() -> Iterator[int]:
    """A System V segment that anybody may use; its key."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    key = 0x40000000 | os.getpid()
    ident = libc.shmget(key, 4096, 0o1666)
    assert ident >= 0, os.strerror(ctypes.get_errno())
    try:
        yield key
    finally:
        libc.shmctl(ident, 0, None)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own, which other users may not pass."""
    path = Path(tempfile.mkdtemp(prefix="hostile-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize(("layer", "level"), CASES)
def test_a_layer_stops_what_would_succeed_without_it(
    layer: Layer, level: Level, interpreters: dict[str, WarmInterpreter], aims: dict[str, Any], folder: Path
) -> None:
    _skip_where_it_cannot_be_shown(layer)
    bare = level is not Level.NAMESPACES or layer.name == "private root"
    warm = interpreters[SYSTEM_PYTHON if ROOT and bare else sys.executable]
    program = PROGRAM.format(aims=aims, get=layer.get)
    with_it, ended = attempted(launcher(warm, level, layer.beside), folder, program)
    assert with_it.startswith("HELD") or (layer.killed and not with_it and ended), with_it
    without_it, _ = attempted(launcher(warm, level, (*layer.beside, layer.name)), folder, program)
    assert without_it.startswith("OUT"), without_it


def launcher(warm: WarmInterpreter, level: Level, without: tuple[str, ...] = ()) -> Launcher:
    """One that does not begin with the probe: it would find the canary in the interpreters' environment."""
    return Launcher(warm, lowest=level, highest=level, without=without, prove=False)


def attempted(launcher: Launcher, folder: Path, program: str, limits: Limits = LIMITS) -> tuple[str, str]:
    """What a program says of its attempt, or nothing; and the limit that ended it, if one did."""
    (folder / "main.py").write_text(program)
    (folder / "main.py").chmod(0o644)
    files = (SourceFile("main.py", len(program)),)
    work = Submission("lab", folder, "main.py", hashlib.sha256(program.encode()).hexdigest(), files)
    until = time.monotonic() + _SECONDS
    with launcher.open(work, limits) as box, box.start(Condition(), "s1") as running:
        while not said_in(running.log_since(0)) and not running.start.limit and time.monotonic() < until:
            time.sleep(0.01)
            running.look()
    return said_in(running.start.log), running.start.limit


def said_in(log: str) -> str:
    return next((line for line in log.splitlines() if line.startswith(("OUT", "HELD"))), "")


def _skip_where_it_cannot_be_shown(layer: Layer) -> None:
    """Where taking the layer away would reach the machine itself, or the kernel has no such layer."""
    if layer.name == "landlock" and landlock.version() < 6:
        pytest.skip("this kernel's Landlock knows neither signals nor abstract sockets")
    if layer.name == "private root" and ROOT:
        mounts = Path("/proc/self/mountinfo").read_text()
        if " shared:" in mounts:
            pytest.skip("mounts are shared here, so that what is mounted without a private root would show outside")


DAEMON = """\
import os, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write, b'!')
        time.sleep(30)
    os._exit(0)
os.read(read, 1)
os.wait()
print('OUT', flush=True)
"""


@pytest.mark.skipif(not ROOT, reason="only root may mount the process table of the machine's own processes")
def test_without_processes_of_its_own_a_daemon_would_stay(
    interpreters: dict[str, WarmInterpreter], folder: Path
) -> None:
    warm = interpreters[sys.executable]
    brief = replace(LIMITS, start_seconds=0.5)
    attempted(launcher(warm, Level.NAMESPACES), folder, DAEMON, brief)
    assert _of(warm) == []
    attempted(launcher(warm, Level.NAMESPACES, ("pid namespace",)), folder, DAEMON, brief)
    (daemon,) = _of(warm, beside=1)
    os.kill(daemon, signal.SIGKILL)


def _of(warm: WarmInterpreter, beside: int = 0) -> list[int]:
    """Processes that were forked from a warm interpreter, once no more than so many are left: they bear its command
    line."""
    until = time.monotonic() + 2  # its keepers take a moment to end
    while True:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if warm.workspace.encode() in path.read_bytes() and int(path.parent.name) != warm._process.pid:
                    found.append(int(path.parent.name))
        if len(found) <= beside or time.monotonic() > until:
            return found
        time.sleep(0.02)


def test_every_layer_has_its_attempt() -> None:
    """All that `Launcher(without=...)` knows."""
    switches = {
        "network namespace", "pid namespace", "ipc namespace", "private root", "scratch limits", "user", "capabilities",
        "no_new_privs", "landlock", "seccomp", "descriptors", "clean environment", "watchdog", *kernel_limits.NAMES,
    }  # fmt: skip
    assert {layer.name for layer in LAYERS} == switches
