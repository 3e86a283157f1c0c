"""Attempts that wait to be graded, and workers as processes of their own."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from grader.courses import jobs, uploads
from grader.courses.database import Database
from grader.courses.tables import (
    Assignment,
    Attempt,
    Course,
    Grading,
    Import,
    Job,
    JobKind,
    JobState,
    RubricVersion,
    Step,
    Upload,
    User,
)

ENDED = (JobState.DONE.value, JobState.FAILED.value, JobState.CANCELLED.value)


def zipped(files: Mapping[str, str]) -> bytes:
    """An archive of them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def kept(db: Session, data: Path, content: bytes) -> Upload:
    """A file in the data folder, as an upload leaves it there."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = uploads.path_of(data, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    found = db.scalars(select(Upload).where(Upload.sha256 == sha256)).first()
    upload = found or Upload(sha256=sha256, size=len(content))
    db.add(upload)
    db.flush()
    return upload


def attempt(
    db: Session, data: Path, login: str = "sam", files: Mapping[str, str] | bytes = b"", **values: object
) -> Attempt:
    """Somebody's next attempt, with files where any are given."""
    assignment = db.scalars(select(Assignment)).first()
    user = db.scalars(select(User).where(User.login == login)).one()
    assert assignment is not None
    number = db.scalar(select(func.count()).where(Attempt.user_id == user.id)) or 0
    content = files if isinstance(files, bytes) else zipped(files)
    upload_id = kept(db, data, content).id if content else None
    own = {"assignment_id": assignment.id, "filename": "lab.zip", "upload_id": upload_id}
    made = Attempt(user_id=user.id, number=number + 1, **{**own, **values})
    db.add(made)
    db.flush()
    return made


def other_assignment(db: Session, rubric: str) -> Assignment:
    """One in a course of its own."""
    course = Course(title="Another course")
    db.add(course)
    db.flush()
    made = Assignment(course_id=course.id, title="Another lab")
    db.add(made)
    db.flush()
    sha256 = hashlib.sha256(rubric.encode()).hexdigest()
    db.add(RubricVersion(assignment_id=made.id, number=1, text=rubric, sha256=sha256))
    db.flush()
    return made


def queued(
    db: Session, data: Path, files: Mapping[str, str] | bytes = b"", login: str = "sam", **values: object
) -> Job:
    """An attempt that waits to be graded."""
    return jobs.enqueue(db, attempt(db, data, login, files, **values), kind=JobKind.GRADE)


def clear(db: Session) -> None:
    """Take away what was handed in, and all that came of it."""
    for table in (Step, Grading, Job, Attempt, Import):
        db.execute(delete(table))


@contextmanager
def working(data: Path, url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own; ended in order at the end, if it still runs."""
    command = [sys.executable, "-m", "grader", "worker", "--data", str(data), "--database", url, *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            print(process.communicate(timeout=30)[1])  # where a test fails, it is told
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def until(database: Database, true: Callable[[Session], object], seconds: float = 30) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while True:
        with database.reading() as db:
            if true(db):
                return
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.05)


def all_ended(db: Session) -> bool:
    """Whether no job waits or runs."""
    return db.scalar(select(func.count()).where(Job.state.not_in(ENDED))) == 0


def state_of(database: Database, job: int) -> str:
    """Of a job."""
    with database.reading() as db:
        return db.get_one(Job, job).state
