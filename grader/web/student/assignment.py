"""The assignment as a student sees it: what is asked, how long there is, handing in, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from grader.authoring import explain
from grader.courses import attempts, disk, histories, rubrics, uploads
from grader.courses.packing import Sent
from grader.courses.placing import placed
from grader.courses.showing import showing
from grader.courses.tables import Assignment, Counts, Role
from grader.courses.uploads import Quota
from grader.errors import GraderError, TooLargeError, UsageError
from grader.model import Rubric
from grader.store.tables import now
from grader.web import gates
from grader.web.faults import code_of
from grader.web.security import csrf
from grader.web.session import database, viewer
from grader.web.settings import Settings
from grader.web.student import words
from grader.web.student.routes import blueprint

_TEACHERS = "teaching.gradebook"
_SLACK = 1 << 20  # bytes of a form around its files


@blueprint.get("/assignments/<key>")
def assignment(key: str) -> ResponseReturnValue:
    """A student's page; those who teach come to the gradebook, and with `?as=student` see what students see."""
    with database().reading() as db:
        _, role = gates.to_assignment(db, key)
    if role is not Role.STUDENT and request.args.get("as") != "student" and _TEACHERS in current_app.view_functions:
        return redirect(url_for(_TEACHERS, key=key))
    return _page(key)


@blueprint.post("/assignments/<key>/hand-in")
def hand_in(key: str) -> ResponseReturnValue:
    """Take a zip, a folder or files. What cannot be taken is told on the page; a script is answered by JSON."""
    try:
        check_size(key)
        made = url_for("student.attempt", key=taken(key, csrf.protect))
    except UsageError as error:
        return _refused(key, error)
    if _is_script():
        return {"to": made}, 201
    flash("Handed in. It is graded now; this page follows it.")
    return redirect(made, 303)


csrf.exempt(hand_in)  # it asks for the token itself: what is too much is refused before it is read, the token with it


def check_size(key: str) -> None:
    """By what the request says of itself, before any of it is read."""
    size, most = request.content_length or 0, settings().most_upload
    with database().reading() as db:
        _, role = gates.to_assignment(db, key)
        if size > most + _SLACK:
            raise disk.too_large(most)
        if role is Role.STUDENT:
            uploads.check_room(db, _quota(), viewer().id, max(0, size - _SLACK))


def taken(key: str, check: Callable[[], None] = lambda: None) -> str:
    """The key of the attempt that the request's files have become; `check` is asked once they are read. Raises
    UsageError."""
    try:
        files = _files()
    except RequestEntityTooLarge as error:
        raise TooLargeError(
            "These are more files, or larger ones, than may be uploaded.",
            "Leave out what the lab does not ask for, such as .venv or .git.",
        ) from error
    check()
    with database().reading() as db:
        _let_student(db, key)
    data, once, at = settings().data, request.form.get("once", ""), now()
    with (
        uploads.received(data, files, settings().most_upload) as file,
        placed(database(), data, file),
        database().writing() as db,
    ):
        found = _let_student(db, key)
        made = attempts.take(
            db, data, found, viewer(), file, _quota(), at=at, once=once, address=request.remote_addr or ""
        )
        return made.key


def _files() -> Sequence[Sent]:
    sent = [*request.files.getlist("files"), *request.files.getlist("folder")]
    return [Sent(file.filename, file.stream) for file in sent if file.filename]


def _let_student(db: Session, key: str) -> Assignment:
    found, role = gates.to_assignment(db, key)
    if role is not Role.STUDENT:
        abort(403)
    return found


def _refused(key: str, error: GraderError) -> ResponseReturnValue:
    code = code_of(error)
    if _is_script():
        return {"message": error.message, "advice": error.advice}, code
    return _page(key, error), code


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def settings() -> Settings:
    """The application's."""
    found: Settings = current_app.extensions["settings"]
    return found


def _quota() -> Quota:
    return Quota(settings().quota_of_person, settings().quota)


# ---------------------------------------------------------------------------------------------------------------- page


def _page(key: str, fault: GraderError | None = None) -> str:
    at = now()
    with database().reading() as db:
        found, role = gates.to_assignment(db, key)
        may = showing(found, role, at)
        version = rubrics.in_force(db, found)
        entries = histories.history(db, found, viewer().id, Role.STUDENT, at)
        open_ = attempts.openness(db, found, viewer().id, at)
        course = found.course
    told = _told(found, at, open_)
    early = told["not_open"] and role is Role.STUDENT  # what is asked is part of it
    rubric = rubrics.parse(version.text) if version is not None and not early else None
    return render_template(
        "web/student/assignment.html",
        assignment=found,
        course=course,
        role=role,
        fault=fault,
        **told,
        **_asked(rubric, hidden=may.hidden and role is Role.STUDENT),
        may=may,
        entries=list(reversed(entries)),
        best=histories.best(entries),
        most=settings().most_upload,
        once=secrets.token_urlsafe(16),
    )


def _told(found: Assignment, at: datetime, open_: attempts.Openness) -> dict[str, Any]:
    return {
        "open": open_,
        "time_left": words.time_left(found.due, at),
        "attempts_left": words.attempts_left(open_.used, open_.left),
        "counts": words.COUNTS[Counts(found.counts)],
        "when_shown": words.when_shown(found),
        "states": words.STATES,
        "late": words.late,
        "not_open": found.opens is not None and at < found.opens,
    }


def _asked(rubric: Rubric | None, *, hidden: bool) -> dict[str, Any]:
    """What students are told of a rubric; of its hidden checks only once they are shown."""
    if rubric is None:
        return {"terms": (), "asked": ()}
    shown = rubric if hidden else explain.visible(rubric)
    return {"terms": explain.terms(shown), "asked": explain.asked(shown)}
