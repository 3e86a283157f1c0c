"""`grade rubric …`: for those who write rubrics."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.grading import lowest_level
from grader.errors import UngradedError, UsageError
from grader.launch.warm import WarmInterpreter
from grader.model import Report, ReportStatus, Rubric

if TYPE_CHECKING:
    from grader.launch.launcher import Launcher

_PYTHON = click.option(
    "--python", "interpreter", metavar="PATH", help="Run programs with this Python and its packages."
)
_ENTRY = click.option("--entry", metavar="FILE", help="The file that starts the server, where it cannot be found.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def rubric() -> None:
    """Write rubrics: check, list, explain, schema, new, try, diff."""


@rubric.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def check(files: Sequence[str]) -> int:
    """Tell every mistake of rubric files, with its line and what to write instead."""
    from grader.errors import RubricError
    from grader.rubric import load_rubric

    wrong = 0
    for file in files:
        try:
            loaded = load_rubric(file)
        except RubricError as error:
            wrong += 1
            for fault in error.details:
                click.echo(fault.pointed(), err=True)
            click.echo(f"{error}\n", err=True)
        else:
            click.echo(f"{file}: {len(loaded.checks)} checks, {_points(loaded)} points, no mistake.")
    return 2 if wrong else 0


def _points(loaded: Rubric) -> str:
    from grader.render.numbers import number

    return number(loaded.max_score)


@rubric.command(name="list")
def list_rubrics() -> None:
    """List the bundled rubrics."""
    from grader.rubric import available, load_rubric

    names = available()
    width = max(map(len, names), default=0)
    for name in names:
        loaded = load_rubric(name)
        click.echo(f"{name:<{width}}  {len(loaded.checks):>3} checks  {_points(loaded):>4} points  {loaded.title}")


@rubric.command()
@click.argument("name", metavar="NAME|FILE")
def explain(name: str) -> None:
    """Say what a rubric asks of a student, in plain words."""
    from grader.authoring.explain import explain as explained
    from grader.rubric import load_rubric

    click.echo(explained(load_rubric(name)), nl=False)


@rubric.command()
def schema() -> None:
    """Print the rubric language as a JSON Schema, for editors."""
    import json

    from grader.authoring.schema import schema as made

    click.echo(json.dumps(made(), indent=2, ensure_ascii=False))


@rubric.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this new file.")
@_ENTRY
@_PYTHON
def new(path: Path, output: Path | None, entry: str | None, interpreter: str | None) -> None:
    """Propose a rubric from the app in PATH: its routes, pages and forms become checks."""
    from grader.authoring.propose import looking, propose, written
    from grader.rubric import parse_rubric

    if output is not None and os.path.lexists(output):
        raise UsageError(f"{output} is there already.", "Choose another name: nothing of yours is overwritten.")
    with _launcher(("flask",), path, interpreter) as launcher:
        looked = _graded(path, looking(("flask",)), launcher, entry)
        if not any(start.answered for start in looked.starts):
            raise UsageError(f"The program in {path} starts no server.", f"See why: grade {path}")
        name, started = path.resolve().name, looked.submission.entry or "main.py"
        proposals = propose(looked)
        proposed = parse_rubric(written(proposals, name, started).encode(), "new")
        unmet = {r.id for r in _graded(path, proposed, launcher, entry).checks if r.outcome.earned < 1}
    kept = [p if p.id not in unmet else replace(p, id="", comment=f"{p.id}: the app itself does not satisfy it here.")
            for p in proposals]  # fmt: skip
    text = written(kept, name, started)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output}: {len(proposals)} checks proposed. Next: grade rubric try {output} {path}", err=True)


@rubric.command(name="try")
@click.argument("name", metavar="NAME|FILE")
@click.argument("path", type=click.Path(path_type=Path))
@_ENTRY
@_PYTHON
def try_rubric(name: str, path: Path, entry: str | None, interpreter: str | None) -> None:
    """Show what each check of a rubric sees of the app in PATH. No score."""
    from grader.authoring.trying import tried
    from grader.rubric import load_rubric

    loaded = load_rubric(name)
    with _launcher(loaded.packages, path, interpreter) as launcher:
        report = _graded(path, loaded, launcher, entry)
    click.echo(tried(report, {c.id: c.check.asked for c in loaded.checks}), nl=False)


@rubric.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("paths", metavar="PATH...", type=click.Path(path_type=Path), nargs=-1, required=True)
@_PYTHON
def diff(old: str, new: str, paths: Sequence[Path], interpreter: str | None) -> None:
    """Grade each PATH by both rubrics, and tell who gains and who loses."""
    from grader.authoring.compare import Change, compared
    from grader.rubric import load_rubric

    before, after = load_rubric(old), load_rubric(new)
    packages = tuple(dict.fromkeys((*before.packages, *after.packages)))
    changes = []
    for path in paths:
        with _launcher(packages, path, interpreter) as launcher:
            graded = [_graded(path, loaded, launcher, None, must=False) for loaded in (before, after)]
        changes.append(Change(*graded))
    click.echo(compared(changes), nl=False)


@contextmanager
def _launcher(packages: tuple[str, ...], path: Path, interpreter: str | None) -> Iterator[Launcher]:
    """What starts programs, for one work."""
    from grader.launch.launcher import Launcher

    if not os.path.lexists(path):
        raise UsageError(f"There is no {path}.", "Give the folder, the .py file or the .zip that holds the work.")
    warm = WarmInterpreter(interpreter or sys.executable)
    try:
        warm.load(() if interpreter else packages)
        yield Launcher(warm, lowest=lowest_level(None, path))
    finally:
        warm.close()


def _graded(path: Path, loaded: Rubric, launcher: Launcher, entry: str | None, *, must: bool = True) -> Report:
    """A report; where there `must` be a grade, an error instead of one without. Raises GraderError."""
    from grader.errors import NotGradableError
    from grader.pipeline import How, grade_path

    report = grade_path(path, loaded, launcher, How(), entry)
    if must and report.status is ReportStatus.NOT_GRADABLE:
        raise NotGradableError(report.problem, report.advice)
    if must and report.status is ReportStatus.UNGRADED:
        raise UngradedError(report.problem, report.advice)
    return report
