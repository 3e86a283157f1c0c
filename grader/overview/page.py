"""The overview as one page that stands alone: no script is needed to read it, nothing is fetched.

Every name, message and path enters the template as a variable, escaped and cleaned. The page is written as it is made,
so that the table of people costs no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, BinaryIO
from urllib.parse import quote

from jinja2 import Environment

from grader.frozen import dataclass
from grader.model import CheckStatus
from grader.overview import drawing
from grader.overview.items import CheckStatistics
from grader.overview.row import CheckCell, Head, Row, RowStatus
from grader.overview.statistics import Statistics, statistics
from grader.overview.twins import Group, groups
from grader.render.cleaning import clean, commands_replaced
from grader.render.numbers import number
from grader.render.pages import environment, policy_hash, static

_PIECE = 1 << 16  # characters that are written at once
_MOST_CLUSTERS = 25
_MOST_GROUPS = 50
_WORDS = {
    RowStatus.GRADED: "graded",
    RowStatus.UNGRADED: "ungraded",
    RowStatus.NOT_GRADABLE: "not gradable",
    RowStatus.MISSING: "missing",
}
_CLASSES = {
    CheckStatus.PASSED: "p",
    CheckStatus.PARTIAL: "q",
    CheckStatus.FAILED: "f",
    CheckStatus.BLOCKED: "b",
    CheckStatus.ERROR: "e",
}


@dataclass(frozen=True)
class Line:
    """A row of the table; `cells` are pairs of class and text, one for each check."""

    row: Row
    href: str | None
    cells: tuple[tuple[str, str], ...]


def write_overview(rows: Callable[[], Iterator[Row]], head: Head, file: BinaryIO) -> None:
    """Write the page, in UTF-8. `rows` is called up to three times, and must give the same rows each time."""
    found = statistics(rows(), head.pass_mark)
    twins = groups(rows(), found.repeated) if found.repeated else ()
    style, script = static("report.css") + static("report-parts.css") + static("overview.css"), static("overview.js")
    pieces = _environment().get_template("overview.html").generate(
        head=head,
        **drawn(found, twins, head.pass_mark),
        lines=_lines(rows(), found.checks),
        style=style,
        script=script,
        style_hash=policy_hash(style),
        script_hash=policy_hash(script),
    )  # fmt: skip
    for piece in _whole_lines(pieces):
        safe = commands_replaced(clean(piece), lambda character: f"&#{ord(character)};")
        file.write(safe.encode("utf-8", "replace"))


def drawn(found: Statistics, twins: Sequence[Group], pass_mark: Fraction | None) -> dict[str, Any]:
    """What `overview_parts.html` is made from."""
    return {
        "found": found,
        "histogram": drawing.histogram(found.scores, pass_mark) if found.scores else None,
        "floor": drawing.FLOOR,
        "bars": drawing.bars(found.checks),
        "step": drawing.STEP,
        "discriminates": any(check.discrimination is not None for check in found.checks),
        "unjudged": any(check.count(CheckStatus.ERROR) for check in found.checks),
        "clusters": found.clusters[:_MOST_CLUSTERS],
        "more_failures": _beyond(found),
        "groups": twins[:_MOST_GROUPS],
        "more_groups": max(0, len(twins) - _MOST_GROUPS),
        "total": sum(count for _, count in found.counts),
        "CheckStatus": CheckStatus,
        "RowStatus": RowStatus,
    }


def words(status: RowStatus) -> str:
    """A status for people."""
    return _WORDS[status]


@cache
def _environment() -> Environment:
    return environment(href=href, percent=drawing.percent, words=words, bin=drawing.bin_words)


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in larger pieces, cut at line ends only, as cleaning wants it."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            done, end, rest = "".join(held).rpartition("\n")
            yield done + end
            held, size = [rest], len(rest)
    yield "".join(held) + "\n"


def _beyond(found: Statistics) -> int:
    """Failures that are not shown, each kind counted once for each submission."""
    return sum(cluster.count for cluster in found.clusters[_MOST_CLUSTERS:]) + found.other_failures


def _lines(rows: Iterable[Row], checks: tuple[CheckStatistics, ...]) -> Iterator[Line]:
    for row in rows:
        own = {cell.id: cell for cell in row.checks} if row.status is RowStatus.GRADED else {}
        yield Line(row, href(row.report), tuple(_cell(own.get(check.id)) for check in checks))


def _cell(cell: CheckCell | None) -> tuple[str, str]:
    if cell is None:
        return "", ""
    if not cell.max_points and not cell.points:  # a flag, or a penalty that was not deserved
        return _CLASSES[cell.status], {CheckStatus.PASSED: "✓", CheckStatus.ERROR: "!"}.get(cell.status, "✗")
    return _CLASSES[cell.status], _number(cell.points)


@lru_cache(4096)
def _number(value: Fraction) -> str:
    return number(value)


def href(report: str | None) -> str | None:
    """A path below the page's own folder, as a link; None where it is none, or leads elsewhere."""
    if not report or report.startswith("/") or ".." in report.split("/"):
        return None
    return quote(report, safe="/", errors="replace")
