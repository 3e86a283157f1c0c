"""gradebook.csv: a row for each person. No time, no order of grading in it: the same work gives the same bytes."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

from grader.model import ReportStatus
from grader.render.csv import cell
from grader.render.numbers import rounded
from grader.store.values import MISSING, Row, RunMade

Cell = str | int | float
_FIXED = ("name", "attempt", "status", "score", "max_score", "late")


class Gradebook:
    """Rows as they come. Which columns of ids there are is known at the end."""

    def __init__(self, run: RunMade) -> None:
        self._run = run
        self._checks = [id for id, *_ in run.checks]
        self._ids: dict[str, None] = {}
        self._rows: list[tuple[dict[str, str], list[Cell]]] = []

    def add(self, row: Row) -> None:
        """A person with an attempt, or with none."""
        ids = {name: cell(value) for name, value in row.person.ids.items()}
        self._ids.update(dict.fromkeys(ids))
        self._rows.append((ids, self._cells(row)))

    def _cells(self, row: Row) -> list[Cell]:
        score = points(self._run, row)
        marks = [row.marks.get(id) for id in self._checks]
        return [
            cell(row.person.name),
            "" if row.attempt is None else row.attempt,
            row.status,
            "" if score is None else rounded(score),
            rounded(row.max_score or self._run.max_score),
            late(row),
            *("" if mark is None else rounded(mark.score) for mark in marks),
            cell(row.problem),
        ]

    def text(self) -> str:
        """The whole file, with a mark at its beginning, without which Excel takes it for another encoding."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\r\n")
        names = sorted(self._ids)
        writer.writerow([*map(cell, names), *_FIXED, *map(cell, self._checks), "problem"])
        writer.writerows([*(ids.get(name, "") for name in names), *cells] for ids, cells in self._rows)
        return "\ufeff" + file.getvalue()


def points(run: RunMade, row: Row) -> Fraction | None:
    """The score; 0 in the place of none where the run was asked for that."""
    zero = {MISSING: "missing_as_zero", ReportStatus.NOT_GRADABLE.value: "not_gradable_as_zero"}
    asked = zero.get(row.status)
    return Fraction(0) if asked and run.options.get(asked) else row.score


def late(row: Row) -> str:
    """How late, for people; "yes" where that is all that is known."""
    if row.late_seconds >= 48 * 3600:
        return f"{row.late_seconds / 86400:.1f} days"
    if row.late_seconds > 0:
        return (
            f"{row.late_seconds / 3600:.1f} hours" if row.late_seconds >= 3600 else f"{row.late_seconds / 60:.0f} min"
        )
    return "yes" if row.late else ""
