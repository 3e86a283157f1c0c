"""The gradebook of a learning platform, filled: first shown with who is matched and who is not, then downloaded."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence
from typing import IO, Any

from flask import Response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from grader.courses import book, classes
from grader.courses.showing import showing
from grader.courses.tables import Assignment, Role
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.gradebook import (
    Entry,
    Filled,
    Target,
    can_have_feedback,
    fill,
    gradescope_zip,
    write_csv,
    write_json,
    write_xlsx,
)
from grader.store.tables import now
from grader.submission.names import shown
from grader.web.session import database, note
from grader.web.teaching import feedback
from grader.web.teaching.gradebook import checks_of
from grader.web.teaching.routes import blueprint, file_name, taught

FILLED = (Target.CANVAS, Target.MOODLE, Target.BLACKBOARD, Target.BRIGHTSPACE)
NAMES = {
    Target.CANVAS: "Canvas",
    Target.MOODLE: "Moodle",
    Target.BLACKBOARD: "Blackboard",
    Target.BRIGHTSPACE: "Brightspace",
    Target.MOODLE_FEEDBACK: "Moodle: feedback files (a report for each)",
    Target.GRADESCOPE: "Gradescope (results.json of each)",
    Target.CSV: "a table (CSV)",
    Target.XLSX: "a spreadsheet (XLSX)",
    Target.JSON: "JSON",
}
_ENDINGS = {
    Target.MOODLE_FEEDBACK: ".zip",
    Target.GRADESCOPE: ".zip",
    Target.CSV: ".csv",
    Target.XLSX: ".xlsx",
    Target.JSON: ".json",
}
_TYPES = {
    ".zip": "application/zip",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
}
_MOST_TEMPLATE = 8 << 20
_MOST_SENT = 1_900_000  # of a form's field
_MOST_TOLD = 500


@dataclass(frozen=True)
class Wish:
    """What is to be written, into what."""

    target: Target
    template: bytes = b""
    name: str = ""
    column: str = ""
    comments: bool = False
    scale: bool = False


@blueprint.get("/assignments/<key>/export")
def export_page(key: str) -> ResponseReturnValue:
    """The form."""
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
    return _page(assignment, course)


@blueprint.post("/assignments/<key>/export")
def export(key: str) -> ResponseReturnValue:
    """Show what would be written; or, once that was seen, give the file."""
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
        titles = classes.titles(classes.rubric_of(db, assignment))
        lines = book.with_cells(db, book.lines(db, assignment))
    entries = list(classes.entries(lines, titles))
    try:
        wish = _wish()
        if wish.target is Target.MOODLE_FEEDBACK:
            entries = feedback.with_reports(lines, entries)
        filled = _filled(wish, entries) if wish.target in FILLED else None
        if request.form.get("do") == "download":
            file = _file(assignment, wish, filled, entries, checks_of(lines, titles))
            with database().writing() as db:
                note(db, "grades.export", f"assignment:{key}", {"target": wish.target.value, "count": len(entries)})
            return file
    except UsageError as error:
        return _page(assignment, course, fault=error), 400
    return _page(assignment, course, wish=wish, filled=filled, entries=entries)


def _page(assignment: Assignment, course: Any, **found: Any) -> str:
    wish = found.pop("wish", None)
    entries = found.pop("entries", ())
    return render_template(
        "web/teaching/export.html",
        assignment=assignment,
        course=course,
        names=NAMES,
        filled_targets=FILLED,
        wish=wish,
        kept=_packed(wish) if wish is not None and wish.template else "",
        entries=entries,
        without=[entry for entry in entries if entry.score is None],
        reports=[entry for entry in entries if can_have_feedback(entry)],
        no_report=[entry for entry in entries if entry.report and not can_have_feedback(entry)],
        may=showing(assignment, Role.STUDENT, now()),
        most=_MOST_TOLD,
        **{"fault": None, "filled": None, **found},
    )


def _wish() -> Wish:
    """What the form asks for. Raises UsageError."""
    try:
        target = Target(request.form.get("target", ""))
    except ValueError as error:
        raise UsageError("Choose where the grades go.") from error
    if target not in FILLED:
        return Wish(target)
    file = request.files.get("template")
    if file is not None and file.filename:
        data, name = file.stream.read(_MOST_TEMPLATE + 1), file.filename
    else:
        data, name = _unpacked(request.form.get("kept", "")), request.form.get("name", "")
    if not data:
        raise UsageError(
            f"Grades for {NAMES[target]} are written into its own export.", "Export the gradebook there, and choose it."
        )
    if len(data) > _MOST_TEMPLATE:
        raise UsageError("This is too large for a gradebook.", "Export one course at a time.")
    return Wish(
        target,
        data,
        shown(name.replace("\\", "/").rpartition("/")[2])[:120],
        request.form.get("column", "")[:200].strip(),
        comments="comments" in request.form,
        scale="scale" in request.form,
    )


def _packed(wish: Wish) -> str:
    """The file in a form's field, so that the second step needs nothing that is kept here."""
    text = base64.b64encode(zlib.compress(wish.template, 9)).decode("ascii")
    return text if len(text) <= _MOST_SENT else ""


def _unpacked(text: str) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        return unpacking.decompress(base64.b64decode(text, validate=True), _MOST_TEMPLATE + 1) if text else b""
    except (ValueError, zlib.error) as error:
        raise UsageError("The file of the first step did not come along.", "Choose it once more.") from error


def _filled(wish: Wish, entries: Sequence[Entry]) -> Filled:
    return fill(
        wish.target,
        wish.template,
        wish.name,
        entries,
        column=wish.column or None,
        comments=wish.comments,
        scale=wish.scale,
    )


def _file(
    assignment: Assignment, wish: Wish, filled: Filled | None, entries: Sequence[Entry], checks: Sequence[str]
) -> Response:
    if filled is not None:
        file: IO[bytes] = io.BytesIO(filled.data)
        return send_file(file, "text/csv", as_attachment=True, download_name=wish.name or "gradebook.csv")
    ending = _ENDINGS[wish.target]
    name = file_name(assignment, f"-{wish.target}{ending}")
    return send_file(_table(wish, entries, checks), _TYPES[ending], as_attachment=True, download_name=name)


def _table(wish: Wish, entries: Sequence[Entry], checks: Sequence[str]) -> IO[bytes]:
    """The file, from its beginning. Raises UsageError."""
    if wish.target is Target.MOODLE_FEEDBACK:
        return feedback.packed(database(), entries)
    file = io.BytesIO()
    match wish.target:
        case Target.CSV:
            write_csv(lambda: iter(entries), checks, file)
        case Target.XLSX:
            write_xlsx(lambda: iter(entries), checks, file)
        case Target.JSON:
            write_json(lambda: iter(entries), file)
        case _:
            gradescope_zip(entries, file)
    file.seek(0)
    return file
