"""The gradebook of an assignment: a line for each person of the course, also for those who handed in nothing.

Lines are read by columns, not by objects, and without what each check gave: a thousand of them take a few hundredths of
a second. `with_cells` adds the checks of those that are shown.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from grader.courses import gradings, points
from grader.courses.book_cells import Cell, cells, exact, given_in, marks_of
from grader.courses.counting import which_counts
from grader.courses.tables import (
    Assignment,
    Attempt,
    Counts,
    Enrolment,
    Grading,
    GradingState,
    Job,
    JobKind,
    JobState,
    Override,
    Role,
    User,
)
from grader.frozen import dataclass


class Status(StrEnum):
    """What became of a person's work. WAITING: it has not been graded yet; RUNNING: it is being graded."""

    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"
    UNGRADED = "ungraded"
    WAITING = "waiting"
    RUNNING = "running"
    MISSING = "missing"


_UNDER_WAY = {JobState.QUEUED.value: Status.WAITING, JobState.RUNNING.value: Status.RUNNING}


@dataclass(frozen=True)
class Line:
    """A person. `attempt` and what follows are of the attempt that counts, empty where there is none. `computed` is the
    score that the grader found, `score` the one that counts. `proposed`: a re-grading waits to be looked at."""

    user_id: int
    user: str
    name: str
    status: Status
    ids: Mapping[str, str]
    attempt_id: int = 0
    attempt: str = ""
    number: int = 0
    attempts: int = 0
    submitted: datetime | None = None
    late_seconds: float = 0.0
    digest: str = ""
    grading_id: int = 0
    grading: str = ""
    score: Fraction | None = None
    max_score: Fraction | None = None
    computed: Fraction | None = None
    passed: bool | None = None
    seconds: float = 0.0
    reason: str = ""
    overridden: bool = False
    proposed: bool = False
    cells: tuple[Cell, ...] = ()

    @property
    def late(self) -> bool:
        """Whether it came after the due date."""
        return self.late_seconds > 0

    def cell(self, id: str) -> Cell | None:
        """What a check gave."""
        return next((cell for cell in self.cells if cell.id == id), None)


def lines(db: Session, assignment: Assignment, user_id: int | None = None) -> list[Line]:
    """Everybody who learns in the course, by name; or one of them."""
    who = _people(db, assignment, user_id)
    attempts = _attempts(db, assignment, user_id)
    found = _Found(db, assignment, user_id)
    made = [_line(person, attempts.get(person.id, []), found, Counts(assignment.counts)) for person in who]
    return sorted(made, key=lambda line: (line.name.casefold(), line.user_id))


def _people(db: Session, assignment: Assignment, user_id: int | None) -> Sequence[Any]:
    asked = (
        select(User.id, User.key, User.name, User.login, cast(Enrolment.ids, Text).label("ids"))
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(Enrolment.course_id == assignment.course_id, Enrolment.role == Role.STUDENT.value)
    )
    return db.execute(asked if user_id is None else asked.where(User.id == user_id)).all()


def _attempts(db: Session, assignment: Assignment, user_id: int | None) -> Mapping[int, list[Any]]:
    wanted = (Attempt.id, Attempt.key, Attempt.user_id, Attempt.number, Attempt.submitted, Attempt.late_seconds)
    asked = select(*wanted, Attempt.digest, cast(Attempt.ids, Text).label("ids")).where(
        Attempt.assignment_id == assignment.id
    )
    asked = asked if user_id is None else asked.where(Attempt.user_id == user_id)
    of_people: dict[int, list[Any]] = defaultdict(list)
    for row in db.execute(asked.order_by(Attempt.user_id, Attempt.number)):
        of_people[row.user_id].append(row)
    return of_people


