"""Every error that the grader raises on purpose.

    GraderError                 base: what happened, and what to do next
      UsageError                the command was called wrongly                  exit status 2
      RubricError               a rubric file is unknown or wrong               exit status 2
      NotGradableError          there is nothing that could be graded           exit status 4
        AmbiguousEntryError     several files could be the one to start         exit status 4
      UngradedError             the grader's own failure, never the student's   exit status 3
        LaunchError             no server of any student can be started here    exit status 3

`grader.cli` is the one boundary that turns them into exit statuses.
"""

from __future__ import annotations

from collections.abc import Sequence


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


class RubricError(GraderError):
    """A rubric is unknown, unreadable or wrong; `faults` holds one `file:line:column: text` for each fault."""

    exit_status = 2

    def __init__(self, message: str, advice: str = "", faults: Sequence[str] = ()) -> None:
        super().__init__(message, advice)
        self.faults = tuple(faults)


class NotGradableError(GraderError):
    """Nothing that could be graded: no score is given, and a person decides."""

    exit_status = 4


class AmbiguousEntryError(NotGradableError):
    """Several files could be the one that starts the server; `candidates` are their paths, likeliest first."""

    def __init__(self, message: str, advice: str, candidates: Sequence[str]) -> None:
        super().__init__(message, advice)
        self.candidates = tuple(candidates)


class UngradedError(GraderError):
    """The grader's own failure: no score, never zero; trying again may help."""

    exit_status = 3


class LaunchError(UngradedError):
    """This machine or interpreter cannot start any student's server."""
