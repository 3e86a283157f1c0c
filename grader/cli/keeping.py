"""`grade backup`, `grade restore`, `grade purge`, `grade forget`: what a department keeps, and what it does not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.saying import say
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.courses.backup import Contents
    from grader.courses.database import Database

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_STATUS = "Exit status: 0 it is done, 2 it cannot be done so."


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which department."""
    folder = click.Path(path_type=Path, file_okay=False)
    command = click.option("--database", metavar="URL", envvar="GRADE_DATABASE",
                           help="The server's database. [the one in DIR]")(command)  # fmt: skip
    return click.option("--data", required=True, metavar="DIR", type=folder, help="The server's data folder.")(command)


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_where
def backup(file: Path, data: Path, database: str | None) -> int:
    """Write all of a department to FILE, a zip: the database and what was handed in, as they are at one moment.

    The server may go on working. The key that cookies are signed with is not in it: after a restore, everybody signs in
    again.
    """
    from grader.courses.backup import back_up

    with _opened(data, database) as opened:
        _tell(back_up(opened.engine, data.resolve(), file.absolute()), f"{file} holds")
    return 0


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_where
def restore(file: Path, data: Path, database: str | None) -> int:
    """Read FILE, which grade backup wrote, into a new data folder and an empty database: SQLite or PostgreSQL,
    whichever it came from."""
    from grader.cli.department import embedded_in, made_folder
    from grader.courses.backup import restore as restored
    from grader.store.database import connect

    folder = made_folder(data)
    engine = connect(database or embedded_in(folder))
    try:
        _tell(restored(engine, folder, file), "Restored:")
    finally:
        engine.dispose()
    return 0


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@_where
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Of work handed in before this day.")
@click.option("--dry-run", is_flag=True, help="Say how much that is, and delete nothing.")
def purge(data: Path, database: str | None, before: datetime, dry_run: bool) -> int:
    """Delete the files of old work, and what its programs answered. Points, messages and hints stay."""
    from grader.courses import retention, uploads

    with _opened(data, database) as opened:
        with opened.reading() as db:
            old, exports = retention.old_attempts(db, before), retention.old_exports(db, before)
        if dry_run:
            count = f"{len(old)} attempts and {len(exports)} exports of a class"
            say(f"{count} are from before {before:%Y-%m-%d}. Nothing was deleted: this is a dry run.")
            return 0
        retention.thin(opened, old, exports)
        files = uploads.clear(opened, data.resolve())
    say(f"{len(old)} attempts from before {before:%Y-%m-%d} keep their points alone; {files} files were deleted.")
    return 0


@click.command(epilog=_STATUS, context_settings=_SETTINGS)
@click.argument("person")
@_where
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(person: str, data: Path, database: str | None, yes: bool) -> int:
    """Delete PERSON (a name to sign in with, or a key) with all work, results and tokens. It cannot be undone."""
    from grader.courses import accounts, retention, uploads

    with _opened(data, database) as opened:
        with opened.reading() as db:
            found = accounts.user_called(db, person)
            name = found.name if found is not None else ""
        if not name:
            raise UsageError(f"There is nobody called {person}.", "grade admin list names all accounts.")
        if not yes:
            click.confirm(f"Delete {name} with all of their work?", abort=True, err=True)
        with opened.writing() as db:
            user = accounts.user_called(db, person)
            assert user is not None
            gone = retention.forget(db, user, None)
        files = uploads.clear(opened, data.resolve())
    stays = " A row without a name stays, for they decided about others." if gone.stays else ""
    say(f"{name} is forgotten, with {gone.attempts} attempts and {files} files.{stays}")
    return 0


@contextlib.contextmanager
def _opened(data: Path, url: str | None) -> Iterator[Database]:
    from grader.courses.database import Database, url_in

    if not data.is_dir():
        raise UsageError(f"There is no folder {data}.", "Give the data folder that grade serve was told.")
    with contextlib.closing(Database.open(url or url_in(data.resolve()))) as opened:
        yield opened


def _tell(found: Contents, what: str) -> None:
    say(f"{what} {found.rows} rows and {found.uploads} files.")
    if found.missing:
        say(f"{len(found.missing)} files were not on the disk: {', '.join(m[:12] for m in found.missing[:5])} …")
