"""What the database of a department holds. Migrations make the very same; a test compares them.

    users, tokens              who may sign in, and with what
    tries                      passwords that were wrong a moment ago
    courses, enrolments        who teaches and who learns what
    assignments, rubrics       what is asked, by which version of which rubric
    uploads, attempts          what was handed in; the files themselves lie beside the database, by their hash
    jobs, steps                what is to be graded, by whom it is being graded, and how far that is
    gradings                   every result ever made; one of each attempt counts
    overrides                  what a person decided otherwise, and why
    imports                    exports of a whole class that were uploaded
    audit                      who did what

`key` is what an address names: opaque, so that nobody guesses another's. Scores are exact, as texts: "7", "100/3".
Times are UTC, without a zone.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from grader.store.tables import ID, NAMES, now


def new_key() -> str:
    """A name that nobody guesses: 96 bits."""
    return secrets.token_urlsafe(12)


class Role(StrEnum):
    """What somebody is. Of an account: ADMIN may do everything, INSTRUCTOR may make courses. Of an enrolment:
    INSTRUCTOR or STUDENT, in that course."""

    ADMIN = "admin"
    INSTRUCTOR = "instructor"
    STUDENT = "student"


class Counts(StrEnum):
    """Which attempt of a person counts."""

    LATEST = "latest"
    BEST = "best"


class Shown(StrEnum):
    """When students see something: scores, or the hidden checks."""

    AT_ONCE = "at_once"
    AFTER_DUE = "after_due"
    ON_RELEASE = "on_release"
    NEVER = "never"


class JobKind(StrEnum):
    """Why something is graded. A TRIAL is an instructor's look at a rubric: it counts for nobody."""

    GRADE = "grade"
    REGRADE = "regrade"
    TRIAL = "trial"


class JobState(StrEnum):
    """How far a job is. FAILED: the grader's own fault, after all tries; the attempt is ungraded, never zero."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class GradingState(StrEnum):
    """CURRENT counts. PROPOSED was made by a re-grading and waits until somebody has compared it. A TRIAL never
    counts."""

    CURRENT = "current"
    PROPOSED = "proposed"
    SUPERSEDED = "superseded"
    TRIAL = "trial"


class Table(DeclarativeBase):
    """What every table has."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON, datetime: DateTime}

    id: Mapped[int] = mapped_column(ID, primary_key=True)


class User(Table):
    """An account, or a person of a class list who has none yet (`password` and `subject` empty: nobody signs in).

    `epoch` counts up whenever all sessions are to end. `login` is compared folded.
    """

    __tablename__ = "users"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    login: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password: Mapped[str | None] = mapped_column(Text)  # an argon2 hash
    subject: Mapped[str | None] = mapped_column(Text, unique=True)  # of an OpenID provider: issuer and subject
    role: Mapped[str] = mapped_column(String(16), default=Role.STUDENT.value)
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created: Mapped[datetime] = mapped_column(default=now)
    seen: Mapped[datetime | None]

    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="user")


class Token(Table):
    """A personal token for the API; only its hash is kept."""

    __tablename__ = "tokens"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    label: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(default=now)
    expires: Mapped[datetime | None]
    used: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Try(Table):
    """A password that did not fit. `what` hashes what was tried, or from where; it is gone after a while."""

    __tablename__ = "tries"
    __table_args__ = (Index("ix_tries_what", "what", "at"),)

    what: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now, index=True)


class Course(Table):
    """A course. `archived`: it is shown to nobody but those who teach it, and takes nothing."""

    __tablename__ = "courses"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    title: Mapped[str] = mapped_column(Text)
    archived: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[datetime] = mapped_column(default=now)

    assignments: Mapped[list[Assignment]] = relationship(back_populates="course", order_by="Assignment.id")
    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="course")


