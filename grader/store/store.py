"""What batch, web and workers ask of a database. Every change is one transaction, and on the disk when it returns."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session, selectinload

from grader import __version__
from grader.model import Kept, ReportStatus
from grader.render.cleaning import clean, one_line
from grader.store import database, rows
from grader.store.codec import decode, encode
from grader.store.listing import AT_ONCE, list_people, list_works
from grader.store.tables import Grading, Person, Run, Submission, now
from grader.store.values import Handed, Result, Row, RunBy, RunMade, Standing, Whose

_MOST_MESSAGE = 300  # characters of why points were lost; the report has all of it


class Store:
    """The results of a course. Raises StoreError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """The database at an address, brought up to date."""
        engine = database.connect(url)
        try:
            database.upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    # --------------------------------------------------------------------------------------------------------- runs

    def last_run(self) -> RunMade | None:
        """The last command that graded here."""
        with database.told(self._engine), Session(self._engine) as session:
            run = session.scalars(select(Run).order_by(Run.id.desc()).limit(1)).first()
            return rows.run_made(run) if run else None

    def begin(self, by: RunBy, people: Iterable[Whose], works: Iterable[Handed]) -> int:
        """A new run over these people and this work of theirs; what was listed before and is not now, counts no more
        but stays."""
        with database.told(self._engine), Session(self._engine) as session, session.begin():
            run = _run(by)
            session.add(run)
            session.flush()
            id = run.id
            list_works(session, id, works, list_people(session, id, people))
            return id

    def begin_again(self, by: RunBy, late: Callable[[str, float], float] = lambda _, seconds: seconds) -> int:
        """A new run over whatever the last one listed. `late` gives how late work is now, of when it came and how late
        it was."""
        with database.told(self._engine), Session(self._engine) as session, session.begin():
            last = session.scalars(select(Run.id).order_by(Run.id.desc()).limit(1)).first()
            run = _run(by)
            session.add(run)
            session.flush()
            for table in (Person, Submission):
                session.execute(update(table).where(table.listed == last).values(listed=run.id))
            for submission in session.scalars(select(Submission).where(Submission.listed == run.id)):
                submission.late_seconds = late(submission.submitted, submission.late_seconds)
            return run.id

    def people(self, run: RunMade) -> Sequence[str]:
        """The names of those whom a run listed, and no later one."""
        with database.told(self._engine), Session(self._engine) as session:
            return sorted(session.scalars(select(Person.name).where(Person.listed == run.id)))

    def finish(self, run: int) -> None:
        """All of a run is done."""
        with database.told(self._engine), Session(self._engine) as session, session.begin():
            session.execute(update(Run).where(Run.id == run).values(finished=now()))

    # ----------------------------------------------------------------------------------------------------- gradings

    def standings(self) -> Mapping[str, Standing]:
        """What counts so far, by the key of the submission."""
        asked = select(Submission.key, Grading).join(Grading.submission).where(~Grading.superseded)
        with database.told(self._engine), Session(self._engine) as session:
            return {key: rows.standing(grading) for key, grading in session.execute(asked)}

    def save(self, run: int, result: Result) -> None:
        """One grading, which counts from now on. One that failed by our fault never takes the place of a good one."""
        made = _grading(run, result)
        with database.told(self._engine), Session(self._engine) as session, session.begin():
            asked = select(Submission).where(Submission.key == result.key).with_for_update()  # one after the other
            submission = session.scalars(asked).one()
            made.submission_id, made.sha256 = submission.id, submission.sha256
            counts = session.scalars(
                select(Grading).where(Grading.submission_id == submission.id, ~Grading.superseded)
            ).first()
            made.superseded = counts is not None and _is_better(counts, made)
            if counts is not None and not made.superseded:
                counts.superseded = True
                session.flush()
            session.add(made)

    def files(self, run: RunMade) -> Mapping[str, str]:
        """The names of the reports of all that a run listed, by the key of the submission."""
        asked = select(Submission.key, Submission.file).where(Submission.listed == run.id)
        with database.told(self._engine), Session(self._engine) as session:
            return {row.key: row.file for row in session.execute(asked)}

    def kept(self, grading: int) -> Kept:
        """A grading with its evidence."""
        with database.told(self._engine), Session(self._engine) as session:
            data = session.scalars(select(Grading.evidence).where(Grading.id == grading)).one()
        return decode(data, Kept)

    def graded_at(self, run: RunMade) -> datetime | None:
        """When the last of what a run listed, and what counts, was graded; in UTC."""
        asked = select(func.max(Grading.created)).join(Grading.submission)
        with database.told(self._engine), Session(self._engine) as session:
            return session.scalar(asked.where(Submission.listed == run.id, ~Grading.superseded))

    def report(self, grading: int) -> str:
        """The JSON report of a grading."""
        with database.told(self._engine), Session(self._engine) as session:
            return zlib.decompress(session.scalars(select(Grading.report).where(Grading.id == grading)).one()).decode()

    def history(self, key: str) -> Sequence[Row]:
        """Every grading of a submission, oldest first."""
        asked = select(Grading).join(Grading.submission).where(Submission.key == key).order_by(Grading.id)
        with database.told(self._engine), Session(self._engine) as session:
            return [rows.row_of(g.submission.person, g.submission, g) for g in session.scalars(asked)]

    # --------------------------------------------------------------------------------------------------------- rows

    def rows(self, run: RunMade) -> Iterator[Row]:
        """Everybody whom a run listed, by name, with each of their attempts that it listed. A few at a time are held in
        memory."""
        with database.told(self._engine), Session(self._engine) as session:
            named = session.execute(select(Person.name, Person.key, Person.id).where(Person.listed == run.id))
            ids = [id for *_, id in sorted((name.casefold(), key, id) for name, key, id in named)]
        for begin in range(0, len(ids), AT_ONCE):
            yield from self._rows(run, ids[begin : begin + AT_ONCE])

    def _rows(self, run: RunMade, ids: Sequence[int]) -> Sequence[Row]:
        asked = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.submissions))
        with database.told(self._engine), Session(self._engine) as session:
            people = {person.id: person for person in session.scalars(asked)}
            listed = [s for id in ids for s in people[id].submissions if s.listed == run.id]
            counts = {
                grading.submission_id: grading
                for grading in session.scalars(
                    select(Grading).where(Grading.submission_id.in_([s.id for s in listed]), ~Grading.superseded)
                )
            }
            return [row for id in ids for row in rows.rows_of(run, people[id], counts)]


