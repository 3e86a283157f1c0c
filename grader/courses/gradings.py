"""Results: saved once for each job, counted once for each attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses import jobs, rubrics
from grader.courses.jobs import Claim
from grader.courses.points import WHOLE, Effective, Mark, Total, effective, marks_of
from grader.courses.tables import Attempt, Grading, GradingState, Job, JobKind, RubricVersion
from grader.errors import UsageError
from grader.model import Kept, Late, Report, ReportStatus, Rubric, Visibility, Weight
from grader.render.audience import for_audience
from grader.render.cleaning import clean, one_line
from grader.store.codec import decode, encode

__all__ = ["WHOLE", "Effective", "Mark", "Total", "effective", "marks_of"]

_MOST_MESSAGE = 400
_AT_ONCE = 500  # of the parameters that a statement may have


# --------------------------------------------------------------------------------------------------------------- saving


def prepared(kept: Kept, rubric: Rubric) -> Mapping[str, Any]:
    """A result as its row has it. It takes a moment, so that it is done before a transaction is begun."""
    report = kept.report
    shown = for_audience(report, "student")
    return {
        "status": report.status.value,
        "score": _text(report.score),
        "max_score": str(report.max_score),
        "passed": report.passed,
        "shown_score": _text(shown.score),
        "shown_max_score": str(shown.max_score if report.checks else _shown_max(rubric)),
        "problem": clean(report.problem),
        "marks": [
            [
                c.id,
                c.outcome.status.value,
                str(c.score),
                str(c.max_score),
                one_line(c.outcome.message, _MOST_MESSAGE),
                c.visibility.value,
            ]
            for c in report.checks
        ],
        "sums": _sums(report, rubric),
        "duration_seconds": report.duration_seconds,
        "grader_version": report.grader_version,
        "evidence": encode(kept),
    }


def _text(score: Fraction | None) -> str | None:
    return None if score is None else str(score)


def _shown_max(rubric: Rubric) -> Fraction:
    """Of work that was never looked at."""
    own = (c for c in rubric.checks if c.weight is Weight.POINTS and c.visibility is Visibility.VISIBLE)
    return sum((c.points for c in own), Fraction(0)) or Fraction(1)


def _sums(report: Report, rubric: Rubric) -> dict[str, Any]:
    late: Late | None = report.late
    rounding = rubric.rounding
    return {
        "pass_mark": str(report.pass_mark),
        "late_percent": str(late.percent) if late else "0",
        "rounding": [str(rounding.to), rounding.way.value] if rounding else None,
    }


def save(db: Session, job: Job, fence: int, kept: Kept, *, values: Mapping[str, Any] | None = None) -> Grading | None:
    """The result of a job, which ends it. None where the job has been given to somebody else, or was cancelled: then
    nothing is saved. `values` are those of `prepared`. Raises UsageError for a result that is none: our own fault is
    told by `jobs.fail`."""
    if kept.report.status is ReportStatus.UNGRADED:
        raise UsageError("This is no result.", "Tell jobs.fail of it.")
    mine = jobs.held(db, Claim(job.id, fence, 0, 0))
    if mine is None:
        return None
    db.scalars(select(Attempt.id).where(Attempt.id == mine.attempt_id).with_for_update()).one()  # one after the other
    values = values or prepared(kept, rubric_of(mine))
    made = Grading(attempt_id=mine.attempt_id, job_id=mine.id, rubric_id=mine.rubric_id, **values)
    made.state = _state(db, mine).value
    _supersede(db, made)
    db.add(made)
    jobs.finish(db, mine)
    return made


def add(db: Session, attempt: Attempt, kept: Kept, *, rubric_id: int) -> Grading:
    """A result that no job made, such as that nothing can be graded there. It counts from now on."""
    rubric = rubrics.parse(db.get_one(RubricVersion, rubric_id).text)
    made = Grading(attempt_id=attempt.id, rubric_id=rubric_id, **prepared(kept, rubric))
    made.state = GradingState.CURRENT.value
    _supersede(db, made)
    db.add(made)
    db.flush()
    return made


def _state(db: Session, job: Job) -> GradingState:
    if job.kind == JobKind.TRIAL.value:
        return GradingState.TRIAL
    if job.kind == JobKind.REGRADE.value:
        return GradingState.PROPOSED
    counts = _of_state(db, job.attempt_id, GradingState.CURRENT)
    later = counts is not None and counts.job_id is not None and counts.job_id > job.id
    return GradingState.SUPERSEDED if later else GradingState.CURRENT  # it was asked for before what counts


def _supersede(db: Session, made: Grading) -> None:
    """Whatever is in the place of a new result."""
    if made.state in (GradingState.CURRENT.value, GradingState.PROPOSED.value):
        former = _of_state(db, made.attempt_id, GradingState(made.state))
        if former is not None:
            former.state = GradingState.SUPERSEDED.value
            db.flush()


def _of_state(db: Session, attempt_id: int, state: GradingState) -> Grading | None:
    asked = select(Grading).where(Grading.attempt_id == attempt_id, Grading.state == state.value)
    return db.scalars(asked.order_by(Grading.id.desc()).limit(1)).first()


def rubric_of(job: Job) -> Rubric:
    """The rubric that a job is graded by. Raises RubricError."""
    text = job.rubric_text if job.rubric_text is not None else job.rubric.text if job.rubric else ""
    return rubrics.parse(text)


# -------------------------------------------------------------------------------------------------------------- finding


def current(db: Session, attempt: Attempt) -> Grading | None:
    """The one that counts."""
    return _of_state(db, attempt.id, GradingState.CURRENT)


def proposed(db: Session, attempt: Attempt) -> Grading | None:
    """The one that a re-grading made, while nobody has decided on it."""
    return _of_state(db, attempt.id, GradingState.PROPOSED)


def current_of(
    db: Session, attempts: Collection[int], state: GradingState = GradingState.CURRENT
) -> Mapping[int, Grading]:
    """Those that count (or are proposed) of many attempts, by the attempts' ids."""
    wanted, found = sorted(attempts), {}
    for begin in range(0, len(wanted), _AT_ONCE):
        some = wanted[begin : begin + _AT_ONCE]
        asked = select(Grading).where(Grading.attempt_id.in_(some), Grading.state == state.value)
        found.update({grading.attempt_id: grading for grading in db.scalars(asked.order_by(Grading.id))})
    return found


