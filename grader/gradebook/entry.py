"""One person's line of a gradebook, whatever it is written into."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from grader.frozen import dataclass


class Target(StrEnum):
    """Where grades go."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"
    MOODLE_FEEDBACK = "moodle-feedback"
    GRADESCOPE = "gradescope"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


@dataclass(frozen=True)
class CheckEntry:
    """What a check of the rubric gave. `message` says why points were lost."""

    id: str
    title: str
    score: Fraction
    max_score: Fraction
    message: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Entry:
    """A person with what counts for them.

    `ids` are pairs of kind and value, as the source of the work spelled them: nothing here is made up. `score` is None
    where there is no grade (ungraded, not gradable, missing): such a cell stays as it is. `key` is of one attempt, and
    no other entry has it; `person` is the same for all attempts of one. `report` is the path of the HTML report.
    """

    key: str
    name: str
    ids: tuple[tuple[str, str], ...]
    status: str
    score: Fraction | None
    max_score: Fraction
    attempt: int | None = None
    late: str = ""
    reason: str = ""
    report: str = ""
    seconds: float = 0.0
    checks: tuple[CheckEntry, ...] = ()
    person: str = ""

    @property
    def label(self) -> str:
        """For people: the name, and what tells it from others of that name."""
        attempt = f", attempt {self.attempt}" if (self.attempt or 1) > 1 else ""
        return f"{self.name} ({self.person}{attempt})" if self.person else f"{self.name} ({self.key})"


def points(value: Fraction) -> str:
    """A number as every system reads it: a point, no thousands separator, at most two decimals, no needless zero."""
    text = f"{float(round(value, 2)):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
