"""A program's output, made fit to be shown, and its tracebacks, mapped to the student's own files and lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grader.model import Frame, SourceFile, Traceback

# C0 but tab and line feed, DEL, C1, and what turns the direction of text
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FRAME = re.compile(
    r'^\s*(?:\| )?\s*File "(?P<file>[^"]{1,400})", line (?P<line>\d{1,9})(?:, in (?P<function>.{1,200}))?$'
)
_EXCEPTION = re.compile(r"^(?P<kind>[A-Za-z_][\w.]{0,200})(?:: (?P<message>.*))?$")
_HEAD = "Traceback (most recent call last):"
_MOST_FRAMES, _MOST_MESSAGE, _MOST_TEXT = 60, 1000, 8000
_HOME = "/home/student/"


def clean(text: str) -> str:
    """Without colours and control characters; line ends as line feeds."""
    return _UNFIT.sub("\ufffd", _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


class Mapper:
    """Knows where the copy lay inside the sandbox, and what the grader read of it."""

    def __init__(self, files: Iterable[SourceFile], folder: str) -> None:
        self._files = {f.path: f for f in files}
        self._marker = f"/{folder}/"

    def own_path(self, path: str) -> str | None:
        """The path relative to the submission's root of one of its files, None for any other file."""
        _, marker, rest = path.partition(self._marker)
        if marker and rest in self._files:
            return rest
        return None

    def traceback(self, log: str) -> Traceback | None:
        """The last traceback in a log, or None."""
        lines = log.split("\n")
        last = max((i for i, line in enumerate(lines) if _FRAME.match(line)), default=None)
        if last is None:
            return None
        begin = self._first_line(lines, last)
        frames: list[Frame] = []
        for number in range(begin, len(lines)):
            match = _FRAME.match(lines[number])
            if match:
                frames.append(self._frame(match))
            elif number > last and (exception := self._exception(lines, number)):
                kind, message = exception
                text = "\n".join(lines[begin : number + 1])[:_MOST_TEXT]
                return Traceback(kind, message, tuple(frames[-_MOST_FRAMES:]), text)
        return None

    def _first_line(self, lines: list[str], last: int) -> int:
        """Where the traceback that holds the line `last` begins; a SyntaxError of the entry has no head line."""
        for number in range(last, -1, -1):
            if lines[number].strip() == _HEAD:
                return number
            if number < last and lines[number] and not lines[number].startswith((" ", "\t", "|")):
                return last if number == last - 1 else self._first_frame(lines, number, last)
        return last

    @staticmethod
    def _first_frame(lines: list[str], after: int, last: int) -> int:
        return next(n for n in range(after + 1, last + 1) if _FRAME.match(lines[n]))

    def _frame(self, match: re.Match[str]) -> Frame:
        own = self.own_path(match["file"])
        line = int(match["line"])
        source = (self._files[own].line(line) or "").strip() if own else ""
        return Frame(own or match["file"], line, match["function"] or "", own is not None, source)

    @staticmethod
    def _exception(lines: list[str], number: int) -> tuple[str, str] | None:
        """The line that names the exception: the first after the frames that is not indented."""
        line = lines[number]
        if not line or line[0] in " \t^~":
            return None
        match = _EXCEPTION.match(line)
        if not match:
            return None
        message = match["message"] or ""
        return match["kind"].rpartition(".")[2], message[:_MOST_MESSAGE]
