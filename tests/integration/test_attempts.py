"""Handing in: open or not, how often, how late, numbered without gaps, and once however often it is sent."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from grader.courses import attempts
from grader.courses.access import Viewer
from grader.courses.counting import which_counts
from grader.courses.packing import Sent
from grader.courses.placing import placed
from grader.courses.tables import Assignment, Attempt, Audit, Counts, Job, JobKind, JobState, Upload, User
from grader.courses.uploads import Quota, received
from grader.errors import RefusedError
from grader.store.tables import now
from grader.web.session import viewer_of
from tests.department import BOTH, Department, on_either
from tests.small_lab import app, rubric

ROOMY = Quota(1 << 30, 1 << 30)
SOON = timedelta(minutes=1)


@pytest.fixture(params=BOTH)
def department(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Department]:
    with on_either(request, tmp_path, rubric("{}")) as made:
        yield made


def change(department: Department, **values: Any) -> None:
    """Another rule of the assignment."""
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        for name, value in values.items():
            setattr(assignment, name, value)


def hand_in(
    department: Department,
    words: str = "hello",
    login: str = "sam",
    *,
    at: datetime | None = None,
    once: str = "",
) -> Attempt:
    viewer: Viewer = viewer_of(department.user(login))
    data, files = department.settings.data, [Sent("main.py", io.BytesIO(app(words).encode()))]
    with (
        received(data, files, 1 << 20) as file,
        placed(department.database, data, file),
        department.database.writing() as db,
    ):
        assignment = db.scalars(select(Assignment)).one()
        return attempts.take(db, data, assignment, viewer, file, ROOMY, at=at or now(), once=once)


def count(department: Department, what: Any) -> int:
    with department.database.reading() as db:
        return db.scalar(select(func.count()).select_from(what)) or 0


def test_it_is_numbered_queued_and_written_down(department: Department) -> None:
    first, second = hand_in(department, "hello"), hand_in(department, "hullo")
    assert (first.number, second.number) == (1, 2)
    assert hand_in(department, "hello", "sue").number == 1
    with department.database.reading() as db:
        jobs = db.scalars(select(Job).order_by(Job.id)).all()
        assert [(job.attempt_id, job.kind, job.state) for job in jobs[:2]] == [
            (first.id, JobKind.GRADE, JobState.QUEUED),
            (second.id, JobKind.GRADE, JobState.QUEUED),
        ]
        noted = db.scalars(select(Audit).order_by(Audit.id)).first()
        assert noted is not None
        assert (noted.action, noted.what, noted.who) == ("attempt.hand_in", f"attempt:{first.key}", "Sam")


def test_what_comes_after_the_due_date_is_late_by_so_much(department: Department) -> None:
    due = now()
    change(department, due=due)
    assert hand_in(department, "a", at=due).late_seconds == 0
    assert hand_in(department, "b", at=due + timedelta(hours=1)).late_seconds == 3600
    change(department, due=None)
    assert hand_in(department, "c", at=due + timedelta(days=400)).late_seconds == 0


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"opens": now() + timedelta(days=1)}, "not opened yet"),
        ({"closes": now() - SOON}, "is closed"),
        ({"most_attempts": 0}, "used up"),
    ],
)
def test_nothing_is_taken_while_it_is_closed_and_nothing_stays(
    department: Department, rule: dict[str, Any], said: str
) -> None:
    change(department, **rule)
    with pytest.raises(RefusedError, match=said):
        hand_in(department)
    assert (count(department, Attempt), count(department, Upload), count(department, Job)) == (0, 0, 0)
    assert [path for path in (department.settings.data / "uploads").rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_attempts_are_used_up_by_each_person_for_themselves(department: Department) -> None:
    change(department, most_attempts=1)
    hand_in(department)
    with pytest.raises(RefusedError, match="The one attempt"):
        hand_in(department, "another")
    hand_in(department, login="sue")


def test_what_is_sent_twice_is_handed_in_once(department: Department) -> None:
    first = hand_in(department, "hello", once="one form")
    assert hand_in(department, "hello", once="one form").id == first.id
    assert hand_in(department, "hello", once="another tab").id == first.id
    later = now() + SOON
    assert hand_in(department, "hello", at=later, once="one form").id == first.id
    assert hand_in(department, "hello", at=later, once="a new form").number == 2
    assert hand_in(department, "hello", "sue", once="one form").number == 1
    assert count(department, Job) == 3


def test_other_work_in_an_old_form_is_handed_in(department: Department) -> None:
    hand_in(department, "hello", once="one form")
    assert hand_in(department, "mended", once="one form").number == 2
    assert hand_in(department, "mended again", once="one form").number == 3


def test_the_last_attempt_sent_twice_is_not_refused(department: Department) -> None:
    change(department, most_attempts=1)
    first = hand_in(department, once="one form")
    assert hand_in(department, once="one form").id == first.id


@pytest.mark.slow
def test_twenty_at_once_are_neither_lost_nor_doubled(department: Department) -> None:
    together = threading.Barrier(20)

    def one(number: int) -> None:
        together.wait(10)
        hand_in(department, f"work {number // 2}", "sam" if number < 10 else "sue", once=f"form {number // 2}")

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(one, range(20)))
    with department.database.reading() as db:
        for login in ("sam", "sue"):
            asked = select(Attempt.number).join(Attempt.user).where(User.login == login).order_by(Attempt.number)
            assert db.scalars(asked).all() == [1, 2, 3, 4, 5]
    assert (count(department, Job), count(department, Upload)) == (10, 10)
    incoming = department.settings.data / "uploads" / "incoming"
    assert list(incoming.iterdir()) == []


@pytest.mark.parametrize(
    ("counts", "scores", "number"),
    [
        (Counts.LATEST, [], None),
        (Counts.LATEST, [(1, Fraction(9)), (2, Fraction(5))], 2),
        (Counts.LATEST, [(2, None), (1, Fraction(9))], 2),
        (Counts.BEST, [(1, Fraction(9)), (2, Fraction(5)), (3, None)], 1),
        (Counts.BEST, [(2, Fraction(9)), (1, Fraction(9))], 1),
        (Counts.BEST, [(1, Fraction(-1)), (2, Fraction(0))], 2),
        (Counts.BEST, [(1, None), (2, None)], 2),
    ],
)
def test_which_attempt_counts(counts: Counts, scores: list[tuple[int, Fraction | None]], number: int | None) -> None:
    assert which_counts(counts, scores) == number
