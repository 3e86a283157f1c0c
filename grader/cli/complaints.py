"""How errors are told on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader.cli.saying import say
from grader.errors import GraderError, RubricError, UngradedError

if TYPE_CHECKING:
    from grader.model import Report

_WIDTH = 80


def complain(error: GraderError) -> None:
    """What happened, and what to do next; before that, each mistake of a rubric with its line."""
    for fault in error.details if isinstance(error, RubricError) else ():
        say(fault.pointed(), err=True)
    say(_wrapped(error.message, "grade: "), err=True)
    if error.advice:
        say(_wrapped(error.advice, "       "), err=True)
    if isinstance(error, UngradedError):
        _tell([error.trace])


def tell_traces(report: Report) -> None:
    """Where in the grader it failed, if it did."""
    _tell([report.trace, *(check.outcome.trace for check in report.checks)])


def _tell(traces: Iterable[str]) -> None:
    """For whoever mends the grader: only where GRADE_DEBUG asks for it."""
    if os.environ.get("GRADE_DEBUG"):
        for trace in dict.fromkeys(traces):
            say(trace, err=True, nl=False)


def _wrapped(text: str, indent: str) -> str:
    import textwrap  # only once something is wrong

    lines = textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent),
                          break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return "\n".join(lines)
