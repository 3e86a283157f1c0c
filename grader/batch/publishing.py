"""All that a person reads, from the store alone: gradebook.csv, index.html, and reports that are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from grader.batch import gradebook, overview
from grader.batch.files import has_reports, write, write_reports
from grader.batch.model import Attempts, Listed
from grader.frozen import dataclass
from grader.model import ReportStatus
from grader.store.store import Store
from grader.store.values import MISSING, WAITING, Row, RunMade

GRADEBOOK, INDEX = "gradebook.csv", "index.html"
_GRADED = ReportStatus.GRADED.value
_ORDER = (*(status.value for status in ReportStatus), MISSING, WAITING)


@dataclass(frozen=True)
class Published:
    """How many have which status, how many are below the pass mark, and everybody without a grade."""

    counts: Mapping[str, int]
    failed: int
    without: tuple[Listed, ...]


def publish(store: Store, run: RunMade, out: Path) -> Published:
    """Write it. Raises StoreError."""
    counts: Counter[str] = Counter()
    without: list[Listed] = []
    failed = 0
    book = gradebook.Gradebook(run)
    for row in rows_that_count(store, run):
        counts[row.status] += 1
        failed += row.passed is False
        if row.status != _GRADED:
            without.append(Listed(row.person.name, row.attempt, row.status, row.problem))
        if row.grading is not None and not has_reports(out, row.file):
            write_reports(out, row.file, store.kept(row.grading).report, store.report(row.grading))
        book.add(row)
    write(out / GRADEBOOK, book.text())
    write(out / INDEX, overview.page(lambda: rows_that_count(store, run), run))
    return Published({status: counts[status] for status in _ORDER if counts[status]}, failed, tuple(without))


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
