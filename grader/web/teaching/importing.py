"""A class's export: uploaded, then watched while it is read and graded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from grader.courses import disk, importing, imports, uploads
from grader.courses.imports import At, Row, Watched
from grader.courses.packing import Sent
from grader.courses.placing import placed
from grader.courses.tables import Import
from grader.courses.uploads import Quota
from grader.errors import GraderError, TooLargeError, UsageError
from grader.render.numbers import number
from grader.sources import Kind
from grader.sources.kinds import READERS
from grader.web.faults import code_of
from grader.web.security import csrf
from grader.web.session import database, viewer
from grader.web.teaching.routes import blueprint, settings, taught

PAGE = 100
_UNKNOWN = "not known yet"
_SLACK = 1 << 20  # bytes of a form around its file
_WORDS = {
    At.READING: ("reading", ""),
    At.QUEUED: ("queued", ""),
    At.RUNNING: ("running", "now"),
    At.DONE: ("passed", "good"),
    At.FAILED: ("failed", "bad"),
    At.NOT_GRADABLE: ("not gradable", "part"),
    At.UNGRADED: ("ungraded", "part"),
    At.CANCELLED: ("cancelled", ""),
    At.UNCHANGED: ("unchanged", ""),
}
_STATES = {
    "reading": "The export is being read.",
    "grading": "The work is being graded.",
    "done": "All of it is done.",
    "failed": "The export could not be read.",
    "cancelled": "It was cancelled.",
}
_BY = {"new": "new here", "name": "by name", "earlier export": "as in an earlier export"}
TITLES = {kind: READERS[kind].title for kind in Kind}


@blueprint.get("/assignments/<key>/import")
def import_page(key: str) -> ResponseReturnValue:
    """The form, and what was uploaded before."""
    return _page(key)


def _page(key: str, fault: GraderError | None = None) -> str:
    with database().reading() as db:
        assignment = taught(db, key)
        before = imports.of_assignment(db, assignment)
    return render_template(
        "web/teaching/import.html",
        assignment=assignment,
        course=assignment.course,
        before=before,
        kinds=TITLES,
        states=_STATES,
        most=settings().most_export,
        fault=fault,
    )


@blueprint.post("/assignments/<key>/import")
def take_export(key: str) -> ResponseReturnValue:
    """Keep the export; a worker reads it. What cannot be taken is told on the page."""
    try:
        made = _taken(key)
    except UsageError as error:
        return _page(key, error), code_of(error)
    flash("The export is here. It is read and graded now; this page follows it.")
    return redirect(url_for("teaching.watch", key=made), 303)


def _taken(key: str) -> str:
    """The key of what it has become."""
    most = settings().most_export
    with database().reading() as db:
        taught(db, key)
        if (request.content_length or 0) > most + _SLACK:
            raise disk.too_large(most)
        uploads.check_room(db, _quota(), None, max(0, (request.content_length or 0) - _SLACK))
    request.max_content_length = most + _SLACK
    try:
        sent = _sent()
    except RequestEntityTooLarge as error:
        raise TooLargeError("This is more than may be uploaded.", "Export the class in parts.") from error
    csrf.protect()
    if not sent or not sent[0].name.lower().endswith(".zip"):
        raise UsageError("Choose the zip that the platform exports.", "A folder has to be packed as one zip first.")
    data = settings().data
    with (
        uploads.received(data, sent, most, digested=False) as file,
        placed(database(), data, file),
        database().writing() as db,
    ):
        assignment = taught(db, key)
        upload = uploads.keep(db, data, file, _quota(), None)
        return importing.begin(db, assignment, viewer(), upload, file.filename, request.form.get("kind", "")).key


csrf.exempt(take_export)  # it asks for the token itself, once it is known that the viewer may send so much


def _sent() -> Sequence[Sent]:
    return [Sent(file.filename, file.stream) for file in request.files.getlist("export") if file.filename][:1]


def _quota() -> Quota:
    return Quota(settings().quota_of_person, settings().quota)


def _taught_import(db: Session, key: str) -> Import:
    made = imports.import_of(db, key)
    if made is None:
        abort(404)
    taught(db, made.assignment.key)
    return made


@blueprint.get("/imports/<key>")
def watch(key: str) -> ResponseReturnValue:
    """How far it is: counters, and a row for each work."""
    with database().reading() as db:
        made = _taught_import(db, key)
        found = imports.watched(db, made)
        assignment, course = made.assignment, made.assignment.course
    at = request.args.get("at", "")
    fitting = [row for row in found.rows if not at or row.at == at]
    pages = max(1, -(-len(fitting) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "web/teaching/watch.html",
        made=made,
        assignment=assignment,
        course=course,
        found=found,
        **_told(found),
        rows=fitting[(page - 1) * PAGE : page * PAGE],
        fitting={"page": page, "pages": pages, "count": len(fitting)},
        at=at,
        words=_WORDS,
        by=_by,
        kind=TITLES.get(Kind(made.kind), "") if made.kind in tuple(Kind) else "",
        under_way=found.state in ("reading", "grading"),
    )


def _by(how: str) -> str:
    """What told whose work it is."""
    return _BY.get(how, f"by {how.replace('_', ' ')}")


def _told(found: Watched) -> dict[str, Any]:
    counts = {at.value: found.counts.get(at, 0) for at in At}
    left = found.seconds_left
    return {
        "state": _STATES[found.state],
        "counts": counts,
        "settled": found.settled,
        "total": len(found.rows),
        "rate": f"{found.rate:.0f} a minute" if found.rate else _UNKNOWN,
        "left": _span(left) if left is not None else _UNKNOWN if found.settled < len(found.rows) else "none",
    }


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@blueprint.get("/imports/<key>/state")
def state(key: str) -> ResponseReturnValue:
    """The same for a script: counters, and the rows that it asks for by their places."""
    asked = request.args.get("rows", "").split(",")[: 2 * PAGE]
    wanted = {int(place) for place in asked if place.isascii() and place.isdigit() and len(place) < 9}
    with database().reading() as db:
        found = imports.watched(db, _taught_import(db, key))
    rows = [_document(row) for row in found.rows if row.place in wanted]
    return {"over": found.state not in ("reading", "grading"), "rows": rows, **_told(found)}


def _document(row: Row) -> dict[str, Any]:
    words, kind = _WORDS[row.at]
    return {
        "place": row.place,
        "at": row.at.value,
        "words": words,
        "kind": kind,
        "score": score(row),
        "reason": row.reason,
        "href": url_for("student.attempt", key=row.attempt) if row.attempt else "",
    }


def score(row: Row) -> str:
    """Of how many points."""
    if row.score is None or row.max_score is None:
        return ""
    return f"{number(row.score)} of {number(row.max_score)}"


blueprint.add_app_template_filter(score, "row_score")


@blueprint.post("/imports/<key>/cancel")
def cancel_import(key: str) -> ResponseReturnValue:
    """Grade nothing more of it; what is graded stays."""
    with database().writing() as db:
        imports.cancel(db, _taught_import(db, key), viewer())
    more = True
    while more:  # a few in a transaction, so that workers and students get their turns
        with database().writing() as db:
            more = imports.cancel_some(db, _taught_import(db, key))
    flash("It is cancelled. What was graded before stays.")
    return redirect(url_for("teaching.watch", key=key))


@blueprint.post("/imports/<key>/retry")
def retry_import(key: str) -> ResponseReturnValue:
    """Grade what has no result once more."""
    with database().writing() as db:
        count = imports.retry(db, _taught_import(db, key), viewer())
    flash(f"{count} to be graded once more." if count else "Everything that can be graded has a result.")
    return redirect(url_for("teaching.watch", key=key))
