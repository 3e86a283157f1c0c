"""What a batch is given, and what it tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader.frozen import dataclass
from grader.model import Level
from grader.store.values import Whose


@dataclass(frozen=True)
class Work:
    """One attempt of a person's. `key` tells attempts apart, and is the same in every run; `sha256` covers all that was
    handed in. `stage` lays it into an empty folder and gives the path to grade; it may raise GraderError.
    """

    key: str
    person: Whose
    attempt: int
    sha256: str
    stage: Callable[[Path], Path]
    late_seconds: float = 0.0
    late: bool = False
    submitted: str = ""
    label: str = ""


class Regrade(StrEnum):
    """What is graded although it has been, each more than the one before. Work or a rubric that changed always is."""

    CHANGED = "changed"  # nothing else
    UNGRADED = "ungraded"  # what the grader itself failed at
    FAILED = "failed"  # and what is not gradable, or below the pass mark
    ALL = "all"


class Attempts(StrEnum):
    """Which attempts of a person count."""

    LATEST = "latest"  # and no other is graded
    BEST = "best"
    ALL = "all"  # each has a row


@dataclass(frozen=True)
class BatchHow:
    """How a batch is graded and what is written. `roster`: people who are expected. `left_out`: path and reason of what
    is not taken for work. `told`: anything that a later command has to know. Once `stop` is set, nothing more is begun.
    """

    jobs: int = 2
    regrade: Regrade = Regrade.UNGRADED
    retries: int = 2
    attempts: Attempts = Attempts.LATEST
    missing_as_zero: bool = False
    not_gradable_as_zero: bool = False
    python: str | None = None
    fresh: bool = False
    lowest: Level = Level.LANDLOCK
    rubric_text: str = ""
    roster: tuple[Whose, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Finished:
    """One work that was graded just now."""

    name: str
    attempt: int
    status: str
    score: str
    max_score: str
    passed: bool | None
    problem: str
    seconds: float
    tries: int


@dataclass(frozen=True)
class Progress:
    """How far it is. `kept` of the `done` ones were not graded again; `failed` are below the pass mark."""

    total: int
    done: int = 0
    kept: int = 0
    running: int = 0
    failed: int = 0
    not_gradable: int = 0
    ungraded: int = 0
    seconds: float = 0.0
    last: Finished | None = None

    @property
    def rate(self) -> float:
        """Works in a second; 0 while nothing is known."""
        return (self.done - self.kept) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """As far as it can be known."""
        return (self.total - self.done) / self.rate if self.rate else None


@dataclass(frozen=True)
class Listed:
    """Somebody without a grade, and why."""

    name: str
    attempt: int | None
    status: str
    problem: str


@dataclass(frozen=True)
class Summary:
    """What came of it, over all that is listed now. `now` were graded by this very command. `without` names everybody
    who has no grade, `gone` those whom the run before listed, and this one does not. `interrupted`: works are waiting,
    and the same command goes on with them."""

    counts: Mapping[str, int]
    failed: int
    now: int
    kept: int
    without: tuple[Listed, ...]
    gone: tuple[str, ...]
    interrupted: bool
    seconds: float

    @property
    def waiting(self) -> int:
        """How many have not been graded yet."""
        return self.counts.get("waiting", 0)
