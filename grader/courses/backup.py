"""All of a department in one file, and back: into SQLite or PostgreSQL, whichever it came from.

The file is a zip: `backup.json`, a `tables/NAME.jsonl` for each table (a row a line), and the uploads by their hash. It
shows one moment; nobody is kept from working meanwhile. What cookies are signed with is not in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, Table, func, inspect, select, text
from sqlalchemy.types import DateTime

from grader import __version__
from grader.courses.uploads import path_of
from grader.errors import StoreError, UsageError
from grader.frozen import dataclass
from grader.store import database

_PACKAGE = "grader.courses"
_VERSIONS = "courses_version"
_FORMAT = 1
_AT_ONCE = 200  # rows
_CHUNK = 1 << 20
_ABOUT = "backup.json"
_DAMAGED = "Take another backup, or the file as it was when it was made."


@dataclass(frozen=True)
class Contents:
    """What a backup holds. `missing` are uploads that the database names and the disk did not have."""

    rows: int
    uploads: int
    missing: tuple[str, ...] = ()


# --------------------------------------------------------------------------------------------------------------- saving


def back_up(engine: Engine, data: Path, target: Path) -> Contents:
    """Write a backup, whole or not at all. Raises StoreError."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}.", "Choose another place for it.") from error
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            found = _write(engine, data, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise StoreError(f"{target} could not be written: {error.strerror}.", "Nothing was backed up.") from error
    finally:
        draft.unlink(missing_ok=True)
    return found


def _write(engine: Engine, data: Path, file: Any) -> Contents:
    with database.told(engine), _snapshot(engine) as connection, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        tables = _tables(connection)
        counts = {table.name: _write_table(connection, table, archive) for table in tables}
        kept, missing = _write_uploads(connection, tables, data, archive)
        about = {
            "format": _FORMAT,
            "revision": connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}")),  # noqa: S608  # a constant
            "grader": __version__,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": counts,
        }
        archive.writestr(_ABOUT, json.dumps(about, indent=1))
        return Contents(sum(counts.values()), kept, tuple(missing))


def _snapshot(engine: Engine) -> Connection:
    """A connection whose statements all see one moment."""
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ")
    return engine.execution_options(reads=True).connect()


def _tables(connection: Connection) -> Sequence[Table]:
    """As they are in the database, those first that others name."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _VERSIONS]


def _write_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    entry = zipfile.ZipInfo(f"tables/{table.name}.jsonl", datetime.now(UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(table.c.id))
    with archive.open(entry, "w", force_zip64=True) as file:
        for row in rows:
            values = {column.name: _plain(value) for column, value in zip(table.columns, row, strict=True)}
            file.write(json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


def _write_uploads(
    connection: Connection, tables: Sequence[Table], data: Path, archive: zipfile.ZipFile
) -> tuple[int, list[str]]:
    uploads = next(table for table in tables if table.name == "uploads")
    kept, missing = 0, []
    for sha256 in connection.scalars(select(uploads.c.sha256).order_by(uploads.c.id)).all():
        try:
            archive.write(path_of(data, sha256), _entry(sha256), zipfile.ZIP_STORED)
            kept += 1
        except FileNotFoundError:
            missing.append(sha256)
    return kept, missing


def _entry(sha256: str) -> str:
    return f"uploads/{sha256[:2]}/{sha256}"


# ------------------------------------------------------------------------------------------------------------ restoring


def restore(engine: Engine, data: Path, source: Path) -> Contents:
    """Read a backup into an empty database and its folder. All of it, or nothing. Raises UsageError, StoreError."""
    _require_empty(engine)
    try:
        with zipfile.ZipFile(source) as archive:
            about = _about(archive, source)
            database.upgrade(engine, _PACKAGE, about["revision"])
            found = _read(engine, data, archive, about)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {source}.", "Give what grade backup wrote.") from error
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError) as error:
        raise UsageError(f"{source} is no backup, or it is damaged: {error}.", _DAMAGED) from error
    database.upgrade(engine, _PACKAGE)
    return found


def _require_empty(engine: Engine) -> None:
    with database.told(engine), engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
        taken = "users" in names and connection.scalar(text("SELECT 1 FROM users LIMIT 1")) is not None
        foreign = bool(names) and _VERSIONS not in names
    if taken or foreign:
        raise UsageError(
            "This database is not empty, and a backup takes the place of nothing.",
            "Give a new data folder with --data, or an empty database with --database.",
        )


def _about(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(archive.read(_ABOUT))
    if about["format"] != _FORMAT or about["revision"] not in database.revisions(_PACKAGE):
        raise UsageError(
            f"{source} was written by another version of the grader, {about.get('grader', 'unknown')}.",
            "Update the grader, and restore again.",
        )
    return about


def _read(engine: Engine, data: Path, archive: zipfile.ZipFile, about: dict[str, Any]) -> Contents:
    """The rows in one transaction, which is ended once all files are there."""
    rows = 0
    with database.told(engine), engine.begin() as connection:
        tables = _tables(connection)
        for table in tables:
            count = _read_table(connection, table, archive)
            if count != about["rows"][table.name]:
                raise ValueError(f"{table.name} has {count} rows, and had {about['rows'][table.name]}")
            rows += count
            _count_on(connection, table)
        uploads = next(table for table in tables if table.name == "uploads")
        kept, missing = 0, []
        for sha256 in connection.scalars(select(uploads.c.sha256)).all():
            if _entry(sha256) in archive.NameToInfo:
                _read_upload(archive, data, sha256)
                kept += 1
            else:
                missing.append(sha256)
    return Contents(rows, kept, tuple(missing))


def _read_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for rows in _some(file):
            values = [{c.name: _typed(c, row[c.name]) for c in table.columns} for row in rows]
            connection.execute(table.insert(), values)
            count += len(rows)
    return count


def _some(lines: Any) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for line in lines:
        some.append(json.loads(line))
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if isinstance(column.type, DateTime) else value


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL gives the next row a number of its own counting."""
    if connection.dialect.name == "postgresql":
        last = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def _read_upload(archive: zipfile.ZipFile, data: Path, sha256: str) -> None:
    target = path_of(data, sha256)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = hashlib.sha256()
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, archive.open(_entry(sha256)) as entry:
            while chunk := entry.read(_CHUNK):
                found.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if found.hexdigest() != sha256:
            raise ValueError(f"upload {sha256} is not what it was")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