class Enrolment(Table):
    """Somebody in a course. `ids` are theirs as the course's lists have them: what an export is matched by."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("user_id", "course_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    role: Mapped[str] = mapped_column(String(16), default=Role.STUDENT.value)
    ids: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source_key: Mapped[str | None] = mapped_column(Text)  # what an export calls them: the same one in the next

    user: Mapped[User] = relationship(back_populates="enrolments")
    course: Mapped[Course] = relationship(back_populates="enrolments")


class Assignment(Table):
    """What is to be handed in. Nothing is taken before `opens` nor after `closes`; what comes after `due` is late, as
    the rubric's late policy says. `released` is when results were released, if they are."""

    __tablename__ = "assignments"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    opens: Mapped[datetime | None]
    due: Mapped[datetime | None]
    closes: Mapped[datetime | None]
    most_attempts: Mapped[int | None]
    counts: Mapped[str] = mapped_column(String(16), default=Counts.LATEST.value)
    show_scores: Mapped[str] = mapped_column(String(16), default=Shown.AT_ONCE.value)
    show_hidden: Mapped[str] = mapped_column(String(16), default=Shown.NEVER.value)
    released: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=now)

    course: Mapped[Course] = relationship(back_populates="assignments")
    versions: Mapped[list[RubricVersion]] = relationship(back_populates="assignment", order_by="RubricVersion.number")


class RubricVersion(Table):
    """A text that loads as a rubric; nothing else is ever stored. `number` counts from 1 in an assignment, whose last
    version is in force: who goes back to an older one makes it the last again."""

    __tablename__ = "rubrics"
    __table_args__ = (UniqueConstraint("assignment_id", "number"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    number: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime] = mapped_column(default=now)

    assignment: Mapped[Assignment] = relationship(back_populates="versions")
    author: Mapped[User | None] = relationship()


class Upload(Table):
    """A file that is kept, once for equal ones: `sha256` is its name on the disk."""

    __tablename__ = "uploads"

    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(default=now)


class Attempt(Table):
    """What somebody handed in at one time: an archive of it, `number` counting from 1 for each person. `late_seconds`
    after `due`. `import_id`: it came with an export, which calls its person `source_key` and knows them by `ids`: some
    of those are good for this one assignment alone. `digest` is of its files, however they were packed. `once` came
    with the form: what is sent twice is handed in once."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("assignment_id", "user_id", "number"),
        UniqueConstraint("assignment_id", "user_id", "once"),
    )

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"), index=True)  # None: its files are deleted
    filename: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64), default="")
    submitted: Mapped[datetime] = mapped_column(default=now)
    late_seconds: Mapped[float] = mapped_column(Float, default=0.0)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
    label: Mapped[str] = mapped_column(Text, default="")
    source_key: Mapped[str | None] = mapped_column(Text)
    ids: Mapped[dict[str, Any]] = mapped_column(default=dict)
    once: Mapped[str | None] = mapped_column(String(64))

    assignment: Mapped[Assignment] = relationship()
    user: Mapped[User] = relationship()
    upload: Mapped[Upload | None] = relationship()
    gradings: Mapped[list[Grading]] = relationship(back_populates="attempt", order_by="Grading.id")
    jobs: Mapped[list[Job]] = relationship(back_populates="attempt", order_by="Job.id")
    overrides: Mapped[list[Override]] = relationship(back_populates="attempt", order_by="Override.id")


class Job(Table):
    """Something to be graded. It belongs to `worker` until `lease`; whoever takes it over counts `fence` up, and a
    result counts only under the fence that stands here. `priority`: the smallest first. `runs`: the program is run in
    any case; else a re-grading judges from what was seen before, where that is enough."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_to_take", "state", "priority", "id"),)

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    rubric_id: Mapped[int | None] = mapped_column(ForeignKey("rubrics.id"))
    rubric_text: Mapped[str | None] = mapped_column(Text)  # of a trial, which no version holds
    kind: Mapped[str] = mapped_column(String(16), default=JobKind.GRADE.value)
    state: Mapped[str] = mapped_column(String(16), default=JobState.QUEUED.value)
    priority: Mapped[int] = mapped_column(Integer, default=10)
    fence: Mapped[int] = mapped_column(Integer, default=0)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str | None] = mapped_column(Text)
    lease: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    runs: Mapped[bool] = mapped_column(Boolean, default=False)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
    created: Mapped[datetime] = mapped_column(default=now)
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(back_populates="jobs")
    rubric: Mapped[RubricVersion | None] = relationship()


