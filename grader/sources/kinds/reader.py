"""What every kind of source has to tell, and the gathering of files into people's attempts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from grader.frozen import dataclass
from grader.sources.listing import OTHER_ARCHIVES, Entry, Listing, why_no_work
from grader.sources.model import Attempt, LeftOut, Person
from grader.submission.names import shown


@dataclass(frozen=True)
class Reading:
    """What a reader made of a folder."""

    attempts: tuple[Attempt, ...]
    left_out: tuple[LeftOut, ...]


class Reader(Protocol):
    """One kind of source.

    `title` is its name, `shape` what the names in it look like, both to be printed. `companions` are the files, in
    small letters, that the system adds to everybody's work.
    """

    title: str
    shape: str
    companions: tuple[str, ...]

    def fits(self, listing: Listing) -> Collection[str]:
        """The names of the entries that are somebody's work in a source of this kind."""

    def read(self, listing: Listing) -> Reading:
        """People and attempts."""


@dataclass(frozen=True)
class Piece:
    """One file or folder of an attempt; `called` is its author's name for it, "" for a folder that is the work."""

    path: Path
    called: str
    folder: bool


class Gathering:
    """Collects the pieces of attempts, in any order, and what is nobody's work. `when` orders a person's attempts, and
    tells them apart."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._pieces: dict[tuple[str, str], list[Piece]] = {}
        self._facts: dict[tuple[str, str], Attempt] = {}
        self._left_out: list[LeftOut] = []

    def begin(
        self, person: Person, when: str = "", *, submitted_at: str | None = None, late: bool = False, problem: str = ""
    ) -> None:
        """Say that there is this attempt. `problem` holds as long as it has no pieces."""
        person = _storable(person)
        person = self._people.setdefault(person.key, person)
        at = (person.key, when)
        before = self._facts.get(at)
        self._facts[at] = Attempt(
            person,
            0,
            submitted_at or (before.submitted_at if before else None),
            None,
            late or bool(before and before.late),
            (),
            "",
            problem=(before.problem if before else "") or problem,
        )

    def add(self, person: Person, path: Path, called: str, when: str = "", *, folder: bool = False) -> None:
        """Add a file or folder to an attempt that was begun. A `folder` that comes alone is the work."""
        at = (_storable(person).key, when)
        self._pieces.setdefault(at, []).append(Piece(path, called, folder))

    def leave_out(self, entry: Entry, why: str = "") -> None:
        """Say that an entry is nobody's work; where no reason is given, because of its name."""
        self._left_out.append(LeftOut(shown(entry.name), why or why_no_work(entry)))

    def reading(self) -> Reading:
        """All attempts, by person and time, numbered from 1, and what was left out."""
        made: list[Attempt] = []
        for at in sorted(self._facts):
            number = made[-1].number + 1 if made and made[-1].person.key == at[0] else 1
            made.append(replace(self._attempt(at), number=number))
        several = {attempt.person.key for attempt in made if attempt.number > 1}
        attempts = (replace(a, label=label(a, of_several=a.person.key in several)) for a in made)
        return Reading(tuple(attempts), tuple(self._left_out))

    def _attempt(self, at: tuple[str, str]) -> Attempt:
        """One attempt with its pieces."""
        fact = self._facts[at]
        pieces = sorted(self._pieces.get(at, ()), key=lambda piece: (piece.called, piece.path))
        alone = len(pieces) == 1 and pieces[0].folder
        return replace(
            fact,
            paths=tuple(piece.path for piece in pieces),
            names=("",) if alone else tuple(_unlike([piece.called for piece in pieces])),
            problem="" if pieces else fact.problem or "Nothing was handed in.",
        )


def label(attempt: Attempt, *, of_several: bool) -> str:
    """A line that names an attempt for people."""
    person = attempt.person
    name = shown(person.name) if person.name == person.key else f"{shown(person.name)} ({shown(person.key)})"
    return f"{name}, attempt {attempt.number}" if of_several else name


def _unlike(names: list[str]) -> list[str]:
    """The names, with a number in those that were there before."""
    taken: set[str] = set()
    unlike = []
    for name in names:
        stem, dot, ending = name.rpartition(".")
        new, count = name, 1
        while new.casefold() in taken:
            count += 1
            new = f"{stem} ({count}){dot}{ending}" if stem else f"{name} ({count})"
        taken.add(new.casefold())
        unlike.append(new)
    return unlike


def _storable(person: Person) -> Person:
    """The person without what is no character, or what no database keeps: bytes of a name that are not UTF-8 become
    escapes."""
    if all(text.isascii() and "\0" not in text for text in (person.key, person.name, *dict(person.ids).values())):
        return person
    ids = tuple((kind, _escaped(value)) for kind, value in person.ids)
    return Person(_escaped(person.key), _escaped(person.name), ids)


def _escaped(text: str) -> str:
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a character, which no name of a file holds
        data = text.encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "backslashreplace").replace("\0", "\ufffd")


def is_work(entry: Entry) -> bool:
    """Whether an entry alone can be somebody's work: a folder, a zip or a Python file, or an archive of another kind,
    which is not gradable but was handed in."""
    return entry.folder or entry.name.lower().endswith((".zip", ".py", *OTHER_ARCHIVES))
