"""Who gains and who loses when a rubric changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.model import CheckResult, Report
from grader.render.numbers import number


@dataclass(frozen=True, slots=True)
class Change:
    """One work under both rubrics."""

    old: Report
    new: Report

    @property
    def difference(self) -> Fraction | None:
        """What the work gains, in percent of the most; None where one of them gave no grade."""
        if self.old.percent is None or self.new.percent is None:
            return None
        return self.new.percent - self.old.percent


def compared(changes: Sequence[Change]) -> str:
    """A table of works, those that lose most first, each with the checks that make the difference."""
    ordered = sorted(changes, key=lambda c: (c.difference is None, c.difference or Fraction(0)))
    width = max((len(c.new.submission.name) for c in changes), default=4)
    lines = [line for change in ordered for line in _change(change, width)]
    gain = sum(1 for c in changes if c.difference is not None and c.difference > 0)
    lose = sum(1 for c in changes if c.difference is not None and c.difference < 0)
    passes = [c for c in changes if c.old.passed != c.new.passed]
    lines += ["", f"{_works(gain)} gain, {_works(lose)} lose, {len(changes) - gain - lose} stay as they are."]
    if passes:
        lines.append(f"{_works(len(passes))} would pass or fail otherwise than before.")
    return "\n".join(lines) + "\n"


def _works(count: int) -> str:
    return f"{count} work{'' if count == 1 else 's'}"


def _change(change: Change, width: int) -> Iterator[str]:
    name = change.new.submission.name
    difference = change.difference
    told = "not graded" if difference is None else f"{'+' if difference > 0 else ''}{number(difference)} %"
    yield f"{name:<{width}}  {_score(change.old)} -> {_score(change.new)}  {told}"
    for id in dict.fromkeys(r.id for r in (*change.old.checks, *change.new.checks)):
        before, after = _result(change.old, id), _result(change.new, id)
        if _told(before) != _told(after):
            why = f"  {after.outcome.message}" if after and after.outcome.earned < 1 else ""
            yield f"{'':<{width}}    {id}: {_told(before)} -> {_told(after)}{why}"


def _result(report: Report, id: str) -> CheckResult | None:
    return next((r for r in report.checks if r.id == id), None)


def _told(result: CheckResult | None) -> str:
    return f"{number(result.score)}/{number(result.max_score)}" if result else "not there"


def _score(report: Report) -> str:
    if report.score is None:
        return report.status.value
    return f"{number(report.score)} of {number(report.max_score)}"
