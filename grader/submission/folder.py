"""Copies a folder that nobody has vouched for, without following, opening or believing anything in it.

Everything is opened relative to a descriptor of the folder that it stands in, never through a link, and is looked at
once more after it was opened: what is swapped in between is noticed.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from grader.errors import NotGradableError
from grader.model import FlagKind
from grader.submission.copying import READ, Copy, UnreadableError, read_chunks
from grader.submission.names import is_environment, kept, misleads, shown

_MOST_NAMES = 50_000  # in one folder, what is left out included


def copy_folder(source: Path, copy: Copy, only: Collection[str] = ()) -> None:
    """Copy a folder; of its own level only the names in `only`, where there are any.

    Raises TooMuchError, and NotGradableError where the folder itself cannot be read.
    """
    try:
        folder = os.open(source, READ | os.O_DIRECTORY)
    except OSError as error:
        raise NotGradableError(
            f"The folder {shown(source.name)} cannot be read: {error.strerror}.",
            "Give yourself the right to read it, then grade again.",
        ) from error
    try:
        names = _names(folder, copy)
        _take_all(folder, [name for name in names if not only or name in only], "", copy, top=True)
    finally:
        os.close(folder)
    copy.follow_links(str(source))


def _names(folder: int, copy: Copy) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, _MOST_NAMES)]
    if len(names) == _MOST_NAMES:
        raise copy.too_much(f"a folder with {_MOST_NAMES:,} names or more")
    return names


def _take_all(folder: int, names: Collection[str], path: str, copy: Copy, *, top: bool) -> None:
    """Copy what an open folder holds; `top` while nothing else stands beside it or above it."""
    work = kept(names, top=top)
    for name in work:
        inner = unicodedata.normalize("NFC", f"{path}/{name}" if path else name)
        try:
            _take(folder, name, inner, copy, top=top and len(work) == 1)
        except OSError as error:
            copy.cannot_read(inner, error.strerror or str(error))
        except UnreadableError as error:
            copy.cannot_read(inner, str(error))


def _take(folder: int, name: str, path: str, copy: Copy, *, top: bool) -> None:
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if misleads(path) or copy.taken(path):
        copy.leave_out(FlagKind.FILE_LEFT_OUT, path, "has a name with hidden characters, or the name of another file")
    elif stat.S_ISLNK(mode):
        copy.links[path] = os.readlink(name, dir_fd=folder)
    elif stat.S_ISREG(mode):
        _copy_file(folder, name, path, copy)
    elif stat.S_ISDIR(mode):
        _copy_inner(folder, name, path, copy, top=top)
    else:  # not even opened: opening can block, or do things to a device
        copy.leave_out(FlagKind.LINK_LEFT_OUT, path, "is neither a file nor a folder")


def _copy_file(folder: int, name: str, path: str, copy: Copy) -> None:
    source = os.open(name, READ, dir_fd=folder)
    try:
        status = os.fstat(source)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("it was replaced while it was being copied")
        copy.file(path, read_chunks(source), status.st_size)
    finally:
        os.close(source)


def _copy_inner(folder: int, name: str, path: str, copy: Copy, *, top: bool) -> None:
    inner = os.open(name, READ | os.O_DIRECTORY, dir_fd=folder)
    try:
        names = _names(inner, copy)
        if top or not is_environment(names):
            copy.folder(path)
            _take_all(inner, names, path, copy, top=top)
    finally:
        os.close(inner)
