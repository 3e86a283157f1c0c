"""What somebody wants to see of a gradebook: some of its lines, in an order, a page at a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from grader.composing import composed
from grader.courses import book
from grader.courses.book import Line, Status
from grader.frozen import dataclass

PAGE = 50
FAILED, OVERRIDDEN, PROPOSED = "failed", "overridden", "proposed"  # beside what `Status` has
_CHECK = "check:"


@dataclass(frozen=True)
class Asked:
    """`words`: all of them in a name or an identifier. `status`: one of `Status`, or below the pass mark, with points
    by hand, with a re-grading that waits. `late`: "yes" or "no". `lost`: a check in which points were lost. `sort`:
    name, score, status, submitted, or check:ID."""

    words: str = ""
    status: str = ""
    late: str = ""
    lost: str = ""
    sort: str = "name"
    down: bool = False
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Whether any line may be left out."""
        return bool(self.words or self.status or self.late or self.lost)

    def query(self, **other: Any) -> dict[str, Any]:
        """The same as the parts of an address, with some of them otherwise."""
        parts = {
            "q": self.words,
            "status": self.status,
            "late": self.late,
            "lost": self.lost,
            "sort": "" if self.sort == "name" else self.sort,
            "down": "1" if self.down else "",
        }
        return {name: value for name, value in {**parts, **other}.items() if value}


@dataclass(frozen=True)
class Page:
    """A page of lines, with cells; `count` of them fit, of `total`."""

    lines: Sequence[Line]
    count: int
    total: int
    page: int
    pages: int


def page(db: Session, lines: Sequence[Line], asked: Asked) -> Page:
    """The lines that are to be shown."""
    found = chosen(db, lines, asked)
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, asked.page), pages)
    shown = found[(number - 1) * PAGE : number * PAGE]
    return Page(book.with_cells(db, shown), len(found), len(lines), number, pages)


def chosen(db: Session, lines: Sequence[Line], asked: Asked) -> list[Line]:
    """All lines that fit, in the order that is asked for."""
    found = [line for line in lines if _fits(line, asked)]
    if asked.lost:
        gave = book.in_check(db, found, asked.lost)
        found = [line for line in found if line.attempt_id in gave and gave[line.attempt_id].lost]
    return _sorted(found, asked, _key(db, found, asked.sort))


def _fits(line: Line, asked: Asked) -> bool:
    if asked.late and line.late != (asked.late == "yes"):
        return False
    if asked.status and not _has_status(line, asked.status):
        return False
    if not asked.words:
        return True
    text = folded(" ".join((line.name, *line.ids.values())))
    return all(word in text for word in folded(asked.words).split())


def _has_status(line: Line, status: str) -> bool:
    own = {FAILED: line.passed is False, OVERRIDDEN: line.overridden, PROPOSED: line.proposed}
    return own.get(status, line.status.value == status)


def folded(text: str) -> str:
    """As it is compared: without case and accents."""
    plain = composed(text, "NFKD")
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _sorted(lines: list[Line], asked: Asked, key: Callable[[Line], Any]) -> list[Line]:
    """Lines without a value come last, whichever way it goes; equal ones by name."""
    with_value = [line for line in lines if key(line) is not None]
    without = [line for line in lines if key(line) is None]
    return [*sorted(with_value, key=key, reverse=asked.down), *without]


def _key(db: Session, lines: Sequence[Line], sort: str) -> Callable[[Line], Any]:
    if sort.startswith(_CHECK):
        gave = book.in_check(db, lines, sort.removeprefix(_CHECK))
        return lambda line: cell.points if (cell := gave.get(line.attempt_id)) is not None else None
    keys: dict[str, Callable[[Line], Any]] = {
        "name": lambda line: folded(line.name),
        "score": lambda line: line.score,
        "status": lambda line: list(Status).index(line.status),
        "submitted": lambda line: line.submitted,
    }
    return keys.get(sort, keys["name"])


def tally(lines: Sequence[Line]) -> dict[str, int]:
    """How many there are of each status, and beside them."""
    counts = {status.value: 0 for status in Status}
    counts |= {FAILED: 0, OVERRIDDEN: 0, PROPOSED: 0}
    for line in lines:
        counts[line.status.value] += 1
        counts[FAILED] += line.passed is False
        counts[OVERRIDDEN] += line.overridden
        counts[PROPOSED] += line.proposed
    return counts


def mean(lines: Sequence[Line]) -> Fraction | None:
    """Of all scores, in points."""
    scores = [line.score for line in lines if line.score is not None]
    return sum(scores, Fraction(0)) / len(scores) if scores else None
