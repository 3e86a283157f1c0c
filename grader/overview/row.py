"""What an overview is made from: a row for each submission, or for each person without one."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from grader.frozen import dataclass
from grader.model import CheckStatus


class RowStatus(StrEnum):
    """What became of a person's work."""

    GRADED = "graded"
    UNGRADED = "ungraded"  # the grader's own fault, or not done yet: no score
    NOT_GRADABLE = "not_gradable"  # an instructor decides
    MISSING = "missing"  # nothing was handed in


@dataclass(frozen=True)
class CheckCell:
    """What a check of the rubric gave. `message` says why points were lost."""

    id: str
    title: str
    points: Fraction
    max_points: Fraction
    status: CheckStatus
    message: str = ""


@dataclass(frozen=True)
class Row:
    """An attempt of a person's.

    `key` tells people apart: all attempts of one have the same. `ids` are pairs of kind and value. `score` is None
    unless graded, `reason` says why. `late` is what is shown of `late_seconds`. `report` is the path of the HTML
    report, from the folder of the overview.
    """

    key: str
    name: str
    ids: tuple[tuple[str, str], ...]
    status: RowStatus
    reason: str
    score: Fraction | None
    max_score: Fraction
    attempt: int = 1
    late: str = ""
    late_seconds: float = 0.0
    seconds: float | None = None
    sha256: str | None = None
    report: str | None = None
    checks: tuple[CheckCell, ...] = ()


@dataclass(frozen=True)
class Head:
    """What is said of the class as a whole. `title` is the rubric's; `course`, `rubric` (which one exactly) and
    `graded_at` are shown as they are; `notes` are sentences to be read before anything else; `left_out` are path and
    reason of what was not taken for work."""

    title: str
    course: str = ""
    rubric: str = ""
    graded_at: str = ""
    grader_version: str = ""
    pass_mark: Fraction | None = None  # in percent
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Who:
    """Whose work is pointed to, and where its report is."""

    name: str
    key: str
    attempt: int
    report: str | None

    @property
    def order(self) -> tuple[str, str, int]:
        """By what those shown are chosen, so that it does not depend on who came first."""
        return self.name, self.key, self.attempt


def who(row: Row) -> Who:
    """Of a row, no more than is shown."""
    return Who(row.name[:400], row.key[:400], row.attempt, row.report)
