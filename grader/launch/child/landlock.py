"""Landlock: from here on this process and all that it starts may open only what is named, and connect nowhere."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable
from functools import lru_cache

from . import linux

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE, _IOCTL = 1 << 5, 1 << 8, 1 << 14, 1 << 15
_PLAIN_FILES = _WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_RIGHTS = (1 << 16) - 1
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_NO_TCP = 3  # neither bind nor connect of its own: the keeper binds
_SCOPED = 3  # no abstract socket, no signal to the outside
_NETWORK_VERSION, _SCOPE_VERSION = 4, 6


@lru_cache(maxsize=1)
def version() -> int:
    """Landlock's version here; 0 without it."""
    try:
        return linux.syscall("landlock_create_ruleset", None, 0, _VERSION_FLAG)
    except OSError:
        return 0


def confine(
    readable: Iterable[str],
    writable: Iterable[str],
    plain: Iterable[str] = (),
    listed: Iterable[str] = (),
    *,
    own_network: bool = False,
) -> None:
    """Allow only these, for ever: to read, to write, (`plain`) files alone in a folder that others use as well, and
    names alone. Without a network of one's own, no TCP either. Raises OSError where Landlock is missing."""
    abi = version()
    rights = _RIGHTS_BY_VERSION.get(abi, _ALL_RIGHTS)
    network = _NO_TCP if abi >= _NETWORK_VERSION and not own_network else 0
    scope = _SCOPED if abi >= _SCOPE_VERSION else 0
    attributes = struct.pack("QQQ", rights, network, scope)
    size = 24 if abi >= _SCOPE_VERSION else 16 if abi >= _NETWORK_VERSION else 8
    rules = linux.syscall("landlock_create_ruleset", attributes, size, 0)
    try:
        for path in readable:
            _allow(rules, path, (_EXECUTE | _READ_FILE | _READ_DIR) & rights)
        for path in listed:
            _allow(rules, path, _READ_DIR)
        for path in writable:
            _allow(rules, path, rights)
        for path in plain:
            _allow(rules, path, _PLAIN_FILES & rights)
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        linux.syscall("landlock_restrict_self", rules, 0)
    finally:
        os.close(rules)


def without(paths: Iterable[str], hidden: str) -> tuple[list[str], list[str]]:
    """The same paths, but with all that it holds, and not `hidden`, in the place of one above that; and the folders
    so replaced, which imports have to list. A link is left out: what it leads to was or was not among the paths."""
    whole: list[str] = []
    listed: list[str] = []
    waiting = [os.path.realpath(path) for path in paths]
    while waiting:
        path = waiting.pop()
        if path == hidden or os.path.islink(path):
            continue
        if not hidden.startswith(path + "/"):
            whole.append(path)
            continue
        listed.append(path)
        with contextlib.suppress(OSError):
            waiting += [f"{path}/{name}" for name in os.listdir(path)]
    return whole, listed


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        linux.syscall("landlock_add_rule", rules, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)