def _run(by: RunBy) -> Run:
    rubric = by.rubric
    most = {c.id: rows.most_points(c) for c in rubric.checks}
    return Run(
        kind=by.kind,
        rubric_id=rubric.id,
        rubric_title=rubric.title,
        rubric_sha256=rubric.sha256,
        rubric_text=by.rubric_text,
        checks=[[c.id, c.title, str(most[c.id])] for c in rubric.checks],
        max_score=str(rubric.max_score),
        pass_mark=str(rubric.pass_mark),
        grader_version=__version__,
        options=dict(by.options),
        left_out=[list(one) for one in by.left_out],
    )


def _grading(run: int, result: Result) -> Grading:
    report = result.kept.report
    values: dict[str, Any] = {
        "run_id": run,
        "rubric_sha256": report.rubric.sha256,
        "late_seconds": result.late_seconds,
        "grader_version": report.grader_version,
        "status": report.status.value,
        "score": None if report.score is None else str(report.score),
        "max_score": str(report.max_score),
        "passed": report.passed,
        "problem": clean(report.problem),
        "marks": [
            [c.id, c.outcome.status.value, str(c.score), str(c.max_score), one_line(c.outcome.message, _MOST_MESSAGE)]
            for c in report.checks
        ],
        "seed": report.seed,
        "duration_seconds": report.duration_seconds,
        "tries": result.tries,
        "rescored_from": result.rescored_from,
        "report": zlib.compress(result.report.encode("utf-8", "replace")),
        "evidence": encode(result.kept),
    }
    return Grading(**values)


def _is_better(counts: Grading, made: Grading) -> bool:
    """Whether what counts so far is a grade of the same work by the same rubric, and the new one is none."""
    same = ("rubric_sha256", "sha256", "late_seconds")
    return (
        made.status == ReportStatus.UNGRADED
        and counts.status != ReportStatus.UNGRADED
        and all(getattr(made, name) == getattr(counts, name) for name in same)
    )
