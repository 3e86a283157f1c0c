"""Points that a person gives instead of the computed ones: why, by whom, when; and taken back. Nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from grader.courses import audit, gradings, points
from grader.courses.access import Viewer
from grader.courses.points import WHOLE
from grader.courses.tables import Attempt, Audit, Override
from grader.errors import UsageError
from grader.render.numbers import number
from grader.store.tables import now

_MOST_REASON = 1000
_MOST_DIGITS = 12


def give(db: Session, attempt: Attempt, viewer: Viewer, check: str, text: str, reason: str) -> Override:
    """Points for a check, or ("") for the whole; those that stood there are withdrawn. Raises UsageError."""
    _one_at_a_time(db, attempt)
    reason = " ".join(reason.split())
    if not reason:
        raise UsageError("Say why these points are given.", "The reason stands beside them, for whoever asks later.")
    wanted = _points(text)
    before = _score(db, attempt)
    _check_fits(db, attempt, check, wanted)
    former = _standing(db, attempt, check)
    for one in former:
        one.withdrawn = now()
    made = Override(
        attempt_id=attempt.id, check=check, points=str(wanted), reason=reason[:_MOST_REASON], by_id=viewer.id
    )
    db.add(made)
    db.flush()
    detail = {
        "check": check,
        "points": [number(Fraction(former[-1].points)) if former else _computed(db, attempt, check), number(wanted)],
        "score": [before, _score(db, attempt)],
        "reason": made.reason,
    }
    audit.note(db, viewer, "grade.override", f"attempt:{attempt.key}", detail)
    return made


def withdraw(db: Session, attempt: Attempt, viewer: Viewer, override_id: int) -> bool:
    """Take points back, so that the computed ones count again; whether they stood there still."""
    _one_at_a_time(db, attempt)
    found = db.get(Override, override_id) if 0 < override_id < 1 << 63 else None
    if found is None or found.attempt_id != attempt.id or found.withdrawn is not None:
        return False
    before = _score(db, attempt)
    found.withdrawn = now()
    db.flush()
    detail = {
        "check": found.check,
        "points": [number(Fraction(found.points)), _computed(db, attempt, found.check)],
        "score": [before, _score(db, attempt)],
    }
    audit.note(db, viewer, "grade.withdraw", f"attempt:{attempt.key}", detail)
    return True


def standing(db: Session, attempt: Attempt) -> Sequence[Override]:
    """What was given and not withdrawn, in order."""
    asked = select(Override).where(Override.attempt_id == attempt.id, Override.withdrawn.is_(None))
    return db.scalars(asked.order_by(Override.id)).all()


def trail(db: Session, attempts: Sequence[Attempt]) -> Sequence[Audit]:
    """All that people did with somebody's attempts, the newest first."""
    named = [Audit.what == f"attempt:{attempt.key}" for attempt in attempts]
    if not named:
        return ()
    return db.scalars(select(Audit).where(or_(*named)).order_by(Audit.id.desc()).limit(200)).all()


def _standing(db: Session, attempt: Attempt, check: str) -> list[Override]:
    return [one for one in standing(db, attempt) if one.check == check]


def _one_at_a_time(db: Session, attempt: Attempt) -> None:
    db.scalars(select(Attempt.id).where(Attempt.id == attempt.id).with_for_update()).one()


def _points(text: str) -> Fraction:
    try:
        value = Decimal(text.strip().replace(",", "."))
        if len(text.strip()) > _MOST_DIGITS or not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError("These are no points.", "Write a number, such as 7 or 2.5.") from None
    return Fraction(value)


def _check_fits(db: Session, attempt: Attempt, check: str, wanted: Fraction) -> None:
    """Raises UsageError for points that nobody can earn there."""
    grading = gradings.current(db, attempt)
    if check == WHOLE:
        most = Fraction(grading.max_score) * 2 if grading is not None else None  # bonuses go beyond the maximum
        low = Fraction(0)
    else:
        mark = next((m for m in points.marks_of(grading) if m.id == check), None) if grading is not None else None
        if mark is None:
            raise UsageError("This attempt has no result for that check.", "Give points for the whole instead.")
        low, most = min(mark.score, Fraction(0)), mark.max_score
    if wanted < low or (most is not None and wanted > most):
        upper = f" and {number(most)}" if most is not None else " and more"
        raise UsageError(f"Points here lie between {number(low)}{upper}.", "Give others.")


def _computed(db: Session, attempt: Attempt, check: str) -> str:
    grading = gradings.current(db, attempt)
    if grading is None:
        return ""
    if check == WHOLE:
        return number(Fraction(grading.score)) if grading.score is not None else ""
    return next((number(mark.score) for mark in points.marks_of(grading) if mark.id == check), "")


def _score(db: Session, attempt: Attempt) -> str:
    found = points.effective(gradings.current(db, attempt), standing(db, attempt)).score
    return "" if found is None else number(found)


def told(entry: Audit) -> dict[str, Any]:
    """The detail of an entry, whoever wrote it, with every field that a page asks for."""
    return {"check": "", "points": None, "score": None, "reason": "", **entry.detail}
