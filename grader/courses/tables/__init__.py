"""What the database of a department holds. Migrations make the very same; a test compares them.

    users, tokens              who may sign in, and with what
    tries                      passwords that were wrong a moment ago
    courses, enrolments        who teaches and who learns what
    assignments, rubrics       what is asked, by which version of which rubric
    uploads, attempts          what was handed in; the files themselves lie beside the database, by their hash
    jobs, steps                what is to be graded, by whom it is being graded, and how far that is
    gradings                   every result ever made; one of each attempt counts
    overrides                  what a person decided otherwise, and why
    imports                    exports of a whole class that were uploaded
    audit                      who did what

`key` is what an address names: opaque, so that nobody guesses another's. Scores are exact, as texts: "7", "100/3".
Times are UTC, without a zone.
"""

from __future__ import annotations

from grader.courses.tables.base import Table, new_key
from grader.courses.tables.choices import Counts, GradingState, JobKind, JobState, Role, Shown
from grader.courses.tables.courses import Assignment, Course, Enrolment, RubricVersion
from grader.courses.tables.graded import Grading, Job, Override, Step
from grader.courses.tables.handed_in import Attempt, Import, Upload
from grader.courses.tables.people import Audit, Token, Try, User

__all__ = [
    "Assignment",
    "Attempt",
    "Audit",
    "Counts",
    "Course",
    "Enrolment",
    "Grading",
    "GradingState",
    "Import",
    "Job",
    "JobKind",
    "JobState",
    "Override",
    "Role",
    "RubricVersion",
    "Shown",
    "Step",
    "Table",
    "Token",
    "Try",
    "Upload",
    "User",
    "new_key",
]
