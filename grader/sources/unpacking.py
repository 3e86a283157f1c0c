"""Opens zips that nobody has vouched for: the export of a class, and what its people handed in.

What is wrong with one entry of an export is that entry's own problem: the others are unpacked. Only what makes the
archive as a whole unreadable or too much stops it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from grader.errors import UngradedError, UsageError
from grader.frozen import dataclass
from grader.sources.listing import check_count
from grader.sources.model import LeftOut
from grader.submission.copying import READ, Copy, CopyLimits, TooMuchError, UnreadableError
from grader.submission.names import left_out, shown

BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError)
EXPORT_BYTES = 1 << 30
WORK_BYTES = 200 << 20  # of one entry; no larger zip is graded
_LIMITS = CopyLimits(files=200_000, bytes=4 << 30, depth=40)
_DIRECTORY_BYTES = 32 << 20  # some 300,000 entries; zipfile reads them all before it can be asked anything
_MOST_RATIO, _RATIO_FROM = 200, 1 << 20  # deflate reaches 1,032; text about 10
_END, _END_BYTES = b"PK\x05\x06", 22
_END64_LOCATOR, _END64_BYTES = b"PK\x06\x07", 20 + 56
_NAME_BYTES = 255
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Unpacked:
    """An export in a folder. `problems` are entries that could not be unpacked: empty files stand in their places."""

    root: Path
    left_out: tuple[LeftOut, ...]
    problems: dict[Path, str]


@contextlib.contextmanager
def open_zip(path: Path, most: int) -> Iterator[zipfile.ZipFile]:
    """A zip whose size and list of entries are bounded. Raises one of BROKEN."""
    with os.fdopen(os.open(path, READ), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no file")
        size = file.seek(0, os.SEEK_END)
        if size > most:
            raise ValueError(f"it has {size >> 20:,} MB, and {most >> 20:,} MB are read")
        _check_directory(file, size)
        with zipfile.ZipFile(file) as opened:
            yield opened


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a list of entries that is too long, by the size that the end of the archive states."""
    file.seek(max(0, size - _END_BYTES - _END64_BYTES - 0xFFFF))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_BYTES:
        raise zipfile.BadZipFile
    (listed,) = struct.unpack_from("<L", tail, end + 12)
    before = tail[max(0, end - _END64_BYTES) : end]
    if len(before) == _END64_BYTES and before[56:].startswith(_END64_LOCATOR):
        (listed,) = struct.unpack_from("<Q", before, 40)
    if listed > _DIRECTORY_BYTES:
        raise ValueError("it holds far too many entries")


def entry_name(entry: zipfile.ZipInfo) -> str:
    """The path of an entry, as whoever packed it meant it."""
    name = entry.orig_filename.partition("\0")[0]
    if not entry.flag_bits & 0x800 and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")  # the Finder writes UTF-8 and does not say so
    return name.replace("\\", "/")  # packed on Windows


def chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry holds. Raises UnreadableError for what is broken, encrypted, or unpacks to far too much."""
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError("it is encrypted")
    size = 0
    try:
        with archive.open(entry) as content:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                if size > WORK_BYTES:
                    raise UnreadableError(f"it unpacks to more than {WORK_BYTES >> 20} MB")
                if size > _RATIO_FROM and size > _MOST_RATIO * entry.compress_size:
                    raise UnreadableError("it unpacks to hundreds of times its size")
                yield chunk
    except BROKEN as error:
        raise UnreadableError("it is damaged") from error


def unpack_export(archive: Path, target: Path) -> Unpacked:
    """Unpack the export of a class into the new folder `target`. Raises UsageError for what is no export at all."""
    name = shown(archive.name)
    copy = Copy(target, _LIMITS, name)
    try:
        with open_zip(archive, EXPORT_BYTES) as opened:
            check_count(len({entry_name(entry).partition("/")[0] for entry in opened.infolist()}), archive.name)
            return _unpack(opened, copy, target)
    except TooMuchError as error:
        raise UsageError(error.message, "Unpack it yourself, and give the folder of one class and one lab.") from error
    except BROKEN as error:
        raise UsageError(f"{name} cannot be unpacked: {_reason(error)}.", _advice(error)) from error
    finally:
        copy.close()


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError) and error.args and str(error).startswith("it "):
        return str(error)
    if isinstance(error, OSError) and error.strerror and error.errno != 22:  # zipfile seeks where a broken one says
        return error.strerror
    return "it is no zip file, or a broken or incomplete one"


def _advice(error: Exception) -> str:
    if isinstance(error, ValueError):
        return "Unpack it yourself, and give the folder."
    return "Download it again, or unpack it yourself and give the folder."


def _unpack(archive: zipfile.ZipFile, copy: Copy, target: Path) -> Unpacked:
    out: dict[str, str] = {}
    problems: dict[str, str] = {}
    for entry in sorted(archive.infolist(), key=lambda e: (entry_name(e), e.header_offset)):
        path = "/".join(part for part in entry_name(entry).split("/") if part not in ("", "."))
        why = _taken(archive, entry, path, copy, problems)
        if why:
            out.setdefault(shown(path or entry.orig_filename)[:200], why)
    left_out = tuple(LeftOut(path, why) for path, why in out.items())
    return Unpacked(target, left_out, {target / path: why for path, why in problems.items()})


def _taken(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, copy: Copy, problems: dict[str, str]) -> str:
    """Unpack one entry; why not, where that cannot be."""
    junk = _junk(path)
    why = _refused(entry, junk or path, copy)
    if why:
        return "" if junk else why
    try:
        if junk and junk != path:
            copy.folder(junk)
        elif junk:  # empty: that it is there is told, and tells what kind of source this is
            copy.file(junk, (), 0)
        elif entry_name(entry).endswith("/"):
            copy.folder(path)
        else:
            _write(archive, entry, path, copy, problems)
    except UngradedError as error:
        if isinstance(error.__cause__, FileExistsError):
            return "to this computer its name is that of another file"  # where case or Unicode form does not count
        raise
    return ""


def _junk(path: str) -> str:
    """The outermost part of a path that is none of anybody's work, with what is above it; "" where all may be."""
    parts = path.split("/")
    at = next((number for number, part in enumerate(parts, 1) if left_out(part)), 0)
    return "/".join(parts[:at])


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, copy: Copy, problems: dict[str, str]) -> None:
    try:
        copy.file(path, chunks(archive, entry), min(entry.file_size, WORK_BYTES))
    except UnreadableError as error:
        problems[path] = f"{shown(path)} in the export cannot be unpacked: {error}."
        copy.file(path, (), 0)


def _refused(entry: zipfile.ZipInfo, path: str, copy: Copy) -> str:
    """Why an entry is not even tried; "" where it is."""
    parts = entry_name(entry).split("/")
    above = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 1)]
    folder = parts[-1] == ""
    faults = {
        "its name is empty": not path,
        "its name leads out of the archive": ".." in parts or parts[0] == "",
        "it is a link, and links are not followed": stat.S_ISLNK(entry.external_attr >> 16),
        "its name is too long": any(len(os.fsencode(part)) > _NAME_BYTES for part in parts),
        "it lies in too many folders": path.count("/") >= _LIMITS.depth,
        "the archive holds another file of this name": copy.taken(path) and not (folder and path not in copy.files),
        "the archive holds a file and a folder of one name": any(name in copy.files for name in above),
    }
    return next((fault for fault, there in faults.items() if there), "")
