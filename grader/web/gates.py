"""Lets a viewer through to a course, an assignment or an attempt, or ends the request: with 404 where it does not exist
for them, with 403 where they are in the course and may not."""

from __future__ import annotations

from flask import abort
from sqlalchemy.orm import Session

from grader.courses import access
from grader.courses.database import Database
from grader.courses.showing import Showing, showing
from grader.courses.tables import Assignment, Attempt, Course, Role
from grader.errors import StoreError
from grader.store.tables import now
from grader.web.session import viewer


def to_course(db: Session, key: str, *, teaching: bool = False) -> tuple[Course, Role]:
    """The course, and what the viewer is in it; `teaching`: only for those who teach it."""
    course = access.course_of(db, key)
    role = access.role_in(db, viewer(), course) if course is not None else None
    if course is None:
        abort(404)
    return course, _let(role, teaching=teaching)


def to_assignment(db: Session, key: str, *, teaching: bool = False) -> tuple[Assignment, Role]:
    """The assignment, and what the viewer is in its course."""
    assignment = access.assignment_of(db, key)
    role = access.role_in(db, viewer(), assignment.course) if assignment is not None else None
    if assignment is None:
        abort(404)
    return assignment, _let(role, teaching=teaching)


def to_attempt(db: Session, key: str, *, teaching: bool = False) -> tuple[Attempt, Role]:
    """The attempt, and as whom the viewer sees it."""
    attempt = access.attempt_of(db, key)
    role = access.may_see_attempt(db, viewer(), attempt) if attempt is not None else None
    if attempt is None:
        abort(404)
    return attempt, _let(role, teaching=teaching)


def still_lets(opened: Database, user_id: int, epoch: int, attempt_id: int, before: tuple[Role, Showing]) -> bool:
    """Whether somebody who was let through to an attempt some time ago would be now, to see just what they could then;
    for what lasts longer than a request does."""
    try:
        with opened.reading() as db:
            found = access.who_still_sees(db, user_id, epoch, attempt_id)
    except StoreError:  # it is asked again; while the database is away there is nothing to tell
        return True
    return found is not None and (found[1], showing(found[0].assignment, found[1], now())) == before


def _let(role: Role | None, *, teaching: bool) -> Role:
    if role is None:
        abort(404)
    if teaching and role is not Role.INSTRUCTOR:
        abort(403)
    return role
