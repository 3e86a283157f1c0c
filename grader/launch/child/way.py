"""May a user without rights use the interpreter? Where the grader is root, programs run as such a one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Gate(NamedTuple):
    """A folder or file that others may not use, the right that they lack (as chmod has it), and what for."""

    path: str
    right: str
    target: str

    def __str__(self) -> str:
        if self.path == self.target:
            return f"may not read {self.path}"
        return f"may not pass {self.path} on the way to {self.target}"


def closed(paths: Iterable[str], *, above: bool = True) -> Iterator[Gate]:
    """Every gate between others and these files or folders. The folders above them count, unless a private root shows
    them elsewhere."""
    seen: set[str] = set()
    for path in paths:
        for folder in _parents(path) if above else ():
            if folder not in seen and not os.stat(folder).st_mode & stat.S_IXOTH:
                yield Gate(folder, "o+x", path)
            seen.add(folder)
        wanted = stat.S_IROTH | (stat.S_IXOTH if os.path.isdir(path) else 0)
        if os.stat(path).st_mode & wanted != wanted:
            yield Gate(path, "o+rx" if os.path.isdir(path) else "o+r", path)


def _parents(path: str) -> list[str]:
    found = []
    while path not in ("/", ""):
        path = os.path.dirname(path)
        found.append(path)
    return found[::-1]