class Step(Table):
    """A moment of a job that somebody may watch. Its id orders the steps of all jobs, and is what a browser that
    comes back names. `hidden` steps are for those who teach."""

    __tablename__ = "steps"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # state, start, request, check
    text: Mapped[str] = mapped_column(Text)
    check: Mapped[str] = mapped_column("check_id", Text, default="")
    status: Mapped[str] = mapped_column(String(16), default="")
    hidden: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(default=now)


class Grading(Table):
    """A result. `marks` holds id, status, points, most points, message and visibility of each check; `sums` what the
    total is made of beside them (rounding, percent lost by lateness, pass mark); `evidence` the report with all that it
    rests on (`grader.store.codec`), compressed. `rescored`: nothing was run for it.
    `thinned`: what it rests on was deleted, after a while."""

    __tablename__ = "gradings"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), unique=True)  # a job has one result at most
    rubric_id: Mapped[int | None] = mapped_column(ForeignKey("rubrics.id"))
    state: Mapped[str] = mapped_column(String(16), default=GradingState.CURRENT.value)
    created: Mapped[datetime] = mapped_column(default=now)
    status: Mapped[str] = mapped_column(String(16))
    score: Mapped[str | None] = mapped_column(Text)
    max_score: Mapped[str] = mapped_column(Text)
    passed: Mapped[bool | None] = mapped_column(Boolean)
    shown_score: Mapped[str | None] = mapped_column(Text)  # without hidden checks
    shown_max_score: Mapped[str] = mapped_column(Text, default="0")
    problem: Mapped[str] = mapped_column(Text, default="")
    marks: Mapped[list[Any]]
    sums: Mapped[dict[str, Any]] = mapped_column(default=dict)
    duration_seconds: Mapped[float] = mapped_column(Float, default=0.0)
    rescored: Mapped[bool] = mapped_column(Boolean, default=False)
    grader_version: Mapped[str] = mapped_column(String(64))
    thinned: Mapped[bool] = mapped_column(Boolean, default=False)
    evidence: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    attempt: Mapped[Attempt] = relationship(back_populates="gradings")
    rubric: Mapped[RubricVersion | None] = relationship()

    __table_args__ = (
        Index(
            "ix_gradings_that_count",
            "attempt_id",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
    )


class Override(Table):
    """Points that a person gave, for one check or (`check` empty) for the whole; the computed ones stay beside them."""

    __tablename__ = "overrides"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    check: Mapped[str] = mapped_column("check_id", Text, default="")
    points: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    withdrawn: Mapped[datetime | None]

    attempt: Mapped[Attempt] = relationship(back_populates="overrides")
    by: Mapped[User] = relationship()


class Import(Table):
    """An export of a whole class. `state`: reading, grading, done, failed, cancelled; `told` are sentences about it,
    `left_out` pairs of path and reason, `mapping` what became of each attempt in it. It is read by `worker` until
    `lease`; after that by whoever comes first."""

    __tablename__ = "imports"

    key: Mapped[str] = mapped_column(String(24), unique=True, default=new_key)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id"), index=True)
    filename: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32), default="")
    state: Mapped[str] = mapped_column(String(16), default="reading")
    told: Mapped[list[Any]] = mapped_column(default=list)
    left_out: Mapped[list[Any]] = mapped_column(default=list)
    mapping: Mapped[list[Any]] = mapped_column(default=list)
    worker: Mapped[str | None] = mapped_column(Text)
    lease: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[datetime] = mapped_column(default=now)
    finished: Mapped[datetime | None]

    assignment: Mapped[Assignment] = relationship()


class Audit(Table):
    """Who did what, to what, and when. Never changed."""

    __tablename__ = "audit"

    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    who: Mapped[str] = mapped_column(Text)  # as they were called then
    action: Mapped[str] = mapped_column(String(40))
    what: Mapped[str] = mapped_column(Text, default="")  # kind and key of the object
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(String(64), default="")
