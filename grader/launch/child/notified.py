"""Level `landlock`: no namespaces, so the program shares the machine's network, but never binds or listens by itself.

A filter stops it inside bind(2) and listen(2) until the keeper has answered. The keeper duplicates the very socket,
binds it to a private loopback address at the port asked for, notes what was asked, and listens on it. So two programs
can have port 5000, nobody else reaches them, and the grader knows the moment from which it can connect. Nothing of the
program is patched. Files are fenced by Landlock. Linux 5.13 or later; the network part of Landlock from 6.7.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import random
import socket
import struct
from collections.abc import Sequence
from typing import Any

from . import begin, course, landlock, leftovers, linux, seccomp
from .folder import Child, FolderWatch
from .watch import Address, Unavailable

_MOST_SOCKETS = 200
_RECEIVE, _ANSWER, _STILL_VALID = 0xC0502100, 0xC0182101, 0x40082102  # ioctl numbers of linux/seccomp.h
_ADD_DESCRIPTOR, _LET_IT_HAPPEN = 0x40182103, 1
_READABLE = (
    *("/usr", "/bin", "/lib", "/lib64", "/proc", "/dev/urandom", "/dev/random", "/dev/zero"),
    *("/etc/ld.so.cache", "/etc/mime.types", "/etc/localtime", "/etc/ssl/certs", "/etc/hosts", "/etc/passwd"),
    "/etc/nsswitch.conf",
)
_WRITABLE = ("/dev/null",)
_PLAIN_FILES = (leftovers.SHARED_MEMORY,)  # debug=True keeps a lock there


class NotifiedWatch(FolderWatch):
    """See the module."""

    source = "notification"

    def enter(self) -> None:
        if not seccomp.supported():
            raise Unavailable(f"there is no table of system calls for {platform.machine()}")
        abi = landlock.version()
        if not abi:
            raise Unavailable("the kernel has no Landlock")
        super().enter()
        self.mechanisms += [f"landlock {abi}", "seccomp: bind and listen are answered from outside",
                            "seccomp: dangerous system calls refused", "no connections of its own",
                            "session of its own", "no capabilities", "no_new_privs", "rlimits",
                            "watchdog over disk space"]  # fmt: skip
        self.missing += ["namespaces", "a hard limit on disk space"]
        if self.user is None:
            self.missing.append("a user of its own")
        python = os.path.realpath(self.setting.python)
        readable = [*_READABLE, *self.setting.readable, begin.stdlib(), python, *begin.libraries()]
        self._readable, self._listed = landlock.without(readable, course.hidden())
        self._notify: int | None = None
        self._ours: socket.socket | None = None
        self._theirs: socket.socket | None = None
        self._forget()

    def _forget(self) -> None:
        if self._notify is not None:
            os.close(self._notify)
        self._notify = None
        self._asked: dict[int, Address] = {}
        self._homes: dict[str, str] = {}
        self._had: set[Address] = set()
        self._listens: dict[Address, tuple[socket.AddressFamily, Address]] = {}

    def before_fork(self) -> None:
        self._forget()
        self._ours, self._theirs = socket.socketpair()

    def after_fork(self, child: Child) -> None:
        assert self._ours is not None
        assert self._theirs is not None
        self._theirs.close()
        self._ours.settimeout(5)
        with self._ours as ours:
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        if not descriptors:
            raise Unavailable("the filter that watches bind and listen could not be installed")
        self._notify = descriptors[0]

    def kept(self) -> list[int]:
        return [self._theirs.fileno()] if self._theirs is not None else []

    def confine(self, home: str) -> None:
        """In the program: fence files, then stop at bind and listen; the keeper gets the answering descriptor."""
        assert self._theirs is not None
        if self.has("capabilities"):
            linux.drop_capabilities()  # who becomes another user has none; an account may have been lent some
        if self.has("landlock"):
            landlock.confine(self._readable, [*_WRITABLE, home], _PLAIN_FILES, self._listed)
        rules = seccomp.without_namespaces(os.getpid(), landlock=landlock.version())
        if not self.has("seccomp"):
            rules = [rule for rule in rules if rule.verdict == seccomp.NOTIFY]
        notify = seccomp.install_with_listener(seccomp.assembled(rules))
        self._theirs.sendmsg([b"n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [notify]))])
        self._theirs.close()
        os.close(notify)

    # ------------------------------------------------------------------------------------------------ the answering

    def sources(self) -> list[Any]:
        return [] if self._notify is None else [self._notify]

    def answer(self, ready: Sequence[Any]) -> None:
        if self._notify is None or self._notify not in ready:
            return
        note = bytearray(80)  # struct seccomp_notif, has to be zero
        try:
            fcntl.ioctl(self._notify, _RECEIVE, note)
        except OSError as error:
            if error.errno != errno.ENOENT:  # else it was killed before we looked
                os.close(self._notify)
                self._notify = None
            return
        ident, thread, _, number, _, _, *arguments = struct.unpack_from("QIIiIQQQQ", note)
        result, value, flags = 0, 0, 0
        try:
            if number == seccomp.number("socket"):
                value = self._harmless_socket(ident, *map(ctypes.c_int, arguments[:2]))
            else:
                flags = self._handle(ident, thread, number, arguments)
        except OSError as error:  # an ordinary error for the program
            result = -(error.errno or errno.EIO)
        with contextlib.suppress(OSError):  # killed meanwhile
            fcntl.ioctl(self._notify, _ANSWER, struct.pack("QqiI", ident, value, result, flags))

    def _handle(self, ident: int, thread: int, number: int, arguments: Sequence[int]) -> int:
        descriptor, second, third = (ctypes.c_int(a).value if i != 1 else a for i, a in enumerate(arguments[:3]))
        with self._duplicate(ident, thread, descriptor) as copy:
            if number == seccomp.number("listen"):
                self._listen(copy, ctypes.c_int(second).value)
                return 0
            if copy.family not in (socket.AF_INET, socket.AF_INET6):
                return _LET_IT_HAPPEN  # a path belongs to the program's own view of the files
            self._bind(copy, self._address(ident, thread, copy.family, second, third))
            return 0

    def _harmless_socket(self, ident: int, family: ctypes.c_int, kind: ctypes.c_int) -> int:
        """Where a socket for datagrams is asked for: one of TCP, put into the program; its number there.

        Flask's server wants one to find out the machine's address, and can do without; but no filter sees where
        datagrams go. This one can neither send them nor connect.
        """
        assert self._notify is not None
        with socket.socket(family.value, socket.SOCK_STREAM) as ours:
            ours.setblocking(not kind.value & socket.SOCK_NONBLOCK)
            close_on_exec = os.O_CLOEXEC if kind.value & socket.SOCK_CLOEXEC else 0
            wish = bytearray(struct.pack("QIIII", ident, 0, ours.fileno(), 0, close_on_exec))
            return int(fcntl.ioctl(self._notify, _ADD_DESCRIPTOR, wish))  # of a mutable buffer: the call's own result

    def _duplicate(self, ident: int, thread: int, descriptor: int) -> socket.socket:
        """Our own copy of that thread's socket."""
        try:
            pidfd = os.pidfd_open(thread, os.O_EXCL)  # PIDFD_THREAD, from 6.9
        except OSError:  # before: only of the leader of its process
            with open(f"/proc/{thread}/status") as status:
                pidfd = os.pidfd_open(int(status.read().split("Tgid:")[1].split()[0]))
        try:
            self._assert_valid(ident)  # so the thread's number is nobody else's by now
            copy = linux.syscall("pidfd_getfd", pidfd, descriptor, 0)
        finally:
            os.close(pidfd)
        try:
            if os.stat(f"/proc/{thread}/fd/{descriptor}").st_ino != os.fstat(copy).st_ino:
                raise OSError(errno.EBADF, "another file: the thread has a table of its own")
            return socket.socket(fileno=copy)
        except OSError:
            os.close(copy)
            raise

    def _assert_valid(self, ident: int) -> None:
        assert self._notify is not None
        fcntl.ioctl(self._notify, _STILL_VALID, struct.pack("Q", ident))

    def _address(self, ident: int, thread: int, family: int, pointer: int, length: int) -> Address:
        """What the program asks to bind to: read once, and never by the kernel, so that nothing can be swapped."""
        with open(f"/proc/{thread}/mem", "rb", 0) as memory:
            memory.seek(pointer)
            raw = memory.read(min(max(length, 0), 28)) or b""
        self._assert_valid(ident)
        start, end = (8, 24) if family == socket.AF_INET6 else (4, 8)
        if len(raw) < max(end, 16) or struct.unpack_from("=H", raw)[0] != family:
            raise OSError(errno.EINVAL, "not such an address")
        return socket.inet_ntop(family, raw[start:end]), struct.unpack_from(">H", raw, 2)[0]

    def _bind(self, copy: socket.socket, asked: Address) -> None:
        """To a private loopback address, one for each address asked for; at the very port if it can be had."""
        private = "127." + ".".join(str(random.randint(1, 254)) for _ in range(3))
        host = self._homes.setdefault(asked[0], private)
        if copy.family == socket.AF_INET6:  # as a dual-stack socket sees IPv4; needs no ::1
            copy.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            host = "::ffff:" + host
        try:
            copy.bind((host, asked[1]))
        except OSError as error:  # below 1024, or a service of this machine has 0.0.0.0 at that port
            if error.errno not in (errno.EACCES, errno.EADDRINUSE) or asked in self._had:
                raise  # the program's own second socket there: a true error
            copy.bind((host, 0))
        if asked[1]:
            self._had.add(asked)
        self._asked[os.fstat(copy.fileno()).st_ino] = asked

    def _listen(self, copy: socket.socket, backlog: int) -> None:
        internet = copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM
        if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) or not internet:
            copy.listen(backlog)  # a second time: only the backlog changes
            return
        if len(self._listens) >= _MOST_SOCKETS:
            raise OSError(errno.EMFILE, "too many listening sockets")
        if copy.getsockname()[1] == 0:
            self._bind(copy, ("0.0.0.0", 0))  # listen without bind: any port
        copy.listen(backlog)
        host, port = copy.getsockname()[:2]
        asked = self._asked[os.fstat(copy.fileno()).st_ino]
        self._listens[(asked[0], asked[1] or port)] = (copy.family, (host.replace("::ffff:", ""), port))

    # ------------------------------------------------------------------------------------------------ for the keeper

    def listeners(self) -> list[Address]:
        return list(self._listens)

    def client(self, address: Address) -> tuple[socket.socket, Address]:
        _, endpoint = self._listens[address]
        return socket.socket(socket.AF_INET), endpoint

    def stop(self, program: Any) -> None:
        super().stop(program)
        self._forget()
