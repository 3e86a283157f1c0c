"""The rows of a gradebook and of an overview: whose attempt counts, for how many points, how late."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

from grader.batch.lateness import in_words
from grader.batch.model import Attempts
from grader.model import ReportStatus
from grader.store.store import Store
from grader.store.values import MISSING, Row, RunMade


def rows_that_count(store: Store, run: RunMade) -> Iterator[Row]:
    """One for each person, or one for each attempt where the run was asked for all; a score in the place of none where
    it was asked for that."""
    attempts = Attempts(run.options.get("attempts", Attempts.LATEST))
    for _, group in groupby(store.rows(run), key=lambda row: row.person.key):
        rows = sorted(group, key=lambda row: row.attempt or 0)
        yield from rows if attempts is Attempts.ALL else [_chosen(rows, attempts)]


def _chosen(rows: list[Row], attempts: Attempts) -> Row:
    """The best or the latest; of equal ones the latest."""
    if attempts is Attempts.LATEST:
        return rows[-1]
    return max(rows, key=lambda row: (row.score is not None, row.score or 0, row.attempt or 0))


def points(run: RunMade, row: Row) -> Fraction | None:
    """The score; 0 in the place of none where the run was asked for that."""
    zero = {MISSING: "missing_as_zero", ReportStatus.NOT_GRADABLE.value: "not_gradable_as_zero"}
    asked = zero.get(row.status)
    return Fraction(0) if asked and run.options.get(asked) else row.score


def late(row: Row) -> str:
    """How late, for people; "yes" where that is all that is known."""
    if row.late_seconds > 0:
        return in_words(row.late_seconds)
    return "yes" if row.late else ""
