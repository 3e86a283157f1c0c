"""Results are released to students, and taken back; and what they see then, said before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from grader.courses import audit
from grader.courses.access import Viewer
from grader.courses.showing import showing
from grader.courses.tables import Assignment, Role, Shown
from grader.store.tables import now


def release(db: Session, assignment: Assignment, viewer: Viewer) -> bool:
    """Release the results; whether they were not yet."""
    if assignment.released is not None:
        return False
    assignment.released = now()
    audit.note(db, viewer, "assignment.release", f"assignment:{assignment.key}", {"title": assignment.title})
    return True


def unrelease(db: Session, assignment: Assignment, viewer: Viewer) -> bool:
    """Take the release back; whether there was one."""
    if assignment.released is None:
        return False
    detail = {"title": assignment.title, "released": assignment.released.isoformat(timespec="seconds")}
    assignment.released = None
    audit.note(db, viewer, "assignment.unrelease", f"assignment:{assignment.key}", detail)
    return True


def seen(assignment: Assignment, moment: datetime, *, released: bool) -> tuple[str, ...]:
    """What students of the course see at that moment, if the results are released then or not: in sentences."""
    before = assignment.released
    assignment_like = _Terms(assignment, (before or moment) if released else None)
    found = showing(assignment_like, Role.STUDENT, moment)  # type: ignore[arg-type]  # it asks for these fields alone
    return tuple(_sentences(assignment, result=found.result, hidden=found.hidden))


class _Terms:
    """An assignment as it would be."""

    def __init__(self, assignment: Assignment, released: datetime | None) -> None:
        self.show_scores, self.show_hidden = assignment.show_scores, assignment.show_hidden
        self.due, self.released = assignment.due, released


def _sentences(assignment: Assignment, *, result: bool, hidden: bool) -> Iterator[str]:
    if not result:
        yield "They see that their work was graded: no score and no report."
        return
    yield "They see their score and the report on every visible check."
    if hidden:
        yield "Hidden checks are shown, and the score counts them."
    elif Shown(assignment.show_hidden) is Shown.NEVER:
        yield "Hidden checks are shown to nobody who learns here; the score that they see is without them."
    else:
        yield "Hidden checks are not shown yet; the score that they see is without them."
