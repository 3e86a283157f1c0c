"""An exception of the student's program, with what the recognisers of single faults ask about it."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.checks.diagnosis.finding import Finding, place, short
from grader.checks.diagnosis.source import Module, module_at
from grader.frozen import dataclass
from grader.model import Evidence, Frame, Location, Traceback


@dataclass(frozen=True)
class Crash:
    """A traceback in its evidence. Its words come from the program: they are quoted as claims, never trusted."""

    evidence: Evidence
    traceback: Traceback

    @property
    def frame(self) -> Frame | None:
        """The innermost frame in the student's own Python files."""
        return next((f for f in reversed(self.traceback.frames) if f.own and f.path.endswith(".py")), None)

    @property
    def location(self) -> Location | None:
        """The innermost line of the student's own files, templates included."""
        frame = self.traceback.own_frame
        return place(self.evidence, frame.path, frame.line) if frame else None

    @property
    def code(self) -> Location | None:
        """The innermost line of the student's own Python files."""
        return place(self.evidence, self.frame.path, self.frame.line) if self.frame else None

    @property
    def where(self) -> str:
        """The line as a sentence begins with it."""
        return str(self.location or "the program")

    @property
    def module(self) -> Module | None:
        """The parsed file of the innermost own frame."""
        path = self.frame.path if self.frame else self.evidence.entry
        return module_at(self.evidence, path)

    @property
    def source(self) -> str:
        """The line of code that failed, as the grader read it."""
        return self.code.source if self.code else ""

    @property
    def file(self) -> str:
        """The file to change."""
        return self.frame.path if self.frame else self.evidence.entry

    def find(self, message: str, hint: str = "", location: Location | None = None) -> Finding:
        """A finding at this crash's own line unless another one is given."""
        return Finding(message, hint, location or self.location)


Recogniser = Callable[[Crash, re.Match[str]], Finding | None]
Rule = tuple[str, str, Recogniser]
"""The exception's name, a pattern that its message must contain, and who explains it."""


def first(rules: tuple[Rule, ...], crash: Crash) -> Finding | None:
    """What the first rule that fits has to say."""
    message = short(crash.traceback.message, 1000)
    for kind, pattern, recognise in rules:
        match = re.search(pattern, message) if kind in {crash.traceback.kind, "*"} else None
        finding = recognise(crash, match) if match else None
        if finding is not None:
            return finding
    return None
