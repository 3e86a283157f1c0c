"""One number for what was handed in: equal work has equal digests, wherever and whenever it was packed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.composing import composed
from grader.sources.listing import work_files
from grader.sources.model import Attempt
from grader.sources.unpacking import BROKEN, WORK_BYTES, chunks, entry_name, open_zip
from grader.submission.copying import READ, UnreadableError, read_chunks
from grader.submission.names import left_out

_MOST_UNPACKED, _MOST_ENTRIES = 50 << 20, 5_000  # no larger work is graded
_SAMPLE = 1 << 20


def digest(attempt: Attempt) -> str:
    """SHA-256 over the names and contents of an attempt's files, as hexadecimal digits.

    A zip counts by what it holds. Dates, the names that an LMS gives and the place do not count; what no grader reads
    (`.git`, `__pycache__`) does not either.
    """
    parts = []
    for path, called in zip(attempt.paths, attempt.names or [p.name for p in attempt.paths], strict=True):
        if path.is_dir() and not path.is_symlink():
            parts += [_of_file(f"{called}/{name}" if called else name, file) for name, file in work_files(path)]
        else:
            parts.append(_of_file(called or path.name, path))
    return _together([*parts, attempt.problem.encode("utf-8", "surrogatepass")] if attempt.problem else parts)


def _together(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in sorted(parts):
        whole.update(part)
    return whole.hexdigest()


def _of_file(name: str, path: Path) -> bytes:
    """Name and content of one file; a zip is opened, since packing it again changes its bytes but not the work."""
    packed = _unpacked(path) if name.lower().endswith(".zip") else None
    if packed is not None:
        return _named("zip", packed)
    return _named(name, _content(path))


def _named(name: str, content: str) -> bytes:
    normal = composed(name).encode("utf-8", "surrogateescape")
    return hashlib.sha256(f"{len(normal)}:".encode() + normal + content.encode()).digest()


def _content(path: Path) -> str:
    """A hash of a file's bytes. Of one that is too large to grade, only its size, start and end count."""
    try:
        descriptor = os.open(path, READ)
    except OSError as error:
        return f"unreadable: {error.errno}"
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "no file"
        if status.st_size > WORK_BYTES:
            ends = os.pread(descriptor, _SAMPLE, 0) + os.pread(descriptor, _SAMPLE, status.st_size - _SAMPLE)
            return f"{status.st_size}:{hashlib.sha256(ends).hexdigest()}"
        return _hashed(read_chunks(descriptor))
    except (OSError, UnreadableError) as error:
        return f"unreadable: {error}"
    finally:
        os.close(descriptor)


def _hashed(content: Iterator[bytes]) -> str:
    whole = hashlib.sha256()
    for chunk in content:
        whole.update(chunk)
    return whole.hexdigest()


def _unpacked(path: Path) -> str | None:
    """A hash of what a zip holds, or None where it cannot be opened within limits."""
    left, parts = _MOST_UNPACKED, []
    try:
        with open_zip(path, WORK_BYTES) as archive:
            if len(archive.infolist()) > _MOST_ENTRIES:
                return None
            for entry in archive.infolist():
                name = entry_name(entry)
                if name.endswith("/") or any(map(left_out, name.split("/"))):
                    continue
                left -= entry.file_size
                if left < 0:
                    return None
                parts.append(
                    _named(
                        f"{entry.external_attr >> 16 & 0o170000 or 0o100000}:{name}", _hashed(chunks(archive, entry))
                    )
                )
    except (*BROKEN, UnreadableError):
        return None
    return _together(parts)
