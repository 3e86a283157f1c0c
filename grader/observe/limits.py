"""Which limits cut something short, as the evidence tells."""

from __future__ import annotations

from collections.abc import Iterator

from grader.checks.bounding import TOLD
from grader.checks.html import page_of
from grader.model import Evidence, Exchange, FailureKind, LimitHit, Start, StartState, Traceback


def limits_hit(evidence: Evidence) -> tuple[LimitHit, ...]:
    """Every limit that was hit, once for each start, or for each of its requests that was cut short."""
    found: list[tuple[object, LimitHit]] = [
        # A page that is too large is so in every start.
        ((hit.limit, "" if hit.limit == "page" else hit.start, e.request), hit)
        for e in evidence.exchanges()
        for hit in _of_exchange(e)
    ]
    told = {(hit.limit, hit.start) for _, hit in found}  # the start's own output holds their tracebacks, too
    of_starts = (hit for start in evidence.starts() for hit in _of_start(start))
    found += [((hit.limit, hit.start), hit) for hit in of_starts if (hit.limit, hit.start) not in told]
    first: dict[object, LimitHit] = {}
    for key, hit in found:
        first.setdefault(key, hit)
    return tuple(first.values())


def _of_start(start: Start) -> Iterator[LimitHit]:
    name, colon, clause = start.limit.partition(": ")
    where = f"start {start.id} ({start.condition.describe()})"
    if start.limit == "total":
        what = "was cut short" if start.seconds else "was not made any more"
        yield LimitHit("total_seconds", start.id, f"{where} {what}")
    elif colon:
        yield LimitHit(name, start.id, f"{where} was ended; {clause}")
    elif start.state is StartState.SILENT:
        yield LimitHit("start_seconds", start.id, f"{where}: {start.limit}")
    if start.log_truncated:
        yield LimitHit("log_bytes", start.id, f"the output of {where} was cut")
    yield from _told_by(start.traceback, start.id, where)


def _of_exchange(exchange: Exchange) -> Iterator[LimitHit]:
    where = f"request {exchange.id} ({exchange.request.method} {exchange.request.path[:80]})"
    if exchange.truncated:
        yield LimitHit("body_bytes", exchange.start, f"the body of {where} was cut", exchange.id)
    elif exchange.ok and exchange.body and page_of(exchange).is_cut:
        yield LimitHit(
            "page", exchange.start, f"the page of {where} has over {TOLD}; the rest was not read", exchange.id
        )
    if exchange.limit == "total":
        what = "was cut short" if exchange.seconds else "was not sent any more"
        yield LimitHit("total_seconds", exchange.start, f"{where} {what}", exchange.id)
    elif exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT and exchange.seconds:
        yield LimitHit("request_seconds", exchange.start, f"{where} had no complete answer in time", exchange.id)
    yield from _told_by(exchange.traceback, exchange.start, where, exchange.id)


def _told_by(traceback: Traceback | None, start: str, where: str, exchange: str = "") -> Iterator[LimitHit]:
    """A limit of the kernel's shows as an exception in the program."""
    if traceback is None:
        return
    from grader.checks.diagnosis.limits import told_by

    told = told_by(traceback)
    if told is not None:
        kind, name = told
        yield LimitHit(name, start, f"{where} raised {kind}", exchange)
