"""What happens to a worker's jobs when the grader itself is at fault. In this process, so that it can be made to be."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from grader.courses import gradings
from grader.courses.database import Database
from grader.courses.tables import Attempt, Job, JobState
from grader.errors import StoreError, UngradedError
from grader.model import Kept
from grader.worker import loop, working
from grader.worker.loop import Worker
from grader.worker.model import WorkerHow
from tests import queued
from tests.department import Department
from tests.queued import all_ended, until
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow

Grades = Callable[..., Kept]
really = working.grade_once


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    yield made
    made.close()


@pytest.fixture
def grades(monkeypatch: pytest.MonkeyPatch) -> Callable[[Grades], None]:
    """Have works graded so."""
    return lambda how: monkeypatch.setattr(working, "grade_once", how)


def hand_in(department: Department, *words: str) -> None:
    with department.database.writing() as db:
        for one in words:
            queued.queued(db, department.settings.data, {"main.py": app(one)})


@contextlib.contextmanager
def at_work(department: Department, **more: Any) -> Iterator[list[BaseException]]:
    """A worker in a thread; what it ended with."""
    told: list[BaseException] = []
    how = WorkerHow(department.settings.data, **{"jobs": 2, "grace_seconds": 2.0, **more})

    worker = Worker(department.database, how)

    def run() -> None:
        try:
            worker.run()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test looks at it
            told.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        how.stop.set()
        thread.join(30)
        assert not thread.is_alive()
        worker.close()


def outcomes(department: Department) -> list[tuple[str, int, str | None]]:
    """State, tries and score of each job."""
    with department.database.reading() as db:
        found = []
        for job in db.scalars(select(Job).order_by(Job.id)):
            made = gradings.of_job(db, job)
            found.append((job.state, job.tries, made.score if made is not None else None))
        return found


@pytest.mark.parametrize("fault", [SystemExit(1), MemoryError("no room"), KeyboardInterrupt(), RuntimeError("a bug")])
def test_whatever_a_grading_raises_costs_its_own_job_alone(
    department: Department, grades: Callable[[Grades], None], fault: BaseException
) -> None:
    def grade(work: Any, rubric: Any, engine: Any, how: Any, tell: Any) -> Kept:
        if work.late_seconds:
            raise fault
        return really(work, rubric, engine, how, tell)

    grades(grade)
    with department.database.writing() as db:
        files = {"main.py": app("hello")}
        queued.queued(db, department.settings.data, files, late_seconds=1.0)
        queued.queued(db, department.settings.data, files)
    with at_work(department, jobs=1) as told:
        until(department.database, all_ended, 60)
        hand_in(department, "hello")  # by the same thread, which lives
        until(department.database, all_ended, 60)
    assert not told
    assert outcomes(department) == [("failed", 3, None), ("done", 1, "10"), ("done", 1, "10")]
    with department.database.reading() as db:
        assert type(fault).__name__ in db.scalars(select(Job.reason)).first()  # type: ignore[operator]


def test_a_grading_that_hangs_ends_its_worker_and_others_go_on(
    department: Department, grades: Callable[[Grades], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    over = threading.Event()

    def grade(work: Any, rubric: Any, engine: Any, how: Any, tell: Any) -> Kept:
        if begun.is_set():
            return really(work, rubric, engine, how, tell)
        begun.set()
        over.wait(60)
        return really(work, rubric, engine, how, tell)

    grades(grade)
    monkeypatch.setattr(working.Working, "most", lambda self, claim: 2.0)
    hand_in(department, "hello")
    with at_work(department, jobs=1, lease_seconds=3.0, grace_seconds=0.5) as told:
        until(department.database, lambda db: told, 30)
    over.set()
    assert [type(one) for one in told] == [UngradedError]
    assert outcomes(department) == [("queued", 1, None)]
    with at_work(department):
        until(department.database, all_ended, 60)
    assert outcomes(department) == [("done", 2, "10")]


def test_a_database_that_is_away_when_a_result_is_there_is_waited_for(
    department: Department, grades: Callable[[Grades], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    away = threading.Event()
    refused: list[float] = []
    writing = Database.writing

    @contextlib.contextmanager
    def away_at_times(self: Database) -> Iterator[Any]:
        if away.is_set():
            refused.append(time.monotonic())
            raise StoreError("It is away.")
        with writing(self) as db:
            yield db

    def grade(*given: Any) -> Kept:
        kept = really(*given)
        away.set()
        threading.Timer(2.0, away.clear).start()
        return kept

    grades(grade)
    monkeypatch.setattr(Database, "writing", away_at_times)
    hand_in(department, "hello")
    with at_work(department) as told:
        until(department.database, all_ended, 60)
    assert refused
    assert not told
    assert outcomes(department) == [("done", 1, "10")]


def test_what_cannot_be_graded_here_at_all_costs_no_job_a_try(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_works(self: object) -> None:
        raise UngradedError("No isolation works here.")

    monkeypatch.setattr("grader.launch.launcher.Launcher.settle", nothing_works)
    hand_in(department, "hello")
    with at_work(department) as told:
        until(department.database, lambda db: told, 30)
    assert str(told[0]) == "No isolation works here."
    assert outcomes(department) == [(JobState.QUEUED.value, 0, None)]


def test_work_whose_files_were_deleted_is_not_tried_again(department: Department) -> None:
    hand_in(department, "hello")
    with department.database.writing() as db:
        db.scalars(select(Attempt)).one().upload_id = None
    with at_work(department):
        until(department.database, all_ended, 30)
    assert outcomes(department) == [("failed", 1, None)]


def test_old_steps_and_files_that_nobody_names_are_cleared_away_in_time(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_TIDY_SECONDS", 0.1)
    hand_in(department, "hello")
    stray = department.settings.data / "uploads" / "ab" / ("ab" * 32)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"of nobody")
    with at_work(department):
        until(department.database, lambda _: not stray.exists(), 30)
        until(department.database, all_ended, 60)
    assert outcomes(department) == [("done", 1, "10")]


def test_a_worker_whose_threads_die_ends_so_that_another_is_started(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **more: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr("grader.courses.jobs.take", broken)
    hand_in(department, "hello")
    with at_work(department) as told:
        until(department.database, lambda db: told, 30)
    assert [type(one) for one in told] == [UngradedError]
    assert outcomes(department) == [("queued", 0, None)]
