"""Outcomes of lost points: the precise finding of the diagnosis where there is one, a plain sentence otherwise.

`grader.checks.diagnosis` is imported where points are lost, and only there: a finished lab does not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.checks.reach import NATURAL, start_of, unmade
from grader.model import CheckStatus, Evidence, Exchange, Flag, FlagKind, Outcome, Start

if TYPE_CHECKING:
    from grader.checks.diagnosis import Finding

MAX_ACTUAL = 300  # characters
_USED_UP = "the time for this submission was used up before"


def failed(
    expected: str,
    actual: str,
    finding: Finding | None = None,
    *,
    message: str = "",
    evidence: Iterable[str] = (),
    flags: Iterable[Flag] = (),
) -> Outcome:
    """No points. Without a finding, `message` says what is so."""
    return Outcome(
        CheckStatus.FAILED,
        finding.message if finding else message,
        expected=expected,
        actual=actual if len(actual) <= MAX_ACTUAL else actual[:MAX_ACTUAL] + "…",
        hint=finding.hint if finding else "",
        location=finding.location if finding else None,
        evidence=tuple(dict.fromkeys(evidence)),
        flags=tuple(dict.fromkeys(flags)),
    )


def not_seen(expected: str, start: Start | None = None) -> Outcome:
    """What the verdict rests on was never observed: the grader's own fault, unless the program used up its time."""
    if start is not None and start.limit == "total":
        return used_up(expected, start.problem, [start.id])
    reason = start.problem if start and start.problem else "the grader did not get to see it"
    evidence = (start.id,) if start else ()
    return Outcome(
        CheckStatus.ERROR, f"This could not be judged: {reason}.", expected=expected, actual=reason, evidence=evidence
    )


def used_up(expected: str, reason: str = _USED_UP, evidence: Iterable[str] = ()) -> Outcome:
    """Lost because the program was so slow that nothing more could be asked of it."""
    message = "The program took so long that this could not be asked of it within the time for one submission."
    flag = Flag(FlagKind.LIMIT, message)
    hint = "Find out what takes so long: time.sleep, a loop that does not end, a request to another server."
    return replace(failed(expected, reason, message=message, evidence=evidence, flags=[flag]), hint=hint)


def no_server(evidence: Evidence, expected: str) -> Outcome:
    """Lost because running the entry starts no server."""
    start = start_of(evidence, NATURAL)
    if start is None or unmade(start):
        return not_seen(expected, start)
    cut = cut_short(e for seen in evidence.under(NATURAL) for e in seen.exchanges)
    if start.listening and cut is not None:
        return broken_page(evidence, expected, cut)
    from grader.checks import diagnosis

    actual = "no server answered" if start.listening else "no server was started"
    return failed(expected, actual, diagnosis.start_failure(evidence, start), evidence=[start.id])


def cut_short(exchanges: Iterable[Exchange]) -> Exchange | None:
    """The first whose answer did not come before the submission's time was used up: what it would have been accuses
    nobody."""
    return next((e for e in exchanges if e.limit == "total"), None)


def broken(exchange: Exchange) -> bool:
    """Whether a request got an error, a failure or nothing."""
    return exchange.failure is not None or exchange.status is None or exchange.status >= 400


def broken_page(evidence: Evidence, expected: str, exchange: Exchange, flags: Iterable[Flag] = ()) -> Outcome:
    """Lost because a request got an error, or no answer."""
    if cut_short([exchange]):
        return used_up(expected, describe(exchange), [exchange.start, exchange.id])
    from grader.checks import diagnosis

    finding = diagnosis.page_failure(evidence, exchange)
    return failed(expected, describe(exchange), finding, evidence=[exchange.start, exchange.id], flags=flags)


def describe(exchange: Exchange) -> str:
    """How a request was answered, in a few words."""
    asked = f"{exchange.request.method} {exchange.request.path}"
    if exchange.status is None:
        return f"{asked}: {exchange.failure.message if exchange.failure else 'no answer'}"
    return f"{asked} answered {exchange.status} {exchange.reason}".rstrip()
