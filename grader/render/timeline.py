"""All requests in time: a row for each start, a bar for each request, in hundredths of the width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.frozen import dataclass
from grader.model import Exchange, Start

MOST_EXCHANGES = 400
_NARROWEST = 0.9  # of a bar: a request of a millisecond can still be seen, and reached
_GAP = 0.25


@dataclass(frozen=True)
class Bar:
    """A request: where it begins and how wide it is. `failed`: no answer, or an error of the server's."""

    exchange: Exchange
    left: float
    width: float
    failed: bool


@dataclass(frozen=True)
class Row:
    """A start with its requests; `ready` is how wide the time is until it listened."""

    start: Start | None
    name: str
    ready: float
    bars: tuple[Bar, ...]


def failed(exchange: Exchange) -> bool:
    """Whether nothing usable came back."""
    return exchange.failure is not None or exchange.status is None or exchange.status >= 500


def rows(starts: Iterable[Start], exchanges: Sequence[Exchange]) -> tuple[Row, ...]:
    """A row for each start that was asked something, all to one scale."""
    known = {start.id: start for start in starts}
    asked: dict[str, list[Exchange]] = {}
    for exchange in exchanges[:MOST_EXCHANGES]:
        asked.setdefault(exchange.start, []).append(exchange)
    whole = max((e.at + e.seconds for those in asked.values() for e in those), default=0.0) or 1.0
    return tuple(_row(id, known.get(id), those, whole) for id, those in asked.items())


def _row(id: str, start: Start | None, exchanges: list[Exchange], whole: float) -> Row:
    placed, end = [], 0.0
    for exchange in sorted(exchanges, key=lambda e: e.at):
        left = max(exchange.at / whole * 100, end)
        width = max(exchange.seconds / whole * 100, _NARROWEST)
        placed.append((exchange, left, width))
        end = left + width + _GAP
    shrink = min(1.0, 100 / (end - _GAP))
    bars = tuple(Bar(e, round(x * shrink, 3), round(w * shrink, 3), failed(e)) for e, x, w in placed)
    ready = (start.ready_seconds or 0.0) / whole * 100 if start else 0.0
    return Row(start, id, round(min(ready * shrink, bars[0].left), 3), bars)
