"""The queue: what waits is taken once, what is lost is given to others, a result is saved once. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import func, select

from grader.courses import gradings, jobs, progress, rubrics
from grader.courses.database import Database, url_in
from grader.courses.tables import Attempt, Grading, GradingState, Import, Job, JobKind, JobState, Step
from grader.errors import UngradedError, UsageError
from grader.model import Kept, ReportStatus
from grader.pipeline import ungraded
from grader.store.tables import now
from tests import queued
from tests.department import Department
from tests.small_lab import rubric

RUBRIC = rubric("{}")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def department(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    folder = tmp_path_factory.mktemp("department")
    url = url_in(folder) if request.param == "sqlite" else request.getfixturevalue("postgresql").new()
    made = Department(folder, RUBRIC, url)
    yield made
    made.close()


@pytest.fixture
def database(department: Department) -> Database:
    """The department's, with nothing handed in."""
    with department.database.writing() as db:
        queued.clear(db)
    return department.database


def waiting(database: Database, count: int, path: Path, **values: object) -> list[int]:
    with database.writing() as db:
        return [queued.queued(db, path, **values).id for _ in range(count)]


def take(database: Database, worker: str = "w", **values: float) -> jobs.Claim | None:
    with database.writing() as db:
        return jobs.take(db, worker, **values)


def taken(database: Database, **values: float) -> jobs.Claim:
    claim = take(database, **values)
    assert claim is not None
    return claim


def result(score: int = 10, status: ReportStatus = ReportStatus.GRADED) -> Kept:
    report = ungraded("sam", rubrics.parse(RUBRIC), UngradedError("No.", ""))
    return Kept(replace(report, status=status, score=Fraction(score) if status is ReportStatus.GRADED else None))


def save(database: Database, claim: jobs.Claim, kept: Kept) -> bool:
    with database.writing() as db:
        job = db.get_one(Job, claim.job)
        return gradings.save(db, job, claim.fence, kept) is not None


def current(database: Database, job: int) -> str | None:
    with database.reading() as db:
        found = gradings.current(db, db.get_one(Job, job).attempt)
        return found.score if found is not None else None


def states(database: Database) -> list[str]:
    with database.reading() as db:
        return [job.state for job in db.scalars(select(Job).order_by(Job.id))]


def test_many_take_side_by_side_and_each_job_is_taken_once(database: Database, tmp_path: Path) -> None:
    ids = waiting(database, 40, tmp_path)

    def work(number: int) -> list[int]:
        found = []
        while (claim := take(database, f"w{number}")) is not None:
            found.append(claim.job)
        return found

    with ThreadPoolExecutor(6) as pool:
        got = [job for jobs_of in pool.map(work, range(6)) for job in jobs_of]
    assert sorted(got) == ids


def test_nobody_gets_a_job_that_another_is_just_taking(database: Database, tmp_path: Path) -> None:
    first, second = waiting(database, 2, tmp_path)
    with ThreadPoolExecutor(1) as pool:
        with database.writing() as db:
            one = jobs.take(db, "slow")
            other = pool.submit(taken, database)
            if database.engine.dialect.name == "postgresql":  # SQLite has one writer: there it waits
                other.result(10)
        assert one is not None
        assert (one.job, other.result(10).job) == (first, second)


def test_a_students_upload_goes_before_a_class_and_that_before_a_regrading(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        attempt, another = queued.attempt(db, tmp_path), queued.attempt(db, tmp_path)
        export = Import(assignment_id=attempt.assignment_id, by_id=attempt.user_id, filename="class.zip", mapping=[])
        db.add(export)
        db.flush()
        again = jobs.enqueue(db, attempt, kind=JobKind.REGRADE).id
        of_class = jobs.enqueue(db, another, kind=JobKind.GRADE, import_id=export.id).id
        upload = jobs.enqueue(db, attempt, kind=JobKind.GRADE).id
        trial = jobs.enqueue(db, attempt, kind=JobKind.TRIAL, rubric_text=RUBRIC).id
    assert [taken(database).job for _ in range(4)] == [trial, upload, of_class, again]


def test_courses_take_turns(database: Database, tmp_path: Path) -> None:
    mine = waiting(database, 4, tmp_path)
    with database.writing() as db:
        other = queued.other_assignment(db, RUBRIC)
        theirs = [queued.queued(db, tmp_path, login="otto", assignment_id=other.id).id for _ in range(2)]
    claims, last = [], 0
    for _ in range(4):
        claim = taken(database, last_course=last)
        last = claim.course
        claims.append(claim.job)
        save(database, claim, result())  # so that nothing runs when the next one is taken
    assert claims == [mine[0], theirs[0], mine[1], theirs[1]]


def test_the_same_is_not_queued_twice_while_it_waits(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        attempt = queued.attempt(db, tmp_path)
        first = jobs.enqueue(db, attempt, kind=JobKind.GRADE)
        assert jobs.enqueue(db, attempt, kind=JobKind.GRADE).id == first.id
        assert jobs.enqueue(db, attempt, kind=JobKind.REGRADE).id != first.id


def test_a_result_counts_under_the_fence_that_stands_only(database: Database, tmp_path: Path) -> None:
    (job,) = waiting(database, 1, tmp_path)
    slow = taken(database, lease=-1.0)  # its lease has run out already
    with database.writing() as db:
        assert jobs.reap(db) == 1
    quick = taken(database)
    assert not save(database, slow, result(1))
    assert save(database, quick, result(9))
    assert not save(database, slow, result(1))
    assert not save(database, quick, result(2))
    assert current(database, job) == "9"
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Grading)) == 1


