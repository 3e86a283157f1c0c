"""The report as one self-contained page: no script is needed to read it, nothing is fetched, print works.

Every text of the student's enters the templates as a variable, autoescaped and cleaned. The student's own page is shown
in a frame that may do nothing, under a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from grader.frozen import dataclass
from grader.model import CheckResult, CheckStatus, Exchange, Report, ReportStatus, Start
from grader.render.bodies import readable
from grader.render.cleaning import clean, commands_replaced
from grader.render.first import beside, first, lost, told_elsewhere
from grader.render.numbers import late_words
from grader.render.pages import environment, policy_hash, static

_MOST_EXCHANGES = 400  # of a check that asked for very many, and in the strip
_MOST_TEXT = 8000  # characters of a message, a body or a log
_MOST_PAGE = 200_000
_WORDS = {
    CheckStatus.PASSED: "passed",
    CheckStatus.PARTIAL: "partly passed",
    CheckStatus.FAILED: "failed",
    CheckStatus.BLOCKED: "waits for another check",
    CheckStatus.ERROR: "not judged: the grader's own fault",
}
_FRAME_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)


@dataclass(frozen=True)
class Bar:
    """A request in the strip: where it begins and how wide it is, in percent of the whole."""

    exchange: Exchange
    left: float
    width: float
    failed: bool


def render(report: Report) -> str:
    """The page."""
    style, script = static("report.css"), static("report.js")
    page = _environment().get_template("report.html").render(
        report=report,
        graded=report.status is ReportStatus.GRADED,
        best=first(report),
        failures=[r for r in report.checks if lost(r) > 0],
        passes=[r for r in report.checks if lost(r) == 0 and not beside(r)],
        others=[r for r in report.checks if beside(r)],
        late=late_words(report.late) if report.late else "",
        sections=list(dict.fromkeys(r.section for r in report.checks)),
        evidence={r.id: _evidence(r, report) for r in report.checks},
        told={r.id for r in report.checks if told_elsewhere(r, report)},
        strip=_strip(report.exchanges),
        left_out=max(0, len(report.exchanges) - _MOST_EXCHANGES),
        page=_page(report.exchanges),
        style=style,
        script=script,
        style_hash=policy_hash(style),
        script_hash=policy_hash(script),
    )  # fmt: skip
    return commands_replaced(clean(page), lambda character: f"&#{ord(character)};") + "\n"


@cache
def _environment() -> Environment:
    return environment(cut=_cut, coded=_coded, body=_body, words=_WORDS.__getitem__)


def _coded(text: str) -> Markup:
    """Cleaned and cut, with what stands between backticks set as code."""
    shown = _cut(text)
    parts = shown.split("`")
    if len(parts) % 2 == 0:  # a backtick too many: it is a character like any other
        return escape(shown)
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))


def _cut(text: str) -> str:
    """Cleaned, and at most a few screens long."""
    kept = clean(text[:_MOST_TEXT])
    return kept if len(text) <= _MOST_TEXT else f"{kept}\n… {len(text) - _MOST_TEXT} more characters"


def _body(exchange: Exchange) -> str:
    """What came back, as far as it is text."""
    text = readable(exchange.body[: _MOST_TEXT * 4], exchange.header("Content-Type") or "")
    if text.count("\ufffd") > len(text) // 20:
        return f"{len(exchange.body)} bytes that are not text"
    return _cut(text)


def _evidence(result: CheckResult, report: Report) -> dict[str, Any]:
    wanted = set(result.outcome.evidence)
    exchanges = [e for e in report.exchanges if e.id in wanted]
    starts: Iterable[Start] = (s for s in report.starts if s.id in wanted)
    return {"starts": list(starts), "exchanges": exchanges[:4], "more": max(0, len(exchanges) - 4)}


def _strip(exchanges: Iterable[Exchange]) -> list[Bar]:
    """All requests one after the other, as wide as they took."""
    shown = list(exchanges)[:_MOST_EXCHANGES]
    whole = sum(max(e.seconds, 0.0005) for e in shown) or 1.0
    bars, at = [], 0.0
    for exchange in shown:
        width = max(exchange.seconds, 0.0005) / whole * 100
        failed = exchange.failure is not None or exchange.status is None or exchange.status >= 500
        bars.append(Bar(exchange, round(at, 3), round(width, 3), failed))
        at += width
    return bars


def _page(exchanges: Iterable[Exchange]) -> str | None:
    """The page at / as the student's server first sent it, with a policy that lets it fetch and run nothing.

    A frame also obeys the policy of the report around it, so that the page's own styles do not apply.
    """
    for exchange in exchanges:
        kind = (exchange.header("Content-Type") or "").lower()
        if exchange.request.path == "/" and exchange.status == 200 and "html" in kind and exchange.body:
            return _FRAME_POLICY + clean(readable(exchange.body[:_MOST_PAGE], kind))
    return None
