"""How each check of a rubric does its work: what it gives, and whether it tells those who can from those who cannot.

Discrimination is the correlation of a check's points with the points of all *other* checks (lateness and other changes
to the total left out): a check correlated with a total that holds it looks good by itself. Below ten graded submissions
it is noise, and not given.
"""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum
from fractions import Fraction

from grader.frozen import dataclass
from grader.model import CheckStatus
from grader.overview.row import CheckCell
from grader.overview.sums import Pairs, steps

FEWEST = 10  # graded submissions, for discrimination and marks
_EASY, _HARD = Fraction(85, 100), Fraction(1, 2)


class Difficulty(StrEnum):
    """By the share of its points that a class earned: at least 85 %, at least half, less."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Mark(StrEnum):
    """What is odd about a check. The first two ask for a look at the rubric: where those who lose it are those who are
    good at everything else, and where nobody earned a point, the check may be wrong. Reversed is what lies below zero
    by more than a standard error (1/√n): of a small class, half of all harmless checks that tell nobody apart would be
    marked otherwise. That everybody earned it is no fault in a lab; it is said, since such a check tells nobody apart.
    """

    REVERSED = "reversed"
    NOBODY = "nobody"
    EVERYBODY = "everybody"


@dataclass(frozen=True)
class CheckStatistics:
    """A check over all graded submissions. `n` counts those in which it was judged, `counts` each status. `share` is
    None where there is nothing to earn."""

    id: str
    title: str
    max_points: Fraction
    n: int
    counts: tuple[tuple[CheckStatus, int], ...]
    share: float | None
    difficulty: Difficulty | None
    discrimination: float | None
    mark: Mark | None

    def count(self, status: CheckStatus) -> int:
        """How many had a status."""
        return dict(self.counts)[status]

    @property
    def suspicious(self) -> bool:
        """Whether somebody should look at this line of the rubric."""
        return self.mark in (Mark.REVERSED, Mark.NOBODY)


class ItemSoFar:
    """What is kept of a check while rows come."""

    def __init__(self) -> None:
        self.place: tuple[int, str] = (1 << 30, "")
        self._title = ""
        self._max = Fraction(0)
        self._counts: Counter[CheckStatus] = Counter()
        self._most = 0  # points that could be earned, in steps
        self._pairs = Pairs()

    def add(self, cell: CheckCell, place: int, total: int) -> None:
        """Count in a cell, the row's points in all given in steps."""
        self.place = min(self.place, (place, cell.id))
        self._title, self._max = max(self._title, cell.title[:400]), max(self._max, cell.max_points)
        self._counts[cell.status] += 1
        if cell.status is not CheckStatus.ERROR:
            points = steps(cell.points)
            self._most += steps(cell.max_points)
            self._pairs.add(points, total - points)

    def done(self) -> CheckStatistics:
        """Of all that was added."""
        n = self._pairs.first.n
        share = Fraction(self._pairs.first.sum, self._most) if self._most else None
        discrimination = self._pairs.correlation if n >= FEWEST else None
        return CheckStatistics(
            id=self.place[1],
            title=self._title,
            max_points=self._max,
            n=n,
            counts=tuple((status, self._counts[status]) for status in CheckStatus),
            share=None if share is None else float(share),
            difficulty=None if share is None else _difficulty(share),
            discrimination=discrimination,
            mark=_mark(share, discrimination, n) if n >= FEWEST else None,
        )


def _difficulty(share: Fraction) -> Difficulty:
    if share >= _EASY:
        return Difficulty.EASY
    return Difficulty.MEDIUM if share >= _HARD else Difficulty.HARD


def _mark(share: Fraction | None, discrimination: float | None, n: int) -> Mark | None:
    if discrimination is not None and discrimination < -1 / math.sqrt(n):
        return Mark.REVERSED
    if share is None:
        return None
    return Mark.NOBODY if share <= 0 else Mark.EVERYBODY if share >= 1 else None


class ItemsSoFar:
    """All checks while rows come."""

    def __init__(self) -> None:
        self._items: dict[str, ItemSoFar] = {}

    def add(self, cells: tuple[CheckCell, ...]) -> None:
        """Count in what a graded submission earned."""
        total = sum(steps(cell.points) for cell in cells)
        for place, cell in enumerate(cells):
            self._items.setdefault(cell.id, ItemSoFar()).add(cell, place, total)

    def done(self) -> tuple[CheckStatistics, ...]:
        """In the rubric's order."""
        return tuple(item.done() for item in sorted(self._items.values(), key=lambda item: item.place))
