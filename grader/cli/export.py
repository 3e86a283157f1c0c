"""`grade export DIR`: what a class earned, into the teacher's own file or a table."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.outputs import require_writable
from grader.cli.saying import say, say_lines
from grader.errors import StoreError, UsageError

if TYPE_CHECKING:
    from grader.gradebook import Entry, Filled

_FILLED = ("canvas", "moodle", "blackboard", "brightspace")
_TABLES = {"csv": ".csv", "xlsx": ".xlsx", "json": ".json", "gradescope": ".zip"}
_MOST_TEMPLATE = 64 << 20
_MOST_TOLD = 20


@click.command(
    "export",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    short_help="Fill a gradebook with what a class earned.",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", "target", required=True, type=click.Choice([*_FILLED, *_TABLES]), help="Where the grades go.")
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), metavar="THEIR.csv",
              help="The gradebook as that system exports it. Only grades are written into it.")  # fmt: skip
@click.option("--column", metavar="NAME", help="The column of the grade, where the file has several.")
@click.option("--comments", is_flag=True, help="Write comments, too, where the file has a column for them.")
@click.option("--scale", is_flag=True, help="Convert points to what the system counts for the column.")
@click.option("--feedback", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip",
              help="Moodle only: write the reports as a zip of feedback files, too.")  # fmt: skip
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to write. Without it: into DIR, by the name of the target.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say who is matched, and write nothing.")
def export(
    folder: Path,
    target: str,
    template: Path | None,
    column: str | None,
    comments: bool,
    scale: bool,
    feedback: Path | None,
    output: Path | None,
    dry_run: bool,
) -> int:
    """Fill a gradebook with the results that grade batch left in DIR.

    For a learning platform, give its own export with --template: every other cell stays as it is, to the byte. Who is
    matched and who is not is printed; where it is not certain who somebody is, nothing is written.
    """
    _check(target, template, feedback, output)
    with _entries(folder, target) as (entries, checks):
        if target in _FILLED:
            assert template is not None
            filled = _fill(target, template, entries, column=column, comments=comments, scale=scale)
            _tell(filled, template)
            data, suffix = filled.data, template.suffix or ".csv"
        else:
            data, suffix = _table(target, entries, checks), _TABLES[target]
            say(f"{len(entries)} rows.")
        if dry_run:
            say("Nothing was written, for this is a dry run.")
            return 0
        _write(output or folder / f"export-{target}{suffix}", data)
        if feedback is not None:
            _write(feedback, _feedback(folder, entries))
    return 0


def _check(target: str, template: Path | None, feedback: Path | None, output: Path | None) -> None:
    """Raises UsageError where options do not fit together."""
    if target in _FILLED and template is None:
        raise UsageError(
            f"Grades for {target} are written into its own export.", "Export it there, and give it with --template."
        )
    if target not in _FILLED and template is not None:
        raise UsageError(f"--template is of no use for {target}, which fills no file of yours.", "Leave it out.")
    if feedback is not None and target != "moodle":
        raise UsageError("--feedback writes what Moodle alone takes.", "Leave it out, or export --to moodle.")
    for path in (output, feedback):
        if path is not None:
            require_writable(path)


@contextmanager
def _entries(folder: Path, target: str) -> Iterator[tuple[list[Entry], list[str]]]:
    """Everybody, and the ids of the checks. Raises UsageError where somebody has several grades, and can have one."""
    from grader.batch.entries import entries
    from grader.store.folder import opened

    with opened(folder, new=False) as store:
        run = store.last_run()
        if run is None:
            raise StoreError(f"{folder} holds no results yet.", "Grade something with grade batch first.")
        found = list(entries(store, run, for_students=True))
        if target in _FILLED and run.options.get("attempts") == "all" and any((e.attempt or 1) > 1 for e in found):
            raise UsageError(
                f"{folder} has a grade for each attempt, and {target} takes one for each person.",
                "Say which with --attempts latest or best, in the grade batch command: it grades nothing again.",
            )
        yield found, [id for id, *_ in run.checks]


def _fill(
    target: str, template: Path, entries: Sequence[Entry], *, column: str | None, comments: bool, scale: bool
) -> Filled:
    from grader.gradebook import Target, fill

    try:
        with open(template, "rb") as file:
            data = file.read(_MOST_TEMPLATE + 1)
    except OSError as error:
        raise UsageError(
            f"{template} cannot be read: {error.strerror}.", "Give the file as it was exported."
        ) from error
    return fill(Target(target), data, template.name, entries, column=column, comments=comments, scale=scale)


def _tell(filled: Filled, template: Path) -> None:
    """Who was matched, who was not, and what else the teacher should know."""
    grades = f"{filled.written} {'grade' if filled.written == 1 else 'grades'}"
    people = f"{len(filled.match.pairs)} {'person' if len(filled.match.pairs) == 1 else 'people'}"
    say(f"{people} matched, {grades} for {template.name}.")
    by_name = [entry.label for _, entry, how in filled.match.pairs if how == "name"]
    _list("matched by name alone", by_name)
    _list(f"in {template.name} without results", filled.match.unmatched_rows)
    _list(f"with results, but not in {template.name}", filled.match.unmatched_entries)
    _list("to look at", filled.notes)


def _list(what: str, items: Sequence[str]) -> None:
    if items:
        say(f"{len(items)} {what}:")
        say_lines(f"  {item}" for item in items[:_MOST_TOLD])
        if len(items) > _MOST_TOLD:
            say(f"  and {len(items) - _MOST_TOLD} more")


def _table(target: str, entries: Sequence[Entry], checks: Sequence[str]) -> bytes:
    from grader.gradebook import gradescope_zip, write_csv, write_json, write_xlsx

    file = io.BytesIO()
    match target:
        case "csv":
            write_csv(lambda: iter(entries), checks, file)
        case "xlsx":
            write_xlsx(lambda: iter(entries), checks, file)
        case "json":
            write_json(lambda: iter(entries), file)
        case _:
            gradescope_zip(entries, file)
    return file.getvalue()


def _feedback(folder: Path, entries: Sequence[Entry]) -> bytes:
    from grader.gradebook import feedback_zip

    def report(entry: Entry) -> bytes:
        try:
            return (folder / entry.report).read_bytes()
        except OSError as error:
            raise UsageError(
                f"The report {entry.report} cannot be read: {error.strerror}.",
                "Run grade batch once more: it writes it.",
            ) from error

    file = io.BytesIO()
    feedback_zip(entries, report, file)
    return file.getvalue()


def _write(path: Path, data: bytes) -> None:
    from grader.render.files import write_bytes_atomically

    require_writable(path)
    try:
        write_bytes_atomically(path, data)
    except OSError as error:
        raise UsageError(f"{path} could not be written: {error.strerror}.", "Choose another place.") from error
    say(f"Written: {path}")
