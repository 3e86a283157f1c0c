"""What it is worth, and why: outcomes of checks, and the report that every format is made from."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction

from grader.frozen import dataclass
from grader.model.evidence import Evidence, Exchange, RouteVisit, Start
from grader.model.submission import Flag


class CheckStatus(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    BLOCKED = "blocked"  # it could not be seen, because the checks in `blocked_by` failed
    ERROR = "error"  # the grader's own fault


@dataclass(frozen=True)
class Location:
    """A line of the student's own work, quoted from what the grader itself read."""

    path: str
    line: int = 0
    source: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Outcome:
    """A check's verdict. `earned` is the share of its points, 0 to 1. `message` says what is so, in one sentence;
    `expected` and `actual` what was asked and what came; `hint` what the student can change. `matched`:
    the source of the elements of a page that it looked at. `trace`: where the grader
    itself failed, for whoever mends it; no report shows it."""

    status: CheckStatus
    message: str
    earned: Fraction = Fraction(0)
    expected: str = ""
    actual: str = ""
    hint: str = ""
    location: Location | None = None
    blocked_by: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    trace: str = ""
    matched: tuple[str, ...] = ()


def passed(message: str, evidence: Iterable[str] = ()) -> Outcome:
    """All points."""
    return Outcome(CheckStatus.PASSED, message, Fraction(1), evidence=tuple(evidence))


class Visibility(StrEnum):
    """Who sees a check."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class Weight(StrEnum):
    """How the points of a check count."""

    POINTS = "points"
    BONUS = "bonus"  # beside the maximum
    PENALTY = "penalty"  # taken away where it fails
    FLAG = "flag"  # reported, no points


@dataclass(frozen=True)
class CheckResult:
    """A check of the rubric with its outcome and its exact score; `max_score` is the most that it adds."""

    id: str
    title: str
    section: str
    max_score: Fraction
    score: Fraction
    outcome: Outcome
    visibility: Visibility = Visibility.VISIBLE
    weight: Weight = Weight.POINTS
    tags: tuple[str, ...] = ()


class Level(StrEnum):
    """How strongly the student's program was kept apart, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    PROCESS = "process"


@dataclass(frozen=True)
class Isolation:
    """What was in force. `mechanisms` names each, `missing` what this level promises and this version lacks."""

    level: Level
    why_not_higher: str = ""
    mechanisms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class ReportStatus(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    NOT_GRADABLE = "not_gradable"  # nothing there, unreadable, ambiguous: no score, an instructor decides
    UNGRADED = "ungraded"  # the grader's own fault: no score, never zero


@dataclass(frozen=True)
class RubricInfo:
    """Which rubric was used."""

    id: str
    title: str
    version: str
    sha256: str


@dataclass(frozen=True)
class SubmissionInfo:
    """Which work was graded; `entry` is None where none was found."""

    name: str
    entry: str | None
    sha256: str | None


@dataclass(frozen=True)
class Late:
    """What late work lost: how many seconds late it came, what that costs in percent of its points, and in points."""

    seconds: int
    percent: Fraction
    points: Fraction


@dataclass(frozen=True)
class Report:
    """The whole result of one grading; every format is a pure function of it.

    `score` is None unless graded. `problem` and `advice` are filled in unless graded, `trace` where the grader itself
    failed, for whoever mends it.
    """

    submission: SubmissionInfo
    rubric: RubricInfo
    status: ReportStatus
    max_score: Fraction
    pass_mark: Fraction  # in percent
    score: Fraction | None = None
    checks: tuple[CheckResult, ...] = ()
    starts: tuple[Start, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    routes: tuple[RouteVisit, ...] = ()
    flags: tuple[Flag, ...] = ()
    limits_hit: tuple[str, ...] = ()
    isolation: Isolation | None = None
    started_at: str = ""  # ISO 8601, UTC
    duration_seconds: float = 0.0
    grader_version: str = ""
    problem: str = ""
    advice: str = ""
    trace: str = ""
    late: Late | None = None  # taken off the score
    seed: str = ""  # of the order in which requests were sent; empty where it was not shuffled
    partial_view: bool = False  # hidden checks are left out of this copy

    @property
    def percent(self) -> Fraction | None:
        """Exact share of `max_score` in percent, None unless graded."""
        return None if self.score is None else self.score * 100 / self.max_score

    @property
    def passed(self) -> bool | None:
        """Whether the pass mark is reached, None unless graded."""
        return None if self.percent is None else self.percent >= self.pass_mark


@dataclass(frozen=True)
class Kept:
    """A report with all that it rests on, so that the work can be judged once more without running anything.

    `evidence` is None where nothing was looked at. `flags` are the submission's own. `ran_by` stands for what of the
    rubric decides how programs are run: evidence of one value says nothing of another.
    """

    report: Report
    evidence: Evidence | None = None
    flags: tuple[Flag, ...] = ()
    ran_by: str = ""
