"""What changed between two attempts of one person at one assignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.courses import comparing, gradings, rubrics, uploads
from grader.courses.comparing import Change, FileChange, Way
from grader.courses.points import Mark, Total, marks_of
from grader.courses.showing import Showing, showing
from grader.courses.tables import Attempt, Grading
from grader.model import CheckStatus, RubricCheck
from grader.store.tables import now
from grader.submission.copying import UnreadableError
from grader.web import gates
from grader.web.session import database
from grader.web.student import words
from grader.web.student.assignment import settings
from grader.web.student.routes import blueprint


@blueprint.get("/attempts/<key>/compare/<other>")
def compare(key: str, other: str) -> ResponseReturnValue:
    """The earlier one stands first, whichever was named first."""
    with database().reading() as db:
        found, role = gates.to_attempt(db, key)
        second, _ = gates.to_attempt(db, other)
        if (found.assignment_id, found.user_id) != (second.assignment_id, second.user_id) or found.id == second.id:
            abort(404)
        before, after = sorted((found, second), key=lambda attempt: attempt.number)
        may = showing(found.assignment, role, now())
        told = _checks(db, before, after, may)
        paths = _path(before), _path(after)
        assignment, course, person = found.assignment, found.assignment.course, found.user
    changes, why = _files(*paths)
    return render_template(
        "web/student/compare.html",
        assignment=assignment,
        course=course,
        person=person,
        **told,
        before=before,
        after=after,
        role=role,
        may=may,
        files=changes,
        why_no_files=why,
        late=words.late,
        when_shown=words.when_shown(assignment),
    )


def _checks(db: Session, before: Attempt, after: Attempt, may: Showing) -> dict[str, Any]:
    """What became of each check, of those that are shown."""
    one, other = gradings.current(db, before), gradings.current(db, after)
    if not may.result or one is None or other is None:
        return {"changes": None, "same": 0, "totals": (None, None)}
    earlier, later = gradings.effective(one, before.overrides), gradings.effective(other, after.overrides)
    asked, asked_later = _rubric_checks(one), _rubric_checks(other)
    titles = {id: check.title for id, check in (asked | asked_later).items()}
    changes = comparing.checks(_marks(one, asked, may), _marks(other, asked_later, may), earlier, later, titles)
    totals: tuple[Total, Total] = (earlier.total, later.total) if may.hidden else (earlier.shown, later.shown)
    return {
        "changes": [change for change in changes if change.way is not Way.SAME],
        "same": sum(change.way is Way.SAME for change in changes),
        "totals": totals,
        "ways": _ways(changes),
    }


def _ways(changes: Sequence[Change]) -> Mapping[str, int]:
    return {way.value: sum(change.way is way for change in changes) for way in Way}


def _marks(grading: Grading, asked: Mapping[str, RubricCheck], may: Showing) -> Sequence[Mark]:
    """What each check gave, of those that are shown. One that waits for hidden ones alone has just failed."""
    if may.hidden:
        return marks_of(grading)
    shown = [mark for mark in marks_of(grading) if not mark.hidden]
    lost = {mark.id for mark in shown if mark.status != CheckStatus.PASSED}
    waits = {id for id, check in asked.items() if not lost.isdisjoint(check.needs)}
    just_failed = CheckStatus.FAILED.value
    return [
        replace(mark, status=just_failed) if mark.status == CheckStatus.BLOCKED and mark.id not in waits else mark
        for mark in shown
    ]


def _rubric_checks(grading: Grading) -> dict[str, RubricCheck]:
    rubric = rubrics.readable(grading.rubric.text if grading.rubric is not None else None)
    return {check.id: check for check in rubric.checks} if rubric is not None else {}


def _path(attempt: Attempt) -> Path | None:
    return None if attempt.upload is None else uploads.path_of(settings().data, attempt.upload.sha256)


def _files(before: Path | None, after: Path | None) -> tuple[Sequence[FileChange], str]:
    """What changed in the work, or why that cannot be said."""
    if before is None or after is None:
        return (), "The files of one of the two are not kept any more."
    try:
        return comparing.files(before, after), ""
    except UnreadableError as error:
        return (), f"The files cannot be compared: {error}."
