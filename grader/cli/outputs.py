"""Report files that the command line asks for: `--output FORMAT=FILE`."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import UsageError
from grader.frozen import dataclass

if TYPE_CHECKING:
    from grader.model import Report

FORMATS = ("text", "json", "html", "markdown", "csv")


@dataclass(frozen=True)
class Output:
    """A report file to be written."""

    format: str
    path: Path


def parsed(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[Output, ...]:
    """What the options say, as click wants it."""
    return tuple(_parsed(value) for value in values)


def _parsed(value: str) -> Output:
    format, equals, path = value.partition("=")
    if not equals or not path or format not in FORMATS:
        raise click.BadParameter(
            f"{value!r} is not FORMAT=FILE, as html=report.html is; formats: {', '.join(FORMATS)}."
        )
    return Output(format, Path(path))


def check(outputs: Sequence[Output], work: Path) -> None:
    """Before anything is graded: a report that cannot be written must not cost the grading. Raises UsageError."""
    for output in outputs:
        require_writable(output.path)
        if _leads_out(output.path.parent, work):
            there = os.path.realpath(output.path.parent)
            raise UsageError(
                f"{output.path.parent} is inside the work, but leads out by a link: {there}.",
                "Whoever handed in the work may have put it there. Choose a place outside of the work.",
            )


def require_writable(path: Path) -> None:
    """Raises UsageError where a file cannot be written."""
    try:
        kind = os.stat(path).st_mode if path.exists() else 0
        has_folder = path.parent.is_dir()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Choose another name.") from error
    if stat.S_ISDIR(kind):
        raise UsageError(f"{path} is a folder.", "Give --output the name of a file.")
    if kind and not stat.S_ISREG(kind):  # a report takes the place of what is there: no device may go that way
        raise UsageError(f"{path} is no ordinary file.", "Give --output the name of a file, which may be a new one.")
    if not has_folder:
        raise UsageError(f"There is no folder {path.parent} for {path.name}.", "Make it, or choose another one.")
    is_old = bool(kind) and not path.is_symlink()
    if not os.access(path.parent, os.W_OK) or (is_old and not os.access(path, os.W_OK)):
        raise UsageError(f"{path} cannot be written.", "Choose a place that you may write to.")


def _leads_out(folder: Path, work: Path) -> bool:
    """Whether a folder is named as one inside the work, and is not there."""
    real, named = os.path.realpath(work), Path(os.path.abspath(folder))
    inside = named.is_relative_to(os.path.abspath(work)) or named.is_relative_to(real)
    return inside and not Path(os.path.realpath(folder)).is_relative_to(real)


def write(report: Report, outputs: Sequence[Output]) -> None:
    """Raises UsageError where a disk is full, or a place is no longer there."""
    from grader.render import render
    from grader.render.files import write_atomically

    for output in outputs:
        try:
            write_atomically(output.path, render(report, output.format))
        except OSError as error:
            raise UsageError(
                f"{output.path} could not be written: {error.strerror}.",
                "What was there before is as it was. Make room, or choose another place, and grade again.",
            ) from error
