"""Workers as processes: whatever dies, every job is graded, and once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.cli.supervising import Supervisor
from grader.courses import gradings, jobs
from grader.courses.database import Database
from grader.courses.tables import Attempt, Grading, Job, JobKind, JobState, RubricVersion, Step
from tests import queued
from tests.department import Department
from tests.postgresql import Server
from tests.queued import all_ended, until, working
from tests.small_lab import app, rubric

pytestmark = pytest.mark.slow

RUBRIC = rubric("{}")
SLOW = "import time\ntime.sleep(2)\n"  # before it listens: long enough to be killed in the middle


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("department"), RUBRIC)
    yield made
    made.close()


@pytest.fixture
def database(department: Department) -> Database:
    with department.database.writing() as db:
        queued.clear(db)
        db.query(RubricVersion).where(RubricVersion.number > 1).delete()
    return department.database


@pytest.fixture
def data(department: Department) -> Path:
    return department.settings.data


@pytest.fixture
def url(department: Department) -> str:
    return department.settings.database


def hand_in(database: Database, data: Path, text: str, count: int = 1, **values: object) -> list[int]:
    with database.writing() as db:
        return [queued.queued(db, data, {"main.py": text}, **values).id for _ in range(count)]


def is_running(db: Session) -> bool:
    return db.scalars(select(Job).where(Job.state == JobState.RUNNING.value)).first() is not None


def scores(database: Database) -> list[str | None]:
    """Of what counts, each attempt once."""
    with database.reading() as db:
        found = [gradings.current(db, attempt) for attempt in db.scalars(select(Attempt).order_by(Attempt.id))]
        assert len(db.scalars(select(Grading)).all()) == sum(one is not None for one in found)
        return [one.score if one is not None else None for one in found]


def processes_below(pid: int) -> list[int]:
    """All that a process has started, in whichever thread, and what that has started."""
    found = []
    with contextlib.suppress(OSError):  # it has just ended
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return [one for child in found for one in (child, *processes_below(child))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_gone(processes: Sequence[int]) -> None:
    """They end with what started them, which takes a moment."""
    end = time.monotonic() + 10
    while any(map(alive, processes)):
        assert time.monotonic() < end, "something is left running"
        time.sleep(0.05)


def test_an_archive_a_file_and_a_folder_without_an_ending_are_graded(database: Database, data: Path, url: str) -> None:
    with database.writing() as db:
        queued.queued(db, data, {"lab/main.py": app("hello")})
        queued.queued(db, data, app("hello").encode(), filename="main.py")
        queued.queued(db, data, {"lab/main.py": app("bye")}, filename="lab")
        queued.queued(db, data, b"PK\x03\x04 broken", filename="broken.zip")
    with working(data, url):
        until(database, all_ended)
    assert scores(database) == ["10", "10", "4", None]
    with database.reading() as db:
        broken = db.scalars(select(Grading).where(Grading.status == "not_gradable")).one()
        assert broken.problem.startswith("broken.zip cannot be unpacked")
        assert all(attempt.digest for attempt in db.scalars(select(Attempt)))


def test_a_result_is_what_the_command_line_gives_with_lateness_and_its_evidence(
    database: Database, data: Path, url: str
) -> None:
    with database.writing() as db:
        text = RUBRIC + "late: {per_day: 10}\n"
        attempt = queued.attempt(db, data, files={"main.py": app("hello")}, late_seconds=3600.0)
        version = RubricVersion(assignment_id=attempt.assignment_id, number=2, text=text, sha256="2" * 64)
        db.add(version)
        db.flush()
        job = jobs.enqueue(db, attempt, kind=JobKind.GRADE, rubric=version)
        id = job.id
    with working(data, url):
        until(database, all_ended)
    with database.reading() as db:
        made = gradings.of_job(db, db.get_one(Job, id))
        assert made is not None
        kept = gradings.kept_of(db, made)
        assert (made.score, made.sums["late_percent"]) == ("9", "10")
        assert kept.report.submission.name == "Sam"
        assert kept.evidence is not None
        assert kept.report.isolation is not None


def test_a_killed_workers_job_is_graded_by_another(database: Database, data: Path, url: str) -> None:
    hand_in(database, data, SLOW + app("hello"))
    with working(data, url, "--jobs", "1", "--lease", "4") as first:
        until(database, is_running)
        time.sleep(0.5)
        below = processes_below(first.pid)
        first.kill()
        first.wait(10)
        with working(data, url, "--jobs", "1"):
            until(database, all_ended, 60)
    assert scores(database) == ["10"]
    all_gone(below)
    with database.reading() as db:
        job = db.scalars(select(Job)).one()
        assert (job.state, job.tries) == ("done", 2)


def test_a_worker_that_was_stopped_and_comes_back_late_saves_nothing(database: Database, data: Path, url: str) -> None:
    hand_in(database, data, SLOW + app("hello"))
    with working(data, url, "--jobs", "1", "--lease", "4") as first:
        until(database, is_running)
        time.sleep(0.3)
        os.kill(first.pid, signal.SIGSTOP)
        try:
            with working(data, url, "--jobs", "1"):
                until(database, all_ended, 60)
        finally:
            os.kill(first.pid, signal.SIGCONT)
        with database.reading() as db:
            saved = db.scalars(select(Grading)).one()
        time.sleep(4)  # so that the first one comes to its end
        assert first.poll() is None
    assert scores(database) == ["10"]
    with database.reading() as db:
        after, job = db.scalars(select(Grading)).one(), db.scalars(select(Job)).one()
        assert (after.id, after.created) == (saved.id, saved.created)
        assert (job.state, job.fence) == ("done", 4)  # taken, reaped, taken, saved


def test_what_was_graded_while_the_worker_stood_still_is_graded_again(database: Database, data: Path, url: str) -> None:
    """Its lease has not run out, but what the program answered meanwhile came too late for it."""
    hand_in(database, data, SLOW + app("hello"))
    with working(data, url, "--jobs", "1") as worker:
        until(database, is_running)
        time.sleep(0.3)
        os.kill(worker.pid, signal.SIGSTOP)
        time.sleep(5)
        os.kill(worker.pid, signal.SIGCONT)
        until(database, all_ended, 60)
    assert scores(database) == ["10"]
    with database.reading() as db:
        assert db.scalars(select(Job)).one().tries == 2


def test_asked_to_end_it_finishes_what_is_nearly_done_and_gives_back_the_rest(
    database: Database, data: Path, url: str
) -> None:
    hand_in(database, data, "import time\ntime.sleep(0.5)\n" + app("hello"))
    hand_in(database, data, "import time\ntime.sleep(60)\n", 1)
    hand_in(database, data, app("hello"), 3)
    with working(data, url, "--jobs", "2") as worker:
        until(database, lambda db: len(db.scalars(select(Job).where(Job.state == "running")).all()) == 2)
        time.sleep(0.3)
        below = processes_below(worker.pid)
        assert below
        begun = time.monotonic()
        worker.terminate()
        worker.wait(20)
        assert time.monotonic() - begun < 12
        assert worker.returncode == 0
    all_gone(below)
    with database.reading() as db:
        found = [(job.state, job.tries, job.worker) for job in db.scalars(select(Job).order_by(Job.id))]
    assert found[0] == ("done", 1, None)
    assert found[1:] == [("queued", 0, None)] * 4


def test_a_job_that_is_always_our_own_fault_ends_ungraded_and_harms_no_other(
    database: Database, data: Path, url: str
) -> None:
    (poison,) = hand_in(database, data, app("never"))
    with database.writing() as db:
        attempt = db.get_one(Job, poison).attempt
        assert attempt.upload is not None
        upload = attempt.upload.sha256
    (data / "uploads" / upload[:2] / upload).unlink()
    hand_in(database, data, app("hello"), 2)
    with working(data, url):
        until(database, all_ended, 60)
    assert scores(database) == [None, "10", "10"]
    with database.reading() as db:
        job = db.get_one(Job, poison)
        assert (job.state, job.tries) == ("failed", 3)
        assert job.reason.startswith("The uploaded file is not in the data folder")


def test_what_is_cancelled_while_it_runs_is_not_saved_and_ends_soon(database: Database, data: Path, url: str) -> None:
    (job,) = hand_in(database, data, "import time\ntime.sleep(4)\n" + app("hello"))
    with working(data, url, "--jobs", "1"):
        until(database, is_running)
        with database.writing() as db:
            assert jobs.cancel(db, db.get_one(Job, job))
        hand_in(database, data, app("hello"))
        until(database, all_ended, 30)
    assert scores(database) == [None, "10"]


def test_a_regrading_by_another_rubric_is_judged_from_what_was_seen(database: Database, data: Path, url: str) -> None:
    (first,) = hand_in(database, data, app("bye"))
    with working(data, url):
        until(database, all_ended)
        with database.writing() as db:
            attempt = db.get_one(Job, first).attempt
            text = RUBRIC.replace("points: 4", "points: 14")
            version = RubricVersion(assignment_id=attempt.assignment_id, number=2, text=text, sha256="2" * 64)
            db.add(version)
            db.flush()
            jobs.enqueue(db, attempt, kind=JobKind.REGRADE, rubric=version)
        until(database, all_ended)
    with database.reading() as db:
        attempt = db.scalars(select(Attempt)).one()
        current, proposed = gradings.current(db, attempt), gradings.proposed(db, attempt)
        assert current is not None
        assert proposed is not None
        assert (current.score, proposed.score) == ("4", "14")
        old, new = gradings.kept_of(db, current), gradings.kept_of(db, proposed)
        assert new.evidence == old.evidence  # nothing ran


def test_sixty_uploads_on_two_workers_that_are_killed_now_and_then(database: Database, data: Path, url: str) -> None:
    with working(data, url), working(data, url, "--lease", "4") as second:
        for count in range(60):
            hand_in(database, data, app("hello" if count % 2 else "bye"))
            time.sleep(10 / 60)
            if count == 30:
                second.kill()
                second.wait(10)
        with working(data, url):
            until(database, all_ended, 240)
    assert scores(database) == ["4", "10"] * 30
    with database.reading() as db:
        assert {job.state for job in db.scalars(select(Job))} == {"done"}


def test_a_worker_beside_a_server_is_started_anew_when_it_dies_and_ends_with_it(
    database: Database, data: Path, url: str
) -> None:
    keeper = Supervisor(["--data", str(data), "--database", url])
    keeper.start()
    try:
        hand_in(database, data, app("hello"))
        until(database, all_ended)
        first = keeper.process
        assert first is not None
        os.kill(first, signal.SIGKILL)
        hand_in(database, data, app("hello"))
        until(database, all_ended, 60)
        second = keeper.process
        assert second not in (None, first)
    finally:
        keeper.stop()
    assert keeper.process is None
    assert second is not None
    all_gone([second])


def test_a_worker_ends_with_the_server_that_was_killed(database: Database, data: Path, url: str) -> None:
    hand_in(database, data, app("hello"))
    order = (
        "import sys, time; from grader.cli.supervising import Supervisor; keeper = Supervisor(sys.argv[1:]);"
        "keeper.start(); time.sleep(600)"
    )
    server = subprocess.Popen([sys.executable, "-c", order, "--data", str(data), "--database", url])
    try:
        until(database, all_ended, 60)
        below = processes_below(server.pid)
        assert below
    finally:
        server.kill()
        server.wait(10)
    all_gone(below)


def test_workers_share_a_postgresql_database(postgresql: Server, tmp_path: Path) -> None:
    made = Department(tmp_path, RUBRIC, postgresql.new())
    url = made.settings.database
    try:
        with working(tmp_path, url), working(tmp_path, url, "--lease", "4") as second:
            hand_in(made.database, tmp_path, app("hello"), 6)
            hand_in(made.database, tmp_path, SLOW + app("hello"), 2)
            until(made.database, is_running)
            second.kill()
            until(made.database, all_ended, 90)
        assert scores(made.database) == ["10"] * 8
        with made.database.reading() as db:
            assert {job.state for job in db.scalars(select(Job))} == {"done"}
            steps = db.scalars(select(Step.status).where(Step.kind == "state", Step.status == "done")).all()
            assert len(steps) == 8
    finally:
        made.close()
