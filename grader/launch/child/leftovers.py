"""What a program leaves in the machine's shared memory, where it has none of its own: counted, and taken away."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator

SHARED_MEMORY = "/dev/shm"
_MOST_WALKED = 20_000  # files and folders
_LEAST = 4096


def names() -> frozenset[str]:
    """What lies there now."""
    try:
        return frozenset(os.listdir(SHARED_MEMORY))
    except OSError:
        return frozenset()


def of_user(uid: int, before: frozenset[str]) -> list[os.DirEntry[str]]:
    """What a user has there that was not there before."""
    with contextlib.suppress(OSError), os.scandir(SHARED_MEMORY) as entries:
        return [entry for entry in entries if entry.name not in before and _owner(entry) == uid]
    return []


def _owner(entry: os.DirEntry[str]) -> int | None:
    try:
        return entry.stat(follow_symlinks=False).st_uid
    except OSError:
        return None


def sweep(uid: int, before: frozenset[str], *, shared_account: bool) -> None:
    """Take away what a program left. Where its user is somebody's account, only what no process has open: that
    account's other programs may have begun something meanwhile."""
    left = of_user(uid, before)
    used = _open_files() if shared_account and left else frozenset()
    for entry in left:
        with contextlib.suppress(OSError):
            if entry.inode() not in used:
                os.unlink(entry.path)


def _open_files() -> frozenset[int]:
    """The inodes of files in shared memory that some process has open or mapped."""
    found: set[int] = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps") as maps:
            found |= {int(line.split()[4]) for line in maps if SHARED_MEMORY in line}
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    found.add(os.stat(f"/proc/{pid}/fd/{descriptor}").st_ino)
    return frozenset(found)


def bytes_nameless(pids: Iterable[int]) -> int:
    """What files take of the disk that processes hold open and that have no name any more."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    status = os.stat(f"/proc/{pid}/fd/{descriptor}")
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def bytes_below(folder: str) -> int:
    """What the files below a folder take of the disk. Stops counting where there are very many."""
    total = 0
    for count, status in enumerate(_walk(folder)):
        total += max(status.st_blocks * 512, _LEAST)  # an empty file or folder takes room, too, wherever that is kept
        if count >= _MOST_WALKED:
            break
    return total


def _walk(folder: str) -> Iterator[os.stat_result]:
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
