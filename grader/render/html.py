"""The report as one self-contained page: no script is needed to read it, nothing is fetched, print works.

Every text of the student's enters the templates as a variable, autoescaped and cleaned. The student's own page is shown
in a frame that may do nothing, under a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from grader.frozen import dataclass
from grader.model import CheckStatus, Evidence, Exchange, Report, ReportStatus
from grader.render.bodies import readable
from grader.render.cards import cards
from grader.render.cleaning import clean, commands_replaced
from grader.render.first import beside, first, lost
from grader.render.framing import inert
from grader.render.grouping import by_section
from grader.render.numbers import late_words
from grader.render.pages import environment, policy_hash, static
from grader.render.timeline import MOST_EXCHANGES, rows

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
class Decision:
    """Points that a person gave, and why. `by` is told to those who teach."""

    points: Fraction
    reason: str
    by: str = ""


@dataclass(frozen=True)
class Decided:
    """A report as it counts, where people gave points: `counted` has those. `decisions` are by check."""

    counted: Report
    decisions: Mapping[str, Decision]
    whole: Decision | None = None


def render(report: Report, decided: Decided | None = None) -> str:
    """The page."""
    counted = decided.counted if decided is not None else report
    style, script = static("report.css") + static("report-parts.css"), static("report.js")
    page = report_environment().get_template("report.html").render(
        view(report),
        total=counted,
        whole=decided.whole if decided is not None else None,
        decisions=decided.decisions if decided is not None else {},
        groups=by_section(counted),
        page=_page(report.exchanges),
        style=style,
        script=script,
        style_hash=policy_hash(style),
        script_hash=policy_hash(script),
    )  # fmt: skip
    return commands_replaced(clean(page), lambda character: f"&#{ord(character)};") + "\n"


def view(
    report: Report, evidence: Evidence | None = None, asked: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, Any]:
    """What every face of the report lays out. `asked`: the rubric's words for each check."""
    made = cards(report, evidence, asked)
    return {
        "report": report,
        "graded": report.status is ReportStatus.GRADED,
        "best": first(report),
        "failures": [c for c in made if lost(c.result) > 0],
        "passes": [c for c in made if not c.open],
        "others": [c for c in made if beside(c.result)],
        "late": late_words(report.late) if report.late else "",
        "rows": rows(report.starts, report.exchanges),
        "left_out": max(0, len(report.exchanges) - MOST_EXCHANGES),
    }


@cache
def report_environment() -> Environment:
    """The templates with all that the report's parts use."""
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


def _page(exchanges: Iterable[Exchange]) -> str | None:
    """The page at / as the student's server first sent it, with a policy that lets it fetch and run nothing.

    A frame also obeys the policy of the report around it, so that the page's own styles do not apply.
    """
    for exchange in exchanges:
        kind = (exchange.header("Content-Type") or "").lower()
        if exchange.request.path == "/" and exchange.status == 200 and "html" in kind and exchange.body:
            return _FRAME_POLICY + inert(clean(readable(exchange.body[:_MOST_PAGE], kind)))
    return None
