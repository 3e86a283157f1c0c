"""Private folders for temporary files, each held by a lock as long as its process lives.

A process that is killed leaves its folder behind, with other people's work in it. The kernel lets go of the lock when
the process ends, however it does: so a later run can tell what is nobody's any more, and clear it away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator

from grader.errors import UngradedError
from grader.launch.child.removing import remove

CLASS, PROGRAMS = "grade-class-", "grade-programs-"  # how their names begin: an instructor's source, a warm interpreter
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Scratch:
    """A new folder that nobody else may read. As a context manager, it is gone at the end. Raises UngradedError."""

    def __init__(self, prefix: str) -> None:
        self._lock: int | None
        try:
            self.path, self._lock = _made(prefix)
        except OSError as error:
            raise no_room(error) from error

    def __enter__(self) -> str:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take it away, if that has not been done."""
        if self._lock is not None:
            remove(self.path)
            os.close(self._lock)
            self._lock = None


@contextlib.contextmanager
def folder_in(workspace: str, prefix: str) -> Iterator[str]:
    """A folder within such a folder, gone at the end. Raises UngradedError."""
    try:
        path = tempfile.mkdtemp(prefix=prefix, dir=workspace)
    except OSError as error:
        raise no_room(error) from error
    try:
        yield path
    finally:
        remove(path)


def no_room(error: OSError) -> UngradedError:
    """What to raise where a temporary file or folder cannot be made."""
    return UngradedError(
        f"No temporary files can be made: {error.strerror}.",
        "Make room where they are, or name another folder in TMPDIR.",
    )


def clear_away() -> None:
    """Take away what processes of this account left that are gone."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        left = [entry.path for entry in found if entry.name.startswith((CLASS, PROGRAMS))]
        for path in left:
            with contextlib.suppress(OSError):
                _clear(path)


def _clear(path: str) -> None:
    folder = os.open(path, _FOLDER)
    try:
        if os.fstat(folder).st_uid == os.geteuid() and _locked(folder):
            remove(path)
    finally:
        os.close(folder)


def _made(prefix: str) -> tuple[str, int]:
    """A folder and its lock. Somebody who clears away may come between the two: then there is another try."""
    while True:
        path = tempfile.mkdtemp(prefix=prefix)
        with contextlib.suppress(FileNotFoundError):
            folder = os.open(path, _FOLDER)
            if _is_ours(path, folder):
                return path, folder
            os.close(folder)


def _is_ours(path: str, folder: int) -> bool:
    """Whether it is there, and nobody is about to clear it away."""
    try:
        return _locked(folder) and os.path.isdir(path)
    except OSError:  # a file system without locks: nobody gets one, and so nothing is cleared away
        return True


def _locked(folder: int) -> bool:
    """Whether nobody else holds it; it is held from now on, until its descriptor is closed."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
