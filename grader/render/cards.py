"""What the card of a check shows: put together here, so that templates only lay it out."""

from __future__ import annotations

from collections.abc import Mapping

from grader.frozen import dataclass
from grader.model import CheckResult, Evidence, Exchange, Report, Start
from grader.render.differences import Pieces, differences, quoted_in
from grader.render.excerpts import Line, excerpt
from grader.render.first import beside, lost, told_elsewhere

_MOST_EXCHANGES = 4  # of a check that asked for very many
_MOST_TEXT = 8000  # characters that are shown of one text


@dataclass(frozen=True)
class Card:
    """A check with what it rests on. `told`: another card already says why. `open`: it lost points. `asked`: the
    rubric's own words. `matched`: elements of the page, each in three parts, the second being what matters. `lines`: of
    the student's own file. `framed`: what the student's server sent, as a page."""

    result: CheckResult
    open: bool
    told: bool
    starts: tuple[Start, ...]
    exchanges: tuple[Exchange, ...]
    more: int
    expected: Pieces
    actual: Pieces
    matched: tuple[tuple[str, str, str], ...]
    asked: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    framed: Exchange | None = None


def cards(
    report: Report, evidence: Evidence | None = None, asked: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Card, ...]:
    """One for each check, in the rubric's order."""
    return tuple(_card(r, report, evidence, (asked or {}).get(r.id, ())) for r in report.checks)


def is_page(exchange: Exchange) -> bool:
    """Whether an answer is one that a browser would show as a page."""
    kind = (exchange.header("Content-Type") or "text/html").lower()
    return "html" in kind and bool(exchange.body) and exchange.status is not None


def _card(result: CheckResult, report: Report, evidence: Evidence | None, asked: tuple[str, ...]) -> Card:
    outcome, wanted = result.outcome, set(result.outcome.evidence)
    exchanges = tuple(e for e in report.exchanges if e.id in wanted)
    expected, actual = differences(outcome.expected[:_MOST_TEXT], outcome.actual[:_MOST_TEXT])
    return Card(
        result,
        open=lost(result) > 0 or beside(result),
        told=told_elsewhere(result, report),
        starts=tuple(s for s in report.starts if s.id in wanted),
        exchanges=exchanges[:_MOST_EXCHANGES],
        more=max(0, len(exchanges) - _MOST_EXCHANGES),
        expected=expected,
        actual=actual,
        matched=tuple(_marked(source, quoted_in(outcome.actual)) for source in outcome.matched),
        asked=asked,
        lines=excerpt(outcome.location, evidence),
        framed=next((e for e in exchanges if is_page(e)), None),
    )


def _marked(source: str, text: str) -> tuple[str, str, str]:
    """The element with the text that was compared apart; all of it where the text does not stand there in one piece."""
    before, found, after = source.partition(text) if text else (source, "", "")
    return (before, found, after) if found else ("", source, "")
