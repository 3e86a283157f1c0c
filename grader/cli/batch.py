"""`grade batch` and `grade rescore`: many submissions."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.batch.model import Attempts, BatchHow, Regrade, Summary
from grader.cli.progress import shown
from grader.cli.saying import say, say_lines
from grader.cli.works import Class, mapping, notes, read_class, title, works_of
from grader.errors import StoreError, UsageError
from grader.launch.cores import how_many
from grader.launch.scratch import CLASS, Scratch, clear_away
from grader.model import Level, Rubric
from grader.sources import Kind

if TYPE_CHECKING:
    from types import FrameType

    from grader.batch.rescoring import Rescored

_UNGRADED, _NOTHING_GRADABLE, _INTERRUPTED, _TERMINATED = 3, 4, 130, 143
_MOST_TOLD, _MOST_KEPT = 20, 500
_STOPPING = b"\ngrade: Stopping: what runs is finished and saved. Once more ends it at once.\n"
_ENDED = b"\ngrade: Ended. What was finished is saved; the same command goes on with the rest.\n"
_SHOW_CURSOR = b"\x1b[?25h"  # a bar hides it
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_STATUS = "Exit status: 0 all are graded, 2 usage error, 3 some are ungraded, 4 nothing gradable, 130 interrupted."


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Where results go.")
@click.option("--rubric", "rubric_name", default="flask-lab", metavar="NAME|FILE", help="The rubric.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="How many run side by side. [as many as there are processors]"
)
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE.csv", help="The class: who is missing is listed."
)
@click.option(
    "--source", "kind", type=click.Choice([k.value for k in Kind]), help="What SOURCE is, where it is mistaken."
)
@click.option("--manifest", type=click.Path(path_type=Path), metavar="FILE.csv", help="Which file is whose.")
@click.option("--dry-run", is_flag=True, help="Say which file is whose, and grade nothing.")
@click.option("--attempts", type=click.Choice([a.value for a in Attempts]), default="latest", help="Which count.")
@click.option("--regrade", type=click.Choice([r.value for r in Regrade]), default="ungraded",
              help="What to grade again though it is done. Changed work or a changed rubric always is.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on; an error where DIR holds nothing to go on with.")
@click.option("--missing-as-zero", is_flag=True, help="0 for people without a submission.")
@click.option("--not-gradable-as-zero", is_flag=True, help="0 for what cannot be graded.")
@click.option("--python", metavar="PATH", help="Run students' programs with this Python and its packages.")
@click.option("--fresh", is_flag=True, help="A new interpreter for each start: slower, and the same grade.")
@click.option("--isolation", type=click.Choice([x.value for x in Level]), default="landlock",
              help="The weakest isolation to accept.")  # fmt: skip
def batch(source: Path, out: Path, rubric_name: str, dry_run: bool, resume: bool, **options: Any) -> int:
    """Grade everybody's work in SOURCE: a folder of folders, zips and .py files, or an export of an LMS.

    The same command goes on where an earlier one was interrupted, and grades again only what has changed.
    """
    gc.enable()  # many submissions do leave garbage
    require_apart(out, source)
    if resume and not (out / "results.db").is_file():
        raise UsageError(f"{out} holds nothing to resume.", "Leave --resume out, or give the folder of an earlier run.")
    from grader.rubric import load_rubric

    rubric = load_rubric(rubric_name)
    told = {name: _absolute(options[name]) for name in ("kind", "manifest", "roster", "python", "fresh", "isolation")}
    return _graded(rubric, text_of(rubric_name), out, {**told, "source": _absolute(source)}, options, dry_run=dry_run)


def _absolute(value: Any) -> Any:
    return os.path.abspath(value) if isinstance(value, Path) else value


def require_apart(out: Path, source: Path) -> None:
    """Raises UsageError where reports would be taken for work."""
    if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(source)) and source.is_dir():
        raise UsageError(f"{out} is inside {source}: results would be taken for work.", "Choose a place outside of it.")


def text_of(rubric_name: str) -> str:
    """The text of a rubric that was loaded by this name."""
    from grader import resources
    from grader.rubric import available

    bundled = rubric_name in available()
    path = resources.folder("rubrics") / f"{rubric_name}.yaml" if bundled else Path(rubric_name)
    return path.read_bytes().decode("utf-8", "replace")


def _graded(
    rubric: Rubric, text: str, out: Path, told: Mapping[str, Any], options: Mapping[str, Any], *, dry_run: bool = False
) -> int:
    """Grade what a source holds, as the command line or an earlier command says."""
    path = {name: Path(told[name]) if told[name] else None for name in ("source", "manifest", "roster")}
    assert path["source"] is not None
    clear_away()
    with Scratch(CLASS) as workspace:
        whole = read_class(path["source"], told["kind"], path["manifest"], path["roster"], Path(workspace))
        if dry_run:
            say_lines(mapping(whole, rubric))
            return 0
        _tell_source(whole, rubric)
        how = BatchHow(
            jobs=options.get("jobs") or how_many(),
            regrade=Regrade(options["regrade"]),
            attempts=Attempts(options["attempts"]),
            missing_as_zero=options["missing_as_zero"],
            not_gradable_as_zero=options["not_gradable_as_zero"],
            python=told["python"],
            fresh=told["fresh"],
            lowest=Level(told["isolation"]),
            rubric_text=text,
            roster=whole.missing,
            left_out=tuple((left.path, left.reason) for left in whole.found.left_out),
            told={**told, "class": title(whole.found.kind, path["source"]), "notes": notes(whole, rubric)[:_MOST_KEPT]},
        )
        return _run(whole, rubric, out, how, workspace)


def _tell_source(whole: Class, rubric: Rubric) -> None:
    people = len({attempt.person.key for attempt in whole.found.attempts})
    counted = f"{people} {'person' if people == 1 else 'people'}, {len(whole.found.left_out)} left out."
    say(f"{whole.found.why} {counted}", err=True)
    told = notes(whole, rubric)
    say_lines((f"  {note}" for note in told[:_MOST_TOLD]), err=True)
    if len(told) > _MOST_TOLD:
        say(f"  and {len(told) - _MOST_TOLD} more: --dry-run lists them", err=True)


def _run(whole: Class, rubric: Rubric, out: Path, how: BatchHow, workspace: str) -> int:
    from grader.batch.running import run

    works = list(works_of(whole, rubric, latest=how.attempts is Attempts.LATEST))
    with _asked_to_stop(how.stop, workspace) as status, shown() as tell:
        summary = run(works, rubric, out, how, tell)
    _tell(summary, out)
    if summary.interrupted:
        return status[-1] if status else _INTERRUPTED
    return _status(summary)


def _status(summary: Summary) -> int:
    if summary.counts.get("ungraded"):
        return _UNGRADED
    return 0 if summary.counts.get("graded") or not summary.without else _NOTHING_GRADABLE


@contextlib.contextmanager
def _asked_to_stop(stop: threading.Event, workspace: str) -> Iterator[list[int]]:
    """The first signal lets what runs come to its end. The second ends this very process, as a kill would: what hangs
    up on those that run programs ends them, and what was saved is whole. The exit statuses that are asked for."""
    asked: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        asked.append(_INTERRUPTED if number == signal.SIGINT else 128 + number)
        if len(asked) == 1:
            stop.set()
            os.write(2, _STOPPING)
            return
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + _ENDED)
        shutil.rmtree(workspace, ignore_errors=True)
        os._exit(asked[-1])

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(summary: Summary, out: Path) -> None:
    counted = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in summary.counts.items())
    say(f"{counted or 'nobody'}; {summary.failed} below the pass mark; {summary.kept} were done before.", err=True)
    if summary.gone:
        names = f"{', '.join(summary.gone[:3])}{', …' if len(summary.gone) > 3 else ''}"
        say_lines([f"  {len(summary.gone)} of the run before are not in this source, nor in the gradebook any more; "
                   f"{out}/results.db keeps their results: {names}"], err=True)  # fmt: skip
    told = [one for one in summary.without if one.status not in ("missing", "waiting")]
    say_lines((f"  {o.name}: {o.status.replace('_', ' ')}: {o.problem}" for o in told[:_MOST_TOLD]), err=True)
    if len(told) > _MOST_TOLD:
        say(f"  and {len(told) - _MOST_TOLD} more: {out}/index.html", err=True)
    if summary.interrupted:
        say(f"grade: Interrupted; {summary.waiting} are waiting. The same command goes on with them.", err=True)
    say(f"{out}/gradebook.csv")
    say(f"{out}/index.html")


@click.command(context_settings=_SETTINGS)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--rubric", "rubric_name", required=True, metavar="NAME|FILE", help="The new rubric.")
@click.option("--run", "also_run", is_flag=True, help="Run again what cannot be judged from what was seen.")
def rescore(folder: Path, rubric_name: str, also_run: bool) -> int:
    """Give new points for what was graded into DIR, without running anything. The old ones stay in its history."""
    gc.enable()
    from grader.batch.rescoring import rescore_all
    from grader.rubric import load_rubric

    rubric, text = load_rubric(rubric_name), text_of(rubric_name)
    found = rescore_all(folder, rubric, text)
    _tell_rescored(found)
    if not found.needs_run or not also_run:
        return _UNGRADED if found.needs_run else 0
    options = dict(found.run.options)
    told = options.get("told")
    if not told:
        raise StoreError(f"{folder} does not say where the work is.", "Run it with grade batch and the new rubric.")
    return _graded(rubric, text, folder, told, options)


def _tell_rescored(found: Rescored) -> None:
    say(f"{found.judged} judged again, {len(found.changed)} have other points; {found.already} were by this rubric.")
    say_lines(f"  {one.name}{_attempt(one.attempt)}: {one.before} → {one.after}" for one in found.changed)
    if found.needs_run:
        say(f"{len(found.needs_run)} have to be run for that (--run does it):")
        say_lines(f"  {name}{_attempt(attempt)}" for name, attempt in found.needs_run)


def _attempt(number: int | None) -> str:
    return f" (attempt {number})" if number and number > 1 else ""
