"""What each check of a rubric sees of one app: no score."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model import CheckResult, CheckStatus, Exchange, Report
from grader.render.cleaning import one_line

_MOST_SHOWN = 12  # exchanges of one check
_LONG = 160  # characters of a line


def tried(report: Report, asked: dict[str, tuple[str, ...]]) -> str:
    """Every check with what it asks, what it saw, and whether that satisfies it. `asked` are sentences by id."""
    exchanges = {e.id: e for e in report.exchanges}
    starts = {s.id: s for s in report.starts}
    lines: list[str] = []
    for result in report.checks:
        lines += _check(result, asked.get(result.id, ()))
        for id in result.outcome.evidence[:_MOST_SHOWN]:
            if id in starts:
                start = starts[id]
                where = f" on {start.address.host}:{start.address.port}" if start.address else ""
                lines.append(f"    {id}: {start.condition.describe()}: {start.state.value}{where}")
            elif id in exchanges:
                lines.append(f"    {id}: {_exchange(exchanges[id])}")
        left = len(result.outcome.evidence) - _MOST_SHOWN
        lines += [f"    and {left} more", ""] if left > 0 else [""]
    return "\n".join(lines)


def _check(result: CheckResult, asked: tuple[str, ...]) -> Iterator[str]:
    outcome = result.outcome
    holds = {CheckStatus.PASSED: "holds", CheckStatus.PARTIAL: "holds in part"}.get(outcome.status, "does not hold")
    yield f"{result.id}: {holds}"
    for sentence in asked:
        yield f"  asks: {sentence}"
    if outcome.status is not CheckStatus.PASSED:
        yield f"  sees: {one_line(outcome.actual or outcome.message, _LONG)}"
        yield f"  says: {one_line(outcome.message, 400)}"
        if outcome.hint:
            yield f"  hint: {one_line(outcome.hint, 400)}"


def _exchange(exchange: Exchange) -> str:
    request = exchange.request
    body = f" with {len(request.body)} bytes" if request.body else ""
    if exchange.status is None:
        came = exchange.failure.message if exchange.failure else "no answer"
    else:
        kind = exchange.header("Content-Type") or "no content type"
        came = f"{exchange.status} {exchange.reason}, {exchange.body_bytes} bytes of {kind}"
    led = "".join(f", {step.status} to {step.location}" for step in exchange.redirects)
    return one_line(f"{request.method} {request.path}{body}{led}: {came}", _LONG)
