"""What is wrong in a rubric file, and where: collected, so that a person is told of everything at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.errors import RubricError


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Faults:
    """Collects the faults of one file; `source` is its name, as messages show it."""

    source: str
    _found: list[tuple[Place, str]] = field(default_factory=list)

    def add(self, place: Place, sentence: str) -> None:
        """Note a fault."""
        self._found.append((place, sentence))

    def __bool__(self) -> bool:
        return bool(self._found)

    def lines(self) -> tuple[str, ...]:
        """FILE:LINE:COLUMN: sentence, in the order of the file, each once."""
        in_order = sorted(set(self._found), key=lambda fault: (fault[0].line, fault[0].column))
        return tuple(f"{self.source}:{place.line}:{place.column}: {sentence}" for place, sentence in in_order)

    def raise_if_any(self) -> None:
        """Raise a RubricError that holds them all."""
        if self._found:
            lines = self.lines()
            count = "one mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
            raise RubricError(
                f"The rubric {self.source} has {count}.", "Mend what is listed; nothing was graded.", lines
            )


def closest(word: str, known: Iterable[str]) -> str:
    """' Did you mean "x"?' for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""
