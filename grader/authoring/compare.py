"""Who gains and who loses when a rubric changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from grader.authoring.lines import wrapped
from grader.frozen import dataclass
from grader.model import CheckResult, Report, ReportStatus, Rubric
from grader.render.cleaning import one_line
from grader.render.numbers import number

_LONG = 300  # characters of a reason


@dataclass(frozen=True)
class Change:
    """One work under both rubrics; `name` is what it was called by."""

    name: str
    old: Report
    new: Report

    @property
    def difference(self) -> Fraction | None:
        """What the work gains, in percent of the most; None where one of them gave no grade."""
        if self.old.percent is None or self.new.percent is None:
            return None
        return self.new.percent - self.old.percent


def compared(old: Rubric, new: Rubric, changes: Sequence[Change]) -> str:
    """A table of works, those that lose most first, each with the checks that make the difference."""
    lines = [*_renewed(old, new)]
    lines += [""] if lines else []
    ordered = sorted(changes, key=lambda c: (c.difference is None, c.difference or Fraction(0)))
    width = max((len(c.name) for c in changes), default=4)
    for change in ordered:
        lines += _change(change, width)
    return "\n".join([*lines, "", *_totals(changes)]) + "\n"


def _renewed(old: Rubric, new: Rubric) -> Iterator[str]:
    """The checks that only one of them has."""
    before, after = [c.id for c in old.checks], [c.id for c in new.checks]
    gone, come = [id for id in before if id not in after], [id for id in after if id not in before]
    if gone:
        yield from wrapped(f"No longer there: {', '.join(gone)}.")
    if come:
        yield from wrapped(f"New: {', '.join(come)}.")


def _totals(changes: Sequence[Change]) -> Iterator[str]:
    graded = [(c, c.difference) for c in changes if c.difference is not None]
    gain = sum(difference > 0 for _, difference in graded)
    lose = sum(difference < 0 for _, difference in graded)
    stay = len(graded) - gain - lose
    ungraded = len(changes) - len(graded)
    without = f"; {_works(ungraded)} without a grade" if ungraded else ""
    yield f"Of {_works(len(changes))}, {gain} would gain, {lose} would lose, {stay} would stay{without}."
    passes = sum(1 for c, _ in graded if c.new.passed and not c.old.passed)
    fails = sum(1 for c, _ in graded if c.old.passed and not c.new.passed)
    if passes or fails:
        yield f"{passes} would pass that did not, and {fails} would no longer pass."


def _works(count: int) -> str:
    return f"{count} work{'' if count == 1 else 's'}"


def _change(change: Change, width: int) -> Iterator[str]:
    difference = change.difference
    if difference is None:
        ungraded = change.old if change.old.percent is None else change.new
        yield f"{change.name:<{width}}  {_score(change.old)} -> {_score(change.new)}"
        yield from wrapped(one_line(ungraded.problem, _LONG), "    ", "    ")
        return
    told = f"{'+' if difference > 0 else ''}{number(difference)} %"
    yield f"{change.name:<{width}}  {_score(change.old)} -> {_score(change.new)}  {told}"
    for after in change.new.checks:
        before = _result(change.old, after.id)
        if before is None or before.score != after.score:
            yield from _moved(before, after)


def _moved(before: CheckResult | None, after: CheckResult) -> Iterator[str]:
    """One check that gives other points than before; a new one, where something is lost by it."""
    full = after.outcome.earned == 1
    if before is None and full:
        return
    was = f"{number(before.score)}/{number(before.max_score)}" if before else "new"
    why = "" if full else f"  {one_line(after.outcome.message, _LONG)}"
    line = f"{after.id}: {was} -> {number(after.score)}/{number(after.max_score)}{why}"
    yield from wrapped(line, "    ", "      ")


def _result(report: Report, id: str) -> CheckResult | None:
    return next((r for r in report.checks if r.id == id), None)


def _score(report: Report) -> str:
    if report.score is None:
        return "not gradable" if report.status is ReportStatus.NOT_GRADABLE else report.status.value
    return f"{number(report.score)} of {number(report.max_score)}"
