"""Files, and what they were handed in as."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.courses.tables.base import Table, new_key
from grader.courses.tables.courses import Assignment
from grader.courses.tables.people import User
from grader.store.tables import now

if TYPE_CHECKING:
    from grader.courses.tables.graded import Grading, Job, Override


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
