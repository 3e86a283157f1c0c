"""Every error that the grader raises on purpose.

    GraderError                 base: what happened, and what to do next
      UsageError                the command was called wrongly                  exit status 2
        RefusedError            it is not to be done now, by the course's rules
        TooLargeError           more than may be uploaded
      RubricError               a rubric file is unknown or wrong               exit status 2
      NotGradableError          there is nothing that could be graded           exit status 4
        AmbiguousEntryError     several files could be the one to start         exit status 4
      StoreError                stored results cannot be used or written        exit status 2
      UngradedError             the grader's own failure, never the student's   exit status 3
        LaunchError             no server of any student can be started here    exit status 3

`grader.cli` is the one boundary that turns them into exit statuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_MOST_QUOTED = 100  # characters of a line


class GraderError(Exception):
    """What happened (`message`, with where) and what to do next (`advice`), each a full sentence."""

    exit_status = 3

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class UsageError(GraderError):
    """The command was called with something that cannot work."""

    exit_status = 2


class RefusedError(UsageError):
    """Understood, but not to be done now: it is closed, used up, or full."""


class TooLargeError(UsageError):
    """More than may be uploaded at once."""


class RubricFault(NamedTuple):
    """One mistake in a rubric file; line and column count from 1, `quoted` is the line itself."""

    file: str
    line: int
    column: int
    sentence: str
    quoted: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.sentence}"

    def pointed(self) -> str:
        """With the line of the file, and a caret below the place."""
        if not self.quoted.strip():
            return str(self)
        line = self.quoted.rstrip()
        begin = max(0, self.column - _MOST_QUOTED // 2)
        shown = line[begin : begin + _MOST_QUOTED]
        number = f"{self.line:>5} | "
        return f"{self}\n{number}{shown}\n{' ' * (len(number) - 2)}| {' ' * (self.column - 1 - begin)}^"


class RubricError(GraderError):
    """A rubric is unknown, unreadable or wrong; `details` holds every mistake of the file."""

    exit_status = 2

    def __init__(self, message: str, advice: str = "", faults: Sequence[RubricFault] = ()) -> None:
        super().__init__(message, advice)
        self.details = tuple(faults)

    @property
    def faults(self) -> tuple[str, ...]:
        """Every mistake as one line, FILE:LINE:COLUMN: what is wrong."""
        return tuple(map(str, self.details))


class NotGradableError(GraderError):
    """Nothing that could be graded: no score is given, and a person decides."""

    exit_status = 4


class AmbiguousEntryError(NotGradableError):
    """Several files could be the one that starts the server; `candidates` are their paths, likeliest first."""

    def __init__(self, message: str, advice: str, candidates: Sequence[str]) -> None:
        super().__init__(message, advice)
        self.candidates = tuple(candidates)


class StoreError(GraderError):
    """Stored results cannot be read or written: a full disk, somebody else writing, results of another kind."""

    exit_status = 2


class UngradedError(GraderError):
    """The grader's own failure: no score, never zero; trying again may help. `trace` says where in the grader."""

    exit_status = 3

    def __init__(self, message: str, advice: str = "", trace: str = "") -> None:
        super().__init__(message, advice)
        self.trace = trace


class LaunchError(UngradedError):
    """This machine or interpreter cannot start any student's server."""
