"""The list of a class: a gradebook or class list of any LMS, or a table made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.sources.columns import FIRST, LAST, NAME, known_heads, roles
from grader.sources.model import Id
from grader.sources.tabular import Row, Table, read_table
from grader.submission.names import shown

_NOTHING = ("", "-", "0")  # Classroom 50 writes 0 for who has not accepted yet


@dataclass(frozen=True)
class Enrolled:
    """Somebody in the class. `line` is where in the file; `extra` are the columns that name nobody, with their values.

    `name` is as written, "Doe, Jane" where the list says so; "" where it has no names.
    """

    name: str
    ids: tuple[tuple[str, str], ...]
    line: int
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """What to call them in print."""
        return shown(self.name or next((value for _, value in self.ids), f"line {self.line}"))


@dataclass(frozen=True)
class Roster:
    """A class, in the order of its file. `columns` are all of the file's."""

    file: str
    columns: tuple[str, ...]
    people: tuple[Enrolled, ...]


def read_roster(path: Path) -> Roster:
    """Read a class list. Raises UsageError, which names the file, the line and the column."""
    table = read_table(path)
    known = roles(table.columns)
    if not known or set(known.values()) in ({FIRST}, {LAST}):
        raise UsageError(
            f"{table.file}:1: no column names a person; there are {shown(', '.join(table.columns))}.",
            f"Head one of them as an LMS would: {known_heads()}.",
        )
    people: dict[tuple[str, tuple[tuple[str, str], ...]], Enrolled] = {}
    for row in table.rows:
        person = _person(table, row, known)
        if person is not None:
            people.setdefault(
                (person.name, person.ids) if person.ids else (person.name, (("", str(row.line)),)), person
            )
    _check_unlike(table, tuple(people.values()))
    return Roster(table.file, table.columns, tuple(people.values()))


def _person(table: Table, row: Row, known: Mapping[str, str]) -> Enrolled | None:
    """Whom a row names; nobody, for rows that an LMS adds."""
    cells = table.cells(row)
    given = [(role, cells[column]) for column, role in known.items()]
    name = _name(dict(pair for pair in given if pair[1]))
    ids = tuple((role, _value(role, text)) for role, text in given if role in tuple(Id) and text not in _NOTHING)
    if not (name or ids) or (not ids and _is_added(name)):
        return None
    extra = tuple((column, cells[column]) for column in table.columns if column and column not in known)
    return Enrolled(name, ids, row.line, extra)


def _name(given: Mapping[str, str]) -> str:
    """The name in full, from a column of its own or put together."""
    return given.get(NAME) or " ".join(given[role] for role in (FIRST, LAST) if role in given)


def _is_added(name: str) -> bool:
    """Whether a row without an id is one of Canvas's own."""
    return name.casefold() == "points possible"


def _value(role: str, text: str) -> str:
    """An identifier without what an LMS puts before it: Brightspace's "#", Moodle's "Participant "."""
    if role == Id.PARTICIPANT:
        return text.split()[-1]
    return text.removeprefix("#")


def _check_unlike(table: Table, people: tuple[Enrolled, ...]) -> None:
    """Refuse a list in which one identifier stands for two people."""
    seen: dict[tuple[str, str], Enrolled] = {}
    for person in people:
        for id in person.ids:
            other = seen.setdefault(id, person)
            if other is not person:
                raise UsageError(
                    f"{table.file}: lines {other.line} and {person.line} have the same {id[0].replace('_', ' ')}, "
                    f"{shown(id[1])}, and differ in the rest.",
                    "Correct one of them, or take it out.",
                )
