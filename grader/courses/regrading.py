"""Grading again: asked for, compared with what counts, and only then accepted or not.

ask()        jobs for some attempts; their results are proposed, and count for nobody yet
proposals()  what would change, for whom, by how much and in which check
decide()     accept or reject some of them
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import audit, gradings, jobs, points, rubrics
from grader.courses.access import Viewer
from grader.courses.tables import (
    Assignment,
    Attempt,
    Grading,
    GradingState,
    Job,
    JobKind,
    JobState,
    Override,
    User,
)
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.render.numbers import number

_AT_ONCE = 500
_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True)
class Difference:
    """A check that gives other points now; None where one of the two rubrics does not have it."""

    id: str
    before: Fraction | None
    after: Fraction | None
    message: str


@dataclass(frozen=True)
class Proposal:
    """What a re-grading came to beside what counts. `before` and `after` are what the person would see as their score,
    overrides included; `rescored`: judged from what was seen before, without a run."""

    grading: str
    attempt: str
    user: str
    name: str
    number: int
    before: Fraction | None
    after: Fraction | None
    before_words: str
    after_words: str
    most: Fraction
    rescored: bool
    overridden: bool
    differences: tuple[Difference, ...]

    @property
    def change(self) -> Fraction | None:
        """By how much; None where one of the two is no score."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def changes(self) -> bool:
        """Whether accepting it would change a score, or give or take one."""
        return self.before != self.after or self.before_words != self.after_words


@dataclass(frozen=True)
class Waiting:
    """Somebody whose work has to be run, or is being run. FAILED: the grader's own fault, with its reason."""

    attempt: str
    name: str
    state: str
    reason: str


def ask(db: Session, assignment: Assignment, viewer: Viewer, attempts: Collection[int], *, run: bool) -> int:
    """Have attempts graded again by the rubric in force; how many that are. `run`: every program is run; else only
    where what was seen before is not enough. Raises UsageError where there is nothing to grade, or no rubric."""
    if rubrics.in_force(db, assignment) is None:
        raise UsageError("This assignment has no rubric yet.", "Write one first.")
    by, count = db.get(User, viewer.id), 0
    for attempt in _with_files(db, assignment, attempts):
        job = jobs.enqueue(db, attempt, kind=JobKind.REGRADE, by=by)
        job.runs = run
        count += 1
    if not count:
        raise UsageError(
            "Nobody was chosen whose work is there.", "Choose at least one person who handed something in."
        )
    audit.note(db, viewer, "regrade.ask", f"assignment:{assignment.key}", {"count": count, "run": run})
    return count


def _with_files(db: Session, assignment: Assignment, attempts: Collection[int]) -> Sequence[Attempt]:
    wanted = sorted(set(attempts))
    found: list[Attempt] = []
    for at in range(0, len(wanted), _AT_ONCE):
        asked = select(Attempt).where(
            Attempt.id.in_(wanted[at : at + _AT_ONCE]),
            Attempt.assignment_id == assignment.id,
            Attempt.upload_id.is_not(None),
        )
        found += db.scalars(asked.order_by(Attempt.id)).all()
    return found


def waiting(db: Session, assignment: Assignment) -> Sequence[Waiting]:
    """Re-gradings that have no result (yet): what runs, what waits, and what failed since."""
    last = select(func.max(Job.id)).join(Job.attempt).where(
        Job.kind == JobKind.REGRADE.value, Attempt.assignment_id == assignment.id
    ).group_by(Job.attempt_id)  # fmt: skip
    asked = (
        select(Attempt.key, User.name, Job.state, Job.reason)
        .join(Job.attempt)
        .join(Attempt.user)
        .where(Job.id.in_(last), Job.state.in_((*_OPEN, JobState.FAILED.value)))
        .order_by(Job.state.desc(), Job.id)
    )
    return [Waiting(*row) for row in db.execute(asked)]


def proposals(db: Session, assignment: Assignment) -> Sequence[Proposal]:
    """All that waits for somebody to decide; the largest changes first."""
    asked = (
        select(Grading, Attempt, User)
        .join(Grading.attempt)
        .join(Attempt.user)
        .where(Attempt.assignment_id == assignment.id, Grading.state == GradingState.PROPOSED.value)
    )
    rows = db.execute(asked).all()
    ids = [attempt.id for _, attempt, _ in rows]
    current, given = gradings.current_of(db, ids), _overrides(db, ids)
    made = [
        _proposal(grading, current.get(attempt.id), given.get(attempt.id, ()), attempt, user)
        for grading, attempt, user in rows
    ]
    return sorted(made, key=lambda one: (not one.changes, -abs(one.change or 0), one.name.casefold(), one.grading))


def _overrides(db: Session, ids: Sequence[int]) -> Mapping[int, list[Override]]:
    found: dict[int, list[Override]] = {}
    for at in range(0, len(ids), _AT_ONCE):
        asked = select(Override).where(Override.attempt_id.in_(ids[at : at + _AT_ONCE]), Override.withdrawn.is_(None))
        for one in db.scalars(asked.order_by(Override.id)):
            found.setdefault(one.attempt_id, []).append(one)
    return found


def _proposal(
    grading: Grading, current: Grading | None, given: Sequence[Override], attempt: Attempt, user: User
) -> Proposal:
    before = points.effective(current, given) if current is not None else None
    after = points.effective(grading, given)
    return Proposal(
        grading.key,
        attempt.key,
        user.key,
        user.name,
        attempt.number,
        before.score if before else None,
        after.score,
        _words(before.score if before else None, current),
        _words(after.score, grading),
        after.max_score,
        grading.rescored,
        bool(given),
        _differences(current, grading),
    )


def _words(score: Fraction | None, grading: Grading | None) -> str:
    if score is not None and grading is not None:
        return f"{number(score)} of {number(Fraction(grading.max_score))}"
    return grading.status.replace("_", " ") if grading is not None else "no result"


def _differences(before: Grading | None, after: Grading) -> tuple[Difference, ...]:
    old = {mark.id: mark for mark in points.marks_of(before)} if before is not None else {}
    new = {mark.id: mark for mark in points.marks_of(after)}
    made = []
    for id in dict.fromkeys((*new, *old)):
        was, now = old.get(id), new.get(id)
        if was is None or now is None or was.score != now.score:
            message = now.message if now is not None else "The rubric does not ask for it any more."
            made.append(Difference(id, was.score if was else None, now.score if now else None, message))
    return tuple(made)


def decide(db: Session, assignment: Assignment, viewer: Viewer, keys: Collection[str], *, accept: bool) -> int:
    """Accept or reject a few proposals; how many were still there to be decided on."""
    asked = (
        select(Grading)
        .join(Grading.attempt)
        .where(Attempt.assignment_id == assignment.id, Grading.state == GradingState.PROPOSED.value)
        .where(Grading.key.in_(keys))
        .order_by(Grading.id)
    )
    count = 0
    for grading in db.scalars(asked).all():
        before = _score(db, grading.attempt)
        (gradings.accept if accept else gradings.reject)(db, grading)
        count += 1
        if accept:
            detail: dict[str, Any] = {"score": [before, _score(db, grading.attempt)], "rescored": grading.rescored}
            audit.note(db, viewer, "regrade.accept", f"attempt:{grading.attempt.key}", detail)
    if count and not accept:
        audit.note(db, viewer, "regrade.reject", f"assignment:{assignment.key}", {"count": count})
    return count


def _score(db: Session, attempt: Attempt) -> str:
    given = _overrides(db, [attempt.id]).get(attempt.id, ())
    found = points.effective(gradings.current(db, attempt), given).score
    return "" if found is None else number(found)
