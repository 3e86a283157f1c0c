"""An export while it is read and graded, for whoever watches it: what became of each line of it, counters, rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import audit, gradings, jobs
from grader.courses.access import Viewer
from grader.courses.tables import Assignment, Attempt, Grading, GradingState, Import, Job, JobState, User
from grader.frozen import dataclass
from grader.store.tables import now

_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)
_FEW = 50  # jobs in a transaction


class At(StrEnum):
    """How far a line of an export is. FAILED is below the pass mark; UNGRADED is the grader's own fault."""

    READING = "reading"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    NOT_GRADABLE = "not_gradable"
    UNGRADED = "ungraded"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Row:
    """A line of the export. `by` says what told whose it is."""

    place: int
    file: str
    name: str
    number: int
    by: str
    at: At
    attempt: str = ""
    score: Fraction | None = None
    max_score: Fraction | None = None
    reason: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Watched:
    """All of it. `rate` is works in a minute; None while nothing is known. `state` is that of the whole: reading,
    grading, done, failed, cancelled."""

    state: str
    rows: tuple[Row, ...]
    counts: Mapping[At, int]
    rate: float | None
    seconds_left: float | None

    @property
    def settled(self) -> int:
        """Lines to which nothing will happen any more."""
        return len(self.rows) - sum(self.counts.get(at, 0) for at in (At.READING, At.QUEUED, At.RUNNING))


@dataclass(frozen=True)
class Listed:
    """An export in a list of them; `works` is how many it has."""

    key: str
    filename: str
    created: datetime
    state: str
    works: int


def import_of(db: Session, key: str) -> Import | None:
    """The export of that key."""
    return db.scalars(select(Import).where(Import.key == key)).first()


def of_assignment(db: Session, assignment: Assignment, most: int = 50) -> Sequence[Listed]:
    """The last of them, the newest first: without their lines, of which there may be thousands."""
    wanted = (Import.id, Import.key, Import.filename, Import.created, Import.state)
    asked = select(*wanted, func.json_array_length(Import.mapping)).where(Import.assignment_id == assignment.id)
    rows = db.execute(asked.order_by(Import.id.desc()).limit(most)).all()
    counted = select(Job.import_id, Job.state, func.count()).where(Job.import_id.in_([row.id for row in rows]))
    jobs_of: dict[int | None, Counter[str]] = {row.id: Counter() for row in rows}
    for import_id, state, count in db.execute(counted.group_by(Job.import_id, Job.state)):
        jobs_of[import_id][state] = count
    return [
        Listed(key, filename, created, _state(state, sum(jobs_of[id][one] for one in _OPEN)), works)
        for id, key, filename, created, state, works in rows
    ]


def _state(state: str, left: int) -> str:
    return "done" if state == "grading" and not left else state


def watched(db: Session, made: Import) -> Watched:
    """As it is at this moment."""
    found = _Found(db, made)
    rows = tuple(_row(place, entry, found, made.state) for place, entry in enumerate(made.mapping))
    counts = Counter(row.at for row in rows)
    rate = found.rate(now())
    left = counts[At.QUEUED] + counts[At.RUNNING]
    return Watched(_state(made.state, left), rows, counts, rate, left / rate * 60 if rate and left else None)


class _Found:
    """What there is for the attempts of an export, by their keys."""

    def __init__(self, db: Session, made: Import) -> None:
        asked = select(Attempt.key, Job.state, Job.reason, Job.started, Job.finished).join(Job.attempt)
        self.jobs = {row.key: row for row in db.execute(asked.where(Job.import_id == made.id).order_by(Job.id))}
        graded = gradings.in_short(Attempt.key).where(Attempt.import_id == made.id)
        self.gradings = {row.key: row for row in db.execute(graded)}

    def rate(self, moment: datetime) -> float | None:
        """Works in a minute, from the first that was begun to now, or to the last where none is left."""
        done = [job.finished for job in self.jobs.values() if job.state == JobState.DONE.value and job.finished]
        begun = [job.started for job in self.jobs.values() if job.started]
        if not done or not begun:
            return None
        until = moment if any(job.state in _OPEN for job in self.jobs.values()) else max(done)
        seconds = (until - min(begun)).total_seconds()
        return len(done) * 60 / seconds if seconds > 0 else None


def _row(place: int, entry: Mapping[str, Any], found: _Found, state: str) -> Row:
    key = entry["attempt"]
    base = {"file": entry["file"], "name": entry["name"], "number": entry["number"], "by": entry["by"], "attempt": key}
    if not key:
        return Row(place, at=At.READING if state == "reading" else At.CANCELLED, **base)
    if entry["note"] and entry["note"] != READ_BEFORE:
        return Row(place, at=At.UNCHANGED, reason=entry["note"], **base)
    job, grading = found.jobs.get(key), found.gradings.get(key)
    if job is not None and job.state in _OPEN:
        return Row(place, at=At(job.state), reason=job.reason, **base)
    if grading is None:
        failed = job is None or job.state != JobState.CANCELLED.value
        return Row(place, at=At.UNGRADED if failed else At.CANCELLED, reason=job.reason if job else "", **base)
    if grading.score is None:
        return Row(place, at=At.NOT_GRADABLE, reason=grading.problem, seconds=grading.duration_seconds, **base)
    return Row(
        place,
        at=At.FAILED if grading.passed is False else At.DONE,
        score=Fraction(grading.score),
        max_score=Fraction(grading.max_score),
        seconds=grading.duration_seconds,
        **base,
    )


READ_BEFORE = "read before"  # by whoever was killed in the middle


def cancel(db: Session, made: Import, viewer: Viewer) -> None:
    """Have nothing more of it read. What waits to be graded is cancelled by `cancel_some`."""
    if made.state in ("reading", "grading"):
        if made.state == "reading":
            made.finished = now()
        made.state = "cancelled"
        audit.note(db, viewer, "import.cancel", f"import:{made.key}", {"file": made.filename})


def cancel_some(db: Session, made: Import) -> bool:
    """Cancel a few of its jobs; whether there were any."""
    asked = select(Job).where(Job.import_id == made.id, Job.state.in_(_OPEN)).order_by(Job.id.desc()).limit(_FEW)
    some = db.scalars(asked).all()
    return sum(jobs.cancel(db, job) for job in some) > 0


def retry(db: Session, made: Import, viewer: Viewer) -> int:
    """Have graded once more what has no result, by the rubric in force; how many that are."""
    last = select(func.max(Job.id)).where(Job.import_id == made.id).group_by(Job.attempt_id)
    graded = select(Grading.attempt_id).where(Grading.state == GradingState.CURRENT.value)
    without = select(Job).where(
        Job.id.in_(last),
        Job.state.in_((JobState.FAILED.value, JobState.CANCELLED.value)),
        Job.attempt_id.not_in(graded),
    )
    by = db.get(User, viewer.id)
    again = db.scalars(without.order_by(Job.id)).all()
    for job in again:
        jobs.retry(db, job, by)
    if again:
        made.state = "grading" if made.state == "cancelled" else made.state
        audit.note(db, viewer, "import.retry", f"import:{made.key}", {"count": len(again)})
    return len(again)
