"""What each audience may see of a report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from grader.model import CheckResult, CheckStatus, Flag, Report, ReportStatus, Visibility, Weight

_WORD = re.compile(r"[A-Za-z0-9._-]+")  # an id
_OURS = "The grader could not come to a result."
_WAIT = "This is no fault of the work. Whoever teaches the course can have it graded again."


def for_audience(report: Report, audience: str) -> Report:
    """The report for "student" or "instructor".

    A student's has no trace of hidden checks: not their results, nor the points in the totals, nor the starts and
    exchanges that only they asked for or rest on, nor what was flagged on their account.
    """
    if audience == "instructor":
        return report
    if report.status is ReportStatus.UNGRADED:  # what went wrong may name a hidden check
        return replace(report, problem=_OURS, advice=_WAIT, trace="")
    gone = {r.id for r in report.checks if r.visibility is Visibility.HIDDEN}
    return _without_hidden(report, gone) if gone else report


def _without_hidden(report: Report, gone: set[str]) -> Report:
    """The report without its hidden checks, whose ids are `gone`, and without what only they brought."""
    secret = _secret(report)
    flagged = _flags_of(report, gone)
    return replace(
        _recounted(report, tuple(_without(r, gone, secret) for r in report.checks if r.id not in gone)),
        starts=tuple(s for s in report.starts if s.id not in secret),
        exchanges=tuple(e for e in report.exchanges if e.id not in secret),
        flags=tuple(f for f in report.flags if f not in flagged),
        limits_hit=tuple(text for text in report.limits_hit if not _names(text, secret | gone)),
        partial_view=True,
    )


def _recounted(report: Report, shown: tuple[CheckResult, ...]) -> Report:
    """The report of these checks alone, with the totals that follow from them."""
    total = max(_sum(r.score for r in shown), Fraction(0))
    late = replace(report.late, points=total * report.late.percent / 100) if report.late else None
    score = total - late.points if late else total
    return replace(
        report,
        checks=shown,
        score=None if report.score is None else score,
        late=late,
        max_score=_sum(r.max_score for r in shown if r.weight is Weight.POINTS) or Fraction(1),
    )


def _flags_of(report: Report, gone: set[str]) -> set[Flag]:
    """What was flagged on account of hidden checks alone."""
    hidden = {f for r in report.checks if r.id in gone for f in r.outcome.flags}
    return hidden - {f for r in report.checks if r.id not in gone for f in r.outcome.flags}


def _secret(report: Report) -> set[str]:
    """The ids of starts and exchanges that were made for hidden checks, or that no visible one and no route names."""
    named: dict[Visibility, set[str]] = {v: set() for v in Visibility}
    for result in report.checks:
        named[result.visibility].update(result.outcome.evidence)
    used = named[Visibility.VISIBLE] | {v.exchange for v in report.routes if v.exchange}
    used |= {e.start for e in report.exchanges if e.id in used}
    secret = {s.id for s in report.starts if s.hidden} | (named[Visibility.HIDDEN] - used)
    return secret | {e.id for e in report.exchanges if e.start in secret}


def _sum(points: Iterable[Fraction]) -> Fraction:
    return sum(points, Fraction(0))


def _without(result: CheckResult, gone: set[str], secret: set[str]) -> CheckResult:
    """The result with nothing that names a hidden check, or what was seen for one."""
    outcome = result.outcome
    blocked_by = tuple(i for i in outcome.blocked_by if i not in gone)
    evidence = tuple(i for i in outcome.evidence if i not in secret)
    waits = outcome.status is CheckStatus.BLOCKED and not blocked_by  # for hidden checks only: here it has just failed
    status = CheckStatus.FAILED if waits else outcome.status
    return replace(result, outcome=replace(outcome, status=status, blocked_by=blocked_by, evidence=evidence))


def _names(text: str, ids: set[str]) -> bool:
    return not ids.isdisjoint(_WORD.findall(text))
