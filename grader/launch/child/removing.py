"""Takes folders away that students' programs could write to: however deep, and whatever rights they were left with."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(path: str) -> None:
    """As far as this account may, and without a word where it may not."""
    try:
        shutil.rmtree(path)
    except (OSError, RecursionError):  # Python goes down a thousand folders
        with contextlib.suppress(OSError):
            _flatten(path)
            os.rmdir(path)


def _flatten(path: str) -> None:
    """Empty a folder by moving what is two levels down one level up, until there is nothing: no step goes deeper."""
    top = os.open(path, _FOLDER)
    mark, count = os.urandom(8).hex(), 0
    try:
        gone = True
        while gone:
            gone = False
            for name in list(_folders(top)):
                with contextlib.suppress(OSError):
                    inside = os.open(name, _FOLDER, dir_fd=top)
                    try:
                        for inner in list(_folders(inside)):
                            count += 1
                            os.rename(inner, f"{mark}{count}", src_dir_fd=inside, dst_dir_fd=top)
                    finally:
                        os.close(inside)
                    os.rmdir(name, dir_fd=top)
                    gone = True
    finally:
        os.close(top)


def _folders(folder: int) -> Iterator[str]:
    """The folders in one, each with all rights from now on; whatever else is in it is taken away."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    _open_up(folder, entry.name)
                    yield entry.name
                else:
                    os.unlink(entry.name, dir_fd=folder)


def _open_up(folder: int, name: str) -> None:
    """Never through a link, which a program that still lives could put there."""
    if not hasattr(os, "O_PATH"):
        os.chmod(name, 0o700, dir_fd=folder, follow_symlinks=False)
        return
    found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.chmod(f"/proc/self/fd/{found}", 0o700)
    finally:
        os.close(found)
