"""The private file system of level `namespaces`: only what a student's program may see exists in it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from . import begin, course, linux

HOME = "/home/student"
_TIGHT = linux.MS_NOSUID | linux.MS_NODEV
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/ssl/certs", "/etc/mime.types", "/etc/localtime",
           "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")  # fmt: skip
SCRATCH = (HOME, "/tmp", "/dev/shm")
_SPACE = "/run/scratch"  # where the one file system lies that the three are folders of
_NAMES = ("null", "zero", "full", "random", "urandom", "tty")
_WRITTEN = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nstudent:x:{uid}:{gid}:student:" + HOME + ":/bin/sh\n",
    "/etc/group": "root:x:0:\nstudent:x:{gid}:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 lab\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/hostname": "lab\n",
}

_MOST_FILES = 8192


class Layout(NamedTuple):
    """Which paths of the machine exist in the room, which folders in them are empty, and what is shown in those. `made`
    are all folders that this takes, each behind the one it lies in."""

    shown: Sequence[str]
    emptied: Sequence[str]
    again: Sequence[str]
    made: Sequence[str]


@lru_cache(maxsize=1)
def layout(readable: tuple[str, ...]) -> Layout:
    """For all rooms of a course, whose files and folders `readable` are. Takes longer than the room itself."""
    wanted = [*_interpreter(), *readable]
    shown = _outermost([*_SYSTEM, *wanted])
    closed = {*_site_folders_of_base(), course.hidden()}.difference(wanted)
    emptied = [path for path in _outermost(closed) if _inside(path, shown)]
    again = [path for path in _outermost(wanted) if _inside(path, emptied)]
    return Layout(shown, emptied, again, _folders_of(shown))


def _folders_of(shown: Iterable[str]) -> list[str]:
    """The folders to make in an empty root: those shown, our own, and all above them."""
    wanted = {path for path in shown if os.path.isdir(path) and not os.path.islink(path)}
    wanted.update(os.path.dirname(path) for path in (*shown, *_WRITTEN))
    wanted.update(("/proc", "/dev/shm", "/tmp", "/var/tmp", "/root", HOME, _SPACE))
    links = [path for path in shown if os.path.islink(path)]
    return sorted(folder for folder in {f for path in wanted for f in _way_to(path)} if not _inside(folder, links))


def _way_to(path: str) -> Iterator[str]:
    while path != "/":
        yield path
        path = os.path.dirname(path)


def enter(stage: str, layout: Layout, uid: int, gid: int) -> list[str]:
    """Build the root on the empty folder `stage` and move into it.

    Call it in a mount namespace of one's own. The old `/proc` stays mounted in it, since the kernel wants to see a
    complete one where a new one is mounted; the first process covers it with its own. Gives back, for `furnish`, what
    lies where the scratch space of a start will lie.
    """
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", stage, "tmpfs", _TIGHT, "size=4m,mode=755")
    for folder in layout.made:
        os.mkdir(stage + folder)
    for path in layout.shown:
        _show(path, stage)
    for folder in layout.emptied:
        linux.mount("tmpfs", stage + folder, "tmpfs", _TIGHT, "size=4k,mode=755")
    for path in layout.again:  # the course's own packages, where they lie beside others
        _show(path, stage)
    for path, text in _WRITTEN.items():
        _write(stage + path, text.format(uid=uid, gid=gid))
    linux.mount("/proc", stage + "/proc", None, linux.MS_BIND | linux.MS_REC)
    for name in _NAMES:
        _write(f"{stage}/dev/{name}", "")
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{stage}/dev/{name}")
    linux.lock_mounts(stage)
    for name in _NAMES:  # after the lock, which would take their being devices from them
        linux.mount(f"/dev/{name}", f"{stage}/dev/{name}", None, linux.MS_BIND)
    linux.pivot_root(stage)
    return sorted({top for path in layout.shown for top in _covered(path)})


def bare() -> None:
    """Leave the machine's own root in sight, for the test that shows what the private one is good for: in a mount
    namespace that nothing gets out of, with what `furnish` needs laid over it."""
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    for folder, inside in ((os.path.dirname(_SPACE), _SPACE), (os.path.dirname(HOME), HOME)):
        linux.mount("tmpfs", folder, "tmpfs", _TIGHT, "size=4m,mode=755")
        os.makedirs(inside)


def _covered(path: str) -> list[str]:
    """The topmost folder on the way to `path` that the scratch space of a start will cover."""
    return [f"{s}/{path.removeprefix(f'{s}/').split('/')[0]}" for s in SCRATCH if path.startswith(f"{s}/")]


def show_processes() -> None:
    """Those of this process's namespace, for all starts in it."""
    linux.mount("proc", "/proc", "proc", _TIGHT | linux.MS_NOEXEC)


def furnish(disk_bytes: int, uid: int, gid: int, covered: Iterable[str]) -> None:
    """What each start has for itself alone: scratch space and a home. In a mount namespace of its own."""
    kept = [(path, os.open(path, os.O_PATH)) for path in covered]  # of this very namespace, and before the cover
    options = f"mode=755,uid={uid},gid={gid}" + (f",size={disk_bytes},nr_inodes={_MOST_FILES}" if disk_bytes else "")
    linux.mount("tmpfs", _SPACE, "tmpfs", _TIGHT, options)  # one for all three: the limit is on their sum
    for folder in SCRATCH:
        source = f"{_SPACE}/{os.path.basename(folder)}"
        os.mkdir(source, 0o700)
        os.chown(source, uid, gid)
        linux.mount(source, folder, None, linux.MS_BIND)
    for path, descriptor in kept:
        source = f"/proc/self/fd/{descriptor}"
        if os.path.isdir(source):
            os.mkdir(path)
        else:
            _write(path, "")
        linux.mount(source, path, None, linux.MS_BIND | linux.MS_REC)
        os.close(descriptor)


def _interpreter() -> list[str]:
    executable = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    return [executable, begin.stdlib(), *begin.libraries()]


def _site_folders_of_base() -> set[str]:
    """Where packages lie that are installed beside the base interpreter; the course's links are all that is seen."""
    versioned = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = {os.path.join(sysconfig.get_path("stdlib"), name) for name in ("site-packages", "dist-packages")}
    for prefix in ("/usr", "/usr/local", sys.base_prefix):
        for library in ("lib", "lib64"):
            for version in (versioned, "python3"):
                folders |= {f"{prefix}/{library}/{version}/{n}" for n in ("site-packages", "dist-packages")}
    return {os.path.realpath(folder) for folder in folders if os.path.isdir(folder)}


def _outermost(paths: Iterable[str]) -> list[str]:
    """Without what does not exist, and without what lies inside another one."""
    kept: list[str] = []
    for path in sorted({os.path.normpath(p) for p in paths if os.path.lexists(p)}):
        if not _inside(path, (other for other in kept if not os.path.islink(other))):
            kept.append(path)
    return kept


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any((path + "/").startswith(folder + "/") for folder in folders)


def _show(path: str, stage: str) -> None:
    """Make `path` appear below the stage: a link as a link, anything else as the thing itself."""
    target = stage + path
    _make(os.path.dirname(target))
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        _make(target)
    else:
        _write(target, "")
    linux.mount(path, target, None, linux.MS_BIND | linux.MS_REC)


def _make(folder: str) -> None:
    if not os.path.isdir(folder):
        os.makedirs(folder)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
