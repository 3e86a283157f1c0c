"""Rows of the database as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from grader.model import RubricCheck, Weight
from grader.store.tables import Grading, Person, Run, Submission
from grader.store.values import MISSING, WAITING, Mark, Row, RunMade, Standing, Whose


def most_points(check: RubricCheck) -> Fraction:
    """The most that a check adds."""
    return check.points if check.weight in (Weight.POINTS, Weight.BONUS) else Fraction(0)


def run_made(run: Run) -> RunMade:
    """A run."""
    return RunMade(
        run.id,
        run.kind,
        run.rubric_id,
        run.rubric_title,
        run.rubric_sha256,
        run.rubric_text,
        tuple((id, title, Fraction(most)) for id, title, most in run.checks),
        Fraction(run.max_score),
        Fraction(run.pass_mark),
        run.grader_version,
        run.options,
        tuple((path, reason) for path, reason in run.left_out),
        run.finished is not None,
    )


def standing(grading: Grading) -> Standing:
    """What counts of a submission."""
    return Standing(
        grading.id,
        grading.run_id,
        grading.sha256,
        grading.rubric_sha256,
        grading.grader_version,
        grading.late_seconds,
        grading.status,
        grading.passed,
    )


def rows_of(run: RunMade, person: Person, counts: Mapping[int, Grading]) -> Iterator[Row]:
    """A person's listed attempts, each with what counts of it by the rubric of a run; one row where there is none."""
    listed = [s for s in person.submissions if s.listed == run.id]
    for submission in listed:
        grading = counts.get(submission.id)
        yield row_of(person, submission, grading if grading and _counts(run, submission, grading) else None)
    if not listed:
        yield Row(_whose(person), MISSING)


def _counts(run: RunMade, submission: Submission, grading: Grading) -> bool:
    """Whether a grading is one of this work, as it is now, by this rubric."""
    return (grading.rubric_sha256, grading.sha256, grading.late_seconds) == (
        run.rubric_sha256,
        submission.sha256,
        submission.late_seconds,
    )


def row_of(person: Person, submission: Submission, grading: Grading | None) -> Row:
    """An attempt with a grading of it, or waiting for one."""
    row = Row(
        _whose(person),
        WAITING,
        key=submission.key,
        attempt=submission.attempt,
        label=submission.label,
        sha256=submission.sha256,
        file=submission.file,
        late=submission.late,
        late_seconds=submission.late_seconds,
    )
    if grading is None:
        return row
    return replace(
        row,
        status=grading.status,
        grading=grading.id,
        score=None if grading.score is None else Fraction(grading.score),
        max_score=Fraction(grading.max_score),
        passed=grading.passed,
        problem=grading.problem,
        marks={
            id: Mark(status, Fraction(score), Fraction(most), why) for id, status, score, most, why in grading.marks
        },
        duration_seconds=grading.duration_seconds,
    )


def _whose(person: Person) -> Whose:
    return Whose(person.key, person.name, person.ids)
