"""What is wrong in a rubric file, and where: collected, so that a person is told of everything at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from grader.errors import RubricError, RubricFault
from grader.model import Check

MOST_FAULTS = 100  # more than a person reads; and a file of nothing but faults costs no more than this
_MOST_SENTENCE = 400
_MOST_WORD = 60
_MOST_LINE = 2000


class Place(NamedTuple):
    """A place in a file, both counted from 1, in characters."""

    line: int
    column: int


class Faults:
    """Collects the faults of one file; `source` is its name, as messages show it, `types` the known check types."""

    def __init__(self, source: str, types: Mapping[str, type[Check]] | None = None) -> None:
        self.source = source
        self.types = types or {}
        self.lines: Sequence[str] = ()  # of the file, once it is read
        self._found: dict[tuple[Place, str], None] = {}  # in the order in which they were found, each once

    def add(self, place: Place, sentence: str) -> None:
        """Note a fault. Raises RubricError once there are too many."""
        self._found[place, _printable(sentence, _MOST_SENTENCE)] = None
        if len(self._found) >= MOST_FAULTS:
            self.raise_if_any()

    def stop(self, place: Place, sentence: str) -> NoReturn:
        """Note a fault that leaves nothing more to read, and raise RubricError."""
        self.add(place, sentence)
        raise self._error()

    def raise_if_any(self) -> None:
        """Raise a RubricError that holds them all."""
        if self._found:
            raise self._error()

    def _error(self) -> RubricError:
        """Every fault as FILE:LINE:COLUMN: sentence, in the order of the file."""
        in_order = sorted(self._found, key=lambda fault: fault[0])
        found = [
            RubricFault(self.source, place.line, place.column, sentence, self._line(place.line))
            for place, sentence in in_order
        ]
        count = "one mistake" if len(found) == 1 else f"{len(found)} mistakes"
        more = " or more" if len(found) >= MOST_FAULTS else ""
        return RubricError(f"The rubric {self.source} has {count}{more}.", "Correct the lines named.", found)

    def _line(self, number: int) -> str:
        """A line of the file, fit for a terminal."""
        return _printable(self.lines[number - 1], _MOST_LINE) if 0 < number <= len(self.lines) else ""


def shown(text: str) -> str:
    """A word of the file in quotation marks, cut where it is long, and on one line whatever it holds."""
    return f'"{_printable(text, _MOST_WORD)}"'


def closest(word: str, known: Iterable[str]) -> str:
    """' Did you mean "x"?' for the nearest known word, or nothing."""
    import difflib  # only once something is wrong

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def _printable(text: str, most: int) -> str:
    cut = text if len(text) <= most else text[: most - 3] + "..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
