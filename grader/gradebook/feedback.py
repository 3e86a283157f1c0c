"""Moodle's zip of feedback files: each report in a folder named as that which the work came in.

Moodle splits the name at its underscores, and knows the person by the participant's number alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from typing import IO

from grader.errors import UsageError
from grader.gradebook.entry import Entry

_PARTICIPANT = "moodle_participant_id"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same work gives the same file


def feedback_zip(entries: Iterable[Entry], report: Callable[[Entry], bytes], file: IO[bytes]) -> int:
    """Write it; how many reports it holds. Raises UsageError where nobody can be named as Moodle does."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            number = dict(entry.ids).get(_PARTICIPANT)
            if number and can_have_feedback(entry):
                info = zipfile.ZipInfo(f"{_plain(entry.name)}_{number}_assignsubmission_file/report.html", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, report(entry))
                count += 1
    if not count:
        raise UsageError(
            "Nobody has a participant's number, which Moodle writes into the names of folders.",
            "The feedback zip can be made of work that came in Moodle's own download only.",
        )
    return count


def can_have_feedback(entry: Entry) -> bool:
    """Whether somebody has a report, and a number by which Moodle knows whose it is."""
    return bool(entry.report and dict(entry.ids).get(_PARTICIPANT))


def _plain(name: str) -> str:
    """A name as part of a folder's: what Moodle splits at, hides by, or takes for a path is no part of it."""
    kept = "".join(" " if letter in '_/\\:*?"<>|' or not letter.isprintable() else letter for letter in name)
    return kept.strip(" .~") or "Participant"
