"""What goes into a store and comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from typing import Any

from grader.frozen import dataclass
from grader.model import Kept, Rubric

WAITING = "waiting"  # for its grading, by this rubric
MISSING = "missing"  # a person without work


@dataclass(frozen=True)
class Whose:
    """A person: `key` tells people apart, `ids` are theirs as some list of a course has them."""

    key: str
    name: str
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Handed:
    """An attempt of a person's, as it was handed in. `submitted` is ISO 8601, or empty."""

    key: str
    person: str
    attempt: int
    sha256: str
    late_seconds: float = 0.0
    late: bool = False
    submitted: str = ""
    label: str = ""


@dataclass(frozen=True)
class RunBy:
    """A command that grades: by which rubric, with the text of it, and how."""

    rubric: Rubric
    rubric_text: str
    kind: str = "batch"
    options: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()  # path and reason


@dataclass(frozen=True)
class RunMade:
    """A run as it is stored. `checks` holds id, title and most points of each."""

    id: int
    kind: str
    rubric_id: str
    rubric_title: str
    rubric_sha256: str
    rubric_text: str
    checks: tuple[tuple[str, str, Fraction], ...]
    max_score: Fraction
    pass_mark: Fraction
    grader_version: str
    options: Mapping[str, Any]
    left_out: tuple[tuple[str, str], ...]
    finished: bool


@dataclass(frozen=True)
class Result:
    """A grading to be saved. `report` is its JSON."""

    key: str
    kept: Kept
    report: str
    late_seconds: float = 0.0
    tries: int = 1
    rescored_from: int | None = None


@dataclass(frozen=True)
class Standing:
    """The grading of a submission that counts."""

    grading: int
    run: int
    sha256: str
    rubric_sha256: str
    grader_version: str
    late_seconds: float
    status: str
    passed: bool | None


@dataclass(frozen=True)
class Mark:
    """What a check gave; `message` says why, cut after a sentence or two."""

    status: str
    score: Fraction
    max_score: Fraction
    message: str


@dataclass(frozen=True)
class Row:
    """A person with one attempt, or with none. `marks` holds what each check gave, by its id."""

    person: Whose
    status: str
    grading: int | None = None
    key: str = ""
    attempt: int | None = None
    label: str = ""
    sha256: str = ""
    file: str = ""
    late: bool = False
    late_seconds: float = 0.0
    score: Fraction | None = None
    max_score: Fraction | None = None
    passed: bool | None = None
    problem: str = ""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    duration_seconds: float = 0.0