def test_what_was_taken_over_cannot_be_renewed_nor_failed_nor_given_back(database: Database, tmp_path: Path) -> None:
    waiting(database, 1, tmp_path)
    slow = taken(database, lease=-1.0)
    with database.writing() as db:
        assert jobs.renew(db, [slow]) == [slow]  # nobody has taken it over yet
        assert jobs.reap(db) == 0
        jobs.renew(db, [slow], lease=-1.0)
        assert jobs.reap(db) == 1
    quick = taken(database)
    with database.writing() as db:
        assert jobs.renew(db, [slow, quick]) == [quick]
        assert not jobs.fail(db, slow, "late")
        assert jobs.release(db, [slow]) == 0
    assert states(database) == [JobState.RUNNING.value]


def test_our_own_fault_is_tried_again_twice_and_then_the_attempt_is_ungraded(
    database: Database, tmp_path: Path
) -> None:
    (job,) = waiting(database, 1, tmp_path)
    for count in range(1, 4):
        claim = taken(database)
        assert claim.tries == count
        with database.writing() as db:
            assert jobs.fail(db, claim, "No room.")
        assert take(database) is None  # not at once, for what failed is likely to fail still
        with database.writing() as db:
            held = db.get_one(Job, job)
            assert (held.state, held.reason) == ("queued" if count < 3 else "failed", "No room.")
            held.lease = None  # the pause is over
    assert take(database) is None
    assert current(database, job) is None
    with database.writing() as db:
        again = jobs.retry(db, db.get_one(Job, job))
        assert (again.id, again.state) != (job, "failed")
    assert save(database, taken(database), result(3))
    assert current(database, job) == "3"


def test_a_job_that_kills_its_workers_is_given_up(database: Database, tmp_path: Path) -> None:
    (job,) = waiting(database, 1, tmp_path)
    for _ in range(3):
        taken(database, lease=-1.0)
        with database.writing() as db:
            assert jobs.reap(db) == 1
    with database.reading() as db:
        found = db.get_one(Job, job)
        assert (found.state, found.reason) == (
            "failed", "The process that graded it came to its end in the middle, 3 times.",
        )  # fmt: skip


def test_what_is_given_back_waits_at_its_place_and_no_try_is_lost(database: Database, tmp_path: Path) -> None:
    first, _ = waiting(database, 2, tmp_path)
    claim = taken(database)
    with database.writing() as db:
        assert jobs.release(db, [claim]) == 1
    assert not save(database, claim, result())
    again = taken(database)
    assert (again.job, again.tries) == (first, 1)


def test_what_is_cancelled_is_not_graded_nor_saved(database: Database, tmp_path: Path) -> None:
    first, second = waiting(database, 2, tmp_path)
    running = taken(database)
    with database.writing() as db:
        assert jobs.cancel(db, db.get_one(Job, first))
        assert jobs.cancel(db, db.get_one(Job, second))
        assert not jobs.cancel(db, db.get_one(Job, second))
        assert jobs.renew(db, [running]) == []
    assert not save(database, running, result())
    assert take(database) is None
    assert states(database) == ["cancelled", "cancelled"]


def test_the_grading_that_was_asked_for_last_counts_whichever_ends_last(database: Database, tmp_path: Path) -> None:
    (first,) = waiting(database, 1, tmp_path)
    one = taken(database)
    with database.writing() as db:
        jobs.retry(db, db.get_one(Job, first))
    two = taken(database)
    assert save(database, two, result(2))
    assert save(database, one, result(1))
    assert current(database, first) == "2"


