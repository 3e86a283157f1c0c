"""What each check of a rubric sees of one app: no score."""

from __future__ import annotations

from collections.abc import Iterator

from grader.authoring.lines import wrapped
from grader.model import CheckResult, CheckStatus, Exchange, Report
from grader.render.cleaning import one_line

_MOST_SHOWN = 12  # starts and exchanges of one check
_LONG = 400  # characters of a sentence
_HOLDS = {CheckStatus.PASSED: "holds", CheckStatus.PARTIAL: "holds in part", CheckStatus.ERROR: "cannot be judged"}


def tried(report: Report, asked: dict[str, tuple[str, ...]]) -> str:
    """Every check with what it asks, what it saw, and whether that satisfies it. `asked` are sentences by id."""
    blocks = [[*_check(result, asked.get(result.id, ())), *_evidence(report, result)] for result in report.checks]
    return "\n".join("\n".join(block) + "\n" for block in blocks) + f"\n{_summary(report)}\n"


def _summary(report: Report) -> str:
    held = sum(1 for r in report.checks if r.outcome.status is CheckStatus.PASSED)
    return f"{held} of {len(report.checks)} checks hold."


def _check(result: CheckResult, asked: tuple[str, ...]) -> Iterator[str]:
    outcome = result.outcome
    yield f"{result.id}: {_HOLDS.get(outcome.status, 'does not hold')}"
    for sentence in asked:
        yield from wrapped(f"asks: {sentence}", "  ", " " * 8)
    if outcome.status is not CheckStatus.PASSED:
        said = (("sees", outcome.actual), ("says", outcome.message), ("hint", outcome.hint))
        for name, text in said:
            if text:
                yield from wrapped(f"{name}: {one_line(text, _LONG)}", "  ", " " * 8)


def _evidence(report: Report, result: CheckResult) -> Iterator[str]:
    exchanges = {e.id: e for e in report.exchanges}
    starts = {s.id: s for s in report.starts}
    for id in result.outcome.evidence[:_MOST_SHOWN]:
        if id in starts:
            start = starts[id]
            where = f" on {start.address.host}:{start.address.port}" if start.address else ""
            yield from wrapped(f"{id}: {start.condition.describe()}: {start.state.value}{where}", "    ")
        elif id in exchanges:
            yield from wrapped(f"{id}: {_exchange(exchanges[id])}", "    ")
    left = len(result.outcome.evidence) - _MOST_SHOWN
    if left > 0:
        yield f"    and {left} more"


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
