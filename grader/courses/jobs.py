"""The queue: what is to be graded, who grades it, and what became of that.

A job is run at least once, and has one result at most: it belongs to a worker until its lease ends, and whatever is
done with it afterwards counts only under the fence that stands then. Every function belongs into a transaction that
writes; each change is told to whoever watches (`grader.courses.progress`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from grader.courses import rubrics
from grader.courses.progress import note_state
from grader.courses.tables import Assignment, Attempt, Job, JobKind, JobState, RubricVersion, User
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.store.tables import now

LEASE_SECONDS = 15.0
MOST_TRIES = 3
TRIAL, UPLOAD, IMPORT, REGRADE = 0, 10, 20, 30  # the smallest first: somebody waits for it
_PAUSES = (1.0, 5.0)  # seconds before another try
_MOST_REASON = 1000
_GONE = "The process that graded it came to its end in the middle, {tries} times."
_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True)
class Claim:
    """A job as it was taken: it is the worker's as long as `fence` stands. `course`: whose work it is."""

    job: int
    fence: int
    course: int
    tries: int


# ----------------------------------------------------------------------------------------------------- for whoever asks


def enqueue(
    db: Session,
    attempt: Attempt,
    *,
    kind: JobKind,
    by: User | None = None,
    rubric: RubricVersion | None = None,
    rubric_text: str | None = None,
    import_id: int | None = None,
    priority: int | None = None,
) -> Job:
    """Have an attempt graded by the rubric that is in force, by an older version, or (a trial) by a text.

    Where the very same is waiting already, that is what comes back. Raises UsageError where there is no rubric.
    """
    if rubric_text is None:
        rubric = rubric or rubrics.in_force(db, attempt.assignment)
        if rubric is None:
            raise UsageError("There is no rubric to grade by.", "Write the assignment's rubric first.")
        waiting = _waiting(db, attempt, kind, rubric)
        if waiting is not None:
            return waiting
    made = Job(
        attempt_id=attempt.id,
        rubric_id=rubric.id if rubric is not None and rubric_text is None else None,
        rubric_text=rubric_text,
        kind=kind.value,
        priority=_priority(kind, import_id) if priority is None else priority,
        by_id=by.id if by is not None else None,
        import_id=import_id,
    )
    db.add(made)
    db.flush()
    note_state(db, made)
    return made


def _waiting(db: Session, attempt: Attempt, kind: JobKind, rubric: RubricVersion) -> Job | None:
    same = (Job.attempt_id == attempt.id, Job.rubric_id == rubric.id, Job.kind == kind.value)
    return db.scalars(select(Job).where(*same, Job.state == JobState.QUEUED.value).limit(1)).first()


def _priority(kind: JobKind, import_id: int | None) -> int:
    if kind is JobKind.TRIAL:
        return TRIAL
    if kind is JobKind.REGRADE:
        return REGRADE
    return UPLOAD if import_id is None else IMPORT


def cancel(db: Session, job: Job) -> bool:
    """Have it graded no more; whether there was anything to cancel. What is running finds out, and is not saved."""
    locked = _locked(db, job.id)
    if locked is None or locked.state not in _OPEN:
        return False
    _end(db, locked, JobState.CANCELLED, "It was cancelled.")
    return True


def retry(db: Session, job: Job, by: User | None = None) -> Job:
    """What failed or was cancelled, once more: a new job for the same work by the same rubric."""
    return enqueue(
        db,
        job.attempt,
        kind=JobKind(job.kind),
        by=by,
        rubric=job.rubric,
        rubric_text=job.rubric_text,
        import_id=job.import_id,
        priority=job.priority,
    )


def latest(db: Session, attempt: Attempt, kinds: Collection[JobKind] = (JobKind.GRADE,)) -> Job | None:
    """The last job of these kinds that an attempt has."""
    asked = select(Job).where(Job.attempt_id == attempt.id, Job.kind.in_([kind.value for kind in kinds]))
    return db.scalars(asked.order_by(Job.id.desc()).limit(1)).first()


def before(db: Session, job: Job) -> int:
    """How many will be taken before it, as far as that is known."""
    ahead = tuple_(Job.priority, Job.id) < tuple_(job.priority, job.id)
    return db.scalar(select(func.count()).where(Job.state == JobState.QUEUED.value, ahead)) or 0


# ---------------------------------------------------------------------------------------------------------- for workers


def is_any_waiting(db: Session) -> bool:
    """Whether there may be something to take; changes nothing, so that idle workers disturb nobody."""
    return db.scalar(_to_take(db).limit(1)) is not None


def take(db: Session, worker: str, *, last_course: int = 0, lease: float = LEASE_SECONDS) -> Claim | None:
    """The next job, which nobody else gets meanwhile; None where nothing waits.

    Of those that are equally urgent, a course gets its turn that has the fewest running; then the one that follows on
    `last_course`, in a circle.
    """
    urgent = db.scalar(_to_take(db).with_only_columns(func.min(Job.priority)))
    if urgent is None:
        return None
    for course in _courses(db, urgent, last_course):
        asked = _to_take(db).join(Job.attempt).join(Attempt.assignment).with_only_columns(Job)
        asked = asked.where(Job.priority == urgent, Assignment.course_id == course).order_by(Job.id).limit(1)
        job = db.scalars(asked.with_for_update(of=Job, skip_locked=True)).first()
        if job is not None:
            return _taken(db, job, course, worker, lease)
    return None


