"""What columns may say."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is. Of an account: ADMIN may do everything, INSTRUCTOR may make courses. Of an enrolment:
    INSTRUCTOR or STUDENT, in that course."""

    ADMIN = "admin"
    INSTRUCTOR = "instructor"
    STUDENT = "student"


class Counts(StrEnum):
    """Which attempt of a person counts."""

    LATEST = "latest"
    BEST = "best"


class Shown(StrEnum):
    """When students see something: scores, or the hidden checks."""

    AT_ONCE = "at_once"
    AFTER_DUE = "after_due"
    ON_RELEASE = "on_release"
    NEVER = "never"


class JobKind(StrEnum):
    """Why something is graded. A TRIAL is an instructor's look at a rubric: it counts for nobody."""

    GRADE = "grade"
    REGRADE = "regrade"
    TRIAL = "trial"


class JobState(StrEnum):
    """How far a job is. FAILED: the grader's own fault, after all tries; the attempt is ungraded, never zero."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class GradingState(StrEnum):
    """CURRENT counts. PROPOSED was made by a re-grading and waits until somebody has compared it. A TRIAL never
    counts."""

    CURRENT = "current"
    PROPOSED = "proposed"
    SUPERSEDED = "superseded"
    TRIAL = "trial"
