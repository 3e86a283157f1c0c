"""All that a person reads, from the store alone: gradebook.csv, index.html, and reports that are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from grader.batch import overview
from grader.batch.entries import entries
from grader.batch.files import clear_away_halves, has_reports, write, write_reports
from grader.batch.model import Listed
from grader.batch.rows import rows_that_count
from grader.frozen import dataclass
from grader.gradebook import write_csv
from grader.model import ReportStatus
from grader.store.store import Store
from grader.store.values import MISSING, WAITING, RunMade

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
    clear_away_halves(out)
    counts: Counter[str] = Counter()
    without: list[Listed] = []
    failed = 0
    for row in rows_that_count(store, run):
        counts[row.status] += 1
        failed += row.passed is False
        if row.status != _GRADED:
            without.append(Listed(row.person.name, row.attempt, row.status, row.problem))
        if row.grading is not None and not has_reports(out, row.file):
            write_reports(out, row.file, store.kept(row.grading).report, store.report(row.grading))
    checks = [id for id, *_ in run.checks]
    write(out / GRADEBOOK, lambda file: write_csv(lambda: entries(store, run), checks, file))
    write(out / INDEX, overview.page(lambda: rows_that_count(store, run), run, store.graded_at(run)))
    return Published({status: counts[status] for status in _ORDER if counts[status]}, failed, tuple(without))
