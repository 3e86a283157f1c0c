"""What is asked: checks, and the rubric that weighs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from grader.frozen import dataclass
from grader.model.evidence import Evidence
from grader.model.observation import Observation
from grader.model.report import Outcome, RubricInfo, Visibility, Weight


@dataclass(frozen=True)
class Limits:
    """What one grading may use: seconds, bytes and numbers of things.

    From `cpu_seconds` on, of one start with all of its processes; `processes` counts threads as well.
    """

    start_seconds: float = 10.0
    request_seconds: float = 5.0
    routes_seconds: float = 3.0
    total_seconds: float = 120.0
    body_bytes: int = 1 << 20
    log_bytes: int = 64 << 10
    cpu_seconds: int = 30
    memory_bytes: int = 512 << 20
    processes: int = 64
    file_bytes: int = 32 << 20
    disk_bytes: int = 64 << 20
    descriptors: int = 256

    def within(self, most: Limits) -> Limits:
        """Each of these, or `most`'s where that is less."""
        return Limits(**{f.name: min(getattr(self, f.name), getattr(most, f.name)) for f in fields(self)})


# From and to, both included. Below the least, an ordinary Flask server could not run.
LIMIT_RANGES: dict[str, tuple[float, float]] = {
    "start_seconds": (0.1, 3600),
    "request_seconds": (0.1, 3600),
    "routes_seconds": (0.1, 3600),
    "total_seconds": (0.1, 3600),
    "body_bytes": (1, 64 << 20),
    "log_bytes": (1, 64 << 20),
    "cpu_seconds": (1, 3600),
    "memory_bytes": (64 << 20, 1 << 40),
    "processes": (8, 100_000),
    "file_bytes": (4096, 1 << 40),
    "disk_bytes": (1 << 20, 1 << 40),
    "descriptors": (32, 100_000),
}
MOST_LIMITS = Limits(**{name: int(most) for name, (_, most) in LIMIT_RANGES.items()})  # no limit but the language's


class Check(Protocol):
    """A claim with evidence. A check type is a frozen dataclass whose fields are its YAML parameters."""

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """Every observation it wants, given what was seen so far (at first nothing). Asked again until it wants no
        more than has been seen; pure."""

    def judge(self, evidence: Evidence) -> Outcome:
        """The verdict. Pure: same evidence, same outcome."""

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in plain sentences, from the rubric alone."""


class RoundingWay(StrEnum):
    """Which multiple."""

    NEAREST = "nearest"  # and up from the middle
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Rounding:
    """The total goes to a multiple of `to`."""

    to: Fraction
    way: RoundingWay = RoundingWay.NEAREST


@dataclass(frozen=True)
class LatePolicy:
    """What late work loses: `per_day` percent of what it earned for each day begun after the deadline and
    `grace_minutes`, `most` percent at most."""

    per_day: Fraction
    most: Fraction = Fraction(100)
    grace_minutes: int = 0
    deadline: str = ""


@dataclass(frozen=True)
class Provided:
    """A file of the instructor's, laid into the copy at `path` (relative to the folder of the entry), whatever the
    student has there; with `append`, at the end of what the student has there."""

    path: str
    content: bytes
    append: bool = False


@dataclass(frozen=True)
class RubricCheck:
    """One check of a rubric: who it is, what it is worth, and the claim itself. Where all checks of `proved_by` passed,
    it has passed as well."""

    id: str
    title: str
    points: Fraction
    check: Check
    section: str = ""
    hint: str = ""
    needs: tuple[str, ...] = ()
    visibility: Visibility = Visibility.VISIBLE
    weight: Weight = Weight.POINTS
    tags: tuple[str, ...] = ()
    proved_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rubric:
    """A lab's rubric, loaded and proved consistent."""

    id: str
    title: str
    version: str
    sha256: str
    checks: tuple[RubricCheck, ...]
    pass_mark: Fraction = Fraction(60)
    entries: tuple[str, ...] = ("main.py", "app.py")
    packages: tuple[str, ...] = ("flask",)
    limits: Limits = Limits()
    rounding: Rounding | None = None
    late: LatePolicy | None = None
    provided: tuple[Provided, ...] = ()
    shuffle: bool = False  # whether requests that no other depends on are sent in an order of their own for each work

    @property
    def info(self) -> RubricInfo:
        """The part that reports carry."""
        return RubricInfo(self.id, self.title, self.version, self.sha256)

    @property
    def max_score(self) -> Fraction:
        """The sum of all points, bonuses aside."""
        return sum((c.points for c in self.checks if c.weight is Weight.POINTS), Fraction(0))