def in_short(*columns: Any) -> Any:
    """What lists say of the results that count, beside some columns: neither marks nor evidence. To be narrowed down by
    whoever asks."""
    return (
        select(
            *columns,
            Grading.status,
            Grading.score,
            Grading.max_score,
            Grading.passed,
            Grading.problem,
            Grading.duration_seconds,
        )
        .join(Grading.attempt)
        .where(Grading.state == GradingState.CURRENT.value)
    )


def of_job(db: Session, job: Job) -> Grading | None:
    """What a job came to."""
    return db.scalars(select(Grading).where(Grading.job_id == job.id)).first()


def kept_of(db: Session, grading: Grading) -> Kept:
    """A result with its evidence. Raises StoreError where another version of the grader wrote it."""
    return decode(db.scalars(select(Grading.evidence).where(Grading.id == grading.id)).one(), Kept)


# ---------------------------------------------------------------------------------------------------------- re-gradings


def accept(db: Session, grading: Grading) -> None:
    """Have a proposed result count. Raises UsageError where it is none any more."""
    made = _proposed(db, grading)
    former = _of_state(db, made.attempt_id, GradingState.CURRENT)
    if former is not None:
        former.state = GradingState.SUPERSEDED.value
        db.flush()
    made.state = GradingState.CURRENT.value
    db.flush()


def reject(db: Session, grading: Grading) -> None:
    """Have a proposed result never count. Raises UsageError where it is none any more."""
    _proposed(db, grading).state = GradingState.SUPERSEDED.value
    db.flush()


def _proposed(db: Session, grading: Grading) -> Grading:
    db.scalars(select(Attempt.id).where(Attempt.id == grading.attempt_id).with_for_update()).one()
    asked = select(Grading).where(Grading.id == grading.id).execution_options(populate_existing=True)
    made = db.scalars(asked).one()
    if made.state != GradingState.PROPOSED.value:
        raise UsageError("Somebody has decided on this re-grading meanwhile.", "Load the page again.")
    return made
