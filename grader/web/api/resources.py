"""What the API sends. A key names something for ever; times are UTC; points are numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from grader.courses.book import Status
from grader.courses.histories import State
from grader.courses.tables import Counts, Role, Shown
from grader.frozen import dataclass


class As(StrEnum):
    """What the viewer is in a course."""

    INSTRUCTOR = "instructor"
    STUDENT = "student"


@dataclass(frozen=True)
class Fault:
    """What happened, and what to do next."""

    status: int
    message: str
    advice: str


@dataclass(frozen=True)
class Faulty:
    """An answer that is none."""

    error: Fault


@dataclass(frozen=True)
class Me:
    """Who asks."""

    key: str
    name: str
    role: Role


@dataclass(frozen=True)
class Course:
    """A course, as the viewer has to do with it."""

    key: str
    title: str
    archived: bool
    role: As


@dataclass(frozen=True)
class Courses:
    """Every course of the viewer's."""

    courses: tuple[Course, ...]


@dataclass(frozen=True)
class Assignment:
    """What is to be handed in. `most_attempts` null: as many as one likes. `max_score` is without hidden checks for
    whoever does not see those; null where there is no rubric yet, and for students before it opens."""

    key: str
    course: str
    title: str
    opens: datetime | None
    due: datetime | None
    closes: datetime | None
    most_attempts: int | None
    counts: Counts
    show_scores: Shown
    released: bool
    rubric: str | None
    max_score: Fraction | None


@dataclass(frozen=True)
class Assignments:
    """Those of a course."""

    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class Person:
    """Somebody of a course."""

    key: str
    name: str


@dataclass(frozen=True)
class Submission:
    """An attempt. `score` is null where there is none, or none to be seen yet. `counts` is null where that is not told:
    it would tell of what is not shown, or a whole class is listed. `ungraded`: the grader's own fault, and no zero."""

    key: str
    assignment: str
    person: Person
    number: int
    filename: str
    submitted: datetime
    late_seconds: float
    state: State
    score: Fraction | None
    max_score: Fraction | None
    passed: bool | None
    overridden: bool
    counts: bool | None


@dataclass(frozen=True)
class Submissions:
    """Some of them; `next` is the page after this one, null for the last."""

    submissions: tuple[Submission, ...]
    next: int | None


@dataclass(frozen=True)
class Points:
    """What a check gave; `computed` is what the grader found, where a person decided otherwise."""

    check: str
    status: str
    points: Fraction
    max_points: Fraction
    computed: Fraction
    hidden: bool
    message: str


@dataclass(frozen=True)
class Line:
    """A person in a gradebook, with the attempt that counts. `score` is null where there is none: never zero."""

    person: Person
    ids: dict[str, str]
    status: Status
    submission: str | None
    number: int | None
    attempts: int
    submitted: datetime | None
    late_seconds: float
    score: Fraction | None
    max_score: Fraction | None
    computed: Fraction | None
    passed: bool | None
    overridden: bool
    reason: str
    checks: tuple[Points, ...]


@dataclass(frozen=True)
class Gradebook:
    """Everybody who learns in the course, by name; some of them. `next` as in a list of submissions."""

    assignment: str
    lines: tuple[Line, ...]
    next: int | None
