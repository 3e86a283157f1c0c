"""A connection to a database, brought up to date when it is opened; its failures as sentences."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from grader.errors import StoreError

_BUSY_MILLISECONDS = 30_000  # on a machine that has other work, a whole class may write at once
_MOST_WAITING = 200  # threads of a process
_STORE = "grader.store"  # each package with tables keeps its migrations beside them
_UPGRADING = 0x67726164  # any number that nobody else locks in this database
_NEWER = "Can't locate revision"
# What SQLite or PostgreSQL says → what it means here, and what to do.
_MEANINGS = (
    ("database or disk is full", "There is no room left for", "Make room; what was saved before is whole."),
    ("no space left", "There is no room left for", "Make room; what was saved before is whole."),
    ("read-only transaction", "Nobody may write to", "Give the address of a database that you may write to."),
    ("permission denied", "You may not use", "Give the address of a database that you may write to."),
    ("connection to server", "There is no way to open", "Check its address, and whether its server runs."),
    ("server closed the connection", "The connection was lost to", "Run it again; what was saved before is whole."),
    ("terminating connection", "The connection was lost to", "Run it again; what was saved before is whole."),
    ("readonly database", "Nobody may write to", "Choose a folder that you may write to, or change its rights."),
    ("unable to open database", "There is no way to open", "Check that the folder is there, and its rights."),
    ("is locked", "Somebody else is writing to", "Wait for it to end, and run the same command again."),
    ("not a database", "This is no file of results:", "Choose another folder, or put that file away."),
    ("malformed", "This file of results is damaged:", "Put it away, or bring back a copy of it, and grade again."),
    ("disk i/o error", "The disk failed at", "Check the disk; what was saved before is whole."),
)  # fmt: skip


def sqlite_url(path: Path) -> str:
    """The address of a file."""
    return f"sqlite:///{path}"


def connect(url: str) -> Engine:
    """An engine for SQLite or another database. Every transaction of SQLite's begins as one that writes, and is on the
    disk when it is committed. Raises StoreError."""
    try:
        address = make_url(url)
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, **_pool(address))
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        raise _unusable(error) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _pool(address: URL) -> dict[str, Any]:
    """A server may start anew, and takes some connections only. A file takes any number: whoever waits to write has
    one meanwhile, and keeps nobody from reading."""
    return {"max_overflow": _MOST_WAITING} if address.get_backend_name() == "sqlite" else {"pool_pre_ping": True}


def _unusable(error: Exception) -> StoreError:
    """An address as a whole is never shown: it may hold a password."""
    if isinstance(error, ModuleNotFoundError):
        return StoreError(f"{error.name} is not installed.", "Install weblab-grader[postgres] for PostgreSQL.")
    return StoreError(
        "This is no address of a database that can be used.",
        "Write it as postgresql://user:password@host/database, or sqlite:///path.",
    )


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin and commit where it likes; SQLAlchemy says when
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads", False)  # SQLite lets any number read beside one that writes
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def upgrade(engine: Engine, package: str = _STORE, revision: str = "head") -> None:
    """Make the tables of a package, or change them to what a revision needs (the last one). Raises StoreError."""
    with told(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # of several that start together, one does it; SQLite's have one writer
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADING)))
        config = _config(package)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revisions(package: str = _STORE) -> tuple[str, ...]:
    """Every revision of a package's tables, the first one first."""
    script = ScriptDirectory.from_config(_config(package))
    return tuple(reversed([revision.revision for revision in script.walk_revisions()]))


def _config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextlib.contextmanager
def told(engine: Engine) -> Iterator[None]:
    """What a database raises as a StoreError that says what to do."""
    where = engine.url.database or engine.url.render_as_string()
    try:
        yield
    except CommandError as error:
        if _NEWER not in str(error):
            raise StoreError(f"{where} cannot be brought up to date: {error}.") from error
        raise StoreError(
            f"{where} was written by a newer version of the grader.", "Update the grader, or choose another folder."
        ) from error
    except SQLAlchemyError as error:
        raise _meant(error, where) from error


def _meant(error: SQLAlchemyError, where: str) -> StoreError:
    said = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    for sign, meaning, advice in _MEANINGS:
        if sign in said.lower():
            return StoreError(f"{meaning} {where}.", advice)
    first = said.strip().partition("\n")[0]
    return StoreError(f"The results in {where} could not be read or written: {first}.", "Nothing saved before is lost.")
