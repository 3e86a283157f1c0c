"""Handing in: when it is open, how often, how late; numbered without gaps, and once however often it is sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from grader.courses import audit, jobs, uploads
from grader.courses.access import Viewer
from grader.courses.tables import Assignment, Attempt, JobKind, Upload, User
from grader.courses.uploads import Quota, Received
from grader.errors import RefusedError
from grader.frozen import dataclass

_SECONDS_TWICE = 10  # equal work of one person within them was sent twice, not handed in twice
_ONCE = 64  # characters


@dataclass(frozen=True)
class Openness:
    """Whether somebody may hand in. `why_not`, and what to do, are empty where they may. `left` None: without end."""

    used: int
    left: int | None
    why_not: str = ""
    advice: str = ""


def openness(db: Session, assignment: Assignment, user_id: int, at: datetime) -> Openness:
    """For somebody who is a student of the course. What an instructor imported is not counted."""
    asked = select(func.count(Attempt.id)).where(*_of(assignment.id, user_id), Attempt.import_id.is_(None))
    used = db.scalar(asked) or 0
    left = None if assignment.most_attempts is None else max(0, assignment.most_attempts - used)
    if assignment.opens is not None and at < assignment.opens:
        return Openness(used, left, "This assignment has not opened yet.", "Come back when it has.")
    if assignment.closes is not None and at > assignment.closes:
        return Openness(
            used, left, "This assignment is closed.", "Ask whoever teaches the course if you need more time."
        )
    if left == 0:
        gone = "The one attempt that you have here is used up." if used == 1 else f"All {used} attempts are used up."
        return Openness(used, left, gone, "Ask whoever teaches the course if you need another.")
    return Openness(used, left)


def take(
    db: Session,
    data: Path,
    assignment: Assignment,
    viewer: Viewer,
    file: Received,
    quota: Quota,
    *,
    at: datetime,
    once: str = "",
    address: str = "",
) -> Attempt:
    """Keep what somebody sent and hand it in; or find what they handed in already, where it is the same. Raises
    RefusedError."""
    _one_at_a_time(db, viewer.id)
    form = _of_form(db, assignment, viewer.id, once[:_ONCE])
    if form is not None and form.digest == file.digest:
        return form
    found = _sent_before(db, assignment, viewer.id, file, at)
    if found is not None:
        return found
    once = "" if form is not None else once  # a browser that went back sends an old form with other work
    _require_open(db, assignment, viewer.id, at)
    upload = uploads.keep(db, data, file, quota, viewer.id)
    user = db.get_one(User, viewer.id)
    attempt = hand_in(db, assignment, user, upload, file.filename, at, digest=file.digest, once=once)
    detail = {"assignment": assignment.key, "number": attempt.number, "file": file.filename, "sha256": file.sha256}
    audit.note(db, viewer, "attempt.hand_in", f"attempt:{attempt.key}", detail, address=address)
    return attempt


def hand_in(
    db: Session,
    assignment: Assignment,
    user: User,
    upload: Upload,
    filename: str,
    at: datetime,
    *,
    digest: str = "",
    once: str = "",
) -> Attempt:
    """The next attempt of somebody, and the job that grades it. Raises RefusedError where none is taken."""
    _one_at_a_time(db, user.id)
    _require_open(db, assignment, user.id, at)
    attempt = Attempt(
        assignment_id=assignment.id,
        user_id=user.id,
        number=next_number(db, assignment, user.id),
        upload_id=upload.id,
        filename=filename,
        digest=digest,
        submitted=at,
        late_seconds=late_seconds(assignment, at),
        once=once[:_ONCE] or None,
    )
    db.add(attempt)
    db.flush()
    jobs.enqueue(db, attempt, kind=JobKind.GRADE, by=user)
    return attempt


def late_seconds(assignment: Assignment, at: datetime) -> float:
    """How long after the due date that is; 0 up to it."""
    return max(0.0, (at - assignment.due).total_seconds()) if assignment.due is not None else 0.0


def next_number(db: Session, assignment: Assignment, user_id: int) -> int:
    """The number of the attempt after somebody's last. Theirs alone to use: `_one_at_a_time` comes before."""
    return (db.scalar(select(func.max(Attempt.number)).where(*_of(assignment.id, user_id))) or 0) + 1


def _of(assignment_id: int, user_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Attempt.assignment_id == assignment_id, Attempt.user_id == user_id


def _require_open(db: Session, assignment: Assignment, user_id: int, at: datetime) -> None:
    found = openness(db, assignment, user_id, at)
    if found.why_not:
        raise RefusedError(found.why_not, found.advice)


def _one_at_a_time(db: Session, user_id: int) -> None:
    """Nobody else counts this person's attempts until the transaction ends. SQLite has one writer in any case."""
    db.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def _sent_before(db: Session, assignment: Assignment, user_id: int, file: Received, at: datetime) -> Attempt | None:
    """From another tab, the same work a moment ago."""
    asked = select(Attempt).where(*_of(assignment.id, user_id)).order_by(Attempt.number.desc())
    last = db.scalars(asked.limit(1)).first()
    soon = last is not None and abs(at - last.submitted) < timedelta(seconds=_SECONDS_TWICE)
    return last if last is not None and soon and last.digest == file.digest else None


def _of_form(db: Session, assignment: Assignment, user_id: int, once: str) -> Attempt | None:
    """What came with the same form."""
    return (
        db.scalars(select(Attempt).where(*_of(assignment.id, user_id), Attempt.once == once)).first() if once else None
    )
