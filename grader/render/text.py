"""The report for a terminal: what to fix first, lost points, what passed, routes, isolation.

Student text only ever enters as `rich.text.Text`, never as markup, and cleaned of control characters.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model import CheckResult, CheckStatus, Report, ReportStatus, RouteVisit, Weight
from grader.render.cleaning import commandless, fit, one_line
from grader.render.first import beside, first, lost, told_elsewhere
from grader.render.numbers import late_words, number

PLAIN_WIDTH = 100
_MOST_WIDTH = 110
_SIGNS = {CheckStatus.PASSED: "✓", CheckStatus.PARTIAL: "~", CheckStatus.BLOCKED: "-", CheckStatus.ERROR: "!"}
_STYLES = {
    CheckStatus.PASSED: "green",
    CheckStatus.PARTIAL: "yellow",
    CheckStatus.BLOCKED: "dim",
    CheckStatus.ERROR: "magenta",
}
_PLAIN_SIGNS = {"✓": "+", "✗": "x", "│": "|", "…": "...", "·": "-"}
_MOST_ROUTES = 40


def render(report: Report) -> str:
    """Plain text, as for a file or a pipe."""
    file = io.StringIO()
    write(report, Console(file=file, width=PLAIN_WIDTH, color_system=None, force_terminal=False, legacy_windows=False))
    return fit("".join(line.rstrip() + "\n" for line in file.getvalue().splitlines()))


def print_text(report: Report, file: TextIO) -> None:
    """To a terminal in its own width and colours, to anything else as plain text. Honours NO_COLOR."""
    text = _for_terminal(report, file) if file.isatty() else render(report)
    file.write(_encodable(text, file.encoding or "utf-8"))


def _for_terminal(report: Report, file: TextIO) -> str:
    console = Console(file=file, highlight=False)
    console.width = min(console.width, _MOST_WIDTH)
    with console.capture() as captured:
        write(report, console)
    return commandless(captured.get())


def _encodable(text: str, encoding: str) -> str:
    """With signs that the encoding lacks replaced, so that a terminal of another age shows something."""
    for sign, plain in _PLAIN_SIGNS.items():
        try:
            sign.encode(encoding)
        except UnicodeEncodeError:
            text = text.replace(sign, plain)
    return text.encode(encoding, "replace").decode(encoding)


def write(report: Report, console: Console) -> None:
    """To any console."""
    for part in _parts(report):
        console.print(part, markup=False, highlight=False, emoji=False)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _title(report)
    if report.status is not ReportStatus.GRADED:
        yield from _not_graded(report)
        return
    yield from _fix_first(report)
    yield from _lost(report)
    yield from _passed(report)
    yield from _beside(report)
    yield from _routes(report.routes)
    yield from _notes(report)


def _title(report: Report) -> Text:
    text = Text()
    text.append(one_line(report.submission.name, 60), "bold")
    if report.submission.entry:
        text.append(f" ({one_line(report.submission.entry, 60)})", "dim")
    text.append(f" · {one_line(report.rubric.title, 80)}\n")
    if report.score is None or report.percent is None:
        return text.append(report.status.value.replace("_", " "), "bold yellow")
    style = "bold green" if report.passed else "bold red"
    text.append(f"{number(report.score)} of {number(report.max_score)} points", style)
    verdict = "passed" if report.passed else "not passed"
    text.append(f"  {verdict}: {number(report.percent)} %, the pass mark is {number(report.pass_mark)} %")
    if report.late:
        text.append(f"\n{late_words(report.late)}", "yellow")
    return text


def _not_graded(report: Report) -> Iterator[RenderableType]:
    own = report.status is ReportStatus.UNGRADED
    yield Text(
        "No score: the grader itself failed; this is no zero." if own else "No score: there is nothing to grade."
    )
    yield Text(f"\n{one_line(report.problem, 1000)}")
    if report.advice:
        yield Text(one_line(report.advice, 1000), "cyan")


def _fix_first(report: Report) -> Iterator[RenderableType]:
    best = first(report)
    if best is None:
        yield Text("\nEverything is right.", "green")
        return
    result, gain = best
    outcome = result.outcome
    line = Text("\nFix this first", "bold").append(f" (up to +{number(gain)}): ", "bold")
    line.append(one_line(outcome.message))
    if outcome.hint:
        line.append(f" {one_line(outcome.hint)}", "cyan")
    yield line


def _lost(report: Report) -> Iterator[RenderableType]:
    results = [r for r in report.checks if lost(r) > 0]
    if not results:
        return
    yield Text("\nLost points", "bold")
    for result in sorted(results, key=lambda r: r.outcome.status is CheckStatus.BLOCKED):
        yield _head(result)
        yield from _rows(result, report)


def _head(result: CheckResult) -> RenderableType:
    style = _STYLES.get(result.outcome.status, "red")
    title = Text(one_line(result.title), "bold").append(f"  {result.id}", "not bold dim")
    return _line(Text(_SIGNS.get(result.outcome.status, "✗"), style), Text(f"-{number(lost(result))}", style), title)


def _rows(result: CheckResult, report: Report) -> Iterator[RenderableType]:
    outcome = result.outcome
    if told_elsewhere(result, report):
        yield _row("", Text(f"waits for {', '.join(outcome.blocked_by)}", "dim"))
        return
    rows = [("asked", outcome.expected), ("got", outcome.actual), ("why", outcome.message), ("hint", outcome.hint)]
    for label, value in rows:
        if value:
            yield _row(label, Text(one_line(value), "cyan" if label == "hint" else ""))
    if outcome.location and outcome.location.source:
        place, source = one_line(str(outcome.location), 120), one_line(outcome.location.source, 160)
        yield _row("line", Text(f"{place} │ {source}", "yellow"))


def _line(sign: Text, points: Text, title: Text) -> RenderableType:
    """A check's line: sign, points, title; what does not fit goes on below the title."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=2, justify="right")
    grid.add_column(min_width=4, justify="right", no_wrap=True)  # as wide as 66.67 takes
    grid.add_column(overflow="fold")
    grid.add_row(sign, points, title)
    return grid


