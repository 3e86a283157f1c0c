"""A department's database: its migrations from the first revision on, and several that make it at once."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, func, inspect, select

from grader.courses.database import Database, url_in
from grader.courses.tables import Course, Table
from grader.store import database

PACKAGE = "grader.courses"
AT_ONCE = 4


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def urls(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> list[str]:
    """The addresses of two empty databases, of each kind."""
    if kind == "sqlite":
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
        return [url_in(tmp_path / "one"), url_in(tmp_path / "other")]
    server = request.getfixturevalue("postgresql")
    return [server.new(), server.new()]


def shape(engine: Engine) -> dict[str, Any]:
    """All that a database tells of its tables, whatever the order in which it does."""
    looked = inspect(engine)

    def said(value: Any) -> str:
        return str({key: str(inner) for key, inner in value.items()} if isinstance(value, dict) else value)

    def sorted_all(rows: Any) -> list[str]:
        return sorted(repr(sorted((key, said(value)) for key, value in row.items())) for row in rows)

    return {
        name: {
            "columns": sorted_all(looked.get_columns(name)),
            "key": str(looked.get_pk_constraint(name)),
            "foreign keys": sorted_all(looked.get_foreign_keys(name)),
            "unique": sorted_all(looked.get_unique_constraints(name)),
            "checks": sorted_all(looked.get_check_constraints(name)),
            "indexes": sorted_all(looked.get_indexes(name)),
        }
        for name in looked.get_table_names()
        if name != "courses_version"
    }


def compared(connection: Connection) -> list[Any]:
    options = {"version_table": "courses_version"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata))


def test_an_empty_database_becomes_what_the_tables_say(urls: list[str]) -> None:
    engine, other = map(database.connect, urls)
    for revision in database.revisions(PACKAGE):  # one after the other, as they were released
        database.upgrade(engine, PACKAGE, revision)
    with engine.connect() as connection:
        assert compared(connection) == []
    Table.metadata.create_all(other)
    assert shape(engine) == shape(other)  # with every constraint, which Alembic does not compare
    database.upgrade(engine, PACKAGE)  # nothing is left to do
    engine.dispose()
    other.dispose()


def test_every_revision_can_be_gone_back_from(urls: list[str]) -> None:
    engine = database.connect(urls[0])
    for revision in database.revisions(PACKAGE):
        with engine.begin() as connection:
            config = database._config(PACKAGE)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            command.downgrade(config, "-1")
            command.upgrade(config, revision)
    other = database.connect(urls[1])
    Table.metadata.create_all(other)
    assert shape(engine) == shape(other)
    engine.dispose()
    other.dispose()


def test_what_is_kept_is_there_after_it_is_opened_again(urls: list[str]) -> None:
    first = Database.open(urls[0])
    with first.writing() as db:
        db.add(Course(title="Networks"))
    first.close()
    again = Database.open(urls[0])
    with again.reading() as db:
        assert db.scalars(select(Course.title)).all() == ["Networks"]
    again.close()


@pytest.mark.slow
def test_however_many_wait_to_write_others_read(tmp_path: Path) -> None:
    opened = Database.open(url_in(tmp_path))

    def write(number: int) -> None:
        with opened.writing() as db:
            db.add(Course(title=f"by thread {number}"))

    def read() -> int:
        with opened.reading() as db:
            return db.scalar(select(func.count(Course.id))) or 0

    with ThreadPoolExecutor(41) as pool:
        with opened.writing() as held:
            held.connection()
            writers = [pool.submit(write, number) for number in range(40)]
            until = time.monotonic() + 20
            while opened.engine.pool.checkedout() < 41 and time.monotonic() < until:  # type: ignore[attr-defined]
                time.sleep(0.01)
            assert pool.submit(read).result(10) == 0
        for one in writers:
            one.result(30)
        assert pool.submit(read).result(10) == 40
    opened.close()


def open_it(url: str, title: str) -> None:
    """In a process of its own."""
    opened = Database.open(url)
    with opened.writing() as db:
        db.add(Course(title=title))
    opened.close()


@pytest.mark.slow
def test_several_processes_that_start_at_once_make_it_once(urls: list[str]) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, mp_context=context) as pool:
        for url in urls:
            started = [pool.submit(open_it, url, f"by process {number}") for number in range(AT_ONCE)]
            for one in started:
                one.result(60)
            opened = Database.open(url)
            with opened.reading() as db:
                assert db.scalar(select(func.count(Course.id))) == AT_ONCE
            opened.close()
