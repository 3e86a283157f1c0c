"""Moodle's zip of feedback files: each report in the folder that the work came in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from typing import IO

from grader.errors import UsageError
from grader.gradebook.entry import Entry

_FOLDER = re.compile(r".+_assignsubmission_[a-z]+_?")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same work gives the same file


def feedback_zip(entries: Iterable[Entry], report: Callable[[Entry], bytes], file: IO[bytes]) -> int:
    """Write it; how many reports it holds. Raises UsageError where no work came in one of Moodle's folders."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            if entry.report and _FOLDER.fullmatch(entry.folder):
                info = zipfile.ZipInfo(f"{entry.folder}/report.html", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, report(entry))
                count += 1
    if not count:
        raise UsageError(
            "No work came in one of Moodle's folders (Name_123456_assignsubmission_file).",
            "The feedback zip can be made for a batch of Moodle's own download only.",
        )
    return count
