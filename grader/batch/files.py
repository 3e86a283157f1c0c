"""Files in the folder of a batch: whole or not at all, and their failures as sentences."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from grader.errors import StoreError
from grader.model import Report
from grader.render.files import clear_halves, fill_atomically, write_atomically
from grader.render.html import render as page

REPORTS = "reports"


def write(path: Path, content: str | Callable[[BinaryIO], object]) -> None:
    """A text, or what is written piece by piece. Raises StoreError."""
    try:
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            write_atomically(path, content)
        else:
            fill_atomically(path, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = f"There is no room left for {path}."
        else:
            message = f"{path} could not be written: {error.strerror}."
        raise StoreError(message, "What was saved before is whole; run the same command again to go on.") from error


def write_reports(out: Path, name: str, report: Report, as_json: str) -> None:
    """A submission's JSON and HTML. Raises StoreError."""
    write(out / REPORTS / f"{name}.json", as_json)
    write(out / REPORTS / f"{name}.html", page(report))


def has_reports(out: Path, name: str) -> bool:
    """Whether both are there."""
    return all((out / REPORTS / f"{name}{suffix}").is_file() for suffix in (".json", ".html"))


def clear_away_halves(out: Path) -> None:
    """What killed runs left half-written; `out` has to be locked."""
    for folder in (out, out / REPORTS):
        clear_halves(folder)
