"""One person at one assignment: what each attempt gave, points given by hand, and who did what."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses import book, book_cells, classes, gradings, overriding, points, rubrics
from grader.courses.tables import Assignment, Attempt, Enrolment, Grading, Role, User
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.render.numbers import number
from grader.web import forms, gates
from grader.web.session import database, viewer
from grader.web.teaching.routes import WORDS, blueprint, taught

ACTIONS = {
    "attempt.hand_in": "handed in",
    "grade.override": "gave points",
    "grade.withdraw": "took points back",
    "regrade.accept": "accepted a re-grading",
}


@dataclass(frozen=True)
class Shown:
    """An attempt on the page."""

    attempt: Attempt
    grading: Grading | None
    effective: points.Effective
    cells: tuple[book_cells.Cell, ...]
    overrides: dict[str, Any]
    titles: dict[str, str]


@blueprint.get("/assignments/<key>/people/<user>")
def person(key: str, user: str) -> ResponseReturnValue:
    """The attempt that counts, or the one that is asked for."""
    with database().reading() as db:
        assignment = taught(db, key)
        who = _learner(db, assignment, user)
        line = book.lines(db, assignment, who.id)[0]
        asked = select(Attempt).where(Attempt.assignment_id == assignment.id, Attempt.user_id == who.id)
        attempts = db.scalars(asked.order_by(Attempt.number.desc())).all()
        wanted = request.args.get("attempt", 0, type=int) or line.number
        chosen = next((one for one in attempts if one.number == wanted), None)
        shown = _shown(db, chosen) if chosen is not None else None
        trail = [(entry, overriding.told(entry)) for entry in overriding.trail(db, attempts)]
        course = assignment.course
    return render_template(
        "web/teaching/person.html",
        assignment=assignment,
        course=course,
        who=who,
        line=line,
        attempts=attempts,
        shown=shown,
        history=trail,
        actions=ACTIONS,
        words=WORDS,
        late=classes.late,
    )


def _learner(db: Session, assignment: Assignment, key: str) -> User:
    """Somebody who learns in the course."""
    asked = (
        select(User)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(User.key == key, Enrolment.course_id == assignment.course_id, Enrolment.role == Role.STUDENT.value)
    )
    found = db.scalars(asked).first()
    if found is None:
        abort(404)
    return found


def _shown(db: Session, attempt: Attempt) -> Shown:
    grading = gradings.current(db, attempt)
    given = overriding.standing(db, attempt)
    for one in given:
        assert one.by is not None  # loaded, for the page
    effective = points.effective(grading, given)
    marks = grading.marks if grading is not None else ()
    cells = book_cells.cells(marks, {id: effective.points[id] for id in effective.overridden if id})
    version = grading.rubric if grading is not None else None
    titles = classes.titles(rubrics.readable(version.text if version is not None else None))
    return Shown(attempt, grading, effective, cells, {one.check: one for one in given}, titles)


def _to_person(attempt: Attempt) -> str:
    return url_for(
        "teaching.person", key=attempt.assignment.key, user=attempt.user.key, attempt=attempt.number, _anchor="points"
    )


def _change(key: str, change: Any) -> ResponseReturnValue:
    """Do something to an attempt, and show it; what cannot be done is told there."""
    with database().reading() as db:
        attempt, _ = gates.to_attempt(db, key, teaching=True)
        where = _to_person(attempt)
    try:
        with database().writing() as db:
            attempt, _ = gates.to_attempt(db, key, teaching=True)
            words = change(db, attempt)
    except UsageError as error:
        flash(forms.in_short(error), "bad")
    else:
        flash(words)
    return redirect(where)


@blueprint.post("/attempts/<key>/override")
def override(key: str) -> ResponseReturnValue:
    """Points for a check, or for the whole, with the reason."""
    check, text, reason = (request.form.get(name, "") for name in ("check", "points", "reason"))

    def give(db: Session, attempt: Attempt) -> str:
        overriding.give(db, attempt, viewer(), check, text, reason)
        return "The points count from now on. The computed ones stay beside them."

    return _change(key, give)


@blueprint.post("/attempts/<key>/override/withdraw")
def withdraw(key: str) -> ResponseReturnValue:
    """Have the computed points count again."""
    id = request.form.get("override", 0, type=int)

    def take_back(db: Session, attempt: Attempt) -> str:
        taken = overriding.withdraw(db, attempt, viewer(), id)
        return "They are taken back: the computed points count again." if taken else "They were taken back before."

    return _change(key, take_back)


def as_points(text: str) -> str:
    """Exact points, as they are stored, for people."""
    return number(Fraction(text))


blueprint.add_app_template_filter(as_points)
