"""A class in the words of the overview and of gradebooks: rows for statistics, entries for files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.courses import book_cells, rubrics
from grader.courses.book import Line, Status
from grader.courses.tables import Assignment, Attempt, Grading, GradingState, Job, JobState, Override
from grader.gradebook import CheckEntry, Entry
from grader.model import CheckStatus, Rubric
from grader.overview import CheckCell, Row, RowStatus

_HOUR, _DAY = 3600, 86400
_STATUS = {
    Status.GRADED: RowStatus.GRADED,
    Status.NOT_GRADABLE: RowStatus.NOT_GRADABLE,
    Status.MISSING: RowStatus.MISSING,
    Status.UNGRADED: RowStatus.UNGRADED,
    Status.WAITING: RowStatus.UNGRADED,
    Status.RUNNING: RowStatus.UNGRADED,
}
_WAITS = "It has not been graded yet."


def rubric_of(db: Session, assignment: Assignment) -> Rubric | None:
    """The rubric in force; None while there is none."""
    version = rubrics.in_force(db, assignment)
    return rubrics.parse(version.text) if version is not None else None


def titles(rubric: Rubric | None) -> dict[str, str]:
    """What each check is called, in the rubric's order."""
    return {check.id: check.title for check in rubric.checks} if rubric is not None else {}


def stamp(db: Session, assignment: Assignment) -> tuple[object, ...]:
    """What changes whenever anything of a class does that its statistics rest on."""
    of_this = Attempt.assignment_id == assignment.id
    graded = select(func.count(Grading.id), func.max(Grading.id), func.sum(Grading.id)).join(Grading.attempt)
    given = select(func.count(Override.id), func.max(Override.id)).join(Override.attempt)
    handed = select(func.count(Attempt.id), func.max(Attempt.id)).where(of_this)
    jobs = select(func.count(Job.id)).join(Job.attempt).where(of_this, Job.state != JobState.DONE.value)
    return (
        assignment.key,
        assignment.counts,
        *db.execute(graded.where(of_this, Grading.state == GradingState.CURRENT.value)).one(),
        *db.execute(given.where(of_this, Override.withdrawn.is_(None))).one(),
        *db.execute(handed).one(),
        db.scalar(jobs),
        len(assignment.course.enrolments),
    )


def rows(lines: Iterable[Line], called: Mapping[str, str]) -> Iterator[Row]:
    """Lines with their cells, as statistics want them: with the points that count."""
    for line in lines:
        cells = tuple(
            CheckCell(cell.id, called.get(cell.id, cell.id), cell.points, cell.most, _status(cell), cell.message)
            for cell in line.cells
        )
        under_way = line.status in (Status.WAITING, Status.RUNNING)
        yield Row(
            line.user,
            line.name,
            tuple(line.ids.items()),
            _STATUS[line.status],
            _WAITS if under_way else line.reason,
            line.score,
            line.max_score or Fraction(1),
            attempt=line.number or 1,
            late=late(line),
            late_seconds=line.late_seconds,
            seconds=line.seconds or None,
            sha256=line.digest or None,
            checks=cells,
        )


def _status(cell: book_cells.Cell) -> CheckStatus:
    """As it counts: points that a person gave have a status of their own."""
    if not cell.overridden:
        return CheckStatus(cell.status)
    if cell.points >= cell.most:
        return CheckStatus.PASSED
    return CheckStatus.PARTIAL if cell.points > 0 else CheckStatus.FAILED


def entries(lines: Iterable[Line], called: Mapping[str, str]) -> Iterator[Entry]:
    """Lines with their cells, as gradebooks want them: the attempt that counts, with the points that count."""
    for line in lines:
        yield Entry(
            line.user,
            line.name,
            tuple(line.ids.items()),
            line.status.value,
            line.score,
            line.max_score or Fraction(1),
            attempt=line.number or None,
            late=late(line),
            reason=line.reason,
            seconds=line.seconds,
            checks=tuple(
                CheckEntry(cell.id, called.get(cell.id, cell.id), cell.points, cell.most, cell.message, cell.hidden)
                for cell in line.cells
            ),
        )


def late(line: Line) -> str:
    """How late, for people; at least a minute."""
    seconds = line.late_seconds
    if seconds <= 0:
        return ""
    if seconds < _HOUR:
        return f"{max(seconds / 60, 1):.0f} min"
    unit, called = (_DAY, "day") if seconds >= 2 * _DAY else (_HOUR, "hour")
    count = f"{seconds / unit:.1f}".removesuffix(".0")
    return f"{count} {called}{'' if count == '1' else 's'}"
