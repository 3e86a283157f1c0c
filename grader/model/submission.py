"""What was handed in, as a private copy that holds regular files and folders only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePosixPath

from grader.frozen import dataclass


class FlagKind(StrEnum):
    """Why something is reported although no check asks for it."""

    LINK_LEFT_OUT = "link_left_out"  # a link that leaves the submission, or any special file: not copied
    FILE_LEFT_OUT = "file_left_out"  # unreadable, or a kind that is never copied
    ENTRY_CHOSEN = "entry_chosen"  # several candidates; says which one was started and why
    SERVER_ERROR = "server_error"  # a route that no check asks for answers 5xx
    PIN_DISCARDED = "pin_discarded"  # a pinned start or request hung or crashed where the natural one did not
    REPORTED_BY_PROGRAM = "reported_by_program"  # a verdict rests on what the student's program says about itself
    LIMIT = "limit"  # the rest of an observation was cut by a limit
    INCONSISTENT = "inconsistent"  # a check passed, and would not have on what the same request brought later
    NOTE = "note"  # anything else that a person should know


@dataclass(frozen=True)
class Flag:
    """Something a person should know; it costs no points. `where` is a student's file, `file:line`, or a path."""

    kind: FlagKind
    message: str
    where: str = ""


@dataclass(frozen=True)
class SourceFile:
    """A file of the submission as the grader itself read it, before any student code ran.

    `text` is None for what is not text, not worth quoting, or too large; then `note` may say why. `provided`: the
    rubric brought it, so it is no work of the student's.
    """

    path: str
    size: int
    text: str | None = None
    note: str = ""
    provided: bool = False

    def line(self, number: int) -> str | None:
        """Line `number` (from 1) without its line end, or None when there is no such line."""
        lines = self.text.split("\n") if self.text is not None else []
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else None


class EntryKind(StrEnum):
    """How the entry is started."""

    SCRIPT = "script"  # python main.py
    PACKAGE = "package"  # a package whose __init__ makes the app, or has a factory: python -m flask --app NAME run


@dataclass(frozen=True)
class Submission:
    """One person's work in a private copy that holds regular files and folders only.

    `root` is the folder of the copy; `entry` the file that is started (for a package its `__init__.py`); `home` the
    folder it is started from. `sha256` covers every copied path and its bytes, so equal work has equal hashes.
    `files` lists every file of the copy, sorted by path.
    """

    name: str
    root: Path
    entry: str
    sha256: str
    files: tuple[SourceFile, ...] = ()
    entry_kind: EntryKind = EntryKind.SCRIPT
    factory: str = ""
    flags: tuple[Flag, ...] = ()

    @property
    def home(self) -> str:
        """The folder, relative to `root`, that the entry is started from: "." or "lab/step3"."""
        folder = PurePosixPath(self.entry).parent
        return str(folder.parent if self.entry_kind is EntryKind.PACKAGE else folder)
