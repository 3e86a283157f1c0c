"""The people and the work that a run lists: known ones are found again, new ones are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.store.naming import file_name, folded
from grader.store.tables import Person, Submission
from grader.store.values import Handed, Whose

AT_ONCE = 200  # people, or submissions, that are held in memory

T = TypeVar("T")


def list_people(session: Session, run: int, people: Iterable[Whose]) -> Mapping[str, int]:
    """Their ids by their keys. A few at a time are held in memory."""
    ids: dict[str, int] = {}
    for some in _a_few(people):
        known = {p.key: p for p in session.scalars(select(Person).where(Person.key.in_([w.key for w in some])))}
        for whose in some:
            person = known.get(whose.key)
            if person is None:
                person = known[whose.key] = Person(key=whose.key)
                session.add(person)
            person.name, person.ids, person.listed = whose.name, dict(whose.ids), run
        session.flush()
        ids.update({key: person.id for key, person in known.items()})
        session.expunge_all()
    return ids


def list_works(session: Session, run: int, works: Iterable[Handed], people: Mapping[str, int]) -> None:
    """Of people by their keys. Who is new gets a name for the files of reports."""
    taken = set(session.scalars(select(Submission.file_key)))
    for some in _a_few(works):
        known = {s.key: s for s in session.scalars(select(Submission).where(Submission.key.in_([w.key for w in some])))}
        whose = {work.person for work in some}
        names = {p.key: p.name for p in session.scalars(select(Person).where(Person.key.in_(whose)))}
        for work in some:
            submission = known.get(work.key)
            if submission is None:
                name = file_name(names[work.person], work.attempt, work.key, taken)
                submission = Submission(key=work.key, file=name, file_key=folded(name))
                taken.add(submission.file_key)
                session.add(submission)
            for field in ("attempt", "label", "sha256", "submitted", "late_seconds", "late"):
                setattr(submission, field, getattr(work, field))
            submission.person_id, submission.listed = people[work.person], run
        session.flush()
        session.expunge_all()


def _a_few(things: Iterable[T]) -> Iterator[list[T]]:
    going = iter(things)
    while some := list(islice(going, AT_ONCE)):
        yield some
