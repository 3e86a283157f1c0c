"""Courses: the list, one of them, how it is set up."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import standing, teaching
from grader.courses.tables import Assignment, Course, Enrolment, Role
from grader.store.tables import now
from grader.web import forms, gates
from grader.web.session import database, note, viewer

blueprint = Blueprint("home", __name__)


def _back_to_new() -> str:
    return url_for("home.new")


def _back_to_edit(key: str) -> str:
    return url_for("home.edit", key=key)


@blueprint.get("/")
def courses() -> ResponseReturnValue:
    """Every course of the viewer's; an admin sees all."""
    mine = select(Enrolment.course_id, Enrolment.role).where(Enrolment.user_id == viewer().id).subquery()
    asked = select(Course, mine.c.role).outerjoin(mine, mine.c.course_id == Course.id).order_by(Course.archived)
    if not viewer().is_admin:
        asked = asked.where((mine.c.role == Role.INSTRUCTOR.value) | (mine.c.role.is_not(None) & ~Course.archived))
    with database().reading() as db:
        found = [(course, role) for course, role in db.execute(asked.order_by(func.lower(Course.title), Course.id))]
        next_due = _next_due(db, [course.id for course, _ in found])
    return render_template("web/courses.html", courses=found, next_due=next_due)


def _next_due(db: Session, courses: list[int]) -> dict[int, Assignment]:
    """What is due next in each course."""
    moment = now()
    asked = (
        select(Assignment)
        .where(Assignment.course_id.in_(courses), Assignment.due > moment)
        .where(Assignment.opens.is_(None) | (Assignment.opens <= moment))
    )
    found: dict[int, Assignment] = {}
    for assignment in db.scalars(asked.order_by(Assignment.due)):
        found.setdefault(assignment.course_id, assignment)
    return found


@blueprint.get("/courses/new")
def new() -> ResponseReturnValue:
    """The form of a new course."""
    _require_maker()
    return render_template("web/courses/new.html")


@blueprint.post("/courses/new")
@forms.back_with_faults(_back_to_new)
def create() -> ResponseReturnValue:
    """A new course."""
    _require_maker()
    title = forms.text("title", most=120, called="The title")
    with database().writing() as db:
        course = teaching.create_course(db, viewer(), title)
        note(db, "course.create", f"course:{course.key}", {"title": title})
    return redirect(url_for("home.course", key=course.key))


def _require_maker() -> None:
    if not viewer().may_make_courses:
        abort(403)


@blueprint.get("/courses/<key>")
def course(key: str) -> ResponseReturnValue:
    """A course, as a student or as a teacher sees it."""
    with database().reading() as db:
        found, role = gates.to_course(db, key)
        if role is Role.STUDENT:
            entries = standing.of_student(db, found, viewer().id, now())
            return render_template("web/courses/student.html", course=found, entries=entries, now=now())
        tallies = standing.of_class(db, found)
        learning = select(func.count(Enrolment.id)).where(
            Enrolment.course_id == found.id, Enrolment.role == Role.STUDENT.value
        )
        students = db.scalar(learning)
        assignments = list(found.assignments)
    return render_template(
        "web/courses/teacher.html",
        course=found,
        assignments=assignments,
        tallies=tallies,
        students=students,
        now=now(),
    )


@blueprint.get("/courses/<key>/edit")
def edit(key: str) -> ResponseReturnValue:
    """Its title, and whether it is archived."""
    with database().reading() as db:
        found, _ = gates.to_course(db, key, teaching=True)
    return render_template("web/courses/edit.html", course=found)


@blueprint.post("/courses/<key>/edit")
@forms.back_with_faults(_back_to_edit)
def save(key: str) -> ResponseReturnValue:
    """Another title."""
    with database().writing() as db:
        found, _ = gates.to_course(db, key, teaching=True)
        before, found.title = found.title, forms.text("title", most=120, called="The title")
        note(db, "course.edit", f"course:{found.key}", {"title": [before, found.title]})
    flash("The course is saved.")
    return redirect(url_for("home.course", key=key))


@blueprint.post("/courses/<key>/archive")
def archive(key: str) -> ResponseReturnValue:
    """Put it away, or bring it back."""
    with database().writing() as db:
        found, _ = gates.to_course(db, key, teaching=True)
        found.archived = not found.archived
        note(db, "course.archive" if found.archived else "course.bring-back", f"course:{found.key}")
        archived = found.archived
    flash("The course is archived: students do not see it, and nothing is taken." if archived else "It is back.")
    return redirect(url_for("home.course", key=key))
