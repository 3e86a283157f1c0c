"""Gradescope's `results.json`, one for each submission, in one zip. Only plain text: never a student's HTML."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from typing import IO

from grader.gradebook.entry import CheckEntry, Entry
from grader.render.cleaning import commandless, one_line

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_TEXT = 2000


def gradescope_zip(entries: Iterable[Entry], file: IO[bytes]) -> int:
    """Write it; how many results it holds. Who has no grade has none there either."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            if entry.score is not None:
                info = zipfile.ZipInfo(f"{_folder(entry)}/results.json", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, json.dumps(results(entry), ensure_ascii=False, indent=1))
                count += 1
    return count


def results(entry: Entry) -> dict[str, object]:
    """The document of one submission, by Gradescope's specification."""
    assert entry.score is not None
    return {
        "score": float(entry.score),
        "execution_time": round(entry.seconds),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(number, check) for number, check in enumerate(entry.checks, 1)],
    }


def _test(number: int, check: CheckEntry) -> dict[str, object]:
    return {
        "score": float(check.score),
        "max_score": float(check.max_score),
        "status": "passed" if check.score >= check.max_score else "failed",
        "name": _clean(check.title),
        "number": str(number),
        "output": _clean(check.message),
        "tags": [check.id],
        "visibility": "hidden" if check.hidden else "visible",
    }


def _folder(entry: Entry) -> str:
    """A folder's name for an attempt; those that are the same in it differ by what they are made of."""
    name = "".join(letter if letter.isalnum() or letter in "-. " else "_" for letter in entry.key).strip(". ")
    return name if name == entry.key else f"{name}-{hashlib.sha256(entry.key.encode()).hexdigest()[:8]}".lstrip("-")


def _clean(text: str) -> str:
    return commandless(one_line(text, _MOST_TEXT))