def _to_take(db: Session) -> Select[int]:
    """What waits and may be begun: after a failure there is a pause."""
    return select(Job.id).where(Job.state == JobState.QUEUED.value, or_(Job.lease.is_(None), Job.lease <= _clock(db)))


def _courses(db: Session, urgent: int, last: int) -> Sequence[int]:
    """The courses whose jobs are the most urgent ones, in the order of their turns."""
    course = Assignment.course_id
    waiting = _to_take(db).join(Job.attempt).join(Attempt.assignment).with_only_columns(course)
    waits = db.scalars(waiting.where(Job.priority == urgent).distinct()).all()
    if len(waits) < 2:
        return waits
    running = select(course, func.count()).select_from(Job).join(Job.attempt).join(Attempt.assignment)
    counted = db.execute(running.where(Job.state == JobState.RUNNING.value).group_by(course))
    busy = {one: count for one, count in counted}  # noqa: C416  # rows are no pairs to a type checker
    return sorted(waits, key=lambda one: (busy.get(one, 0), one <= last, one))


def _taken(db: Session, job: Job, course: int, worker: str, lease: float) -> Claim:
    moment = _clock(db)
    job.state, job.worker = JobState.RUNNING.value, worker
    job.fence, job.tries = job.fence + 1, job.tries + 1
    job.started, job.lease, job.reason = moment, moment + timedelta(seconds=lease), ""
    note_state(db, job)
    return Claim(job.id, job.fence, course, job.tries)


def renew(db: Session, claims: Collection[Claim], *, lease: float = LEASE_SECONDS) -> Collection[Claim]:
    """Keep the jobs for another lease; those that are still the worker's. What is not has been taken over, or
    cancelled."""
    until = _clock(db) + timedelta(seconds=lease)
    held = []
    for claim in sorted(claims, key=lambda claim: claim.job):
        own = (Job.id == claim.job, Job.fence == claim.fence, Job.state == JobState.RUNNING.value)
        if db.execute(update(Job).where(*own).values(lease=until)).rowcount:  # type: ignore[attr-defined]
            held.append(claim)
    return held


def held(db: Session, claim: Claim) -> Job | None:
    """The job, which nobody else changes until the transaction ends; None where it is the worker's no more."""
    job = _locked(db, claim.job)
    own = job is not None and job.state == JobState.RUNNING.value and job.fence == claim.fence
    return job if own else None


def finish(db: Session, job: Job) -> None:
    """It has its result. For `gradings.save`."""
    _end(db, job, JobState.DONE)


def fail(db: Session, claim: Claim, reason: str, *, again: bool = True) -> bool:
    """It is our own fault: it is tried again after a pause; after the last try the attempt is ungraded, for that
    reason. Whether it was still the worker's."""
    job = held(db, claim)
    if job is None:
        return False
    if again and job.tries < MOST_TRIES:
        pause = _PAUSES[min(job.tries, len(_PAUSES)) - 1]
        _back(db, job, reason, _clock(db) + timedelta(seconds=pause))
    else:
        _end(db, job, JobState.FAILED, reason)
    return True


def release(db: Session, claims: Collection[Claim]) -> int:
    """Give back what there is no time for: it waits again, at its place, and no try was lost. How many that were."""
    given = 0
    for claim in sorted(claims, key=lambda claim: claim.job):
        job = held(db, claim)
        if job is not None:
            job.tries -= 1
            _back(db, job, "", None)
            given += 1
    return given


def reap(db: Session) -> int:
    """Take the jobs from workers that are gone: their leases have run out. How many that were."""
    out = select(Job).where(Job.state == JobState.RUNNING.value, Job.lease < _clock(db)).order_by(Job.id)
    found = db.scalars(out.with_for_update(skip_locked=True)).all()
    for job in found:
        if job.tries < MOST_TRIES:
            _back(db, job, "", None)
        else:
            _end(db, job, JobState.FAILED, _GONE.format(tries=job.tries))
    return len(found)


def are_any_lost(db: Session) -> bool:
    """Whether there is something to reap; changes nothing."""
    out = select(Job.id).where(Job.state == JobState.RUNNING.value, Job.lease < _clock(db))
    return db.scalar(out.limit(1)) is not None


def _back(db: Session, job: Job, reason: str, earliest: datetime | None) -> None:
    """Into the queue; from now on, no result of whoever had it counts."""
    job.state, job.worker, job.lease = JobState.QUEUED.value, None, earliest
    job.fence, job.reason = job.fence + 1, reason[:_MOST_REASON]
    note_state(db, job)


def _end(db: Session, job: Job, state: JobState, reason: str = "") -> None:
    job.state, job.worker, job.lease = state.value, None, None
    job.fence, job.reason, job.finished = job.fence + 1, reason[:_MOST_REASON], _clock(db)
    note_state(db, job)


def _locked(db: Session, id: int) -> Job | None:
    """As it is now, and as it stays until the transaction ends."""
    asked = select(Job).where(Job.id == id).with_for_update().execution_options(populate_existing=True)
    return db.scalars(asked).first()


def _clock(db: Session) -> datetime:
    """The database's own, where machines may differ; SQLite is on the same one."""
    if db.get_bind().dialect.name != "postgresql":
        return now()
    moment: datetime = db.scalars(select(func.timezone("UTC", func.clock_timestamp()))).one()
    return moment
