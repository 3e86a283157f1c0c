"""Unpacks a zip that nobody has vouched for: an archive with one entry that could do harm is refused as a whole.

Names are judged before anything is written, sizes by the bytes that really come out.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from grader.composing import composed
from grader.errors import NotGradableError
from grader.model import FlagKind
from grader.submission.copying import READ, Copy
from grader.submission.names import is_environment, kept, misleads, shown

_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError)
_ARCHIVE_BYTES = 200 << 20  # what is left out, such as an environment, may be in it
_DIRECTORY_BYTES = 8 << 20  # some 100,000 entries; zipfile reads them all before it can be asked anything
_MOST_RATIO, _RATIO_FROM = 200, 1 << 20  # deflate reaches 1,032; text about 10
_LINK_BYTES = 4_096
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_END, _END_BYTES = b"PK\x05\x06", 22
_END64_LOCATOR, _END64_BYTES = b"PK\x06\x07", 20 + 56
_REPACK = "Pack the folder of the lab again, with the ordinary zip function of your computer."


def unpack(archive: Path, copy: Copy) -> None:
    """Unpack `archive` into `copy`. Raises NotGradableError for what is broken, encrypted, hostile or too much."""
    try:
        with os.fdopen(os.open(archive, READ), "rb") as file:
            _check_end(file, copy)
            with zipfile.ZipFile(file) as opened:
                _unpack(opened, copy)
    except _BROKEN as error:
        raise NotGradableError(f"{copy.source} cannot be unpacked: {_reason(error)}.", _REPACK) from error
    copy.follow_links()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno != errno.EINVAL:  # zipfile seeks to where a broken archive says
        return error.strerror or str(error)
    return "it is no zip file, or a broken or incomplete one"


def _check_end(file: BinaryIO, copy: Copy) -> None:
    """Refuse a list of entries that is too long, by the size that the end of the archive states."""
    size = file.seek(0, os.SEEK_END)
    if size > _ARCHIVE_BYTES:
        raise copy.too_much(f"more than {_ARCHIVE_BYTES >> 20} MB")
    file.seek(max(0, size - _END_BYTES - _END64_BYTES - 0xFFFF))
    tail = file.read()
    end = len(tail) - _END_BYTES
    if not (tail[end:].startswith(_END) and tail.endswith(b"\0\0")):  # zipfile looks for it in the same two steps
        end = tail.rfind(_END)
    if end < 0:
        raise zipfile.BadZipFile
    (listed,) = struct.unpack_from("<L", tail, end + 12)
    before = tail[max(0, end - _END64_BYTES) : end]
    if len(before) == _END64_BYTES and before[56:].startswith(_END64_LOCATOR):
        (listed,) = struct.unpack_from("<Q", before, 40)
    if listed > _DIRECTORY_BYTES:
        raise copy.too_much("far too many entries")


def _unpack(archive: zipfile.ZipFile, copy: Copy) -> None:
    entries = archive.infolist()
    _check_overlap(entries, archive.start_dir, copy)
    named = _named(entries, copy)
    for path in _work(named):
        _extract(archive, named[path], path, copy)


def _check_overlap(entries: Sequence[zipfile.ZipInfo], end: int, copy: Copy) -> None:
    """Entries that share bytes pack a bomb into little: each alone looks harmless."""
    spans = sorted((e.header_offset, e.header_offset + _LOCAL_HEADER_BYTES + e.compress_size) for e in entries)
    if any(before[1] > after[0] for before, after in pairwise([*spans, (end, end)])):
        raise _hostile(copy, "has entries that overlap")


def _hostile(copy: Copy, what: str) -> NotGradableError:
    return NotGradableError(f"{copy.source} {what}, so that it was not unpacked.", _REPACK)


# --------------------------------------------------------------------------------------------------------------- names


def _named(entries: Sequence[zipfile.ZipInfo], copy: Copy) -> dict[str, zipfile.ZipInfo]:
    """Every entry under its path. Refuses names that lead elsewhere, mislead, or mean the same file twice."""
    named: dict[str, zipfile.ZipInfo] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        if posixpath.basename(entry.orig_filename).casefold() == "icon\r":  # macOS makes them; left out in any case
            continue
        path = _path(entry, copy)
        if path == ".":
            continue
        folded = path.casefold()
        if entry.is_dir():
            folders.add(folded)
        elif folded in files:
            raise _hostile(copy, f"holds {shown(path)} twice, or under names that differ only in their case")
        else:
            files.add(folded)
        folders.update(_above(folded))
        named.setdefault(path, entry)
    for clash in sorted(files & folders):
        raise _hostile(copy, f"holds {shown(clash)} as a file and as a folder")
    return named


def _path(entry: zipfile.ZipInfo, copy: Copy) -> str:
    """The path that an entry is unpacked to, relative to the copy."""
    raw = entry.orig_filename
    if not entry.flag_bits & 0x800 and not raw.isascii():
        try:
            raw = raw.encode("cp437").decode("utf-8")  # the Finder writes UTF-8 and does not say so
        except UnicodeError:
            raw = entry.orig_filename
    fault = _fault(raw)
    if fault:
        raise _hostile(copy, f"holds an entry whose name {fault} ({shown(raw)[:80]})")
    return composed(posixpath.normpath(raw))


def _fault(name: str) -> str:
    faults = {
        "is empty": not name,
        "is an absolute path": name.startswith("/"),
        "leads out of the archive": ".." in name.replace("\\", "/").split("/"),
        "has a backslash": "\\" in name,
        "has a colon": ":" in name,
        "has hidden characters": misleads(name),
    }
    return next((fault for fault, there in faults.items() if there), "")


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _work(named: Mapping[str, zipfile.ZipInfo]) -> list[str]:
    """The paths that belong to the work, sorted."""
    inside: dict[str, set[str]] = {"": set()}
    for path in named:
        for inner in (path, *_above(path)):
            inside.setdefault(posixpath.dirname(inner), set()).add(posixpath.basename(inner))
    work: list[str] = []
    waiting = [("", True)]
    while waiting:
        folder, top = waiting.pop()
        names = kept(inside[folder], top=top)
        for name in names:
            path = posixpath.join(folder, name)
            alone = top and len(names) == 1
            if path in inside:
                if not alone and is_environment(inside[path]):
                    continue
                waiting.append((path, alone))
            if path in named:
                work.append(path)
    return sorted(work)


# ------------------------------------------------------------------------------------------------------------- content


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, copy: Copy) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.is_dir():
        copy.folder(path)
    elif entry.flag_bits & _ENCRYPTED:
        raise NotGradableError(f"{copy.source} is encrypted ({shown(path)}).", "Hand in a .zip without a password.")
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotGradableError(f"{copy.source} is packed by a method that is not read ({shown(path)}).", _REPACK)
    elif kind == stat.S_IFLNK:
        copy.links[path] = os.fsdecode(b"".join(_chunks(archive, entry, copy))[:_LINK_BYTES])
    elif kind not in (0, stat.S_IFREG):
        copy.leave_out(FlagKind.LINK_LEFT_OUT, path, "is neither a file nor a folder")
    else:
        copy.file(path, _chunks(archive, entry, copy), entry.file_size)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: Copy) -> Iterator[bytes]:
    """What an entry holds, as long as it does not unpack to far more than it takes in the archive."""
    size = 0
    with archive.open(entry) as content:
        while chunk := content.read(1 << 16):
            size += len(chunk)
            if size > _RATIO_FROM and size > _MOST_RATIO * entry.compress_size:
                raise _hostile(copy, "unpacks to hundreds of times its size")
            yield chunk
