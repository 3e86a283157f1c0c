"""Moodle's zip of feedback files: for each who handed in, the report as one page, as students are shown it by now.

Nothing that is hidden from students is in it: who has a file of it is not asked who they are any more.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import IO

from grader.courses import access
from grader.courses.book import Line
from grader.courses.database import Database
from grader.courses.tables import Role
from grader.errors import UsageError
from grader.gradebook import Entry, feedback_zip
from grader.web import reports
from grader.web.report_page import file_of_report

_IN_MEMORY = 8 << 20


def with_reports(lines: Iterable[Line], entries: Iterable[Entry]) -> list[Entry]:
    """The entries of those lines; who has a result has the key of its attempt for a report."""
    return [
        replace(entry, report=line.attempt if line.grading_id else "")
        for line, entry in zip(lines, entries, strict=True)
    ]


def packed(database: Database, entries: Sequence[Entry]) -> IO[bytes]:
    """The zip, from its beginning. Raises UsageError."""

    def report(entry: Entry) -> bytes:
        with database.reading() as db:  # one at a time: nothing is held while a page is made
            attempt = access.attempt_of(db, entry.report)
            found = reports.gather(db, attempt, Role.STUDENT) if attempt is not None else None
        if found is None:
            raise UsageError(f"The result of {entry.name} was deleted meanwhile.", "Export once more.")
        return file_of_report(found)

    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
    try:
        feedback_zip(entries, report, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