def test_a_regrading_is_proposed_until_somebody_accepts_it(database: Database, tmp_path: Path) -> None:
    (job,) = waiting(database, 1, tmp_path)
    save(database, taken(database), result(5))
    for score in (6, 7):  # the second takes the place of the first, on which nobody decided
        with database.writing() as db:
            jobs.enqueue(db, db.get_one(Job, job).attempt, kind=JobKind.REGRADE)
        save(database, taken(database), result(score))
    assert current(database, job) == "5"
    with database.writing() as db:
        attempt = db.get_one(Job, job).attempt
        proposed = gradings.proposed(db, attempt)
        assert proposed is not None
        assert proposed.score == "7"
        gradings.accept(db, proposed)
        with pytest.raises(UsageError):
            gradings.reject(db, proposed)
    assert current(database, job) == "7"
    with database.reading() as db:
        found = {g.score: g.state for g in db.scalars(select(Grading))}
    assert found == {"5": "superseded", "6": "superseded", "7": "current"}


def test_a_rejected_regrading_never_counts(database: Database, tmp_path: Path) -> None:
    (job,) = waiting(database, 1, tmp_path)
    save(database, taken(database), result(5))
    with database.writing() as db:
        jobs.enqueue(db, db.get_one(Job, job).attempt, kind=JobKind.REGRADE)
    save(database, taken(database), result(6))
    with database.writing() as db:
        proposed = gradings.current_of(db, [db.get_one(Job, job).attempt_id], GradingState.PROPOSED)
        (made,) = proposed.values()
        gradings.reject(db, made)
    assert current(database, job) == "5"


def test_a_trial_counts_for_nobody(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        trial = jobs.enqueue(db, queued.attempt(db, tmp_path), kind=JobKind.TRIAL, rubric_text=RUBRIC)
        id = trial.id
    assert save(database, taken(database), result(5))
    assert current(database, id) is None
    with database.reading() as db:
        made = gradings.of_job(db, db.get_one(Job, id))
        assert made is not None
        assert (made.state, gradings.kept_of(db, made)) == ("trial", result(5))


def test_our_own_fault_is_no_result(database: Database, tmp_path: Path) -> None:
    waiting(database, 1, tmp_path)
    with pytest.raises(UsageError):
        save(database, taken(database), result(status=ReportStatus.UNGRADED))


def test_how_many_go_before_a_job(database: Database, tmp_path: Path) -> None:
    ids = waiting(database, 3, tmp_path)
    with database.reading() as db:
        assert [jobs.before(db, db.get_one(Job, id)) for id in ids] == [0, 1, 2]


def test_without_a_rubric_nothing_is_queued(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        other = queued.other_assignment(db, RUBRIC)
        db.delete(other.versions[0])
        db.flush()
        attempt = queued.attempt(db, tmp_path, assignment_id=other.id)
        with pytest.raises(UsageError):
            jobs.enqueue(db, attempt, kind=JobKind.GRADE)


def test_every_state_is_told(database: Database, tmp_path: Path) -> None:
    (job,) = waiting(database, 1, tmp_path)
    claim = taken(database)
    with database.writing() as db:
        jobs.fail(db, claim, "No room.")
        db.get_one(Job, job).lease = None
    save(database, taken(database), result())
    with database.reading() as db:
        told = [(s.status, s.text) for s in progress.steps_after(db, job, hidden=False)]
    assert [status for status, _ in told] == ["queued", "running", "queued", "running", "done"]
    assert told[2][1] == "The grader itself failed. It will be tried again."


def test_old_steps_are_forgotten_but_for_the_last_of_all(database: Database, tmp_path: Path) -> None:
    old, new = waiting(database, 2, tmp_path)
    for _ in range(2):
        save(database, taken(database), result())
    with database.writing() as db:
        db.get_one(Job, old).finished = now() - timedelta(days=3)
        progress.clear(db, older=timedelta(days=2))
        left = db.scalars(select(Step.job_id)).all()
    assert set(left) == {new}


def test_stored_times_of_leases_are_the_databases_own(database: Database, tmp_path: Path) -> None:
    waiting(database, 1, tmp_path)
    claim = taken(database)
    with database.reading() as db:
        job = db.get_one(Job, claim.job)
        assert job.lease is not None
        assert timedelta(0) < job.lease - now() <= timedelta(seconds=jobs.LEASE_SECONDS)


def test_threads_that_save_and_propose_for_one_attempt_leave_one_that_counts(
    database: Database, tmp_path: Path
) -> None:
    (job,) = waiting(database, 1, tmp_path)
    with database.writing() as db:
        attempt = db.get_one(Job, job).attempt
        for _ in range(5):
            made = Job(attempt_id=attempt.id, rubric_id=db.get_one(Job, job).rubric_id)
            db.add(made)
    claims = [taken(database) for _ in range(6)]
    ready = threading.Barrier(6)

    def end(claim: jobs.Claim) -> bool:
        ready.wait()
        return save(database, claim, result(claim.job))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(end, claims))
    assert current(database, job) == str(max(claim.job for claim in claims))
    with database.reading() as db:
        found = db.scalars(select(Attempt.id)).all()
        assert len(found) == 1
