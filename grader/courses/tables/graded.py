"""Jobs, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.courses.tables.base import Table, new_key
from grader.courses.tables.choices import GradingState, JobKind, JobState
from grader.courses.tables.courses import RubricVersion
from grader.courses.tables.handed_in import Attempt
from grader.courses.tables.people import User
from grader.store.tables import now


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
