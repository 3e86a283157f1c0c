"""The report as CSV (RFC 4180): one row for each check, a heading above; for spreadsheets and scripts.

A spreadsheet takes a cell that begins with = + - @, a tab or a line end for a formula, whoever wrote it. Such texts get
an apostrophe before them (OWASP ASVS 1.2.10). Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from grader.model import CheckResult, Report
from grader.render.cleaning import commandless, one_line
from grader.render.numbers import rounded

HEADING = (
    "submission", "rubric", "check", "title", "section", "weight", "status", "score", "max_score", "message",
    "expected", "actual", "hint", "line", "blocked_by",
)  # fmt: skip
_MOST_TEXT = 1000  # characters of a cell
_FORMULA = tuple(
    "=+-@\t\r\0\uff1d\uff0b\uff0d\uff20"
)  # the last four are wide forms, which some read as the narrow ones

Row = list[str | int | float]


def render(report: Report) -> str:
    """A heading, and a row for each check; without a grade one row, whose message says why there is none."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(HEADING)
    writer.writerows(_rows(report))
    return file.getvalue()


def _rows(report: Report) -> Iterable[Row]:
    whose = [cell(report.submission.name), cell(report.rubric.id)]
    if report.score is None:
        told = {"status": report.status.value, "message": cell(report.problem), "hint": cell(report.advice)}
        yield [*whose, *(told.get(name, "") for name in HEADING[len(whose) :])]
    for result in report.checks:
        yield [*whose, *_check(result)]


def _check(result: CheckResult) -> Row:
    outcome = result.outcome
    return [
        *map(cell, (result.id, result.title, result.section, result.weight.value, outcome.status.value)),
        rounded(result.score),
        rounded(result.max_score),
        *map(cell, (outcome.message, outcome.expected, outcome.actual, outcome.hint)),
        cell(str(outcome.location) if outcome.location else ""),
        cell(" ".join(outcome.blocked_by)),
    ]


def cell(text: str) -> str:
    """A text as a cell: on one line, without control characters and commands, and never a formula."""
    line = commandless(one_line(text, _MOST_TEXT))
    return f"'{line}" if line.startswith(_FORMULA) else line
