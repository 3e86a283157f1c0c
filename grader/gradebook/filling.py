"""Grades into the teacher's own file: the cells of the grade and of the comment, and no other."""

from __future__ import annotations

import html
from collections.abc import Sequence
from fractions import Fraction

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.gradebook.entry import Entry, Target, points
from grader.gradebook.layout import Layout, layout
from grader.gradebook.matching import Match, match, shown
from grader.gradebook.sheet import Sheet

_MOST_SHOWN = 20


@dataclass(frozen=True)
class Filled:
    """The file's new content, who was matched, and what the teacher should know before it is uploaded."""

    data: bytes
    match: Match
    written: int
    notes: tuple[str, ...]


def fill(
    target: Target,
    template: bytes,
    where: str,
    entries: Sequence[Entry],
    *,
    column: str | None = None,
    comments: bool = False,
    scale: bool = False,
) -> Filled:
    """Write what people earned into a system's own export.

    `where` names the file in messages, `column` the column of the grade where there are several; `comments` fills the
    comments, too, where the system takes any; `scale` converts points to what the system counts for the column.
    Raises UsageError, also where it is not certain who somebody is: then nothing is written.
    """
    sheet = Sheet(template, where)
    places = layout(target, sheet, column)
    found = match(sheet, places, entries)
    if found.ambiguous:
        told = "; ".join(found.ambiguous[:_MOST_SHOWN])
        more = f"; and {len(found.ambiguous) - _MOST_SHOWN} more" if len(found.ambiguous) > _MOST_SHOWN else ""
        raise UsageError(
            f"It is not certain who is who in {where}, so nothing was written: {told}{more}.",
            "Give the people an identifier that the file has, by a class list or a manifest, or fill these by hand.",
        )
    notes = list(_scale_notes(places, entries, scale=scale))
    written = sum(
        [_put(sheet, places, row, entry, notes, comments=comments, scale=scale) for row, entry, _ in found.pairs]
    )
    return Filled(sheet.write(), found, written, tuple(notes))


def _put(
    sheet: Sheet, places: Layout, row: int, entry: Entry, notes: list[str], *, comments: bool, scale: bool
) -> bool:
    """Write one person's cells; whether the grade was written."""
    who = shown(sheet, places, row)
    if reason := (places.left or {}).get(row):
        notes.append(f"{who} {reason}: left as it is.")
        return False
    if entry.score is None:
        notes.append(f"{who} has no grade ({entry.status}{': ' if entry.reason else ''}{entry.reason}): left as it is.")
        return False
    grade = points(entry.score * _factor(places, entry.max_score, scale=scale))
    before = sheet.value(row, places.grade)
    if before not in ("", "-", grade):
        notes.append(f"{who} had {before} and gets {grade}.")
    if before != grade:
        sheet.put(row, places.grade, grade)
    if comments and places.feedback is not None:
        sheet.put(row, places.feedback, html.escape(comment(entry), quote=False))
    return True


def comment(entry: Entry) -> str:
    """What a person reads beside the grade: the score, and which visible checks lost points."""
    lost = [check for check in entry.checks if check.score < check.max_score and not check.hidden]
    told = "; ".join(f"{c.title}: {points(c.score)} of {points(c.max_score)}" for c in lost)
    score = f"{points(entry.score)} of {points(entry.max_score)} points." if entry.score is not None else ""
    return f"{score} {told}.".strip() if told else score


def _factor(places: Layout, most: Fraction, *, scale: bool) -> Fraction:
    return places.maximum / most if scale and places.maximum is not None and most else Fraction(1)


def _scale_notes(places: Layout, entries: Sequence[Entry], *, scale: bool) -> Sequence[str]:
    """A sentence where the system counts another number of points than the rubric."""
    most = {entry.max_score for entry in entries if entry.score is not None}
    if places.maximum is None or scale or not most or most == {places.maximum}:
        return []
    told = ", ".join(points(value) for value in sorted(most))
    unlike = f"The column counts {points(places.maximum)} points, the rubric {told}"
    return [f"{unlike}; they are converted only on request (--scale)."]
