"""`grade rubric …`: for those who write rubrics."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.complaints import complain
from grader.cli.grading import lowest_level, require_work
from grader.cli.outputs import require_writable
from grader.cli.saying import say
from grader.errors import NotGradableError, UngradedError, UsageError
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
    """For those who write rubrics: NAME is a bundled rubric, FILE one of your own."""


@rubric.command(short_help="Tell every mistake of rubric files.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def check(files: Sequence[str]) -> int:
    """Tell every mistake of rubric files, with its line and what to write instead. A - stands for standard input."""
    from grader.errors import RubricError

    wrong = 0
    for file in files:
        try:
            loaded = _read(file)
        except RubricError as error:
            wrong += 1
            complain(error)
        else:
            say(f"{file}: {_count(len(loaded.checks), 'check')}, {_points(loaded)}, no mistake.")
    if wrong and len(files) > 1:
        say(f"{wrong} of {len(files)} rubrics cannot be used.", err=True)
    return 2 if wrong else 0


def _read(file: str) -> Rubric:
    """A rubric; that on standard input may provide files that are in the current folder."""
    from grader.rubric import MOST_BYTES, load_rubric, parse_rubric

    if file != "-":
        return load_rubric(file)
    return parse_rubric(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input", folder=Path())


def _points(loaded: Rubric) -> str:
    from grader.render.numbers import number

    return f"{number(loaded.max_score)} point{'' if loaded.max_score == 1 else 's'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@rubric.command(name="list")
def list_rubrics() -> None:
    """List the bundled rubrics."""
    from grader.rubric import available, load_rubric

    names = available()
    width = max(map(len, names), default=0)
    for name in names:
        loaded = load_rubric(name)
        say(f"{name:<{width}}  {_count(len(loaded.checks), 'check'):>9}  {_points(loaded):>10}  {loaded.title}")


@rubric.command()
@click.argument("name", metavar="NAME|FILE")
def explain(name: str) -> None:
    """Say what a rubric asks of a student, in plain words."""
    from grader.authoring.explain import explain as explained

    say(explained(_read(name)), nl=False)


@rubric.command(short_help="Print a JSON Schema for editors.")
def schema() -> None:
    """Print the rubric language as a JSON Schema, for editors."""
    import json

    from grader.authoring.schema import schema as made

    click.echo(json.dumps(made(), indent=2, ensure_ascii=False))


@rubric.command(short_help="Propose a rubric from an app.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this new file.")
@click.option("--package", "more", multiple=True, metavar="NAME", help="Allow this besides flask. Repeatable.")
@_ENTRY
@_PYTHON
def new(path: Path, output: Path | None, more: Sequence[str], entry: str | None, interpreter: str | None) -> None:
    """Propose a rubric from the app in PATH: its routes, pages and forms become checks."""
    if output is not None:
        if os.path.lexists(output):
            raise UsageError(f"{output} is there already.", "Choose another name: nothing of yours is overwritten.")
        require_writable(output)
    packages = tuple(dict.fromkeys(("flask", *more)))
    with _launcher(packages, path, interpreter) as launcher:
        text, count = _proposed(path, launcher, entry, packages)
    if output is None:
        say(text, nl=False)
        return
    from grader.render.files import write_atomically

    try:
        write_atomically(output, text)
    except OSError as error:
        raise UsageError(f"{output} could not be written: {error.strerror}.", "Choose another place.") from error
    say(f"{output}: {_count(count, 'check')} proposed. Next: grade rubric try {output} {path}", err=True)


def _proposed(path: Path, launcher: Launcher, entry: str | None, packages: tuple[str, ...]) -> tuple[str, int]:
    """The text of a rubric, and how many checks it has: those that the app itself satisfies."""
    from grader.authoring.propose import left_out, looking, propose, written
    from grader.rubric import parse_rubric

    looked = _graded(path, looking(packages), launcher, entry)
    started = next(r.outcome for r in looked.checks if r.id == "starts")
    if started.earned < 1:
        raise NotGradableError(f"The program in {path} starts no server. {started.message}", f"See more: grade {path}")
    name, file = path.resolve().name, looked.submission.entry or "main.py"
    proposals = propose(looked)
    proposed = parse_rubric(written(proposals, name, file, packages).encode(), "new")
    outcomes = {r.id: r.outcome for r in _graded(path, proposed, launcher, entry).checks}
    kept = [left_out(p, outcomes[p.id]) if p.id and outcomes[p.id].earned < 1 else p for p in proposals]
    return written(kept, name, file, packages), sum(1 for p in kept if p.id)


@rubric.command(name="try", short_help="Show what each check sees of an app.")
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
    say(tried(report, {c.id: c.check.asked for c in loaded.checks}), nl=False)


@rubric.command(short_help="Tell who gains and who loses by a change.")
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
        require_work(path)  # before the first is graded, which takes time
    for path in paths:
        with _launcher(packages, path, interpreter) as launcher:
            graded = [_graded(path, loaded, launcher, None, must=False) for loaded in (before, after)]
        changes.append(Change(str(path), *graded))
    say(compared(before, after, changes), nl=False)


@contextmanager
def _launcher(packages: tuple[str, ...], path: Path, interpreter: str | None) -> Iterator[Launcher]:
    """What starts programs, for one work."""
    from grader.launch.launcher import Launcher

    require_work(path)
    warm = WarmInterpreter(interpreter or sys.executable)
    try:
        warm.load(() if interpreter else packages)
        yield Launcher(warm, lowest=lowest_level(None, path))
    finally:
        warm.close()


def _graded(path: Path, loaded: Rubric, launcher: Launcher, entry: str | None, *, must: bool = True) -> Report:
    """A report; where there `must` be a grade, an error instead of one without. Raises GraderError."""
    from grader.pipeline import How, grade_path

    report = grade_path(path, loaded, launcher, How(), entry)
    if must and report.status is ReportStatus.NOT_GRADABLE:
        raise NotGradableError(report.problem, report.advice)
    if must and report.status is ReportStatus.UNGRADED:
        raise UngradedError(report.problem, report.advice, report.trace)
    return report
