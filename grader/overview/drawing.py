"""The figures of charts. Widths are percents of the drawing, heights pixels, so that letters stay as large as they are
whatever the width of the window."""

from __future__ import annotations

from fractions import Fraction

from grader.frozen import dataclass
from grader.overview.items import CheckStatistics
from grader.overview.scores import ABOVE, BELOW, Scores

FLOOR = 196  # where the bars of the histogram stand
_TALLEST = 118
STEP = 36  # from one bar of the checks to the next


@dataclass(frozen=True)
class Column:
    """A bar of the histogram."""

    label: str
    count: int
    left: float
    width: float
    middle: float
    top: float
    height: float


@dataclass(frozen=True)
class Tick:
    """A number below the histogram; `anchor` keeps the outermost inside."""

    text: str
    left: float
    anchor: str


@dataclass(frozen=True)
class Line:
    """A value across the histogram, with its name on a level of its own."""

    kind: str
    text: str
    left: float
    top: int
    anchor: str
    shift: int


@dataclass(frozen=True)
class Histogram:
    """All of it."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bar:
    """A check."""

    check: CheckStatistics
    top: int
    width: float
    label: str


def percent(value: float) -> str:
    """To a tenth where it needs one. What is not quite nothing, or not quite all, is not shown as if it were."""
    text = f"{value:.1f}".removesuffix(".0")
    if text == "0" and value > 0:
        return "<0.1"
    return ">99.9" if text == "100" and value < 100 else "0" if text == "-0" else text


def bin_words(bin: int) -> str:
    """Which scores a bin holds."""
    if bin == BELOW:
        return "below 0 %"
    if bin == ABOVE:
        return "above 100 %"
    return "90 to 100 %" if bin == 9 else f"{bin * 10} to below {bin * 10 + 10} %"


def histogram(scores: Scores, pass_mark: Fraction | None) -> Histogram:
    """Of percents."""
    wide = 100 / len(scores.bins)
    most = max(count for _, count in scores.bins)
    columns = []
    for place, (bin, count) in enumerate(scores.bins):
        height = round(max(count / most * _TALLEST, 2 if count else 0), 1)
        left = round(place * wide + wide * 0.06, 3)
        middle = round((place + 0.5) * wide, 3)
        columns.append(
            Column(bin_words(bin), count, left, round(wide * 0.88, 3), middle, round(FLOOR - height, 1), height)
        )
    values = [("median", scores.median), ("mean", scores.mean)]
    values += [("pass", float(pass_mark))] if pass_mark is not None and 0 < pass_mark < 100 else []
    values.sort(key=lambda named: -named[1])  # names stand left of their lines, and cross no other so
    lines = tuple(_line(kind, value, level, scores) for level, (kind, value) in enumerate(values))
    return Histogram(tuple(columns), _ticks(scores), lines)


def _line(kind: str, value: float, level: int, scores: Scores) -> Line:
    left = _place(value, scores)
    before = left > 35
    name = "pass mark" if kind == "pass" else kind
    return Line(
        kind, f"{name} {percent(value)} %", left, 14 + level * 18, "end" if before else "start", -5 if before else 5
    )


def _ticks(scores: Scores) -> tuple[Tick, ...]:
    ticks = [Tick(str(at), _place(at, scores), "middle") for at in range(0, 101, 10)]
    if scores.bins[-1][0] != ABOVE:
        ticks[-1] = Tick("100", 100, "end")
    ticks[0] = Tick("0 %", ticks[0].left, "middle" if scores.bins[0][0] == BELOW else "start")
    return tuple(ticks)


def _place(value: float, scores: Scores) -> float:
    """Where a percent lies, between the bins for all that is below 0 and above 100."""
    offset = 1 if scores.bins[0][0] == BELOW else 0
    within = min(10 + (scores.bins[-1][0] == ABOVE), max(-offset, value / 10))
    return round((offset + within) * 100 / len(scores.bins), 3)


def bars(checks: tuple[CheckStatistics, ...]) -> tuple[Bar, ...]:
    """Of all checks that give points."""
    giving = [check for check in checks if check.share is not None]
    return tuple(
        Bar(check, place * STEP, round(max(0.0, min(1.0, check.share or 0.0)) * 100, 2), _label(check))
        for place, check in enumerate(giving)
    )


def _label(check: CheckStatistics) -> str:
    return f"{percent((check.share or 0.0) * 100)} %{', check this line' if check.suspicious else ''}"
