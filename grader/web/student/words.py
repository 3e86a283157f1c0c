"""What a student's pages say of times, of states, and of what is not shown yet."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from grader.courses.histories import State
from grader.courses.tables import Assignment, Counts, Shown
from grader.web.pages import moment

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
COUNTS = {Counts.LATEST: "Your last attempt counts.", Counts.BEST: "Your best attempt counts."}


class Badge(NamedTuple):
    """A state in a few words; `kind` is its class: good, bad, part or none."""

    text: str
    kind: str = ""


STATES = {
    State.WAITING: Badge("waiting"),
    State.RUNNING: Badge("being graded"),
    State.GRADED: Badge("graded", "good"),
    State.NOT_GRADABLE: Badge("not gradable", "bad"),
    State.UNGRADED: Badge("not graded: our fault", "part"),
    State.CANCELLED: Badge("cancelled"),
}


def span(seconds: float) -> str:
    """A time of some length: "12 minutes", "3 hours", "6 days"."""
    for unit, size, from_ in (("day", _DAY, 2 * _DAY), ("hour", _HOUR, 2 * _HOUR), ("minute", _MINUTE, 0)):
        if seconds >= from_:
            count = max(1, int(seconds // size))
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return ""


def time_left(due: datetime | None, at: datetime) -> Badge | None:
    """How long there is until the due date, or since."""
    if due is None:
        return None
    seconds = (due - at).total_seconds()
    if seconds <= 0:
        return Badge(f"was due {span(-seconds)} ago: what comes now is late", "bad")
    return Badge(f"{span(seconds)} left", "part" if seconds < _DAY else "")


def late(seconds: float) -> str:
    """How late something came."""
    return f"{span(seconds)} late" if seconds > 0 else ""


def attempts_left(used: int, left: int | None) -> str:
    """How often somebody may hand in."""
    handed = f"{used} handed in" if used else "none handed in yet"
    if left is None:
        return f"as many as you like; {handed}"
    return f"{left} left; {handed}"


def when_shown(assignment: Assignment) -> Markup:
    """When results will be seen, where they are not seen yet."""
    when = Shown(assignment.show_scores)
    if when is Shown.AFTER_DUE and assignment.due is not None:
        return Markup("Scores and reports are shown after the due date, {}.").format(moment(assignment.due))
    if when is Shown.NEVER:
        return Markup("Scores and reports of this assignment are not shown here; ask whoever teaches the course.")
    return Markup("Scores and reports are shown as soon as whoever teaches the course releases them.")
