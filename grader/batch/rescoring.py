"""New points for what was graded: judged once more from what was seen then, without running anything."""

from __future__ import annotations

from pathlib import Path

from grader.batch.files import write_reports
from grader.batch.lateness import moved
from grader.batch.publishing import Published, publish
from grader.batch.which import require_same_rubric
from grader.errors import StoreError
from grader.frozen import dataclass
from grader.model import ReportStatus, Rubric
from grader.pipeline import How, rescore
from grader.render.json import render
from grader.render.numbers import number
from grader.store.folder import opened
from grader.store.store import Store
from grader.store.values import Result, Row, RunBy, RunMade, Standing


@dataclass(frozen=True)
class Changed:
    """One work whose points are others now."""

    name: str
    attempt: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Rescored:
    """What came of it. `needs_run`: name and attempt of what has to be run again."""

    judged: int
    already: int
    changed: tuple[Changed, ...]
    needs_run: tuple[tuple[str, int | None], ...]
    published: Published
    run: RunMade


def rescore_all(out: Path, rubric: Rubric, rubric_text: str = "") -> Rescored:
    """Judge all that a folder lists by another rubric. Both scores stay in its history; what was not seen then is not
    guessed, but named. Raises StoreError."""
    with opened(out, new=False) as store:
        before = store.last_run()
        if before is None:
            raise StoreError(f"{out} holds no results.", "Give the folder that grade batch was told with --out.")
        require_same_rubric(before, rubric, out)
        if before.rubric_sha256 != rubric.sha256:
            deadlines = before.options.get("deadline"), rubric.late.deadline if rubric.late else None
            options = {**before.options, "regrade": "ungraded", "since": None, "deadline": deadlines[1]}
            store.begin_again(
                RunBy(rubric, rubric_text, "rescore", options, before.left_out),
                lambda submitted, seconds: moved(submitted, seconds, *deadlines),
            )
        run = store.last_run()
        assert run is not None
        return _rescored(store, run, rubric, out)


def _rescored(store: Store, run: RunMade, rubric: Rubric, out: Path) -> Rescored:
    standings = store.standings()
    judged = already = 0
    changed: list[Changed] = []
    needs_run: list[tuple[str, int | None]] = []
    for row in store.rows(run):
        stands = standings.get(row.key)
        if row.grading is not None and row.status != ReportStatus.UNGRADED:
            already += 1
        elif row.key and (stands is None or not _judged(store, run, rubric, row, stands, out)):
            needs_run.append((row.person.name, row.attempt))
        elif row.key and stands is not None:
            judged += 1
            changed += _change(store, row)
    if not needs_run:
        store.finish(run.id)
    return Rescored(judged, already, tuple(changed), tuple(needs_run), publish(store, run, out), run)


def _judged(store: Store, run: RunMade, rubric: Rubric, row: Row, stands: Standing, out: Path) -> bool:
    """Judge one from what was seen; whether that was enough. What was seen of other work than is listed now is not.
    How late it came changes nothing that was seen."""
    if stands.sha256 != row.sha256:
        return False
    try:
        kept = rescore(store.kept(stands.grading), rubric, How(late_seconds=row.late_seconds))
    except StoreError:  # written by another version
        return False
    if kept is None:
        return False
    text = render(kept.report)
    write_reports(out, row.file, kept.report, text)
    store.save(run.id, Result(row.key, kept, text, row.late_seconds, 0, stands.grading))
    return True


def _change(store: Store, row: Row) -> list[Changed]:
    old, new = store.history(row.key)[-2:]
    told = [_told(one) for one in (old, new)]
    return [Changed(row.person.name, row.attempt, *told)] if told[0] != told[1] else []


def _told(row: Row) -> str:
    if row.score is None or row.max_score is None:
        return row.status.replace("_", " ")
    return f"{number(row.score)} of {number(row.max_score)}"
