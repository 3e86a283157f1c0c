"""The database: its migrations, what it refuses, and what it says."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from grader.errors import StoreError
from grader.model import Kept, Report, Rubric
from grader.store import database
from grader.store.folder import opened
from grader.store.naming import file_name, folded
from grader.store.store import Store
from grader.store.tables import Grading, Table
from grader.store.values import Handed, Result, RunBy, Whose
from tests.postgresql import Server
from tests.unit import report_samples


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, file: Path) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return database.sqlite_url(file)
    return request.getfixturevalue("postgresql").new()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def in_file(file: Path) -> Iterator[Store]:
    """Where it is SQLite that matters."""
    store = Store.open(database.sqlite_url(file))
    yield store
    store.close()


def graded(report: Report, **changes: Any) -> Kept:
    return Kept(replace(report, **changes))


PEOPLE = [Whose("a", "Ann", {"sis": "1"}), Whose("b", "Ben")]
WORKS = [Handed("a1", "a", 1, "x" * 64), Handed("a2", "a", 2, "y" * 64), Handed("b1", "b", 1, "z" * 64)]


# --------------------------------------------------------------------------------------------------------- migrations


def test_an_empty_database_becomes_what_the_tables_say(url: str) -> None:
    engine = database.connect(url)
    database.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    database.upgrade(engine)  # nothing is left to do
    engine.dispose()


def test_every_revision_can_be_gone_back_from(url: str) -> None:
    engine = database.connect(url)
    for revision in database.revisions():
        with engine.begin() as connection:
            config = database._config("grader.store")
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            command.downgrade(config, "-1")
            command.upgrade(config, revision)
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(file: Path) -> None:
    engine = database.connect(database.sqlite_url(file))

    def fail(*args: Any) -> None:
        if "CREATE TABLE gradings" in args[2]:
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(StoreError, match="There is no room left for"):
        database.upgrade(engine)
    event.remove(engine, "before_cursor_execute", fail)
    with engine.connect() as connection:
        assert not list(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    database.upgrade(engine)
    engine.dispose()


def test_the_disk_has_it_before_it_returns(in_file: Store) -> None:
    with in_file._engine.connect() as connection:
        pragma = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


# -------------------------------------------------------------------------------------------------------- what it says


def test_a_database_of_a_newer_version_is_left_alone(file: Path) -> None:
    Store.open(database.sqlite_url(file)).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="was written by a newer version of the grader"):
        Store.open(database.sqlite_url(file))


def test_a_file_that_is_no_database_is_left_alone(file: Path) -> None:
    file.write_text("my notes " * 1000)
    with pytest.raises(StoreError, match="This is no file of results"):
        Store.open(database.sqlite_url(file))
    assert file.read_text().startswith("my notes")


@pytest.mark.parametrize(
    ("pragma", "told"),
    [("query_only = ON", "Nobody may write to"), ("max_page_count = 20", "There is no room left for")],
)
def test_what_cannot_be_written_is_said_and_harms_nothing(in_file: Store, lab: Rubric, pragma: str, told: str) -> None:
    store = in_file
    run = store.begin(RunBy(lab, ""), PEOPLE, WORKS)

    def hinder(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(store._engine, "connect", hinder)
    store._engine.dispose()
    kept = graded(report_samples.perfect(), problem="x" * 500_000)
    with pytest.raises(StoreError, match=told):
        store.save(run, Result("a1", kept, os.urandom(200_000).hex()))
    event.remove(store._engine, "connect", hinder)
    store._engine.dispose()
    assert store.standings() == {}


def test_who_waits_too_long_for_another_writer_says_so(in_file: Store, lab: Rubric, file: Path) -> None:
    store = in_file
    event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    store._engine.dispose()
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Somebody else is writing to"):
        store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    other.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nothing", "This is no address of a database"),
        ("mysterysql://a:secret@b/c", "This is no address of a database"),
        ("postgresql+notinstalled://a:secret@b/c", "This is no address of a database"),
        ("mysql://a:secret@b/c", "MySQLdb is not installed"),
        ("postgresql://a:secret@/c?host=/nowhere", "There is no way to open c"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence_without_its_password(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        Store.open(url)
    assert "secret" not in f"{caught.value.message} {caught.value.advice}"


@pytest.mark.slow
def test_a_server_that_started_anew_is_used_again(postgresql: Server, lab: Rubric) -> None:
    url = postgresql.new()
    store = Store.open(url)
    run = store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    postgresql.stop()
    with pytest.raises(StoreError, match=r"There is no way to open tests\d+\."):
        store.last_run()
    postgresql.start()
    last = store.last_run()
    assert last is not None
    assert last.id == run
    only_read = text(f"ALTER DATABASE {store._engine.url.database} SET default_transaction_read_only = on")
    with store._engine.begin() as connection:
        connection.execute(only_read)
    store.close()
    with pytest.raises(StoreError, match="Nobody may write to"):
        store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    store.close()


@pytest.mark.slow
def test_who_starts_while_another_makes_the_tables_waits_for_them(url: str) -> None:
    one, other = database.connect(url), database.connect(url)
    waiting: list[Future[None]] = []

    def start_other(*args: Any) -> None:
        if "CREATE TABLE gradings" in args[2] and not waiting:
            waiting.append(pool.submit(database.upgrade, other))
            time.sleep(0.3)

    event.listen(one, "before_cursor_execute", start_other)
    with ThreadPoolExecutor(1) as pool:
        database.upgrade(one)
        waiting[0].result(30)
    one.dispose()
    other.dispose()


def test_gradings_of_one_work_that_come_together_are_all_kept_and_one_counts(store: Store, lab: Rubric) -> None:
    run = store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    kept = graded(replace(report_samples.perfect(), rubric=lab.info))
    start = threading.Barrier(6)

    def save(_: int) -> None:
        start.wait(20)
        store.save(run, Result("a1", kept, ""))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(save, range(6)))
    history = [row.grading for row in store.history("a1")]
    assert len(history) == 6
    assert store.standings()["a1"].grading == max(history, key=lambda grading: grading or 0)


def _hold(folder: Path, ready: Any, end: Any) -> None:
    with opened(folder):
        ready.set()
        end.wait(20)


@pytest.mark.slow
def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready, end))
    process.start()
    assert ready.wait(20)
    with pytest.raises(StoreError, match=f"process {process.pid}"), opened(tmp_path):
        pass
    process.kill()
    process.join()
    with opened(tmp_path):
        pass


# -------------------------------------------------------------------------------------------------------- what it keeps


def test_every_grading_stays_and_the_last_one_counts(store: Store, lab: Rubric) -> None:
    run = store.begin(RunBy(lab, "text", options={"attempts": "latest"}), PEOPLE, WORKS)
    sample = replace(report_samples.perfect(), rubric=lab.info, grader_version="1.2.3")
    for points in (3, Fraction(100, 3)):
        store.save(run, Result("a2", graded(sample, score=Fraction(points)), f"report {points}"))
    assert [row.score for row in store.history("a2")] == [3, Fraction(100, 3)]
    standing = store.standings()["a2"]
    assert (standing.run, standing.sha256, standing.grader_version) == (run, "y" * 64, "1.2.3")
    assert store.report(standing.grading) == "report 100/3"
    assert store.kept(standing.grading).report.score == Fraction(100, 3)
    last = store.last_run()
    assert last is not None
    assert (last.id, last.rubric_text, last.finished, last.options) == (run, "text", False, {"attempts": "latest"})
    assert [(row.person.name, row.attempt, row.status, row.score) for row in store.rows(last)] == [
        ("Ann", 1, "waiting", None),
        ("Ann", 2, "graded", Fraction(100, 3)),
        ("Ben", 1, "waiting", None),
    ]
    store.finish(run)
    again = store.last_run()
    assert again is not None
    assert again.finished


def test_one_grading_of_a_submission_counts_whoever_writes(store: Store, lab: Rubric) -> None:
    run = store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    for _ in range(2):
        store.save(run, Result("a1", graded(report_samples.perfect()), ""))

    def count_all() -> None:
        with database.told(store._engine), Session(store._engine) as session, session.begin():
            session.query(Grading).update({"superseded": False})

    with pytest.raises(StoreError, match=r"(?i)unique"):
        count_all()


def test_who_is_not_listed_any_more_stays_without_counting(store: Store, lab: Rubric) -> None:
    store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    store.begin(RunBy(lab, ""), PEOPLE[:1], WORKS[:1])
    last = store.last_run()
    assert last is not None
    assert [(row.person.name, row.attempt) for row in store.rows(last)] == [("Ann", 1)]
    store.begin_again(RunBy(lab, ""))
    last = store.last_run()
    assert last is not None
    assert [(row.person.name, row.attempt) for row in store.rows(last)] == [("Ann", 1)]


@pytest.mark.slow
def test_other_work_does_not_count_as_graded(store: Store, lab: Rubric) -> None:
    run = store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    sample = graded(replace(report_samples.perfect(), rubric=lab.info))
    store.save(run, Result("b1", sample, ""))
    store.begin(RunBy(lab, ""), PEOPLE, [*WORKS[:2], replace(WORKS[2], sha256="other")])
    last = store.last_run()
    assert last is not None
    assert {row.status for row in store.rows(last)} == {"waiting"}


def test_names_of_files_outlive_who_comes_later(store: Store, lab: Rubric) -> None:
    store.begin(RunBy(lab, ""), PEOPLE, WORKS)
    first = store.last_run()
    assert first is not None
    before = store.files(first)
    assert before == {"a1": "Ann", "a2": "Ann-attempt-2", "b1": "Ben"}
    people = [Whose("c", "ANN"), *PEOPLE]
    store.begin(RunBy(lab, ""), people, [Handed("c1", "c", 1, "c" * 64), *WORKS])
    second = store.last_run()
    assert second is not None
    after = store.files(second)
    assert before.items() <= after.items()
    assert after["c1"].startswith("ANN-")


@pytest.mark.slow
@given(st.lists(st.tuples(st.text(max_size=150), st.integers(1, 3)), max_size=6))
def test_names_of_files_are_safe_and_each_is_one_of_its_own(given_names: list[tuple[str, int]]) -> None:
    taken: set[str] = set()
    for number, (name, attempt) in enumerate(given_names):
        made = file_name(name, attempt, f"{number}", taken)
        assert made
        assert len(f".{made}.json-0123456789abcdef".encode()) < 255
        assert not set(made) & set('/\\:*?"<>|\0\n. ')
        assert made.isprintable()
        assert folded(made) not in taken
        taken.add(folded(made))
