"""Lines of the student's own files, around one that matters."""

from __future__ import annotations

from grader.frozen import dataclass
from grader.model import Evidence, Location, SourceFile

_AROUND = 3
_MOST = 300  # characters of a line


@dataclass(frozen=True)
class Line:
    """A line of a file; `meant` is the one that it is about."""

    number: int
    text: str
    meant: bool = False

    @property
    def code(self) -> str:
        """Without its indentation."""
        return self.text.lstrip(" \t")

    @property
    def indent(self) -> str:
        """The white space that it begins with."""
        return self.text[: len(self.text) - len(self.code)]


def excerpt(location: Location | None, evidence: Evidence | None) -> tuple[Line, ...]:
    """The line with some around it, as the grader read the file; nothing where that is not what the report quotes, and
    nothing of a file that the rubric brought."""
    if location is None or not location.line or evidence is None:
        return ()
    file = evidence.file(location.path)
    if file is None or file.provided or not _same(file.line(location.line), location.source):
        return ()
    return _around(file, location.line)


def _around(file: SourceFile, meant: int) -> tuple[Line, ...]:
    """The line and those near it, without blank ones at either end."""
    lines = [(n, file.line(n) or "") for n in range(max(1, meant - _AROUND), meant + _AROUND + 1)]
    written = [n for n, text in lines if text.strip()]
    return tuple(Line(n, text[:_MOST], n == meant) for n, text in lines if written[0] <= n <= written[-1])


def _same(line: str | None, quoted: str) -> bool:
    return line is not None and bool(quoted.strip()) and quoted.strip()[:100] in line
