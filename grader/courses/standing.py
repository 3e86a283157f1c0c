"""Where somebody stands in a course: for each assignment attempts, what counts, and how far the last one is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import gradings
from grader.courses.counting import which_counts
from grader.courses.points import Effective, Total, effective
from grader.courses.showing import Showing, showing
from grader.courses.tables import (
    Assignment,
    Attempt,
    Counts,
    Course,
    Job,
    JobKind,
    JobState,
    Override,
    Role,
)
from grader.frozen import dataclass

_AT_ONCE = 500  # of the parameters that a statement may have


class Progress(StrEnum):
    """How far somebody's last attempt is. WITHHELD: it is graded, and students do not see results yet."""

    NOTHING = "nothing"
    WAITING = "waiting"
    RUNNING = "running"
    WITHHELD = "withheld"
    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"
    UNGRADED = "ungraded"


_UNDER_WAY = {JobState.QUEUED.value: Progress.WAITING, JobState.RUNNING.value: Progress.RUNNING}


@dataclass(frozen=True)
class Standing:
    """One assignment for one student, with what they may see. `counts` is the attempt that counts, `last` the last
    one; both None where nothing was handed in."""

    assignment: Assignment
    progress: Progress
    attempts: int
    counts: Attempt | None = None
    last: Attempt | None = None
    total: Total | None = None
    best: Total | None = None


@dataclass(frozen=True)
class Tally:
    """One assignment for who teaches: how many people handed something in, and how many attempts wait."""

    people: int = 0
    waiting: int = 0


def of_student(db: Session, course: Course, user_id: int, moment: datetime) -> list[Standing]:
    """All assignments of a course; those that are due next first, then those that were due, the latest first."""
    assignments = list(db.scalars(select(Assignment).where(Assignment.course_id == course.id)))
    asked = select(Attempt).where(Attempt.user_id == user_id, Attempt.assignment_id.in_([a.id for a in assignments]))
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in db.scalars(asked.order_by(Attempt.number)):
        attempts[attempt.assignment_id].append(attempt)
    found = _Results(db, [attempt.id for some in attempts.values() for attempt in some])
    made = [_standing(one, attempts.get(one.id, []), found, moment) for one in assignments]
    return sorted(made, key=lambda standing: _order(standing.assignment, moment))


def _order(assignment: Assignment, moment: datetime) -> tuple[int, float, int]:
    if assignment.due is None:
        return 1, 0.0, assignment.id
    away = (assignment.due - moment).total_seconds()
    return (0, away, assignment.id) if away >= 0 else (2, -away, assignment.id)


class _Results:
    """What became of some attempts."""

    def __init__(self, db: Session, ids: Sequence[int]) -> None:
        self.gradings = gradings.current_of(db, ids)
        self.jobs: dict[int, str] = {}
        given: dict[int, list[Override]] = defaultdict(list)
        for begin in range(0, len(ids), _AT_ONCE):
            some = ids[begin : begin + _AT_ONCE]
            for override in db.scalars(select(Override).where(Override.attempt_id.in_(some)).order_by(Override.id)):
                given[override.attempt_id].append(override)
            grading = Job.attempt_id.in_(some), Job.kind == JobKind.GRADE.value
            for attempt_id, state in db.execute(select(Job.attempt_id, Job.state).where(*grading).order_by(Job.id)):
                self.jobs[attempt_id] = state
        both = self.gradings.keys() | given.keys()
        self.effective: Mapping[int, Effective] = {id: effective(self.gradings.get(id), given[id]) for id in both}

    def score(self, attempt: Attempt) -> Fraction | None:
        found = self.effective.get(attempt.id)
        return None if found is None else found.score

    def shown(self, attempt: Attempt, seen: Showing) -> Fraction | None:
        """Of the score, what is seen of it."""
        found = self.effective.get(attempt.id)
        if found is None or not seen.result:
            return None
        return found.score if seen.hidden else found.shown.score


def _standing(assignment: Assignment, attempts: Sequence[Attempt], found: _Results, moment: datetime) -> Standing:
    if not attempts:
        return Standing(assignment, Progress.NOTHING, 0)
    by_number = {attempt.number: attempt for attempt in attempts}
    seen = showing(assignment, Role.STUDENT, moment)
    shown = [(attempt.number, found.shown(attempt, seen)) for attempt in attempts]  # the rest would tell of what is not
    counts = by_number[which_counts(Counts(assignment.counts), shown) or attempts[-1].number]
    best = by_number[which_counts(Counts.BEST, shown) or attempts[-1].number]

    def total(attempt: Attempt) -> Total | None:
        what = found.effective.get(attempt.id)
        if what is None or not seen.result:
            return None
        return what.total if seen.hidden else what.shown

    progress = _progress(attempts[-1], found, shown=seen.result)
    return Standing(assignment, progress, len(attempts), counts, attempts[-1], total(counts), total(best))


def _progress(attempt: Attempt, found: _Results, *, shown: bool) -> Progress:
    job = found.jobs.get(attempt.id, "")
    if job in _UNDER_WAY:
        return _UNDER_WAY[job]
    grading = found.gradings.get(attempt.id)
    if grading is None and found.score(attempt) is None:
        return Progress.UNGRADED
    if not shown:
        return Progress.WITHHELD
    return Progress(grading.status) if grading is not None and found.score(attempt) is None else Progress.GRADED


def of_class(db: Session, course: Course) -> dict[int, Tally]:
    """All assignments of a course, by id."""
    of_course = Attempt.assignment_id.in_(select(Assignment.id).where(Assignment.course_id == course.id))
    people = select(Attempt.assignment_id, func.count(Attempt.user_id.distinct())).where(of_course)
    waiting = (
        select(Attempt.assignment_id, func.count(Job.id))
        .join(Job, Job.attempt_id == Attempt.id)
        .where(of_course, Job.state.in_([JobState.QUEUED.value, JobState.RUNNING.value]))
    )
    found = {id: Tally(count) for id, count in db.execute(people.group_by(Attempt.assignment_id))}
    for id, count in db.execute(waiting.group_by(Attempt.assignment_id)):
        found[id] = Tally(found[id].people, count)
    return found
