"""Accounts, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.courses.tables.base import Table, new_key
from grader.courses.tables.choices import Role
from grader.store.tables import now

if TYPE_CHECKING:
    from grader.courses.tables.courses import Enrolment


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
