"""The system calls of Linux that Python has no function for. Each raises OSError, naming the call."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 4, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4

_CALLS = {
    "x86_64": {"clone": 56, "pivot_root": 155, "capset": 126, "seccomp": 317},
    "aarch64": {"clone": 220, "pivot_root": 41, "capset": 91, "seccomp": 277},
}
_SAME_EVERYWHERE = {"pidfd_getfd": 438, "mount_setattr": 442, "landlock_create_ruleset": 444,
                    "landlock_add_rule": 445, "landlock_restrict_self": 446}  # fmt: skip
_AT_RECURSIVE, _AT_FDCWD = 0x8000, -100
_SIOCSIFFLAGS, _IFF_UP_RUNNING = 0x8914, 0x41

_libc = ctypes.CDLL(None, use_errno=True)
_held = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter lock: for clone, which returns twice


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _number(name: str) -> int:
    if name in _SAME_EVERYWHERE:
        return _SAME_EVERYWHERE[name]
    table = _CALLS.get(platform.machine())
    if table is None:
        raise OSError(f"{name}: no table of system calls for {platform.machine()}")
    return table[name]


def syscall(name: str, *arguments: object) -> int:
    """A raw system call; whole numbers are passed as long."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(_libc.syscall(ctypes.c_long(_number(name)), *passed), name)


def clone(flags: int) -> int:
    """Fork into new namespaces: 0 in the child. Only for single-threaded callers whose child forks or execs soon."""
    sigchld = 17
    return _check(_held.syscall(ctypes.c_long(_number("clone")), ctypes.c_long(flags | sigchld), 0, 0, 0, 0), "clone")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones."""
    _check(_libc.unshare(flags), "unshare")


def prctl(option: int, *values: int) -> None:
    """Change one attribute of this process."""
    padded = [*values, 0, 0, 0, 0][:4]
    _check(_libc.prctl(option, *[ctypes.c_ulong(v) for v in padded]), f"prctl {option}")


def mount(source: str | None, target: str, kind: str | None, flags: int = 0, data: str = "") -> None:
    """Mount, or change how something is mounted."""
    encoded = [value.encode() if value is not None else None for value in (source, target, kind)]
    result = _libc.mount(*encoded, ctypes.c_ulong(flags), data.encode() or None)
    _check(result, f"mount {kind or source} on {target}")


def lock_mounts(path: str) -> None:
    """Everything mounted at and below `path`: read-only, no devices, no set-user-id. What was stricter stays so."""
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 0, 0)
    syscall("mount_setattr", _AT_FDCWD, path.encode(), _AT_RECURSIVE, attributes, len(attributes))


def pivot_root(new: str) -> None:
    """Make `new` the root; nothing of the old one can be reached any more."""
    os.chdir(new)
    syscall("pivot_root", b".", b".")  # the old root now lies on top of the new one, and is taken off
    _check(_libc.umount2(b".", 2), "umount of the old root")
    os.chdir("/")


def drop_bounding_set() -> None:
    """No capability can come back by any exec."""
    capability = 0
    while _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == 0:
        capability += 1


def drop_capabilities() -> None:
    """No capability, from now on; `drop_bounding_set` keeps an exec from giving one back."""
    _libc.prctl(PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    version_3 = struct.pack("Ii", 0x20080522, 0)
    syscall("capset", version_3, bytes(24))


def raise_loopback() -> None:
    """Bring `lo` up in this network namespace, and let every other address lead to it, too.

    So a program that asks for the address of the student's own laptop listens there, is seen, and can be reached.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP_RUNNING))
    _route_everything_to_loopback()


def _route_everything_to_loopback() -> None:
    """Do what `ip route add local default dev lo` does."""
    new_route, request_create = 24, 0x401 | 0x4  # NLM_F_CREATE | NLM_F_REQUEST | NLM_F_ACK
    local_table, static_protocol, host_scope, local_type, oif = 255, 4, 254, 2, 4
    body = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, local_table, static_protocol, host_scope, local_type, 0)
    body += struct.pack("=HHI", 8, oif, socket.if_nametoindex("lo"))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as routes:
        routes.send(struct.pack("=IHHII", 16 + len(body), new_route, request_create, 1, 0) + body)
        (error,) = struct.unpack_from("=i", routes.recv(4096), 16)
    if error:
        raise OSError(-error, f"route to lo: {os.strerror(-error)}")
