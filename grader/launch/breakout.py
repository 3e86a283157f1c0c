"""The probe submission: tries to get out of the sandbox in which it is started, and prints what it could do.

Run as any student's `main.py`, never imported by the grader. Beside it lies `aims.json`: what to reach, all of it made
by the grader for this. Each attempt that returns something true has got out; the lines printed are JSON. In the end it
listens, as any server.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

with open("aims.json") as file:
    AIMS = json.load(file)
ALLOWED = {"PATH", "LANG", "USER", "LOGNAME", "HOME", "TMPDIR", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE",
           "PYTHONUNBUFFERED", "LC_CTYPE", "SHLVL"}  # fmt: skip
LIMITED = ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE")
NEW_USER_NAMESPACE, SEIZE, GET_KEYRING = 0x10000000, 0x4206, {"x86_64": 250, "aarch64": 219}  # seizing stops nobody
libc = ctypes.CDLL(None, use_errno=True)


def written(path: str) -> str:
    with open(path, "w"):
        pass
    os.unlink(path)
    return path


def home() -> str:
    """How much is in that very folder; another one of the same name may lead to the interpreter."""
    names, found = os.listdir(AIMS["home"]), os.stat(AIMS["home"])
    return f"{len(names)} names" if [found.st_dev, found.st_ino] == AIMS["home_is"] else ""


def connected(family: int, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        client.connect(address)
    return True


def socket_file() -> Any:
    """From its own folder, for the path may be longer than a socket's address."""
    before = os.getcwd()
    os.chdir(os.path.dirname(AIMS["path"]))
    try:
        return connected(socket.AF_UNIX, os.path.basename(AIMS["path"]))
    finally:
        os.chdir(before)


def mounted() -> bool:
    """In a folder of its own, and taken away again: where it succeeds, the machine is to stay as it was."""
    os.mkdir("mounted")
    called(libc.mount(b"none", b"mounted", b"tmpfs", 0, None))
    return called(libc.umount2(b"mounted", 2))


def datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(AIMS["word"].encode(), ("127.0.0.1", AIMS["udp"]))  # the grader tells whether it came


def grader() -> int:
    """Its number. Numbers begin anew in each process namespace, and a grader in a container has a small one itself, so
    that a process of the probe's own may have the same: then the beginnings differ. Where they cannot be read, the
    number is tried as it is."""
    number = int(AIMS["grader"])
    begun = ""
    with contextlib.suppress(OSError), open(f"/proc/{number}/stat") as line:
        begun = line.read().rpartition(")")[2].split()[19]
    if begun and begun != AIMS["grader_begun"]:
        raise ProcessLookupError(f"process {number} is another one here")
    return number


def signalled() -> object:
    os.kill(grader(), 0)
    return AIMS["grader"]


def foreign_processes() -> str:
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    count = len([pid for pid in pids if pid > 1 and pid not in own_processes()])
    return f"{count} of them" if count else ""


def size(path: str) -> str:
    with open(path) as file:
        return f"{len(file.read())} characters"


def own_processes() -> set[int]:
    return {os.getpid(), os.getppid()}


def foreign_memory() -> str:
    with open(f"/proc/{grader()}/environ", "rb") as environ:
        return f"{len(environ.read())} bytes"


def environment() -> list[str]:
    with open("/proc/self/environ") as environ:
        names = {entry.partition("=")[0] for entry in environ.read().split("\0")} - {""}
    return sorted((names | set(os.environ)) - ALLOWED)


def descriptors() -> list[str]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and os.path.exists(f"/proc/self/fd/{name}"):
            kind = os.readlink(f"/proc/self/fd/{name}")
            if kind != f"/proc/{os.getpid()}/fd":
                found.append(kind)
    return found


def status(name: str) -> str:
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def called(result: int) -> bool:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True


def keyring() -> bool:
    number = GET_KEYRING.get(platform.machine())
    return number is not None and called(int(libc.syscall(number, 0, -3, 0)))


def in_child(attempt: Callable[[], object]) -> bool:
    """Try in a process of its own: what succeeds would change what the attempts after it find."""
    child = os.fork()
    if child == 0:
        try:
            attempt()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(number, os.strerror(number))
    return True


def grader_imported() -> bool:
    __import__("grader")
    return True


def unlimited() -> list[str]:
    return [name for name in LIMITED if resource.getrlimit(getattr(resource, name))[1] == resource.RLIM_INFINITY]


def disk() -> bool:
    space = os.statvfs(os.path.expanduser("~"))
    return bool(space.f_blocks * space.f_frsize > AIMS["disk_bytes"] + (1 << 20))


ATTEMPTS: dict[str, Callable[[], object]] = {
    "file": lambda: size(AIMS["canary"]),
    "home": home,
    "grader": lambda: size(AIMS["source"]),
    "rubric": lambda: size(AIMS["rubric"]),
    "import": grader_imported,
    "interpreter": lambda: written(os.path.join(os.path.dirname(os.__file__), AIMS["word"])),
    "packages": lambda: written(os.path.join(AIMS["packages"], AIMS["word"])),
    "tcp": lambda: connected(socket.AF_INET, ("127.0.0.1", AIMS["tcp"])),
    "udp": datagram,
    "abstract": lambda: connected(socket.AF_UNIX, "\0" + AIMS["word"]),
    "path": socket_file,
    "interfaces": lambda: [name for _, name in socket.if_nameindex() if name != "lo"],
    "signal": signalled,
    "processes": foreign_processes,
    "memory": foreign_memory,
    "environment": environment,
    "descriptors": descriptors,
    "root": lambda: os.getuid() == 0 or os.geteuid() == 0,
    "capabilities": lambda: int(status("CapEff"), 16) or int(status("CapPrm"), 16),
    "privileges": lambda: status("NoNewPrivs") != "1",
    "filter": lambda: status("Seccomp") != "2",
    "namespace": lambda: in_child(lambda: called(libc.unshare(NEW_USER_NAMESPACE))),
    "mount": lambda: in_child(mounted),
    "trace": lambda: in_child(lambda: called(libc.ptrace(SEIZE, grader(), 0, 0))),
    "keyring": keyring,
    "session": lambda: in_child(os.setsid),  # then no kill of the group would reach it
    "limits": unlimited,
    "disk": disk,
}

for name, attempt in ATTEMPTS.items():
    try:
        got = attempt()
        detail = "" if got is True or not got else str(got)[:200]
    except (Exception, SystemExit) as error:  # whatever stops it has stopped it
        got, detail = None, f"{type(error).__name__}: {error}"[:200]
    print(json.dumps({"attempt": name, "out": bool(got), "detail": detail}), flush=True)
try:  # and last what must succeed: a server has to be able to listen
    server = socket.socket()
    server.bind(("127.0.0.1", 5000))
    server.listen()
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
time.sleep(10)  # until the grader has seen it, and ends this
