"""How the scores of a class lie, in percent of what could be earned."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

from grader.frozen import dataclass
from grader.overview.row import Row
from grader.overview.sums import Moments, steps

_FARTHEST = 100_000  # hundredths of a percent: what lies beyond counts as this in the median
BELOW, ABOVE = -1, 10  # the bins of scores below 0 % and above 100 %


@dataclass(frozen=True)
class Scores:
    """`bins` are pairs of bin and count: 0 is 0 % to below 10 %, 9 is 90 % to 100 %. `median` is exact to a hundredth
    of a percent, all else exactly summed. `zero` and `full` count those with nothing, and with all or more.
    `deviation` is that of this class (divided by n). `passed` is None where no pass mark was given."""

    n: int
    mean: float
    deviation: float
    median: float
    minimum: float
    maximum: float
    zero: int
    full: int
    passed: int | None
    bins: tuple[tuple[int, int], ...]


class ScoresSoFar:
    """What is kept while rows come: counts alone."""

    def __init__(self, pass_mark: Fraction | None) -> None:
        self._pass_mark = pass_mark
        self._moments = Moments()
        self._hundredths: Counter[int] = Counter()  # at most 200,001 different ones, whatever comes
        self._bins: Counter[int] = Counter()
        self._counts: Counter[str] = Counter()
        self._ends: tuple[Fraction, Fraction] | None = None

    def add(self, row: Row) -> None:
        """Count in a row that has a score."""
        if row.score is None or row.max_score <= 0:
            return
        percent = row.score * 100 / row.max_score
        self._moments.add(steps(percent))
        self._hundredths[max(-_FARTHEST, min(_FARTHEST, round(percent * 100)))] += 1
        self._bins[_bin(percent)] += 1
        self._counts["zero"] += percent <= 0
        self._counts["full"] += percent >= 100
        self._counts["passed"] += self._pass_mark is not None and percent >= self._pass_mark
        low, high = self._ends or (percent, percent)
        self._ends = min(low, percent), max(high, percent)

    def done(self) -> Scores | None:
        """Of all rows that were added, None where there was no score."""
        if self._ends is None:
            return None
        shown = [*((BELOW,) if self._bins[BELOW] else ()), *range(10), *((ABOVE,) if self._bins[ABOVE] else ())]
        return Scores(
            n=self._moments.n,
            mean=self._moments.mean,
            deviation=self._moments.deviation,
            median=_median(self._hundredths),
            minimum=float(self._ends[0]),
            maximum=float(self._ends[1]),
            zero=self._counts["zero"],
            full=self._counts["full"],
            passed=None if self._pass_mark is None else self._counts["passed"],
            bins=tuple((bin, self._bins[bin]) for bin in shown),
        )


def _bin(percent: Fraction) -> int:
    if percent < 0:
        return BELOW
    return ABOVE if percent > 100 else min(9, math.floor(percent / 10))


def _median(hundredths: Counter[int]) -> float:
    n = hundredths.total()
    middle, before = [], 0
    for value in sorted(hundredths):
        after = before + hundredths[value]
        middle += [value for place in ((n - 1) // 2, n // 2) if before <= place < after]
        before = after
    return sum(middle) / 200
