"""The copy of the submission that each start gets, with what its condition adds or swaps."""

from __future__ import annotations

import base64
import contextlib
import os
from typing import Any

Spec = dict[str, Any]

_MOST_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16  # a larger one would be mapped and unmapped anew for each file
_FOLDER = os.O_RDONLY | os.O_DIRECTORY


class Pristine:
    """The submission's copy, which each start copies: in memory where it is small, so that it is read only once."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._folders: list[str] = []
        self._files: list[tuple[str, bytes]] = []
        self._in_memory = self._read(os.dup(descriptor), "") <= _MOST_IN_MEMORY

    def _read(self, folder: int, path: str) -> int:
        """Take a folder in; how many bytes there are, at the least."""
        total = 0
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    opened = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
                    if entry.is_dir(follow_symlinks=False):
                        self._folders.append(path + entry.name)
                        total += self._read(opened, f"{path}{entry.name}/")
                    else:
                        with open(opened, "rb", 0) as file:
                            self._files.append((path + entry.name, file.read(_MOST_IN_MEMORY + 1)))
                        total += len(self._files[-1][1])
                    if total > _MOST_IN_MEMORY:
                        break
        finally:
            os.close(folder)
        return total

    def copy_to(self, target: str) -> None:
        """Make a copy; the descriptor is closed."""
        if not self._in_memory:
            return copy_tree(self.descriptor, target)
        os.close(self.descriptor)
        os.mkdir(target)
        for path in self._folders:
            os.mkdir(f"{target}/{path}")
        for path, content in self._files:
            with open(f"{target}/{path}", "wb", 0) as file:
                file.write(content)
        return None


def copy_tree(source: int, target: str) -> None:
    """Copy a folder of regular files and folders, given by its descriptor, which is closed."""
    os.makedirs(target, exist_ok=True)
    try:
        with os.scandir(source) as entries:
            for entry in entries:
                path = os.path.join(target, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    copy_tree(os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source), path)
                else:
                    _copy_file(os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source), path)
    finally:
        os.close(source)


def _copy_file(source: int, target: str) -> None:
    try:
        with open(target, "wb", 0) as file:
            while data := os.read(source, _CHUNK):
                file.write(data)
    finally:
        os.close(source)


def lay_in(spec: Spec, copy: str) -> None:
    """Write the files that this start's condition adds or swaps. A link on the way is not followed, and one in the
    place of the file is replaced: whatever the copy holds, nothing beside it is written."""
    for path, content in spec["overlays"]:
        *folders, name = os.path.normpath(os.path.join(spec["home"], path)).split("/")
        folder = _folder_in(copy, folders)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            new = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)
            with open(new, "wb", 0) as file:
                file.write(base64.b64decode(content))
        finally:
            os.close(folder)


def _folder_in(copy: str, names: list[str]) -> int:
    """A descriptor of a folder in the copy, made where it is not there yet."""
    folder = os.open(copy, _FOLDER)
    for name in names:
        if name == "..":
            raise ValueError("an overlay leads out of the copy")
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)
        outer, folder = folder, -1
        try:
            folder = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)
        finally:
            os.close(outer)
    return folder
