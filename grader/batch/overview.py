"""Rows of the store as the overview wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import BinaryIO

from grader import overview
from grader.batch.files import REPORTS
from grader.batch.rows import late, points
from grader.model import CheckStatus, ReportStatus
from grader.overview import CheckCell, Head, RowStatus
from grader.store.values import MISSING, WAITING, Row, RunMade

_STATUS = {MISSING: RowStatus.MISSING, WAITING: RowStatus.UNGRADED} | {
    s.value: RowStatus(s.value) for s in ReportStatus
}
_WAITS = "It has not been graded yet."
_NOTHING = "Nothing was handed in."


def page(rows: Callable[[], Iterator[Row]], run: RunMade, graded_at: datetime | None) -> Callable[[BinaryIO], None]:
    """What writes the page, row by row. `graded_at`: when the last of them was, in UTC."""
    told = run.options.get("told", {})
    head = Head(
        run.rubric_title,
        course=str(told.get("class", "")),
        graded_at=f"{graded_at:%Y-%m-%d %H:%M} UTC" if graded_at else "",
        rubric=f"{run.rubric_id}, {run.rubric_sha256[:12]}",
        grader_version=run.grader_version,
        pass_mark=run.pass_mark,
        notes=tuple(map(str, told.get("notes", ()))),
        left_out=run.left_out,
    )
    titles = {id: title for id, title, _ in run.checks}
    return lambda file: overview.write_overview(lambda: (_row(row, run, titles) for row in rows()), head, file)


def _row(row: Row, run: RunMade, titles: dict[str, str]) -> overview.Row:
    checks = tuple(
        CheckCell(id, titles.get(id, id), mark.score, mark.max_score, CheckStatus(mark.status), mark.message)
        for id, mark in row.marks.items()
    )
    return overview.Row(
        row.person.key,
        row.person.name,
        tuple(row.person.ids.items()),
        _STATUS[row.status],
        row.problem or {WAITING: _WAITS, MISSING: _NOTHING}.get(row.status, ""),
        points(run, row),
        row.max_score or run.max_score or Fraction(1),
        row.attempt or 1,
        late(row),
        row.late_seconds,
        row.duration_seconds if row.grading else None,
        row.sha256 or None,
        f"{REPORTS}/{row.file}.html" if row.grading else None,
        checks,
    )
