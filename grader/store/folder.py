"""A store of its own in a folder: `results.db`, for one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from grader.errors import StoreError
from grader.store.database import sqlite_url
from grader.store.store import Store

RESULTS = "results.db"
_LOCK = ".lock"
_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_OURS = ("gradebook.csv", "index.html", "reports")  # what would be written over


@contextlib.contextmanager
def opened(folder: Path, *, new: bool = True) -> Iterator[Store]:
    """The store of a folder; nobody else writes to it meanwhile. Made where it is not there, if `new` allows it.

    Raises StoreError.
    """
    if not new and not (folder / RESULTS).is_file():
        raise StoreError(f"{folder} holds no results.", "Give the folder that grade batch was told with --out.")
    with _locked(folder):
        if not (folder / RESULTS).exists() and (other := next((n for n in _OURS if (folder / n).exists()), None)):
            raise StoreError(
                f"{folder} holds {other}, and no {RESULTS}: it is not one of this command's own folders.",
                "Give --out a new folder, so that nothing of yours is written over.",
            )
        store = Store.open(sqlite_url(folder / RESULTS))
        try:
            yield store
        finally:
            store.close()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The kernel lets go of the lock when the process ends, however it does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, _OPEN, 0o644)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        _take(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except BlockingIOError as error:
        pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise StoreError(
            f"Another run is writing to {folder}: process {pid}.",
            "Wait until it has ended, or choose another folder with --out.",
        ) from error
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> StoreError:
    if error.errno == errno.ENOSPC:
        return StoreError(f"There is no room left for {folder}.", "Make room, and run the same command again.")
    return StoreError(
        f"Nothing can be written to {folder}: {error.strerror}.", "Choose a folder that you may write to with --out."
    )
