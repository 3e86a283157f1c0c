"""May a user without rights use the interpreter? Where the grader is root, programs run as such a one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable


def closed(paths: Iterable[str], *, above: bool = True) -> str:
    """What keeps others from reading one of these files or folders, in words; empty where nothing does. The folders
    above it count, unless a private root shows it elsewhere."""
    for path in paths:
        for folder in _parents(path) if above else ():
            if not os.stat(folder).st_mode & stat.S_IXOTH:
                return f"may not pass {folder} on the way to {path}"
        wanted = stat.S_IROTH | (stat.S_IXOTH if os.path.isdir(path) else 0)
        if os.stat(path).st_mode & wanted != wanted:
            return f"may not read {path}"
    return ""


def _parents(path: str) -> list[str]:
    found = []
    while path not in ("/", ""):
        path = os.path.dirname(path)
        found.append(path)
    return found[::-1]
