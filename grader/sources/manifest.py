"""A table that says who handed in what: path, person, and as far as known name, attempt, submitted_at, late_seconds."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.sources.kinds.reader import label
from grader.sources.listing import list_folder
from grader.sources.model import Attempt, Found, LeftOut, Person
from grader.sources.tabular import Row, Table, read_table
from grader.submission.names import shown

_NEEDED = ("path", "person")
_MOST_TOLD = 5
_NOT_NAMED = "the manifest does not name it"


@dataclass(frozen=True)
class _Line:
    row: int
    path: Path
    person: str
    name: str
    attempt: int
    submitted_at: str | None
    late_seconds: float | None


class _WrongError(Exception):
    """What is wrong in one column of one row."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def read_manifest(path: Path, root: Path, known: Found | None) -> tuple[tuple[Attempt, ...], tuple[LeftOut, ...]]:
    """The attempts that a manifest names, and what it leaves out. `known` is what the names alone say.

    Raises UsageError, which tells every mistake with its line and column.
    """
    table = read_table(path)
    table = replace(table, columns=tuple(column.casefold() for column in table.columns))
    missing = [column for column in _NEEDED if column not in table.columns]
    if missing:
        raise UsageError(
            f"{table.file}:1: the column {missing[0]} is missing; there are {shown(', '.join(table.columns))}.",
            "A manifest has the columns path and person, and may have name, attempt, submitted_at and late_seconds.",
        )
    lines, faults = [], []
    for row in table.rows:
        try:
            lines.append(_line(row, table.cells(row), root))
        except _WrongError as wrong:
            faults.append(f"{table.file}:{row.line}: {wrong.column}: {wrong}")
    if faults:
        raise _mistaken(table, faults)
    return _attempts(lines, known), _left_out(lines, root, known)


def _mistaken(table: Table, faults: list[str]) -> UsageError:
    more = f" And {len(faults) - _MOST_TOLD} more." if len(faults) > _MOST_TOLD else ""
    return UsageError(" ".join(faults[:_MOST_TOLD]) + more, f"Correct {table.file}, then run this again.")


def _line(row: Row, cells: Mapping[str, str], root: Path) -> _Line:
    if not cells["person"]:
        raise _WrongError("person", "it is empty.")
    attempt, late = cells.get("attempt") or "1", cells.get("late_seconds") or ""
    if not attempt.isdecimal() or not 1 <= int(attempt[:9]) < 10**8:
        raise _WrongError("attempt", f"{shown(attempt)} is no number from 1.")
    return _Line(
        row.line,
        _inside(cells["path"], root),
        cells["person"],
        cells.get("name", ""),
        int(attempt[:9]),
        cells.get("submitted_at") or None,
        _seconds(late) if late else None,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 10**10:
        raise _WrongError("late_seconds", f"{shown(text)} is no number of seconds.")
    return seconds


def _inside(text: str, root: Path) -> Path:
    """The path below the source, no part of it a link."""
    parts = text.replace("\\", "/").split("/")
    parts = [part for part in parts if part not in ("", ".")]
    if text.startswith("/") or ".." in parts or not parts or "\0" in text:
        raise _WrongError("path", f"{shown(text) or 'it'} is no path below {shown(root.name)}.")
    for count in range(1, len(parts) + 1):
        try:
            mode = os.lstat(root.joinpath(*parts[:count])).st_mode
        except OSError as error:
            raise _WrongError("path", f"there is no {shown(text)} in {shown(root.name)}.") from error
        if not (stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and count == len(parts))):
            raise _WrongError("path", f"{shown(text)} is a link or no regular file, which is not followed.")
    return root.joinpath(*parts)


def _attempts(lines: list[_Line], known: Found | None) -> tuple[Attempt, ...]:
    before = known.attempts if known else ()
    people = {attempt.person.key: attempt.person for attempt in before}
    called = {path: name for a in before for path, name in zip(a.paths, a.names, strict=True)}
    groups: dict[tuple[str, int], list[_Line]] = {}
    for line in lines:
        groups.setdefault((line.person, line.attempt), []).append(line)
    of = Counter(key for key, _ in groups)
    made = []
    for (key, number), group in sorted(groups.items()):
        attempt = _attempt(people.get(key) or Person(key, key), number, group, called)
        made.append(replace(attempt, label=label(attempt, of_several=of[key] > 1)))
    return tuple(made)


def _attempt(person: Person, number: int, lines: list[_Line], called: Mapping[Path, str]) -> Attempt:
    """One attempt, of the lines that name it; `called` is what its author called the files, where that is known."""
    paths = sorted({line.path for line in lines})
    late = max((line.late_seconds for line in lines if line.late_seconds is not None), default=None)
    return Attempt(
        replace(person, name=next((line.name for line in lines if line.name), person.name)),
        number,
        next((line.submitted_at for line in lines if line.submitted_at), None),
        late,
        bool(late),
        tuple(paths),
        "",
        names=tuple(called.get(path, "" if path.is_dir() else path.name) for path in paths),
    )


def _is_of(path: Path, named: Path) -> bool:
    """Whether one is, holds or lies in the other."""
    return path == named or path in named.parents or named in path.parents


def _left_out(lines: list[_Line], root: Path, known: Found | None) -> tuple[LeftOut, ...]:
    """What stands beside the named paths, where names alone would have found it, and at the top of the source."""
    named = {line.path for line in lines}
    listing = list_folder(root, {})
    there = {entry.path for entry in listing.entries} | {p for a in (known.attempts if known else ()) for p in a.paths}
    rest = [path for path in there if not any(_is_of(path, name) for name in named)]
    return (
        *listing.left_out,
        *(LeftOut(shown(str(path.relative_to(root))), _NOT_NAMED) for path in sorted(rest)),
    )
