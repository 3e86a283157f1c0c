"""Which of a person's attempts counts."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from grader.courses.tables import Counts


def which_counts(counts: Counts, scores: Iterable[tuple[int, Fraction | None]]) -> int | None:
    """The number of the attempt that counts; None where there is none. `scores` are numbers of attempts with what each
    earned, all told: what late work lost is off, what a person decided is in. None: it has no score (yet).

    LATEST is the last one handed in, whatever became of it. BEST is the one with the most points, the earlier of equal
    ones; while none has a score, the last.
    """
    ordered = sorted(scores, key=lambda pair: pair[0])
    if not ordered:
        return None
    graded = [(score, -number) for number, score in ordered if score is not None]
    if counts is Counts.LATEST or not graded:
        return ordered[-1][0]
    return -max(graded)[1]
