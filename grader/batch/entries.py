"""What is stored, as the lines of a gradebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

from grader.batch.files import REPORTS
from grader.batch.rows import late, points, rows_that_count
from grader.gradebook import CheckEntry, Entry
from grader.model import Visibility
from grader.store.store import Store
from grader.store.values import Row, RunMade

_HIDDEN = Visibility.HIDDEN.value


def entries(store: Store, run: RunMade, *, for_students: bool = False) -> Iterator[Entry]:
    """One for each row of the gradebook: each person, or each attempt where all of them count. What students get must
    not name hidden checks; `for_students` finds out which those are, which takes longer."""
    for row in rows_that_count(store, run):
        hidden = _hidden(store, row) if for_students else frozenset()
        yield Entry(
            row.key or row.person.key,
            row.person.name,
            tuple(row.person.ids.items()),
            row.status,
            points(run, row),
            row.max_score or run.max_score,
            attempt=row.attempt,
            late=late(row),
            reason=row.problem,
            report=f"{REPORTS}/{row.file}.html" if row.grading is not None else "",
            seconds=row.duration_seconds,
            checks=tuple(_check(id, title, row, hidden) for id, title, _ in run.checks if id in row.marks),
            person=row.person.key,
        )


def _check(id: str, title: str, row: Row, hidden: frozenset[str]) -> CheckEntry:
    mark = row.marks[id]
    return CheckEntry(id, title, Fraction(mark.score), Fraction(mark.max_score), mark.message, id in hidden)


def _hidden(store: Store, row: Row) -> frozenset[str]:
    """The checks of a grading that students are not shown."""
    if row.grading is None:
        return frozenset()
    return frozenset(check["id"] for check in json.loads(store.report(row.grading))["checks"] if _is_hidden(check))


def _is_hidden(check: dict[str, object]) -> bool:
    return check.get("visibility") == _HIDDEN
