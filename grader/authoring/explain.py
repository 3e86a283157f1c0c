"""What a rubric asks of a student, in plain words, from the file alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from grader.authoring.lines import wrapped
from grader.frozen import dataclass
from grader.model import Rounding, RoundingWay, Rubric, RubricCheck, Visibility, Weight
from grader.render.numbers import number


@dataclass(frozen=True)
class Asked:
    """A check as a student is told of it: what it is `worth`, and what it asks, in sentences."""

    id: str
    title: str
    section: str
    worth: str
    sentences: tuple[str, ...]


def terms(rubric: Rubric) -> tuple[str, ...]:
    """What holds for the rubric as a whole, in sentences."""
    return tuple(_terms(rubric))


def asked(rubric: Rubric) -> tuple[Asked, ...]:
    """What each check asks, in the rubric's order."""
    return tuple(Asked(c.id, c.title, c.section, _worth(c), (*c.check.asked, *_around(c))) for c in rubric.checks)


def visible(rubric: Rubric) -> Rubric:
    """The rubric without its hidden checks, and with no word of them."""
    shown = [check for check in rubric.checks if check.visibility is Visibility.VISIBLE]
    ids = {check.id for check in shown}
    checks = tuple(
        replace(
            check,
            needs=tuple(id for id in check.needs if id in ids),
            proved_by=tuple(id for id in check.proved_by if id in ids),
        )
        for check in shown
    )
    return replace(rubric, checks=checks)


def explain(rubric: Rubric) -> str:
    """The rubric as text for a person, section by section."""
    lines = [*wrapped(f"{rubric.title} ({rubric.id}, version {rubric.version})"), ""]
    for sentence in _terms(rubric):
        lines += wrapped(sentence)
    section: str | None = None
    for check in rubric.checks:
        if check.section != section:
            section = check.section
            lines += ["", section or "Checks"]
        lines += ["", *_check(check)]
    return "\n".join(lines) + "\n"


def _terms(rubric: Rubric) -> Iterator[str]:
    yield f"{_points(rubric.max_score)}; passed from {number(rubric.pass_mark)} percent."
    bonus = sum((c.points for c in rubric.checks if c.weight is Weight.BONUS), Fraction(0))
    if bonus:
        yield f"Up to {_points(bonus)} more as a bonus."
    yield f"The program is {' or '.join(rubric.entries) or 'found'}; it may import {', '.join(rubric.packages)}."
    for file in rubric.provided:
        if file.append:
            yield f"The grader adds lines of its own to the end of {file.path}."
        else:
            yield f"The grader puts its own {file.path} beside the program."
    if rubric.shuffle:
        yield "Requests that change nothing reach the program in an order of their own for each work."
    if rubric.rounding:
        yield f"The total is rounded {_way(rubric.rounding)} multiples of {number(rubric.rounding.to)}."
    yield from _late(rubric)
    if any("${" in sentence for check in rubric.checks for sentence in check.check.asked):
        yield "${...} stands for a value that the grader makes up, or that an earlier answer brought."


def _late(rubric: Rubric) -> Iterator[str]:
    if rubric.late is None:
        return
    late = rubric.late
    grace = f" after {late.grace_minutes} minutes of grace" if late.grace_minutes else ""
    due = f" The deadline is {late.deadline}." if late.deadline else ""
    loses = f"Late work loses {number(late.per_day)} percent of its points a day{grace}"
    yield f"{loses}, {number(late.most)} percent at most.{due}"


def _way(rounding: Rounding) -> str:
    return "to the nearest of the" if rounding.way is RoundingWay.NEAREST else f"{rounding.way.value} to"


def _check(check: RubricCheck) -> Iterator[str]:
    yield from wrapped(f"{check.title}  ({check.id}, {_worth(check)})", "  ")
    for sentence in (*check.check.asked, *_around(check)):
        yield from wrapped(sentence, "    ")


def _around(check: RubricCheck) -> Iterator[str]:
    """What is said of the check itself."""
    if check.needs:
        yield f"Waits for: {', '.join(check.needs)}."
    if check.proved_by:
        yield f"Also proved by: {', '.join(check.proved_by)}."
    if check.visibility is Visibility.HIDDEN:
        yield "Students do not see this check."
    if check.tags:
        yield f"Tags: {', '.join(check.tags)}."


def _worth(check: RubricCheck) -> str:
    points = _points(check.points)
    return {
        Weight.POINTS: points,
        Weight.BONUS: f"{points} as a bonus",
        Weight.PENALTY: f"takes {points} away where it fails",
        Weight.FLAG: "reported, no points",
    }[check.weight]


def _points(points: Fraction) -> str:
    return f"{number(points)} point{'' if points == 1 else 's'}"
