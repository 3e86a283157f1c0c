"""Report files that are there whole or not at all, and only where they were asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HALF = re.compile(r"\..+-[0-9a-f]{16}", re.DOTALL)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EROFS)  # folders of some network file systems


def write_atomically(path: Path, text: str) -> None:
    """As `write_bytes_atomically`, in UTF-8."""
    write_bytes_atomically(path, text.encode("utf-8", "replace"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """As `fill_atomically`, with what is there already."""
    fill_atomically(path, lambda file: file.write(content))


def fill_atomically(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write by temporary file, fsync and rename, so that no half-written report is ever seen, and the old one stays
    where that fails. Raises OSError, and whatever `fill` does.

    A link of that name is replaced, never followed: who handed in the work could have put it there. All is done
    relative to a descriptor of the folder, so that nobody can put another in its place meanwhile.
    """
    folder = os.open(path.parent, _FOLDER)
    try:
        _replace(folder, path.name, fill)
        _sync_folder(folder)
    finally:
        os.close(folder)


def clear_halves(folder: Path) -> None:
    """Take away what was being written when its writer was killed; for folders to which nobody else writes."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for path in [entry.path for entry in found if _HALF.fullmatch(entry.name)]:
            os.unlink(path)


def _replace(folder: int, name: str, fill: Callable[[BinaryIO], object]) -> None:
    temporary = f".{name[:50]}-{os.urandom(8).hex()}"
    descriptor = os.open(temporary, _NEW, 0o600, dir_fd=folder)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, _mode(folder, name))
            fill(file)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _mode(folder: int, name: str) -> int:
    """That of the file which is replaced, never writable for everybody, else that of any new file."""
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISREG(mode):
            return mode & 0o775
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: int) -> None:
    """Make sure that the new name outlives a power failure, too."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
