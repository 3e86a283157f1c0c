"""What changed between two attempts: checks, and the files themselves."""

from __future__ import annotations

import difflib
import posixpath
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from grader.courses.points import Effective, Mark
from grader.frozen import dataclass
from grader.render.cleaning import clean
from grader.sources.unpacking import BROKEN, WORK_BYTES, chunks, entry_name, open_zip
from grader.submission.copying import UnreadableError
from grader.submission.names import left_out

_MOST_FILES = 200  # that are told of
_MOST_FILE_LINES, _MOST_FILE_BYTES = 1_500, 100_000  # of a file that is compared line by line: that takes their product
_MOST_READ_LINES = 6_000  # of all that are
_MOST_SHOWN = 300  # lines of one file's difference
_MOST_WIDTH = 300
_AROUND = 3


class Way(StrEnum):
    """How something changed."""

    GAINED = "gained"
    LOST = "lost"
    OTHERWISE = "otherwise"  # as many points, but another state or message
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A check in the earlier and in the later attempt; None where one has no such check. `gain` may be negative."""

    id: str
    title: str
    before: Mark | None
    after: Mark | None
    gain: Fraction
    way: Way


class Kind(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Line:
    """A line of a difference. `sign`: "+" it has come, "-" it has gone, " " it stays, "@" where in the file we are."""

    sign: str
    text: str


@dataclass(frozen=True)
class FileChange:
    """A file that is not as it was. `why` there are no lines, or that there are more."""

    path: str
    kind: Kind
    lines: tuple[Line, ...] = ()
    why: str = ""


def checks(
    before: Sequence[Mark], after: Sequence[Mark], one: Effective, other: Effective, titles: Mapping[str, str]
) -> Sequence[Change]:
    """Every check of two results that somebody may see, those with a difference first; points as they count."""
    earlier, later = {mark.id: mark for mark in before}, {mark.id: mark for mark in after}
    made = [
        _change(id, titles.get(id, id), earlier.get(id), later.get(id), one.points, other.points)
        for id in {**later, **earlier}
    ]
    order = list(Way)
    return sorted(made, key=lambda change: order.index(change.way))


def _change(
    id: str, title: str, a: Mark | None, b: Mark | None, one: Mapping[str, Fraction], other: Mapping[str, Fraction]
) -> Change:
    gain = (other[id] if b else Fraction(0)) - (one[id] if a else Fraction(0))
    if gain:
        way = Way.GAINED if gain > 0 else Way.LOST
    elif a is None or b is None or (a.status, a.message) != (b.status, b.message):
        way = Way.OTHERWISE
    else:
        way = Way.SAME
    return Change(id, title, a, b, gain, way)


# --------------------------------------------------------------------------------------------------------------- files


def files(before: Path, after: Path) -> Sequence[FileChange]:
    """What changed in the work itself. Raises UnreadableError where one of them cannot be opened."""
    try:
        with open_zip(before, WORK_BYTES) as one, open_zip(after, WORK_BYTES) as other:
            return _compared(one, other)
    except BROKEN as error:
        raise UnreadableError("one of the two is no zip that can be opened") from error


def _compared(one: zipfile.ZipFile, other: zipfile.ZipFile) -> Sequence[FileChange]:
    left, right = _entries(one), _entries(other)
    unlike = [path for path in sorted({*left, *right}) if not _alike(left.get(path), right.get(path))]
    made: list[FileChange] = []
    budget = _MOST_READ_LINES
    for path in unlike[:_MOST_FILES]:
        a, b = left.get(path), right.get(path)
        kind = Kind.CHANGED if a and b else Kind.ADDED if b else Kind.REMOVED
        was, is_now = _text(one, a), _text(other, b)
        budget -= len(was or ()) + len(is_now or ())
        if was is None or is_now is None:
            made.append(FileChange(path, kind, why="It is no text, or a very long one."))
        elif budget < 0:
            made.append(FileChange(path, kind, why="Too much has changed to show all of it."))
        else:
            made.append(_difference(path, kind, was, is_now))
    if len(unlike) > _MOST_FILES:
        made.append(FileChange("…", Kind.CHANGED, why="There are more; only so many are told of."))
    return made


def _alike(a: zipfile.ZipInfo | None, b: zipfile.ZipInfo | None) -> bool:
    return a is not None and b is not None and (a.CRC, a.file_size) == (b.CRC, b.file_size)


def _entries(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    """The work's files by their paths, without the folder that holds all of them."""
    found = {}
    for entry in archive.infolist():
        name = posixpath.normpath(entry_name(entry))
        if not entry.is_dir() and not any(map(left_out, name.split("/"))):
            found[name] = entry
    tops = {name.partition("/")[0] for name in found}
    if len(tops) == 1 and all("/" in name for name in found):
        return {name.partition("/")[2]: entry for name, entry in found.items()}
    return found


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> list[str] | None:
    """A file's lines; None where it is no text, or too long."""
    if entry is None:
        return []
    if entry.file_size > _MOST_FILE_BYTES:
        return None
    try:
        text = b"".join(chunks(archive, entry)).decode("utf-8-sig")
    except (UnreadableError, UnicodeDecodeError):
        return None
    lines = clean(text).removesuffix("\n").split("\n")
    return lines if len(lines) <= _MOST_FILE_LINES and "\0" not in text else None


def _difference(path: str, kind: Kind, was: list[str], is_now: list[str]) -> FileChange:
    shown = list(_lines(was, is_now))
    why = f"Only the first {_MOST_SHOWN} lines are shown." if len(shown) > _MOST_SHOWN else ""
    if not shown:
        why = "Only what does not show has changed, such as the ends of its lines."
    return FileChange(path, kind, tuple(shown[:_MOST_SHOWN]), why)


def _lines(was: list[str], is_now: list[str]) -> Iterator[Line]:
    for line in list(difflib.unified_diff(was, is_now, lineterm="", n=_AROUND))[2:]:  # the first two name the files
        if line.startswith("@@"):
            yield Line("@", _place(line))
        else:
            yield Line(line[0], line[1 : _MOST_WIDTH + 1])


def _place(head: str) -> str:
    """Where the lines stand in the later file, of "@@ -1,4 +1,5 @@"."""
    return f"from line {head.split('+')[1].split()[0].partition(',')[0]}"
