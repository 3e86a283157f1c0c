"""What each check gave, for the lines of a gradebook: what the grader found, and what people gave instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses.tables import Grading, Override
from grader.frozen import dataclass
from grader.model import Visibility

_AT_ONCE = 500  # of the parameters that a statement may have


@dataclass(frozen=True)
class Cell:
    """What a check gave: `points` count, `computed` is what the grader found."""

    id: str
    status: str
    points: Fraction
    most: Fraction
    message: str
    hidden: bool
    computed: Fraction
    overridden: bool

    @property
    def share(self) -> int | None:
        """How many tenths of its points it earned; None where there are none to earn."""
        if self.most <= 0:
            return None
        return max(0, min(10, int(self.points * 10 / self.most)))

    @property
    def lost(self) -> bool:
        """Whether there was more to earn, or something was taken away."""
        return self.points < self.most or self.points < 0


@lru_cache(4096)
def exact(text: str) -> Fraction:
    """Points as they are stored. A class has few different ones."""
    return Fraction(text)


def marks_of(db: Session, grading_ids: Sequence[int]) -> Mapping[int, list[Any]]:
    """What each check gave, of some gradings."""
    found: dict[int, list[Any]] = {}
    for at in range(0, len(grading_ids), _AT_ONCE):
        asked = select(Grading.id, Grading.marks).where(Grading.id.in_(grading_ids[at : at + _AT_ONCE]))
        found.update((row.id, row.marks) for row in db.execute(asked))
    return found


def given_in(db: Session, ids: Sequence[int]) -> Mapping[int, dict[str, Fraction]]:
    """Points that people gave, by attempt and check."""
    given: dict[int, dict[str, Fraction]] = defaultdict(dict)
    for at in range(0, len(ids), _AT_ONCE):
        asked = select(Override).where(Override.attempt_id.in_(ids[at : at + _AT_ONCE]), Override.withdrawn.is_(None))
        for one in db.scalars(asked.order_by(Override.id)):
            given[one.attempt_id][one.check] = Fraction(one.points)
    return given


def cells(marks: Iterable[Sequence[str]], given: Mapping[str, Fraction]) -> tuple[Cell, ...]:
    """What each check gave; `given` are points that somebody gave instead, by check."""
    return tuple(
        Cell(
            id=id,
            status=status,
            points=given[id] if id in given else exact(score),
            most=exact(most),
            message=message,
            hidden=visibility == Visibility.HIDDEN.value,
            computed=exact(score),
            overridden=id in given,
        )
        for id, status, score, most, message, visibility in marks
    )
