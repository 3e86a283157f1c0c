"""What somebody has handed in, as they may see it: every attempt with its state and score, and which one counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from grader.courses import gradings
from grader.courses.counting import which_counts
from grader.courses.points import Effective, Total
from grader.courses.showing import Showing, showing
from grader.courses.tables import Assignment, Attempt, Counts, Grading, Job, JobKind, JobState, Override, Role, User
from grader.frozen import dataclass
from grader.model import Visibility


class State(StrEnum):
    """What became of an attempt. UNGRADED: the grader's own fault; never zero."""

    WAITING = "waiting"
    RUNNING = "running"
    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"
    UNGRADED = "ungraded"
    CANCELLED = "cancelled"


_OF_JOBS = {
    JobState.QUEUED.value: State.WAITING,
    JobState.RUNNING.value: State.RUNNING,
    JobState.CANCELLED.value: State.CANCELLED,
}


@dataclass(frozen=True)
class Entry:
    """An attempt. `total` is what its viewer may see of the score, None where there is none, or none to be seen;
    `gained` what it has more than the one before. `counts` None: it would tell of what is not shown."""

    id: int
    key: str
    number: int
    filename: str
    submitted: datetime
    late_seconds: float
    kept: bool  # its files are still there
    state: State
    total: Total | None = None
    overridden: bool = False
    gained: Fraction | None = None
    counts: bool | None = False

    @property
    def under_way(self) -> bool:
        """Whether it will have a result soon."""
        return self.state in (State.WAITING, State.RUNNING)

    @property
    def late(self) -> bool:
        """Whether it came after the due date."""
        return self.late_seconds > 0


def state_of(grading: Grading | None, job_state: str | None) -> State:
    """By the result that counts, and the state of the last job that is not done."""
    if grading is None:
        return _OF_JOBS.get(job_state or "", State.UNGRADED)
    return State(grading.status)


def history(db: Session, assignment: Assignment, user_id: int, role: Role, at: datetime) -> Sequence[Entry]:
    """Every attempt of a person, the first one first, as somebody of that role may see it at that moment."""
    return histories(db, [assignment], user_id, role, at)[assignment.id]


def histories(
    db: Session, assignments: Collection[Assignment], user_id: int, role: Role, at: datetime
) -> Mapping[int, Sequence[Entry]]:
    """The same for several assignments, by their ids, in no more questions to the database."""
    of_assignments = _attempts(db, [assignment.id for assignment in assignments], user_id)
    ids = [row.id for rows in of_assignments.values() for row in rows]
    found = gradings.current_of(db, ids), _jobs(db, ids), _overrides(db, ids)
    return {one.id: _entries(one, of_assignments[one.id], showing(one, role, at), *found) for one in assignments}


def of_class(
    db: Session, assignment: Assignment, at: datetime, *, first: int, most: int
) -> Sequence[tuple[User, Entry]]:
    """Everybody's attempts in the order in which they came, from the `first` (counted from 0) on, for those who teach.
    Which of a person's counts, and what it has gained, is left open."""
    asked = select(Attempt).where(Attempt.assignment_id == assignment.id).options(joinedload(Attempt.user))
    rows = db.scalars(asked.order_by(Attempt.id).offset(first).limit(most)).all()
    ids = [row.id for row in rows]
    results, jobs, overrides = gradings.current_of(db, ids), _jobs(db, ids), _overrides(db, ids)
    may = showing(assignment, Role.INSTRUCTOR, at)
    found = []
    for row in rows:
        counts = gradings.effective(results.get(row.id), overrides.get(row.id, ()))
        state, total = state_of(results.get(row.id), jobs.get(row.id)), _seen(counts, may)
        entry = Entry(row.id, row.key, row.number, row.filename, row.submitted, row.late_seconds,
                      row.upload_id is not None, state, total, bool(counts.overridden), None, None)  # fmt: skip
        found.append((row.user, entry))
    return found


def best(entries: Sequence[Entry]) -> Total | None:
    """The most that a person has reached, of what they may see."""
    totals = [entry.total for entry in entries if entry.total is not None and entry.total.score is not None]
    return max(totals, key=lambda total: total.score or Fraction(0), default=None)


def _attempts(db: Session, assignments: Collection[int], user_id: int) -> Mapping[int, list[Any]]:
    wanted = (Attempt.id, Attempt.key, Attempt.assignment_id, Attempt.number, Attempt.filename, Attempt.submitted)
    asked = select(*wanted, Attempt.late_seconds, Attempt.upload_id).order_by(Attempt.number)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.execute(asked.where(Attempt.user_id == user_id, Attempt.assignment_id.in_(assignments))):
        found[row.assignment_id].append(row)
    return found


def _jobs(db: Session, attempts: Collection[int]) -> Mapping[int, str]:
    """The state of the last job of each that has not come to a result."""
    graded = (Job.kind == JobKind.GRADE.value, Job.state != JobState.DONE.value)
    asked = select(Job.attempt_id, Job.state).where(Job.attempt_id.in_(attempts), *graded).order_by(Job.id)
    return {row.attempt_id: row.state for row in db.execute(asked)}


def _overrides(db: Session, attempts: Collection[int]) -> Mapping[int, list[Override]]:
    found: dict[int, list[Override]] = defaultdict(list)
    asked = select(Override).where(Override.attempt_id.in_(attempts), Override.withdrawn.is_(None))
    for one in db.scalars(asked.order_by(Override.id)):
        found[one.attempt_id].append(one)
    return found


def _entries(
    assignment: Assignment,
    rows: Sequence[Any],
    may: Showing,
    results: Mapping[int, Grading],
    jobs: Mapping[int, str],
    overrides: Mapping[int, list[Override]],
) -> Sequence[Entry]:
    counts = {row.id: gradings.effective(results.get(row.id), overrides.get(row.id, ())) for row in rows}
    chosen = which_counts(Counts(assignment.counts), [(row.number, counts[row.id].score) for row in rows])
    secret = Counts(assignment.counts) is Counts.BEST and not _is_all_shown(may, [results.get(row.id) for row in rows])
    entries: list[Entry] = []
    before: Fraction | None = None
    for row in rows:
        total = _seen(counts[row.id], may)
        score = total.score if total is not None else None
        entries.append(
            Entry(
                row.id,
                row.key,
                row.number,
                row.filename,
                row.submitted,
                row.late_seconds,
                row.upload_id is not None,
                state_of(results.get(row.id), jobs.get(row.id)),
                total,
                bool(_told_of(counts[row.id], may, results.get(row.id))),
                score - before if score is not None and before is not None else None,
                None if secret else row.number == chosen,
            )
        )
        before = score if score is not None else before
    return entries


def _seen(counts: Effective, may: Showing) -> Total | None:
    if not may.result:
        return None
    total = counts.total if may.hidden else counts.shown
    return total if total.score is not None else None


def _told_of(counts: Effective, may: Showing, result: Grading | None) -> frozenset[str]:
    """The checks with points by hand, of those that are seen."""
    if not may.result:
        return frozenset()
    marks = result.marks if result is not None and not may.hidden else ()
    return counts.overridden - {mark[0] for mark in marks if mark[5] == Visibility.HIDDEN.value}


def _is_all_shown(may: Showing, results: Sequence[Grading | None]) -> bool:
    """Whether which one is the best tells nothing that is not shown."""
    marks = [mark for result in results if result is not None for mark in result.marks]
    return may.result and (may.hidden or all(mark[5] != Visibility.HIDDEN.value for mark in marks))
