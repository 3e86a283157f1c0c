"""One attempt: how far its grading is, and then its report; and the files that were handed in."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import abort, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.courses import attempts, gradings, histories, jobs, uploads
from grader.courses.histories import State
from grader.courses.showing import showing
from grader.courses.tables import Attempt, Grading, Role
from grader.store.tables import now
from grader.web import gates, reports
from grader.web.session import database
from grader.web.student import words
from grader.web.student.assignment import settings
from grader.web.student.routes import blueprint


@blueprint.get("/attempts/<key>")
def attempt(key: str) -> ResponseReturnValue:
    """Its owner's page, and that of those who teach."""
    with database().reading() as db:
        found, role = gates.to_attempt(db, key)
        grading = gradings.current(db, found)
        state = _state(db, found, grading)
        told = _told(db, found, role, grading, state)
        gathered = reports.gather(db, found, role) if grading is not None else None
    shown = gathered is not None and gathered.showing.result and state is State.GRADED
    report = (
        reports.render_attempt(gathered, title=told["assignment"].title) if gathered is not None and shown else None
    )
    return render_template("web/student/attempt.html", **told, report=report)


def _state(db: Session, found: Attempt, grading: Grading | None) -> State:
    job = jobs.latest(db, found)
    return histories.state_of(grading, job.state if job is not None else None)


def _told(db: Session, found: Attempt, role: Role, grading: Grading | None, state: State) -> dict[str, Any]:
    """All that the page says beside the report."""
    assignment = found.assignment
    entries = histories.history(db, assignment, found.user_id, role, now())
    own = next((entry for entry in entries if entry.id == found.id), None)
    return {
        "attempt": found,
        "assignment": assignment,
        "course": assignment.course,
        "person": found.user,
        "upload": found.upload,
        "role": role,
        "state": state,
        "badge_of": words.STATES[state],
        "may": showing(assignment, role, now()),
        "entries": list(reversed(entries)),
        "own": own,
        "closed": bool(attempts.openness(db, assignment, found.user_id, now()).why_not),
        "before": max((e for e in entries if e.number < found.number), key=lambda e: e.number, default=None),
        "late": words.late,
        "states": words.STATES,
        "when_shown": words.when_shown(assignment),
        "problem": grading.problem if grading is not None else "",
        "job": jobs.latest(db, found) if state in (State.WAITING, State.RUNNING) else None,
    }


@blueprint.get("/attempts/<key>/files")
def files(key: str) -> ResponseReturnValue:
    """What was handed in, as it is kept: a zip."""
    with database().reading() as db:
        found, _ = gates.to_attempt(db, key)
        upload = found.upload
    path = uploads.path_of(settings().data, upload.sha256) if upload is not None else None
    if path is None or not path.is_file():
        abort(404)
    name = found.filename if found.filename.lower().endswith(".zip") else f"{found.filename}.zip"
    return send_file(  # equal files are kept once: when that one was written would tell of others' uploads
        path, "application/zip", as_attachment=True, download_name=name, max_age=0, conditional=False, etag=False,
        last_modified=found.submitted.replace(tzinfo=UTC),
    )  # fmt: skip
