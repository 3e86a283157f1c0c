"""What counts of a result: what was computed, and what people gave beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from grader.courses.tables import Grading, Override
from grader.frozen import dataclass
from grader.model import Rounding, RoundingWay, Visibility
from grader.score import rounded

WHOLE = ""  # what an override of the whole has for a check


@dataclass(frozen=True)
class Mark:
    """What a check gave."""

    id: str
    status: str
    score: Fraction
    max_score: Fraction
    message: str
    hidden: bool


@dataclass(frozen=True)
class Total:
    """Points for one audience."""

    score: Fraction | None
    max_score: Fraction
    passed: bool | None


@dataclass(frozen=True)
class Effective:
    """What counts. `computed` is what the grader came to, in the same terms; `points` those of each check, as they
    count; `overridden` the checks that a person gave points for ("" for the whole). `shown` and `shown_computed` are
    without hidden checks. `late_points` are taken off the score."""

    total: Total
    computed: Total
    shown: Total
    shown_computed: Total
    points: Mapping[str, Fraction]
    overridden: frozenset[str]
    late_points: Fraction

    @property
    def score(self) -> Fraction | None:
        """With hidden checks; None where there is no score at all."""
        return self.total.score

    @property
    def max_score(self) -> Fraction:
        """With hidden checks."""
        return self.total.max_score

    @property
    def passed(self) -> bool | None:
        """With hidden checks."""
        return self.total.passed


def marks_of(grading: Grading) -> Sequence[Mark]:
    """What each check gave, in the rubric's order."""
    return [
        Mark(id, status, Fraction(score), Fraction(most), message, visibility == Visibility.HIDDEN.value)
        for id, status, score, most, message, visibility in grading.marks
    ]


def effective(
    grading: Grading | None, overrides: Iterable[Override], *, max_score: Fraction = Fraction(0)
) -> Effective:
    """What counts, by the points that people gave and have not withdrawn; of several for one check, the last.

    Points for a check take the place of its own: the total is rounded, and loses by lateness, as the rubric says.
    Points for the whole are the score itself; of those, somebody who does not see hidden checks is shown the same share
    of what they see. `max_score` counts where nothing was graded yet.
    """
    given = {one.check: Fraction(one.points) for one in overrides if one.withdrawn is None}
    if grading is None:
        nothing = Total(None, max_score, None)
        whole = Total(given[WHOLE], max_score, None) if WHOLE in given else nothing
        return Effective(whole, nothing, whole, nothing, {}, frozenset(given) & {WHOLE}, Fraction(0))
    marks = marks_of(grading)
    points = {mark.id: given.get(mark.id, mark.score) for mark in marks}
    own = {mark.id: mark.score for mark in marks}
    seen = [mark.id for mark in marks if not mark.hidden]
    sums = _Sums(grading)
    computed, late = sums.total(own, grading.score is not None)
    counts, late = sums.total(points, grading.score is not None, given.get(WHOLE))
    shown_computed, _ = sums.shown(own, seen, grading.score is not None)
    shown, _ = sums.shown(points, seen, grading.score is not None, given.get(WHOLE))
    known = frozenset(id for id in given if id in points or id == WHOLE)
    return Effective(counts, computed, shown, shown_computed, points, known, late)


class _Sums:
    """How the points of checks become a total."""

    def __init__(self, grading: Grading) -> None:
        sums = grading.sums
        self._max, self._shown_max = Fraction(grading.max_score), Fraction(grading.shown_max_score)
        self._mark, self._late = Fraction(sums["pass_mark"]), Fraction(sums["late_percent"])
        rounding = sums["rounding"]
        self._rounding = Rounding(Fraction(rounding[0]), RoundingWay(rounding[1])) if rounding else None
        self._any_hidden = any(mark[5] == Visibility.HIDDEN.value for mark in grading.marks)

    def total(
        self, points: Mapping[str, Fraction], graded: bool, whole: Fraction | None = None
    ) -> tuple[Total, Fraction]:
        """As `grader.pipeline` comes to it; and what lateness took."""
        if whole is not None:
            return self._of(whole, self._max), Fraction(0)
        if not graded:
            return Total(None, self._max, None), Fraction(0)
        total = rounded(_sum(points.values()), self._rounding)
        score = rounded(total - total * self._late / 100, self._rounding)
        return self._of(score, self._max), total - score

    def shown(
        self, points: Mapping[str, Fraction], seen: Collection[str], graded: bool, whole: Fraction | None = None
    ) -> tuple[Total, Fraction]:
        """As `grader.render.audience` comes to it."""
        if not self._any_hidden:
            return self.total(points, graded, whole)
        if whole is not None:
            share = whole / self._max if self._max else Fraction(0)
            return self._of(share * self._shown_max, self._shown_max), Fraction(0)
        if not graded:
            return Total(None, self._shown_max, None), Fraction(0)
        total = _sum(points[id] for id in seen)
        lost = total * self._late / 100
        return self._of(total - lost, self._shown_max), lost

    def _of(self, score: Fraction, most: Fraction) -> Total:
        return Total(score, most, score * 100 >= self._mark * most)


def _sum(points: Iterable[Fraction]) -> Fraction:
    return max(sum(points, Fraction(0)), Fraction(0))
