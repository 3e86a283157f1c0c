"""`grade PATH`: one submission."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import __version__
from grader.cli import outputs as report_files
from grader.cli.complaints import tell_traces
from grader.cli.outputs import FORMATS, Output
from grader.errors import UsageError
from grader.frozen import dataclass
from grader.launch.warm import WarmInterpreter

if TYPE_CHECKING:
    from grader.model import Level, Report, Rubric

_BELOW_MARK = 1
_STATUS = {"ungraded": 3, "not_gradable": 4}
_LEVELS = ("namespaces", "landlock", "process")


@dataclass(frozen=True)
class Asked:
    """How the program is to be started, as the command line says."""

    whole_course: bool  # everything installed for --python, not only what the rubric allows
    entry: str | None
    fresh: bool
    isolation: str | None
    submitted: datetime | None
    due: datetime | None
    limits: tuple[tuple[str, float], ...] = ()  # a maximum that no rubric exceeds


def _limits(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[tuple[str, float], ...]:
    return tuple(_limit(value) for value in values)


def _limit(text: str) -> tuple[str, float]:
    """NAME=NUMBER, the name as in a rubric's limits."""
    from grader.model import LIMIT_RANGES

    name, _, number = text.partition("=")
    if name not in LIMIT_RANGES:
        raise click.BadParameter(f"{text!r} is not NAME=NUMBER; limits: {', '.join(LIMIT_RANGES)}.")
    least, most = LIMIT_RANGES[name]
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise click.BadParameter(f"{text!r}: {name} goes from {least:g} to {most:.13g}.")
    return name, value if name.endswith("_seconds") and name != "cpu_seconds" else int(value)


def _percent(_: click.Context, __: click.Parameter, value: str | None) -> Fraction | None:
    """A number from 0 to 100, exact."""
    if value is None:
        return None
    try:
        percent = Fraction(value.removesuffix("%"))
    except (ValueError, ZeroDivisionError):
        percent = Fraction(-1)
    if not 0 <= percent <= 100:
        raise click.BadParameter(f"{value!r} is not a percentage from 0 to 100.")
    return percent


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """A point in time with its zone."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a time such as 2026-11-30T23:59+01:00.") from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} does not say its zone, as 2026-11-30T23:59+01:00 does.")
    return moment


@click.command(
    epilog="For those who write rubrics: grade rubric --help. What keeps programs in, here: grade doctor",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="grade")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rubric", default="flask-lab", metavar="NAME|FILE", help="The rubric: a bundled one or a YAML file.")
@click.option("--format", type=click.Choice(FORMATS), default="text", help="What standard output gets.")
@click.option("--output", "outputs", callback=report_files.parsed, multiple=True, metavar="FORMAT=FILE",
              help="Also write a report file. Repeatable.")  # fmt: skip
@click.option("--fail-under", callback=_percent, metavar="PERCENT",
              help="Exit with 1 below this percentage, not the rubric's pass mark.")  # fmt: skip
@click.option("--audience", type=click.Choice(["student", "instructor"]), default="instructor",
              help="For students, hidden checks and all that belongs to them are left out.")  # fmt: skip
@click.option("--entry", metavar="FILE", help="The file that starts the server, where it cannot be found.")
@click.option(
    "--python", "interpreter", metavar="PATH", help="Run students' programs with this Python and its packages."
)
@click.option("--fresh", is_flag=True, help="A new interpreter for each start: slower, and the same grade.")
@click.option(
    "--submitted", callback=_moment, metavar="TIME", help="When the work was handed in, such as 2026-11-30T23:59+01:00."
)
@click.option("--due", callback=_moment, metavar="TIME", help="The deadline, where it is not the rubric's.")
@click.option("--limit", "limits", callback=_limits, multiple=True, metavar="NAME=NUMBER",
              help="At most so much, whatever the rubric allows; as in its limits. Repeatable.")  # fmt: skip
@click.option("--isolation", type=click.Choice(_LEVELS), help="The weakest isolation to accept.")
def grade(
    path: Path,
    rubric: str,
    format: str,
    outputs: tuple[Output, ...],
    fail_under: Fraction | None,
    audience: str,
    entry: str | None,
    interpreter: str | None,
    fresh: bool,
    isolation: str | None,
    submitted: datetime | None,
    due: datetime | None,
    limits: tuple[tuple[str, float], ...],
) -> int:
    """Grade the web server in PATH: a folder, a .py file or a .zip."""
    require_work(path)
    report_files.check(outputs, path)
    warm = WarmInterpreter(interpreter or sys.executable)  # loads beside all that is imported from here on
    try:
        asked = Asked(interpreter is not None, entry, fresh, isolation, submitted, due, limits)
        report = _grade(path, rubric, warm, asked)
    finally:
        warm.close()
    tell_traces(report)
    _deliver(report, audience, format, outputs)
    return _status(report, fail_under)


def _grade(path: Path, rubric_name: str, warm: WarmInterpreter, asked: Asked) -> Report:
    from grader.rubric import load_rubric

    rubric = load_rubric(rubric_name)
    warm.load(() if asked.whole_course else rubric.packages)
    from grader.launch.launcher import Launcher

    with Launcher(warm, lowest=lowest_level(asked.isolation, path)) as launcher:
        launcher.begin_proof()  # beside the imports that follow
        from grader.pipeline import How, grade_path

        how = How(fresh=asked.fresh, late_seconds=_late_seconds(rubric, asked))
        return grade_path(path, _limited(rubric, asked.limits), launcher, how, asked.entry)


def _limited(rubric: Rubric, limits: Sequence[tuple[str, float]]) -> Rubric:
    from grader.model import MOST_LIMITS

    most: dict[str, Any] = dict(limits)
    return replace(rubric, limits=rubric.limits.within(replace(MOST_LIMITS, **most)))


def _late_seconds(rubric: Rubric, asked: Asked) -> float:
    """How long after the deadline the work came; 0 where either time is not known."""
    due = asked.due
    if due is None and rubric.late is not None and rubric.late.deadline:
        due = datetime.fromisoformat(rubric.late.deadline)
    if asked.submitted is None or due is None:
        return 0.0
    return max((asked.submitted - due).total_seconds(), 0.0)


def lowest_level(isolation: str | None, path: Path) -> Level:
    """The weakest level to accept. An archive may be somebody else's work: not without a wall, unless told."""
    from grader.model import Level

    if isolation:
        return Level(isolation)
    return Level.LANDLOCK if path.suffix.lower() == ".zip" else Level.PROCESS


def _status(report: Report, fail_under: Fraction | None) -> int:
    if report.percent is None:
        return _STATUS[report.status]
    mark = report.pass_mark if fail_under is None else fail_under
    return 0 if report.percent >= mark else _BELOW_MARK


def require_work(path: Path) -> None:
    """Raises UsageError where there is nothing at a path."""
    if not os.path.lexists(path):
        raise UsageError(f"There is no {path}.", "Give the folder, the .py file or the .zip that holds the work.")


def _deliver(report: Report, audience: str, format: str, outputs: Sequence[Output]) -> None:
    from grader.render.audience import for_audience

    seen = for_audience(report, audience)
    report_files.write(seen, outputs)
    _print(seen, format)


def _print(report: Report, format: str) -> None:
    if format == "text":
        from grader.render.text import print_text

        print_text(report, sys.stdout)
    else:
        from grader.render import render

        sys.stdout.flush()
        sys.stdout.buffer.write(render(report, format).encode())  # UTF-8, whatever the terminal takes
    sys.stdout.flush()
