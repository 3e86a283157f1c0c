"""Courses, who is in them, and what they ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.courses.tables.base import Table, new_key
from grader.courses.tables.choices import Counts, Role, Shown
from grader.courses.tables.people import User
from grader.store.tables import now


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
