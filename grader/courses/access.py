"""Who may do what. Everything that is shown or changed asks here, pages and API alike."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from grader.courses.tables import Assignment, Attempt, Course, Enrolment, Role, User
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
    return _enrolled_as(session.scalars(asked).first(), course)


def _enrolled_as(role: str | None, course: Course) -> Role | None:
    if role is None or (course.archived and role != Role.INSTRUCTOR):
        return None
    return Role(role)


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
    return _seen_as(role_in(session, viewer, attempt.assignment.course), viewer.id, attempt)


def _seen_as(role: Role | None, user_id: int, attempt: Attempt) -> Role | None:
    if role is Role.INSTRUCTOR or (role is Role.STUDENT and attempt.user_id == user_id):
        return role
    return None


def who_still_sees(session: Session, user_id: int, epoch: int, attempt_id: int) -> tuple[Attempt, Role] | None:
    """The attempt, and as whom somebody sees it who was let through to it before, in a session of that epoch: as of
    now, by one query. None where they do not any more."""
    asked = (
        select(Attempt, User, Enrolment.role)
        .join(Attempt.assignment)
        .join(Assignment.course)
        .join(User, User.id == user_id)
        .outerjoin(Enrolment, (Enrolment.user_id == User.id) & (Enrolment.course_id == Course.id))
        .options(contains_eager(Attempt.assignment).contains_eager(Assignment.course))
        .where(Attempt.id == attempt_id, User.active, User.epoch == epoch)
    )
    found = session.execute(asked).first()
    if found is None:
        return None
    attempt, user, enrolled = found
    teaches = user.role == Role.ADMIN
    role = Role.INSTRUCTOR if teaches else _enrolled_as(enrolled, attempt.assignment.course)
    role = _seen_as(role, user_id, attempt)
    return (attempt, role) if role is not None else None
