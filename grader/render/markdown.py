"""The report as Markdown, for a job summary of GitHub Actions or a comment: score, checks, and what is to be done.

What a student's program had a hand in stands in the text with every character that Markdown, HTML or GitHub could give
a meaning as a character reference, or in a fence that is longer than any in it. GitHub refuses a summary above 1 MiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grader.model import CheckResult, CheckStatus, Report, ReportStatus, Weight
from grader.render.cleaning import commandless, fit, one_line
from grader.render.first import first, lost, told_elsewhere
from grader.render.numbers import late_words, number

MOST_BYTES = 200_000
_MOST_CURL = 2000  # characters
_SIGNS = {CheckStatus.PASSED: "✅", CheckStatus.PARTIAL: "🟡", CheckStatus.BLOCKED: "⏸️", CheckStatus.ERROR: "⚠️"}
_LEFT_OUT = "\n*The rest is left out here: it is too long for a summary. The JSON and HTML reports hold all of it.*\n"
_ACTIVE = re.compile(r"[\\`*_{}\[\]()<>#|~&!$@:^+=]|^-|(?<=www)\.|(?<=\d)\.(?= )", re.IGNORECASE)
_TICKS = re.compile("`+")


def render(report: Report) -> str:
    """A document of at most MOST_BYTES."""
    return commandless("".join(_within(_parts(report))))


def _within(parts: Iterable[str]) -> Iterator[str]:
    """The parts that fit, and a remark where some do not."""
    left = MOST_BYTES - 2 * len(_LEFT_OUT)  # breaking commands may add a few
    for part in parts:
        left -= len(part.encode())
        if left < 0:
            yield _LEFT_OUT
            return
        yield part


def _parts(report: Report) -> Iterator[str]:
    yield f"## {text(report.rubric.title)}: {_verdict(report)}\n\n"
    entry = f", {code(report.submission.entry)}" if report.submission.entry else ""
    yield f"{code(report.submission.name)}{entry}\n"
    if report.status is not ReportStatus.GRADED:
        own = report.status is ReportStatus.UNGRADED
        what = "The grader itself failed; this is no zero." if own else "There is nothing to grade."
        yield f"\n{what}\n\n{prose(report.problem)}\n\n{prose(report.advice)}\n"
        return
    if report.late:
        yield f"\n{text(late_words(report.late))}\n"
    yield from _first(report)
    yield from _table(report)
    for result in report.checks:
        if result.outcome.status is not CheckStatus.PASSED:
            yield from _check(result, report)
    yield from _notes(report)


def _verdict(report: Report) -> str:
    if report.score is None or report.percent is None:
        return "no score"
    verdict = "passed" if report.passed else "not passed"
    return f"{number(report.score)} of {number(report.max_score)} points, {verdict}"


def _first(report: Report) -> Iterator[str]:
    best = first(report)
    if best is None:
        yield "\nEverything is right.\n"
        return
    outcome = best[0].outcome
    yield f"\n**Fix this first (up to +{number(best[1])}):** {prose(outcome.message)} {prose(outcome.hint)}\n"


def _table(report: Report) -> Iterator[str]:
    yield "\n| | check | points | of |\n|---|---|---:|---:|\n"
    for result in report.checks:
        title = f"{text(result.title)} ({code(result.id)})"
        kind = "" if result.weight is Weight.POINTS else f", a {result.weight.value}"
        yield f"| {_sign(result)} | {title}{kind} | {number(result.score)} | {number(result.max_score)} |\n"


def _sign(result: CheckResult) -> str:
    return _SIGNS.get(result.outcome.status, "❌")


def _check(result: CheckResult, report: Report) -> Iterator[str]:
    """What a student can do about one check."""
    outcome = result.outcome
    loss = f" (-{number(lost(result))})" if lost(result) else ""
    yield f"\n### {_sign(result)} {text(result.title)}{loss}\n\n"
    if told_elsewhere(result, report):
        yield f"It waits for {', '.join(map(code, outcome.blocked_by))}.\n"
        return
    rows = (("asked", outcome.expected), ("got", outcome.actual), ("why", outcome.message), ("hint", outcome.hint))
    yield from (f"- {label}: {prose(value)}\n" for label, value in rows if value)
    if outcome.location:
        source = f" {code(outcome.location.source, 160)}" if outcome.location.source else ""
        yield f"- line: {code(str(outcome.location), 120)}{source}\n"
    curl = _curl(result, report)
    if curl:
        yield f"\nTry it yourself, with your server running and its port in `PORT`:\n\n{fenced(curl)}"


def _curl(result: CheckResult, report: Report) -> str:
    """The command that repeats the last request that the verdict rests on, unless it is too long for a summary."""
    wanted = set(result.outcome.evidence)
    commands = [e.curl for e in report.exchanges if e.id in wanted and e.curl and len(e.curl) <= _MOST_CURL]
    return commands[-1] if commands else ""


def _notes(report: Report) -> Iterator[str]:
    notes = [f"{flag.message} ({flag.where})" if flag.where else flag.message for flag in report.flags]
    notes += report.limits_hit
    if notes:
        yield "\n### To know\n\n"
        yield from (f"- {prose(note)}\n" for note in dict.fromkeys(notes))
    if report.isolation:
        yield f"\nIsolation: {report.isolation.level.value}\n"


def text(value: str, most: int = 400) -> str:
    """One line, in which no character has a meaning."""
    return _literal(one_line(value, most))


def prose(value: str) -> str:
    """A sentence on one line, with what stands between backticks set as code."""
    parts = one_line(value).split("`")
    if len(parts) % 2 == 0:  # a backtick too many: it is a character like any other
        return text(value)
    return "".join(
        f"<code>{_literal(part)}</code>" if index % 2 else _literal(part) for index, part in enumerate(parts)
    )


def code(value: str, most: int = 80) -> str:
    """A text set as code: there GitHub looks for no names, numbers and signs of its own."""
    return f"<code>{text(value, most)}</code>"


def _literal(line: str) -> str:
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", line)


def fenced(value: str) -> str:
    """A block of code, to the letter but for control characters and commands to a CI system."""
    kept = fit(value)
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in _TICKS.findall(kept))])
    return f"{fence}sh\n{kept}\n{fence}\n"