def _row(label: str, value: Text) -> RenderableType:
    """A labelled line below a check's."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=7)
    grid.add_column(width=5, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("", label, value)
    return grid


def _passed(report: Report) -> Iterator[RenderableType]:
    results = [r for r in report.checks if lost(r) == 0 and not beside(r)]
    if not results:
        return
    yield Text("\nEarned", "bold")
    for result in results:
        bonus = ", a bonus" if result.weight is Weight.BONUS else ""
        title = Text(one_line(result.title)).append(f"  {result.id}{bonus}", "dim")
        yield _line(Text(_SIGNS[CheckStatus.PASSED], "green"), Text(number(result.score), "green"), title)


def _beside(report: Report) -> Iterator[RenderableType]:
    results = [r for r in report.checks if beside(r)]
    if not results:
        return
    yield Text("\nBeside the points", "bold").append("  what costs nothing", "not bold dim")
    for result in results:
        title = Text(one_line(result.title)).append(f"  {result.id}", "dim")
        bonus = result.weight is Weight.BONUS
        worth = f"+{number(result.score)}" if bonus else ""
        if bonus:
            title.append(f", a bonus of {number(result.max_score)}", "dim")
        yield _line(Text("·"), Text(worth), title)
        yield from _rows(result, report)


def _routes(routes: tuple[RouteVisit, ...]) -> Iterator[RenderableType]:
    if not routes:
        return
    yield Text("\nRoutes", "bold").append("  as the program declares them, visited with GET", "not bold dim")
    table = Table.grid(padding=(0, 2))
    for _ in range(6):
        table.add_column(overflow="fold")
    for visit in routes[:_MOST_ROUTES]:
        failed = visit.status is not None and visit.status >= 500
        status = str(visit.status) if visit.status is not None else "-"
        took = f"{visit.seconds * 1000:.0f} ms" if visit.seconds is not None else ""
        note = "server error" if failed else visit.note
        cells = ("", one_line(visit.rule, 60), one_line(" ".join(visit.methods), 40), status, took, one_line(note, 80))
        table.add_row(*(Text(cell, "red" if failed else "") for cell in cells))
    yield table
    if len(routes) > _MOST_ROUTES:
        yield Text(f"  and {len(routes) - _MOST_ROUTES} more", "dim")


def _notes(report: Report) -> Iterator[RenderableType]:
    notes = [*(_with_place(f.message, f.where) for f in report.flags), *report.limits_hit]
    if notes:
        yield Text("\nTo know", "bold")
        yield from _bullets(notes)
    isolation = report.isolation
    if isolation:
        text = Text("\nIsolation", "bold").append(f"  {isolation.level.value}", "not bold")
        if isolation.missing:
            text.append(f"; not in force: {one_line(', '.join(isolation.missing))}", "not bold dim")
        yield text
        if isolation.why_not_higher:
            yield from _bullets([isolation.why_not_higher])
    if report.seed:
        yield Text("\nOrder", "bold").append(f"  requests shuffled, seed {one_line(report.seed)}", "not bold")


def _with_place(message: str, where: str) -> str:
    return f"{message} ({where})" if where and where not in message else message


def _bullets(lines: Iterable[str]) -> Iterator[RenderableType]:
    for line in dict.fromkeys(lines):
        yield Padding(Text(one_line(line, 600)), (0, 0, 0, 2))
