"""Trying a text that is not saved on somebody's work: at once where what was seen suffices, else by a run of its own.
Nobody's points change."""

from __future__ import annotations

from fractions import Fraction

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses import gradings, jobs, rubrics
from grader.courses.access import attempt_of
from grader.courses.showing import Showing
from grader.courses.tables import Assignment, Attempt, Job, JobKind, JobState, User
from grader.errors import UngradedError
from grader.frozen import dataclass
from grader.model import Kept, Report
from grader.pipeline import How, rescore
from grader.web.reports import render_report
from grader.web.rubric.editor import checked, taught
from grader.web.session import database, viewer

blueprint = Blueprint("trying", __name__)

_ALL = Showing(result=True, hidden=True)


@dataclass(frozen=True)
class Moved:
    """A check that gives other points than before; None where only one of the two texts has it."""

    id: str
    title: str
    before: Fraction | None
    after: Fraction | None


@blueprint.post("/assignments/<key>/rubric/try")
def begin(key: str) -> ResponseReturnValue:
    """Try the text on the attempt."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    with database().reading() as db:
        assignment = taught(db, key)
        attempt = _of(db, assignment, request.form.get("attempt", ""))
        grading = gradings.current(db, attempt)
        before = gradings.kept_of(db, grading) if grading is not None else None
    said = checked(text)
    if said.faults:
        return _answer("web/rubric/faulty.html", 422, assignment=assignment, course=assignment.course, said=said)
    after = _seen(before, text, attempt)
    if after is not None:
        return _shown(assignment, attempt, before, after, text)
    with database().writing() as db:
        here = attempt_of(db, attempt.key)
        assert here is not None
        by = db.get(User, viewer().id)
        job = jobs.enqueue(db, here, kind=JobKind.TRIAL, by=by, rubric_text=text).key
    return redirect(url_for("trying.look", key=key, job=job), 303)


@blueprint.get("/assignments/<key>/rubric/trials/<job>")
def look(key: str, job: str) -> ResponseReturnValue:
    """How far a trial is, or what it gave."""
    with database().reading() as db:
        assignment = taught(db, key)
        found = db.scalars(select(Job).where(Job.key == job, Job.kind == JobKind.TRIAL.value)).first()
        if found is None or found.attempt.assignment_id != assignment.id:
            abort(404)
        attempt = _with_names(found.attempt)
        grading, current = gradings.of_job(db, found), gradings.current(db, attempt)
        after = gradings.kept_of(db, grading) if grading is not None else None
        before = gradings.kept_of(db, current) if current is not None else None
    if after is not None:
        return _shown(assignment, attempt, before, after, found.rubric_text or "", grading.key if grading else "")
    waits = found.state in (JobState.QUEUED.value, JobState.RUNNING.value)
    return _answer(
        "web/rubric/waiting.html", 200, assignment=assignment, course=assignment.course, job=found, waits=waits
    )


def _of(db: Session, assignment: Assignment, key: str) -> Attempt:
    attempt = attempt_of(db, key)
    if attempt is None or attempt.assignment_id != assignment.id:
        abort(404)
    return _with_names(attempt)


def _with_names(attempt: Attempt) -> Attempt:
    """With what a page says of it, which is read now: it is rendered after the session has ended."""
    assert attempt.user, attempt.assignment.course
    return attempt


def _seen(before: Kept | None, text: str, attempt: Attempt) -> Kept | None:
    """The result from what was seen before; None where that does not suffice."""
    if before is None:
        return None
    try:
        return rescore(before, rubrics.parse(text), How(late_seconds=attempt.late_seconds))
    except UngradedError:  # what was seen cannot be judged by it: a run may
        return None


def _shown(
    assignment: Assignment, attempt: Attempt, before: Kept | None, after: Kept, text: str, grading: str = ""
) -> ResponseReturnValue:
    report = render_report(after, attempt=attempt, showing=_ALL, rubric=rubrics.parse(text), grading=grading)
    return _answer(
        "web/rubric/tried.html",
        200,
        assignment=assignment,
        course=assignment.course,
        attempt=attempt,
        before=before.report if before is not None else None,
        after=after.report,
        moved=moved(before.report, after.report) if before is not None else [],
        report=report,
    )


def moved(before: Report, after: Report) -> list[Moved]:
    """The checks that give other points, in the order of the new text; those that are gone come last."""
    old, new = {r.id: r for r in before.checks}, {r.id: r for r in after.checks}
    found = [
        Moved(id, result.title, old[id].score if id in old else None, result.score)
        for id, result in new.items()
        if id not in old or old[id].score != result.score
    ]
    return found + [Moved(id, result.title, result.score, None) for id, result in old.items() if id not in new]


def _answer(template: str, code: int, **values: object) -> ResponseReturnValue:
    """A part for the editor's script, or a page for a browser without one."""
    part = request.headers.get("X-Requested-With") == "fetch"
    frame = "web/rubric/part.html" if part else "web/rubric/page.html"
    return render_template(template, frame=frame, **values), code
