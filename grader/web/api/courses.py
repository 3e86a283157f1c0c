"""Courses, assignments, gradebooks."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.authoring import explain
from grader.courses import book, rubrics, tables
from grader.courses.access import role_in
from grader.courses.showing import showing
from grader.courses.tables import Counts, Enrolment, Role, Shown
from grader.store.tables import now
from grader.web import gates
from grader.web.api.resources import As, Assignment, Assignments, Course, Courses, Gradebook, Line, Me, Person, Points
from grader.web.api.routes import operation, page
from grader.web.session import database, viewer

_LINES = 200  # of a page


@operation("GET", "/me", Me)
def me() -> Me:
    """Who asks."""
    return Me(viewer().key, viewer().name, viewer().role)


@operation("GET", "/courses", Courses)
def courses() -> Courses:
    """Every course of the viewer's; an admin sees all."""
    asked = select(tables.Course).order_by(tables.Course.archived, tables.Course.title, tables.Course.id)
    if not viewer().is_admin:
        asked = asked.join(tables.Course.enrolments).where(Enrolment.user_id == viewer().id)
    with database().reading() as db:
        roles = [(one, role_in(db, viewer(), one)) for one in db.scalars(asked).all()]
    return Courses(tuple(_course(one, role) for one, role in roles if role is not None))


@operation("GET", "/courses/<course>", Course)
def course(course: str) -> Course:
    """One course."""
    with database().reading() as db:
        return _course(*gates.to_course(db, course))


@operation("GET", "/courses/<course>/assignments", Assignments)
def assignments(course: str) -> Assignments:
    """The assignments of a course."""
    with database().reading() as db:
        found, role = gates.to_course(db, course)
        return Assignments(tuple(_assignment(db, one, role) for one in found.assignments))


@operation("GET", "/assignments/<assignment>", Assignment)
def assignment(assignment: str) -> Assignment:
    """One assignment."""
    with database().reading() as db:
        return _assignment(db, *gates.to_assignment(db, assignment))


@operation("GET", "/assignments/<assignment>/gradebook", Gradebook, paged=True)
def gradebook(assignment: str) -> Gradebook:
    """Everybody with the attempt that counts and the points of each check, for those who teach."""
    first = (page() - 1) * _LINES
    with database().reading() as db:
        found, _ = gates.to_assignment(db, assignment, teaching=True)
        every = book.lines(db, found)
        some = book.with_cells(db, every[first : first + _LINES])
    more = page() + 1 if first + _LINES < len(every) else None
    return Gradebook(found.key, tuple(map(_line, some)), more)


def _course(found: tables.Course, role: Role) -> Course:
    return Course(found.key, found.title, found.archived, As(role.value))


def _assignment(db: Session, found: tables.Assignment, role: Role) -> Assignment:
    may = showing(found, role, now())
    early = role is Role.STUDENT and found.opens is not None and now() < found.opens
    version = rubrics.in_force(db, found) if not early else None
    rubric = rubrics.parse(version.text) if version is not None else None
    if rubric is not None and not may.hidden:
        rubric = explain.visible(rubric)
    return Assignment(
        key=found.key,
        course=found.course.key,
        title=found.title,
        opens=found.opens,
        due=found.due,
        closes=found.closes,
        most_attempts=found.most_attempts,
        counts=Counts(found.counts),
        show_scores=Shown(found.show_scores),
        released=found.released is not None and found.released <= now(),
        rubric=rubric.title if rubric is not None else None,
        max_score=rubric.max_score if rubric is not None else None,
    )


def _line(line: book.Line) -> Line:
    return Line(
        person=Person(line.user, line.name),
        ids=dict(line.ids),
        status=line.status,
        submission=line.attempt or None,
        number=line.number or None,
        attempts=line.attempts,
        submitted=line.submitted,
        late_seconds=line.late_seconds,
        score=line.score,
        max_score=line.max_score,
        computed=line.computed,
        passed=line.passed,
        overridden=line.overridden,
        reason=line.reason,
        checks=tuple(Points(c.id, c.status, c.points, c.most, c.computed, c.hidden, c.message) for c in line.cells),
    )
