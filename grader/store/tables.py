"""What the database holds. Migrations make the very same; a test compares them.

    runs         one for each command that graded: by which rubric, how, and what it left out
    people       everybody who is known of, with or without work
    submissions  one for each attempt of a person
    gradings     one for every grading ever made; that which counts is not superseded

Scores are exact, as texts: "7", "100/3". Times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
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
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

NAMES = {  # of constraints, the same in every database
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up for INTEGER alone


def now() -> datetime:
    """In UTC, without a zone: SQLite keeps none."""
    return datetime.now(UTC).replace(tzinfo=None)


class Table(DeclarativeBase):
    """What every table has."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON}

    id: Mapped[int] = mapped_column(ID, primary_key=True)


class Run(Table):
    """One command that graded. `options` are what its output was asked to be, `left_out` what was not taken for
    work."""

    __tablename__ = "runs"

    created: Mapped[datetime] = mapped_column(DateTime, default=now)
    finished: Mapped[datetime | None] = mapped_column(DateTime)
    kind: Mapped[str] = mapped_column(String(16))  # batch or rescore
    rubric_id: Mapped[str] = mapped_column(Text)
    rubric_title: Mapped[str] = mapped_column(Text)
    rubric_sha256: Mapped[str] = mapped_column(String(64))
    rubric_text: Mapped[str] = mapped_column(Text)
    checks: Mapped[list[Any]]  # id, title and most points of each, in the rubric's order
    max_score: Mapped[str] = mapped_column(Text)
    pass_mark: Mapped[str] = mapped_column(Text)
    grader_version: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]]
    left_out: Mapped[list[Any]]  # path and reason of each


class Person(Table):
    """Somebody whose work it is. `listed` by the last run that knew of them; `ids` as their own files name them."""

    __tablename__ = "people"

    key: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    ids: Mapped[dict[str, Any]]
    listed: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)

    submissions: Mapped[list[Submission]] = relationship(back_populates="person", order_by="Submission.attempt")


class Submission(Table):
    """One attempt, as it was when it was last `listed` by a run. `file` names its reports."""

    __tablename__ = "submissions"

    key: Mapped[str] = mapped_column(Text, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    attempt: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    submitted: Mapped[str] = mapped_column(Text)  # ISO 8601, as far as it is known
    late_seconds: Mapped[float] = mapped_column(Float)
    late: Mapped[bool] = mapped_column(Boolean)
    file: Mapped[str] = mapped_column(Text)
    file_key: Mapped[str] = mapped_column(Text, unique=True)  # the same for names that a file system takes for one
    listed: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)

    person: Mapped[Person] = relationship(back_populates="submissions")
    gradings: Mapped[list[Grading]] = relationship(back_populates="submission", order_by="Grading.id")


class Grading(Table):
    """One grading. `marks` holds id, status, points, most points and message of each check; `report` the JSON report
    and `evidence` all that was seen, both compressed."""

    __tablename__ = "gradings"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    created: Mapped[datetime] = mapped_column(DateTime, default=now)
    rubric_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))  # of the work, as it was then
    late_seconds: Mapped[float] = mapped_column(Float)
    grader_version: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    score: Mapped[str | None] = mapped_column(Text)
    max_score: Mapped[str] = mapped_column(Text)
    passed: Mapped[bool | None] = mapped_column(Boolean)
    problem: Mapped[str] = mapped_column(Text)
    marks: Mapped[list[Any]]
    seed: Mapped[str] = mapped_column(Text)
    duration_seconds: Mapped[float] = mapped_column(Float)
    tries: Mapped[int] = mapped_column(Integer)
    rescored_from: Mapped[int | None] = mapped_column(ForeignKey("gradings.id"))
    superseded: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    report: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    evidence: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    submission: Mapped[Submission] = relationship(back_populates="gradings")

    __table_args__ = (
        Index(
            "ix_gradings_that_count",
            "submission_id",
            unique=True,
            sqlite_where=text("NOT superseded"),
            postgresql_where=text("NOT superseded"),
        ),
    )
