"""Accounts as an admin sees and changes them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from grader.courses import accounts
from grader.courses.database import alone
from grader.courses.tables import Role, User
from grader.errors import UsageError
from grader.frozen import dataclass

PAGE = 50


@dataclass(frozen=True)
class Users:
    """One page of accounts; `count` is of all pages."""

    people: Sequence[User]
    count: int
    page: int
    pages: int


def look(db: Session, sought: str = "", role: str = "", page: int = 1) -> Users:
    """Accounts whose name, or name to sign in with, holds a text; by name."""
    wanted = []
    if sought:
        wanted.append(or_(User.name.icontains(sought, autoescape=True), User.login.icontains(sought, autoescape=True)))
    if role:
        wanted.append(User.role == role)
    count = db.scalar(select(func.count(User.id)).where(*wanted)) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    asked = select(User).where(*wanted).order_by(func.lower(User.name), User.id).limit(PAGE).offset((page - 1) * PAGE)
    return Users(db.scalars(asked).all(), count, page, pages)


def set_role(db: Session, user: User, role: Role) -> None:
    """Another role of the account. Raises UsageError where nobody would administer any more."""
    if role is not Role.ADMIN:
        keep_one_admin(db, user)
    user.role = role.value


def set_active(db: Session, user: User, *, active: bool) -> None:
    """Whether somebody may sign in; who may not is signed out. Raises UsageError where nobody would administer."""
    if not active:
        keep_one_admin(db, user)
        accounts.end_sessions(user)
    user.active = active


def keep_one_admin(db: Session, user: User) -> None:
    """Raises UsageError where nobody would administer without that account."""
    alone(db, "admins")
    others = select(func.count(User.id)).where(User.role == Role.ADMIN.value, User.active, User.id != user.id)
    if user.role == Role.ADMIN.value and user.active and not db.scalar(others):
        raise UsageError("This is the only admin.", "Make somebody else an admin first.")
