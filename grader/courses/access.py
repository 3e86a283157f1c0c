"""Who may do what. Everything that is shown or changed asks here, pages and API alike."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses.tables import Assignment, Attempt, Course, Enrolment, Role
from grader.frozen import dataclass


@dataclass(frozen=True)
class Viewer:
    """Somebody who is signed in."""

    id: int
    key: str
    name: str
    role: Role  # of the account

    @property
    def is_admin(self) -> bool:
        """Who may do everything."""
        return self.role is Role.ADMIN

    @property
    def may_make_courses(self) -> bool:
        """Who may begin a course, and so teach it."""
        return self.role in (Role.ADMIN, Role.INSTRUCTOR)


def role_in(session: Session, viewer: Viewer, course: Course) -> Role | None:
    """What somebody is in a course: INSTRUCTOR, STUDENT, or None, for whom the course does not exist."""
    if viewer.is_admin:
        return Role.INSTRUCTOR
    asked = select(Enrolment.role).where(Enrolment.user_id == viewer.id, Enrolment.course_id == course.id)
    found = session.scalars(asked).first()
    if found is None or (course.archived and found != Role.INSTRUCTOR):
        return None
    return Role(found)


def course_of(session: Session, key: str) -> Course | None:
    """The course of that key."""
    return session.scalars(select(Course).where(Course.key == key)).first()


def assignment_of(session: Session, key: str) -> Assignment | None:
    """The assignment of that key."""
    return session.scalars(select(Assignment).where(Assignment.key == key)).first()


def attempt_of(session: Session, key: str) -> Attempt | None:
    """The attempt of that key."""
    return session.scalars(select(Attempt).where(Attempt.key == key)).first()


def may_see_attempt(session: Session, viewer: Viewer, attempt: Attempt) -> Role | None:
    """As whom somebody sees an attempt: as one who teaches the course, or as the student whose it is; else None."""
    role = role_in(session, viewer, attempt.assignment.course)
    if role is Role.INSTRUCTOR or (role is Role.STUDENT and attempt.user_id == viewer.id):
        return role
    return None
