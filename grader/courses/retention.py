"""What is not kept for ever: the files of old work, and all that is known of a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from grader.courses.access import Viewer
from grader.courses.administration import keep_one_admin
from grader.courses.audit import note
from grader.courses.database import Database
from grader.courses.gradings import kept_of
from grader.courses.tables import (
    Attempt,
    Audit,
    Enrolment,
    Grading,
    Import,
    Job,
    JobState,
    Override,
    Role,
    RubricVersion,
    Step,
    Token,
    User,
)
from grader.frozen import dataclass
from grader.model import Kept
from grader.store.codec import encode

_GONE = "somebody whose data was deleted"
_AT_ONCE = 50  # attempts in one transaction
_READING = "reading"
_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of a person; `stays`: a nameless row that decisions of theirs about others hang on."""

    attempts: int
    stays: bool


# ---------------------------------------------------------------------------------------------------------- old work


def old_attempts(db: Session, before: datetime) -> Sequence[int]:
    """The ids of those handed in before a moment (UTC) that still have files, or what their programs answered."""
    has_seen = select(Grading.id).where(Grading.attempt_id == Attempt.id, Grading.thinned.is_(False)).exists()
    asked = select(Attempt.id).where(Attempt.submitted < before, or_(Attempt.upload_id.is_not(None), has_seen))
    busy = select(Job.id).where(Job.attempt_id == Attempt.id, Job.state.in_(_OPEN)).exists()
    return db.scalars(asked.where(~busy).order_by(Attempt.id)).all()


def old_exports(db: Session, before: datetime) -> Sequence[int]:
    """The ids of the exports of a class that were uploaded before a moment (UTC), were read, and are kept still."""
    asked = select(Import.id).where(Import.created < before, Import.upload_id.is_not(None), Import.state != _READING)
    return db.scalars(asked.order_by(Import.id)).all()


def thin(database: Database, attempts: Sequence[int], exports: Sequence[int] = ()) -> None:
    """Take away their files and all that their programs said and answered. Points, messages and hints stay; what is
    graded by another rubric then has nothing to go by. The files of `exports` go, and those of exports in which any of
    the attempts came. `uploads.clear` frees the disk."""
    for few in _a_few(exports):
        with database.writing() as db:
            db.execute(update(Import).where(Import.id.in_(few)).values(upload_id=None))
    for some in _a_few(attempts):
        with database.reading() as db:
            thinned = {g.id: encode(_thinned(kept_of(db, g))) for g in _gradings(db, some)}
        with database.writing() as db:
            came_in = select(Attempt.import_id).where(Attempt.id.in_(some), Attempt.import_id.is_not(None))
            read = Import.id.in_(came_in), Import.state != _READING
            db.execute(update(Import).where(*read).values(upload_id=None))
            db.execute(update(Attempt).where(Attempt.id.in_(some)).values(upload_id=None))
            for id, evidence in thinned.items():
                db.execute(update(Grading).where(Grading.id == id).values(evidence=evidence, thinned=True))


def _gradings(db: Session, attempts: Sequence[int]) -> Sequence[Grading]:
    return db.scalars(select(Grading).where(Grading.attempt_id.in_(attempts), Grading.thinned.is_(False))).all()


def _thinned(kept: Kept) -> Kept:
    checks = tuple(
        replace(c, outcome=replace(c.outcome, actual="", location=None, evidence=())) for c in kept.report.checks
    )
    report = replace(kept.report, checks=checks, starts=(), exchanges=(), routes=(), flags=(), limits_hit=())
    return Kept(report)


def _a_few(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (ids[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE))


# ---------------------------------------------------------------------------------------------------------- a person


def forget(db: Session, user: User, by: Viewer | None) -> Forgotten:
    """Delete a person with all that is theirs: work, results, tokens, enrolments. Where they taught, what they decided
    about others stays, without their name. Raises UsageError for the only admin.

    What an export of the class held of them goes with that export. `uploads.clear` frees the disk.
    """
    keep_one_admin(db, user)
    attempts = db.scalars(select(Attempt).where(Attempt.user_id == user.id)).all()
    ids, keys = [attempt.id for attempt in attempts], [attempt.key for attempt in attempts]
    _forget_exports(db, attempts)
    for some in _a_few(ids):
        jobs = select(Job.id).where(Job.attempt_id.in_(some))
        db.execute(delete(Step).where(Step.job_id.in_(jobs)))
        for table in (Grading, Override, Job):
            db.execute(delete(table).where(table.attempt_id.in_(some)))
        db.execute(delete(Attempt).where(Attempt.id.in_(some)))
    db.execute(delete(Token).where(Token.user_id == user.id))
    db.execute(delete(Enrolment).where(Enrolment.user_id == user.id))
    _forget_in_audit(db, user, keys)
    note(db, by, "user.forget", f"user:{user.key}", {"attempts": len(ids)}, who="" if by else "the command line")
    stays = _is_named(db, user)
    if stays:
        user.name, user.login, user.password, user.subject = _GONE, None, None, None
        user.active, user.role, user.seen, user.epoch = False, Role.STUDENT.value, None, user.epoch + 1
    else:
        db.flush()
        db.execute(delete(User).where(User.id == user.id))
    return Forgotten(len(ids), stays)


def _forget_exports(db: Session, attempts: Sequence[Attempt]) -> None:
    """The file of a whole class holds their work, and the list of it their name: also where it was the same work as in
    an export before."""
    imports = {attempt.import_id for attempt in attempts if attempt.import_id is not None}
    keys, assignments = {one.key for one in attempts}, {one.assignment_id for one in attempts}
    for id, mapping in db.execute(select(Import.id, Import.mapping).where(Import.assignment_id.in_(assignments))):
        if any(entry["attempt"] in keys for entry in mapping):
            imports.add(id)
    values: dict[str, object] = {"upload_id": None, "mapping": [], "left_out": [], "filename": ""}
    db.execute(update(Import).where(Import.id.in_(imports)).values(**values))


def _forget_in_audit(db: Session, user: User, attempts: Sequence[str]) -> None:
    """That something was done stays; of whom, and what it said of them, does not."""
    own = [f"user:{user.key}", *(f"attempt:{key}" for key in attempts)]
    db.execute(update(Audit).where(Audit.user_id == user.id).values(user_id=None, who=_GONE, address="", detail={}))
    for begin in range(0, len(own), _AT_ONCE):
        db.execute(update(Audit).where(Audit.what.in_(own[begin : begin + _AT_ONCE])).values(detail={}))


def _is_named(db: Session, user: User) -> bool:
    """Whether something of others' says that they did it."""
    columns = (Override.by_id, Import.by_id, Job.by_id, RubricVersion.author_id)
    return any(db.scalars(select(column).where(column == user.id).limit(1)).first() is not None for column in columns)