class _Found:
    """What there is for the attempts of an assignment, by the attempt's id."""

    def __init__(self, db: Session, assignment: Assignment, user_id: int | None) -> None:
        of_this = (Attempt.assignment_id == assignment.id, *(() if user_id is None else (Attempt.user_id == user_id,)))
        graded = gradings.in_short(Grading.id, Grading.key, Grading.attempt_id).where(*of_this)
        self.gradings = {row.attempt_id: row for row in db.execute(graded)}
        proposed = select(Grading.attempt_id).join(Grading.attempt)
        self.proposed = set(db.scalars(proposed.where(*of_this, Grading.state == GradingState.PROPOSED.value)))
        asked = select(Job.attempt_id, Job.state, Job.reason).join(Job.attempt)
        open = (Job.kind == JobKind.GRADE.value, Job.state != JobState.DONE.value)
        self.jobs = {row.attempt_id: row for row in db.execute(asked.where(*of_this, *open).order_by(Job.id))}
        self.overrides: dict[int, list[Override]] = defaultdict(list)
        standing = select(Override).join(Override.attempt).where(*of_this, Override.withdrawn.is_(None))
        for one in db.scalars(standing.order_by(Override.id)):
            self.overrides[one.attempt_id].append(one)
        self._whole = gradings.current_of(db, self.overrides.keys())

    def effective(self, attempt_id: int) -> points.Effective | None:
        """What counts where somebody decided on it; None where nobody did."""
        own = self.overrides.get(attempt_id)
        return points.effective(self._whole.get(attempt_id), own) if own else None

    def score(self, attempt_id: int) -> Fraction | None:
        """What an attempt earned, all told."""
        what, row = self.effective(attempt_id), self.gradings.get(attempt_id)
        if what is not None:
            return what.score
        return exact(row.score) if row is not None and row.score is not None else None


def _line(person: Any, attempts: Sequence[Any], found: _Found, counts: Counts) -> Line:
    who = {"user_id": person.id, "user": person.key, "name": person.name, "ids": _ids(person, attempts)}
    if not attempts:
        return Line(status=Status.MISSING, **who)
    scores = {attempt.number: found.score(attempt.id) for attempt in attempts}
    chosen = which_counts(counts, scores.items())
    attempt = next(one for one in attempts if one.number == chosen)
    what, grading, job = found.effective(attempt.id), found.gradings.get(attempt.id), found.jobs.get(attempt.id)
    score = scores[attempt.number]
    status, reason = _status(score, grading, job)
    return Line(  # made once, by names: a thousand of them are made for a page
        status=status,
        reason=reason,
        attempt_id=attempt.id,
        attempt=attempt.key,
        number=attempt.number,
        attempts=len(attempts),
        submitted=attempt.submitted,
        late_seconds=attempt.late_seconds,
        digest=attempt.digest,
        score=score,
        overridden=bool(what and what.overridden),
        proposed=attempt.id in found.proposed,
        **who,
        **_graded(grading, what),
    )


def _graded(grading: Any, what: points.Effective | None) -> dict[str, Any]:
    """What a line has of its result."""
    if grading is None:
        return {"passed": what.passed if what else None}
    return {
        "grading_id": grading.id,
        "grading": grading.key,
        "max_score": exact(grading.max_score),
        "computed": exact(grading.score) if grading.score is not None else None,
        "passed": what.passed if what else grading.passed,
        "seconds": grading.duration_seconds,
    }


def _ids(person: Any, attempts: Sequence[Any]) -> Mapping[str, str]:
    """All that lists and exports call somebody; what is known of this very assignment goes before."""
    ids = {kind: value for kind, value in _read(person.ids).items() if isinstance(value, str) and value}
    if person.login:
        ids.setdefault("email" if "@" in person.login else "username", person.login)
    for attempt in attempts:
        ids |= _read(attempt.ids)
    return ids


def _read(text: str | None) -> dict[str, Any]:
    """What is empty in most rows is not worth a parser."""
    found: dict[str, Any] = json.loads(text) if text and text != "{}" else {}
    return found


def _status(score: Fraction | None, grading: Any, job: Any) -> tuple[Status, str]:
    """What is so now, and why: the result, unless there is none yet."""
    if score is not None:
        return Status.GRADED, ""
    if grading is not None:
        return Status(grading.status), grading.problem
    state = job.state if job is not None else ""
    if state in _UNDER_WAY:
        return _UNDER_WAY[state], ""
    return Status.UNGRADED, (job.reason if job is not None else "") or "Nobody has asked for it to be graded."


def with_cells(db: Session, shown: Iterable[Line]) -> list[Line]:
    """The same lines with what each check gave."""
    some = list(shown)
    marks = marks_of(db, [line.grading_id for line in some if line.grading_id])
    given = given_in(db, [line.attempt_id for line in some if line.overridden])
    return [replace(line, cells=cells(marks.get(line.grading_id, ()), given.get(line.attempt_id, {}))) for line in some]


def in_check(db: Session, shown: Sequence[Line], id: str) -> Mapping[int, Cell]:
    """What one check gave to each, by the attempt's id."""
    marks = marks_of(db, [line.grading_id for line in shown if line.grading_id])
    given = given_in(db, [line.attempt_id for line in shown if line.overridden])
    found = {}
    for line in shown:
        own = [mark for mark in marks.get(line.grading_id, ()) if mark[0] == id]
        if own:
            found[line.attempt_id] = cells(own, given.get(line.attempt_id, {}))[0]
    return found
