"""Assignments as they are set up: title, rubric, times, attempts, what is shown when."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from grader.courses import rubrics, teaching
from grader.courses.tables import Counts, Course, Shown
from grader.courses.teaching import Terms
from grader.errors import RubricError, UsageError
from grader.rubric import available
from grader.web import forms, gates
from grader.web.session import database, note, viewer

blueprint = Blueprint("assigning", __name__)
_MOST_ATTEMPTS = 1000
COUNTS = {Counts.LATEST: "the last attempt", Counts.BEST: "the attempt with the most points"}
SHOWN = {
    Shown.AT_ONCE: "at once",
    Shown.AFTER_DUE: "after the due date",
    Shown.ON_RELEASE: "when they are released",
    Shown.NEVER: "never",
}


@blueprint.get("/courses/<key>/assignments/new")
def new(key: str) -> ResponseReturnValue:
    """The form of a new one."""
    with database().reading() as db:
        course, _ = gates.to_course(db, key, teaching=True)
    return _form(course, Terms(""), rubric="flask-lab")


@blueprint.post("/courses/<key>/assignments/new")
def create(key: str) -> ResponseReturnValue:
    """A new one. What cannot be is told on the form, with all that was written there."""
    with database().reading() as db:
        course, _ = gates.to_course(db, key, teaching=True)
    try:
        terms, text = _terms(), _rubric()
        rubrics.parse(text)
        with database().writing() as db:
            into, _ = gates.to_course(db, key, teaching=True)
            made = teaching.create_assignment(db, viewer(), into, terms, text)
            note(db, "assignment.create", f"assignment:{made.key}", {"title": terms.title})
    except (UsageError, RubricError) as error:
        return _form(course, None, rubric=request.form.get("rubric", ""), fault=error), 400
    flash("The assignment is there. Students see it as soon as it opens.")
    return redirect(url_for("home.course", key=key))


@blueprint.get("/assignments/<key>/edit")
def edit(key: str) -> ResponseReturnValue:
    """The form of one that is there."""
    with database().reading() as db:
        assignment, _ = gates.to_assignment(db, key, teaching=True)
        course = assignment.course
    return _form(course, teaching.terms_of(assignment), assignment=key)


@blueprint.post("/assignments/<key>/edit")
def save(key: str) -> ResponseReturnValue:
    """Other terms."""
    with database().reading() as db:
        assignment, _ = gates.to_assignment(db, key, teaching=True)
        course = assignment.course
    try:
        terms = _terms()
        with database().writing() as db:
            assignment, _ = gates.to_assignment(db, key, teaching=True)
            changes = teaching.change_assignment(assignment, terms)
            if changes:
                note(db, "assignment.edit", f"assignment:{key}", changes)
    except UsageError as error:
        return _form(course, None, assignment=key, fault=error), 400
    flash("The assignment is saved.")
    return redirect(url_for("home.course", key=course.key))


def _terms() -> Terms:
    """What the form says. Raises UsageError."""
    return Terms(
        title=forms.text("title", most=120, called="The title"),
        opens=forms.moment("opens", "Opens"),
        due=forms.moment("due", "Due"),
        closes=forms.moment("closes", "Closes"),
        most_attempts=forms.whole("most_attempts", least=1, most=_MOST_ATTEMPTS, called="The number of attempts"),
        counts=forms.choice("counts", Counts),
        show_scores=forms.choice("show_scores", Shown),
        show_hidden=forms.choice("show_hidden", Shown),
    )


def _rubric() -> str:
    """The text: a bundled rubric's, or the one that was written. Raises UsageError."""
    name = request.form.get("rubric", "")
    return rubrics.bundled(name) if name else request.form.get("rubric_text", "")


def _form(
    course: Course,
    terms: Terms | None,
    *,
    assignment: str = "",
    rubric: str = "",
    fault: UsageError | RubricError | None = None,
) -> str:
    """`terms`: None for what was sent."""
    return render_template(
        "web/courses/assignment.html",
        course=course,
        assignment=assignment,
        terms=terms,
        sent=request.form,
        rubric=rubric,
        bundled=available(),
        fault=fault,
        faults=list(getattr(fault, "faults", ())),
        counts=COUNTS,
        shown=SHOWN,
    )
