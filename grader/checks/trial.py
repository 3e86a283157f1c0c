"""Answers against expectations, and the words for what is not so: shared by single requests and by flows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.checks import elements
from grader.checks.distinct import Distinct
from grader.checks.expectation import Expectation, error_is_asked, holds
from grader.checks.html import page_of
from grader.checks.interpolation import Unknown, bind
from grader.checks.quoting import looked_at
from grader.checks.text import match
from grader.checks.verdict import broken, broken_page, describe, failed
from grader.checks.views import view_of
from grader.frozen import dataclass
from grader.model import Evidence, Exchange, Outcome

if TYPE_CHECKING:
    from grader.checks.diagnosis import Finding


@dataclass(frozen=True)
class Fault:
    """An expectation, the `index`th of its step, that an answer does not satisfy; None stands for any answer that is
    no error. `captures` are what had been captured by then, for the `hint`. `error_was_asked`: an answer with this
    status was expected. `why`: what it is compared with is not known."""

    expectation: Expectation | None
    exchange: Exchange
    captures: dict[str, Any]
    index: int = 0
    error_was_asked: bool = False
    why: str = ""
    hint: str = ""


def known(expectation: Expectation, captures: dict[str, Any]) -> Expectation | str:
    """The expectation with what was captured; where something is missing, a sentence that says what."""
    try:
        return bind(expectation, captures)
    except Unknown as error:
        return str(error)


def faults(expectations: Sequence[Expectation], exchange: Exchange, captures: dict[str, Any]) -> list[Fault]:
    """What is wrong with an answer, in the order of the rubric."""
    bound = [known(without_hints(e), captures) for e in expectations]
    among = [e for e in bound if not isinstance(e, str)]
    asked = error_is_asked(among, exchange)
    found = []
    for index, (original, expectation) in enumerate(zip(expectations, bound, strict=True)):
        if isinstance(expectation, str):
            found.append(Fault(original, exchange, captures, index, asked, expectation, original.hint))
        elif not holds(expectation, among, exchange):
            hint = _nearest_hint(original, expectation, exchange, asked)
            found.append(Fault(expectation, exchange, captures, index, asked, hint=hint))
    return found


def without_hints(expectation: Expectation) -> Expectation:
    """What is asked: a hint may speak of what was not captured."""
    if not (expectation.hint or expectation.all or expectation.any):
        return expectation
    every, some = (tuple(map(without_hints, inner)) for inner in (expectation.all, expectation.any))
    return replace(expectation, hint="", all=every, any=some)


def _nearest_hint(original: Expectation, bound: Expectation, exchange: Exchange, asked: bool) -> str:
    """The hint of the first thing inside that is not so and has one, else its own."""
    pairs = zip((*original.all, *original.any), (*bound.all, *bound.any), strict=True)
    asked = asked or (bool(bound.all) and error_is_asked(bound.all, exchange))
    unmet = ((o, b) for o, b in pairs if not b.satisfied_by(exchange, error_asked=asked))
    inner = (_nearest_hint(o, b, exchange, asked) for o, b in unmet)
    return next((hint for hint in inner if hint), original.hint)


def unexpected(expectations: Sequence[Expectation], exchange: Exchange, captures: dict[str, Any]) -> bool:
    """Whether an answer is an error whose status nobody asked for."""
    if not broken(exchange):
        return False
    among = [e for e in (known(e, captures) for e in expectations) if not isinstance(e, str)]
    return exchange.status is None or not error_is_asked(among, exchange)


def values_shown(
    distinct: Distinct, expectations: Sequence[Expectation], answers: Iterable[tuple[Exchange, dict[str, Any]]]
) -> list[tuple[str, ...]]:
    """What each answer shows of what must change; errors that nobody asked for show nothing."""
    found = (distinct.value(e) for e, captures in answers if not unexpected(expectations, e, captures))
    return [value for value in found if value is not None]


def outcome_of(evidence: Evidence, fault: Fault, asked: str) -> Outcome:
    """The lost points of a fault; `asked` is the request in a few words."""
    expectation, exchange = fault.expectation, fault.exchange
    if expectation is None:
        return broken_page(evidence, f"{asked} is answered without an error", exchange)
    expected = f"{asked}: {expectation.asked}"
    hint = hint_of(fault.hint, fault.captures)
    status_is_the_matter = fault.error_was_asked or (expectation.about_status and _has_a_view(exchange))
    if (broken(exchange) or _leads_away(exchange)) and not status_is_the_matter:
        outcome = broken_page(evidence, expected, exchange)
        return outcome if outcome.hint or not hint else replace(outcome, hint=hint)
    ids = [exchange.start, exchange.id]
    if fault.why:
        return replace(failed(expected, describe(exchange), message=fault.why, evidence=ids), hint=hint)
    seen = expectation.seen(exchange)
    finding = _finding(evidence, expectation, exchange)
    outcome = failed(expected, seen, finding, message=_sentence(expectation, seen, exchange), evidence=ids)
    location = outcome.location or view_of(evidence, exchange)
    return replace(outcome, location=location, hint=hint or outcome.hint, matched=looked_at(expectation, exchange))


def _has_a_view(exchange: Exchange) -> bool:
    """Whether a view of the program answered. Where none did, where it crashed, or sends to another server, the
    diagnosis tells better what is wrong than a status does."""
    answered = exchange.status is not None and exchange.failure is None and exchange.status < 500
    return answered and exchange.status not in (404, 405) and not _leads_away(exchange)


def _leads_away(exchange: Exchange) -> bool:
    """Whether the answer is a redirect that was to be followed and leads to another server."""
    redirected = exchange.status is not None and 300 <= exchange.status < 400
    return redirected and exchange.request.follow and bool(exchange.header("Location"))


def _sentence(expectation: Expectation, seen: str, exchange: Exchange) -> str:
    """What is so, with the request that it is so of."""
    where = f"After {exchange.request.method} {exchange.request.path}"
    if seen.startswith(exchange.request.method):
        return f"{seen}, asked is: {expectation.asked}."
    return f"{where} {seen}; asked is: {expectation.asked}."


def hint_of(hint: str, captures: dict[str, Any]) -> str:
    """The rubric's hint, with what was captured."""
    try:
        return bind(hint, captures)
    except Unknown:
        return ""


def _finding(evidence: Evidence, expectation: Expectation, exchange: Exchange) -> Finding | None:
    """What the diagnosis knows of a heading that reads something else."""
    if not (expectation.css and expectation.reads):
        return None
    from grader.checks import diagnosis

    number = wrong_number(expectation, exchange)
    if number is not None:
        return diagnosis.number(evidence, number)
    return diagnosis.heading(evidence, expectation.reads, exchange)


def wrong_number(expectation: Expectation, exchange: Exchange) -> str | None:
    """The number that is not allowed, where the text is right but for it."""
    if not exchange.ok or not expectation.css:
        return None
    texts = tuple(elements.texts(page_of(exchange), expectation.css))
    read = (match(pattern, text) for text in texts for pattern in expectation.reads)
    return next((n for held in read if held for n in held if not expectation.allows_number(n)), None)
