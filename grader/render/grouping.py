"""Checks by what they look at: by route where it is known, else by the rubric's sections, with the points of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from grader.frozen import dataclass
from grader.model import CheckResult, Report, Weight

PROGRAM = "The program"
_MOST_PARTS = 3  # that stand for anything, in a rule of the student's: more take long to try


@dataclass(frozen=True)
class Group:
    """Checks that belong together. `route`: its name is a path."""

    name: str
    results: tuple[CheckResult, ...]
    route: bool = False

    @property
    def score(self) -> Fraction:
        """What they earned."""
        return sum((r.score for r in self.results), Fraction(0))

    @property
    def max_score(self) -> Fraction:
        """What they could earn; a bonus is beside that."""
        return sum((r.max_score for r in self.results if r.weight is Weight.POINTS), Fraction(0))


def by_section(report: Report) -> tuple[Group, ...]:
    """As the rubric orders them."""
    named = {r.section: None for r in report.checks}
    return tuple(Group(name or "Checks", tuple(r for r in report.checks if r.section == name)) for name in named)


def by_route(report: Report, paths: Mapping[str, str]) -> tuple[Group, ...]:
    """By the path that each check asks for, as the program's own rule has it where one fits; first what asks for none.
    Where no check asks for any, by section."""
    rules = [visit.rule for visit in report.routes]
    found: dict[str, list[CheckResult]] = {PROGRAM: []}
    for result in report.checks:
        path = paths.get(result.id, "").partition("?")[0]
        found.setdefault(_rule(path, rules) if path else PROGRAM, []).append(result)
    if len(found) == 1:
        return by_section(report)
    return tuple(Group(name, tuple(those), name != PROGRAM) for name, those in found.items() if those)


def _rule(path: str, rules: list[str]) -> str:
    if path in rules:
        return path
    return next((rule for rule in rules if 0 < rule.count("<") <= _MOST_PARTS and _pattern(rule).fullmatch(path)), path)


@lru_cache(maxsize=256)
def _pattern(rule: str) -> re.Pattern[str]:
    """A rule of Flask's: <int:id> stands for one part of a path, <path:name> for several."""
    parts = re.split(r"<([^<>]*)>", rule[:200])
    return re.compile(
        "".join(re.escape(p) if i % 2 == 0 else ".+" if p.startswith("path:") else "[^/]+" for i, p in enumerate(parts))
    )
