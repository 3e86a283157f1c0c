"""Files of people on the disk: measured and hashed while they are written, and there to stay once that is said."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from grader.errors import StoreError, TooLargeError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def created(path: Path) -> IO[bytes]:
    """A new file for its owner alone, in a folder that is made where there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, _NEW, 0o600), "wb")


class Writing:
    """A file that is hashed and measured while it is written, and on the disk afterwards. It cannot be gone back in."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most, self._hash = file, most, hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._hash.hexdigest()

    def __enter__(self) -> Writing:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def write(self, chunk: bytes) -> int:
        """Raises TooLargeError."""
        self.size += len(chunk)
        if self.size > self._most:
            raise too_large(self._most)
        self._hash.update(chunk)
        return self._file.write(chunk)

    def flush(self) -> None:
        """Hand on what is still here."""
        self._file.flush()


def too_large(most: int) -> TooLargeError:
    """What is said of an upload that is larger than `most` bytes."""
    return TooLargeError(
        f"This is more than {mb(most)}, the most that may be uploaded.",
        "Leave out what the lab does not ask for, such as .venv or .git.",
    )


@contextlib.contextmanager
def told() -> Iterator[None]:
    """A disk that fails us, as a sentence. What the browser fails us by is no OSError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The upload could not be saved: {error.strerror or error}.", "Nothing was handed in. Try again later."
        ) from error


def mb(count: int) -> str:
    """Bytes, for people."""
    return f"{count / (1 << 20):,.4g} MB"


# --------------------------------------------------------------------------------------------------- under their names


def link(path: Path, target: Path) -> None:
    """Have a file under a second name, in whosever place that is, for good. Where a file system has no such thing,
    nothing is done: `move` does it later."""
    new = path.with_name(f"{path.name}.new")
    try:
        os.link(path, new)
    except OSError:
        return
    try:
        _room_for(target)
        os.replace(new, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()  # of two names for one file, to replace one by the other leaves both
    _sync(target.parent)


def move(path: Path, target: Path) -> None:
    """Have a file under another name, in whosever place that is, for good."""
    _room_for(target)
    os.replace(path, target)
    _sync(target.parent)


def is_same(path: Path, target: Path) -> bool:
    """Whether two names are of one file."""
    try:
        return os.path.samefile(path, target)
    except FileNotFoundError:
        return False


def _room_for(target: Path) -> None:
    if not target.parent.is_dir():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(target.parent.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
