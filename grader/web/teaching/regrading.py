"""Grading again, and what would change, before it does."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import book, book_asked, classes, regrading, rubrics
from grader.courses.book import Line
from grader.courses.tables import Assignment, Attempt, Grading, GradingState, RubricVersion
from grader.web import forms
from grader.web.session import database, viewer
from grader.web.teaching.gradebook import asked_for
from grader.web.teaching.routes import blueprint, taught

_MOST_SHOWN = 300
_FEW = 50  # decided on in a transaction


def _to_page(key: str) -> str:
    return url_for("teaching.regrade", key=key)


@blueprint.get("/assignments/<key>/regrade")
def regrade(key: str) -> ResponseReturnValue:
    """What waits to be run, and what waits to be decided on."""
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
        proposals = regrading.proposals(db, assignment)
        waiting = regrading.waiting(db, assignment)
        by_version = _by_version(db, assignment)
        in_force = rubrics.in_force(db, assignment)
        titles = classes.titles(classes.rubric_of(db, assignment))
        handed_in = [line for line in book.lines(db, assignment) if line.attempt_id]
    shown = proposals[:_MOST_SHOWN]
    return render_template(
        "web/teaching/regrade.html",
        assignment=assignment,
        course=course,
        proposals=shown,
        more=len(proposals) - len(shown),
        changing=[one for one in shown if one.changes],
        unchanged=[one for one in shown if not one.changes],
        waiting=[one for one in waiting if one.state != "failed"],
        failed=[one for one in waiting if one.state == "failed"],
        by_version=by_version,
        in_force=in_force,
        titles=titles,
        handed_in=len(handed_in),
    )


def _by_version(db: Session, assignment: Assignment) -> Sequence[tuple[int, int]]:
    """How many results that count rest on which version of the rubric."""
    asked = (
        select(RubricVersion.number, func.count(Grading.id))
        .join(Grading, Grading.rubric_id == RubricVersion.id)
        .join(Attempt, Attempt.id == Grading.attempt_id)
        .where(Attempt.assignment_id == assignment.id, Grading.state == GradingState.CURRENT.value)
        .group_by(RubricVersion.number)
        .order_by(RubricVersion.number)
    )
    return [(number, count) for number, count in db.execute(asked)]


@blueprint.post("/assignments/<key>/regrade")
@forms.back_with_faults(_to_page)
def ask_regrade(key: str) -> ResponseReturnValue:
    """Have some graded again: those that were ticked, those that a filter leaves, or all."""
    with database().writing() as db:
        assignment = taught(db, key)
        run = request.form.get("how") == "run"
        count = regrading.ask(db, assignment, viewer(), _chosen(db, assignment), run=run)
    flash(f"{count} to be graded again. Nothing changes for anybody until you have accepted it here.")
    return redirect(_to_page(key))


def _chosen(db: Session, assignment: Assignment) -> Collection[int]:
    """The attempts that count of whoever was chosen."""
    which = request.form.get("which", "selected")
    lines: Sequence[Line] = book.lines(db, assignment)
    if which == "filtered":
        lines = book_asked.chosen(db, lines, asked_for(request.form))
    elif which != "all":
        ticked = set(request.form.getlist("user"))
        lines = [line for line in lines if line.user in ticked]
    return [line.attempt_id for line in lines if line.attempt_id]


@blueprint.post("/assignments/<key>/regrade/decide")
@forms.back_with_faults(_to_page)
def decide_regrade(key: str) -> ResponseReturnValue:
    """Accept or reject what was ticked, or all that the page showed: nothing that nobody has seen."""
    accept = request.form.get("do", "").startswith("accept")
    ticked = request.form.getlist("grading")
    keys = request.form.get("shown", "").split(",") if request.form.get("do", "").endswith("all") else ticked
    with database().reading() as db:
        taught(db, key)
    count, wanted = 0, list(dict.fromkeys(keys))
    for begin in range(0, len(wanted), _FEW):  # each stands for itself; workers and students get their turns between
        with database().writing() as db:
            some = wanted[begin : begin + _FEW]
            count += regrading.decide(db, taught(db, key), viewer(), some, accept=accept)
    done = "accepted: they count now" if accept else "rejected: what counted before stays"
    flash(f"{count} {done}." if count else "Nothing was ticked, or somebody has decided on it meanwhile.")
    return redirect(_to_page(key))
