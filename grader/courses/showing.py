"""What of a result is shown to whom, and when. Pages, API, progress and totals all ask here."""

from __future__ import annotations

from datetime import datetime

from grader.courses.tables import Assignment, Role, Shown
from grader.frozen import dataclass


@dataclass(frozen=True)
class Showing:
    """`result`: score and report at all. `hidden`: hidden checks, and totals that count them."""

    result: bool
    hidden: bool


def showing(assignment: Assignment, role: Role, moment: datetime) -> Showing:
    """For somebody of that role in the course, at that moment (UTC)."""
    if role is Role.INSTRUCTOR:
        return Showing(result=True, hidden=True)
    result = _is_shown(Shown(assignment.show_scores), assignment, moment)
    return Showing(result, result and _is_shown(Shown(assignment.show_hidden), assignment, moment))


def _is_shown(when: Shown, assignment: Assignment, moment: datetime) -> bool:
    if when is Shown.AFTER_DUE and assignment.due is not None:
        return moment > assignment.due
    if when in (Shown.ON_RELEASE, Shown.AFTER_DUE):  # without a due date, nobody knows but who releases
        return assignment.released is not None and assignment.released <= moment
    return when is Shown.AT_ONCE
