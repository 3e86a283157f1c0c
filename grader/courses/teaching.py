"""Courses and assignments as those who teach set them up."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from sqlalchemy.orm import Session

from grader.courses import rubrics
from grader.courses.access import Viewer
from grader.courses.tables import Assignment, Counts, Course, Enrolment, Role, Shown
from grader.errors import UsageError
from grader.frozen import dataclass


@dataclass(frozen=True)
class Terms:
    """How an assignment is handed in, and what is shown. Times are UTC; `most_attempts`: None for any number."""

    title: str
    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    most_attempts: int | None = None
    counts: Counts = Counts.LATEST
    show_scores: Shown = Shown.AT_ONCE
    show_hidden: Shown = Shown.NEVER

    def check(self) -> None:
        """Raises UsageError where the times contradict each other."""
        ordered = (("It opens", self.opens), ("It is due", self.due), ("It closes", self.closes))
        known = [(words, at) for words, at in ordered if at is not None]
        for (first, at), (then, later) in pairwise(known):
            if at > later:
                raise UsageError(f"{then} before {first[0].lower()}{first[1:]}.", "Correct one of the two times.")


def create_course(db: Session, viewer: Viewer, title: str) -> Course:
    """A course that its maker teaches."""
    course = Course(title=title)
    db.add(course)
    db.flush()
    db.add(Enrolment(user_id=viewer.id, course_id=course.id, role=Role.INSTRUCTOR.value))
    return course


def create_assignment(db: Session, viewer: Viewer, course: Course, terms: Terms, rubric: str) -> Assignment:
    """An assignment with the first version of its rubric. Raises UsageError, or RubricError with every fault."""
    terms.check()
    rubrics.parse(rubric)
    assignment = Assignment(course_id=course.id)
    _set(assignment, terms)
    db.add(assignment)
    db.flush()
    rubrics.save(db, assignment, rubric, author=viewer.id)
    return assignment


def change_assignment(assignment: Assignment, terms: Terms) -> dict[str, object]:
    """Other terms; what has changed, before and after, as texts. Raises UsageError."""
    terms.check()
    before = terms_of(assignment)
    _set(assignment, terms)
    return {
        name: [str(value), str(getattr(terms, name))]
        for name, value in before.__dict__.items()
        if getattr(terms, name) != value
    }


def terms_of(assignment: Assignment) -> Terms:
    """What holds now."""
    return Terms(
        assignment.title,
        assignment.opens,
        assignment.due,
        assignment.closes,
        assignment.most_attempts,
        Counts(assignment.counts),
        Shown(assignment.show_scores),
        Shown(assignment.show_hidden),
    )


def _set(assignment: Assignment, terms: Terms) -> None:
    assignment.title, assignment.most_attempts = terms.title, terms.most_attempts
    assignment.opens, assignment.due, assignment.closes = terms.opens, terms.due, terms.closes
    assignment.counts = terms.counts.value
    assignment.show_scores, assignment.show_hidden = terms.show_scores.value, terms.show_hidden.value
