"""Who of a class handed in what. Nobody is matched by guess: where two could be meant, a person has to say."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from grader.composing import composed
from grader.frozen import dataclass
from grader.sources.model import Found, Id, Person
from grader.sources.roster import Enrolled, Roster
from grader.submission.names import shown

# An identifier in a source, and the columns that it may stand in; the surest first.
_SAME = {
    Id.GITHUB: (Id.GITHUB, Id.USERNAME),
    Id.STUDENT: (Id.STUDENT, Id.SIS),
    Id.USERNAME: (Id.USERNAME, Id.STUDENT, Id.SIS),
    Id.OTHER: (Id.OTHER, Id.USERNAME, Id.EMAIL, Id.STUDENT),
}
T = TypeVar("T")
_ANY_CASE = (Id.USERNAME, Id.EMAIL, Id.GITHUB, Id.REPOSITORY)


@dataclass(frozen=True)
class Matched:
    """Somebody of the class, and who that is in the source. `by` is the `Id` or "name" that told."""

    enrolled: Enrolled
    person: Person
    by: str


@dataclass(frozen=True)
class Ambiguous:
    """People of a source and of a class who could be the same; `sentence` says why, and what to do."""

    people: tuple[Person, ...]
    enrolled: tuple[Enrolled, ...]
    sentence: str


@dataclass(frozen=True)
class Match:
    """Everybody is in one of these. `missing`: in the class, without a submission. `unknown`: in the source only."""

    matched: tuple[Matched, ...]
    missing: tuple[Enrolled, ...]
    unknown: tuple[Person, ...]
    ambiguous: tuple[Ambiguous, ...]


def match(roster: Roster, found: Found) -> Match:
    """Match the people of a source with those of a class: by identifiers, then by names that only one bears."""
    people = list({attempt.person.key: attempt.person for attempt in found.attempts}.values())
    matching = _Matching(people, list(roster.people))
    for by, of_person, of_enrolled in _keys():
        matching.step(by, of_person, of_enrolled)
    return matching.result()


_Key = Callable[[Person], Iterable[str]]
_EnrolledKey = Callable[[Enrolled], Iterable[str]]


def _keys() -> Iterator[tuple[str, _Key, _EnrolledKey]]:
    """What people are compared by, in order: as it is written, then as people read it."""
    for id in Id:
        for column in _SAME.get(id, (id,)):
            for fold in (str, str.casefold) if column in _ANY_CASE else (str,):
                yield column, _id_of_person(id, fold), _id_of_enrolled(column, fold)
    for column in (Id.USERNAME, Id.GITHUB, Id.EMAIL, Id.STUDENT, Id.SIS, Id.CANVAS, Id.OTHER):
        for fold in (str, str.casefold) if column in _ANY_CASE else (str,):
            yield column, _bare_key(fold), _id_of_enrolled(column, fold)
    yield "name", lambda person: [person.name], lambda enrolled: [enrolled.name]
    for spell in (_composed, _folded, _in_any_order, _squeezed):
        yield "name", _names_of_person(spell), _names_of_enrolled(spell)


def _id_of_person(id: Id, fold: Callable[[str], str]) -> _Key:
    return lambda person: [fold(value) for kind, value in person.ids if kind == id]


def _id_of_enrolled(id: Id, fold: Callable[[str], str]) -> _EnrolledKey:
    return lambda enrolled: [fold(value) for kind, value in enrolled.ids if kind == id]


def _bare_key(fold: Callable[[str], str]) -> _Key:
    """The name of a folder that somebody made; it may be a username."""
    return lambda person: [] if person.ids else [fold(person.key)]


def _names_of_person(spell: Callable[[str], str]) -> _Key:
    return lambda person: [spell(person.name)]


def _names_of_enrolled(spell: Callable[[str], str]) -> _EnrolledKey:
    return lambda enrolled: {spell(name) for name in _both_ways(enrolled.name)}


def _both_ways(name: str) -> Iterator[str]:
    """A name and its turns: "Doe, Jane" is "Jane Doe", and two words can stand either way about."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if name:
        yield name
    if comma and first:
        yield f"{first} {last}"
    elif len(name.split()) == 2:
        yield " ".join(reversed(name.split()))


def _composed(name: str) -> str:
    return composed(name)


def _folded(name: str) -> str:
    return " ".join(composed(name).casefold().split())


def _in_any_order(name: str) -> str:
    return " ".join(sorted(_folded(name).replace(",", " ").split()))


def _squeezed(name: str) -> str:
    """As Canvas puts names into files: without what is no letter and no digit."""
    return "".join(c for c in _folded(name) if unicodedata.category(c)[0] in "LNM")


class _Matching:
    """Everybody who is not matched yet; each step takes those out that can be told apart, and those that cannot."""

    def __init__(self, people: list[Person], enrolled: list[Enrolled]) -> None:
        self._people = {person.key: person for person in people}
        self._enrolled = {one.line: one for one in enrolled}  # one for each line
        self._matched: list[Matched] = []
        self._ambiguous: list[Ambiguous] = []

    def step(self, by: str, of_person: _Key, of_enrolled: _EnrolledKey) -> None:
        """Match those who share a key with one alone."""
        theirs = _by_key(self._people.values(), of_person)
        ours = _by_key(self._enrolled.values(), of_enrolled)
        for key in sorted(theirs.keys() & ours.keys()):
            people = [person for person in theirs[key] if person.key in self._people]
            enrolled = [one for one in ours[key] if one.line in self._enrolled]
            if not people or not enrolled:
                continue
            if len(people) == len(enrolled) == 1:
                self._matched.append(Matched(enrolled[0], people[0], by))
            else:
                self._ambiguous.append(Ambiguous(tuple(people), tuple(enrolled), _sentence(people, enrolled, by)))
            for person in people:
                del self._people[person.key]
            for one in enrolled:
                del self._enrolled[one.line]

    def result(self) -> Match:
        """Who is who, in the order of the class."""
        return Match(
            tuple(sorted(self._matched, key=lambda one: one.enrolled.line)),
            tuple(self._enrolled.values()),
            tuple(sorted(self._people.values(), key=lambda person: person.key)),
            tuple(self._ambiguous),
        )


def _by_key(all: Iterable[T], key_of: Callable[[T], Iterable[str]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for one in all:
        for key in key_of(one):
            if key:
                found.setdefault(key, []).append(one)
    return found


def _sentence(people: list[Person], enrolled: list[Enrolled], by: str) -> str:
    theirs = ", ".join(f"{shown(person.name)} ({shown(person.key)})" for person in people)
    ours = ", ".join(f"{one.label} (line {one.line})" for one in enrolled)
    return (
        f"By {by.replace('_', ' ')} alone it is ambiguous who is who: {theirs} in the source, {ours} in the class list."
        " Give a list with identifiers, or say it in a manifest."
    )
