"""One job: its files from the data folder, its rubric, and a result that is saved under its fence."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from grader import sources
from grader.batch.model import BatchHow, Work
from grader.batch.one import grade_once
from grader.courses import gradings, jobs, progress, rubrics, uploads
from grader.courses.database import Database
from grader.courses.jobs import Claim
from grader.courses.tables import Attempt, Grading, Job, JobKind
from grader.errors import GraderError, StoreError, UngradedError
from grader.frozen import dataclass
from grader.model import Kept, ReportStatus, Rubric
from grader.pipeline import How, rescore
from grader.store.values import Whose
from grader.submission.names import shown
from grader.worker.engines import Engines
from grader.worker.model import WorkerHow
from grader.worker.pulse import Pulse
from grader.worker.recording import Recorder

_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_PATIENCE_SECONDS = 120.0  # for a database that is away when a result is to be saved
_MOST_SECONDS = 300.0  # beyond what a rubric allows: then it is the grader that hangs
_MOST_NAME = 100
_DELETED = "The files of this attempt were deleted: there is nothing left to grade."
_STOPPED = "The worker was stopped in the middle of it, and saw answers too late."
_LOST = "The uploaded file is not in the data folder: {name}."

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """All that a job needs to know. `file` is None where the work was deleted. `before`: an earlier result, of which
    the evidence may do."""

    claim: Claim
    rubric: Rubric
    name: str
    file: Path | None
    filename: str
    digest: str
    late_seconds: float
    before: Kept | None


def task_of(db: Session, claim: Claim, how: WorkerHow) -> Task | None:
    """What is to be done; None where the job is somebody else's by now. Raises GraderError."""
    job = db.get(Job, claim.job)
    if job is None or job.fence != claim.fence:
        return None
    attempt = job.attempt
    rubric = gradings.rubric_of(job)
    return Task(
        claim,
        rubric,
        attempt.user.name,
        uploads.path_of(how.data, attempt.upload.sha256) if attempt.upload is not None else None,
        attempt.filename,
        attempt.digest,
        attempt.late_seconds,
        _seen(db, job, attempt, rubric),
    )


def _seen(db: Session, job: Job, attempt: Attempt, rubric: Rubric) -> Kept | None:
    """An earlier result by another rubric: what was seen then may be all that this one asks for."""
    if job.kind == JobKind.GRADE.value or job.runs:
        return None
    current = gradings.current(db, attempt)
    if current is None or _same_rubric(current, rubric):
        return None  # by the same rubric once more: that means to look once more
    try:
        return gradings.kept_of(db, current)
    except StoreError:  # another version of the grader wrote it
        return None


def _same_rubric(grading: Grading, rubric: Rubric) -> bool:
    return grading.rubric is not None and rubrics.parse(grading.rubric.text).sha256 == rubric.sha256


class Working:
    """Does jobs, one at a time in each thread that calls it."""

    def __init__(self, database: Database, engines: Engines, recorder: Recorder, pulse: Pulse, how: WorkerHow) -> None:
        self._database, self._engines, self._recorder = database, engines, recorder
        self._pulse, self._how = pulse, how
        self._most: dict[Claim, float] = {}

    def most(self, claim: Claim) -> float:
        """How many seconds it may take, far beyond what its rubric allows the program."""
        return self._most.get(claim, _MOST_SECONDS)

    def do(self, claim: Claim) -> None:
        """Grade it, and save what came of it, whatever that is. Raises StoreError where nothing can be saved."""
        try:
            problem = self._done(claim)
        except StoreError:
            raise
        except GraderError as error:
            problem = str(error)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is one job's, and its thread goes on
            problem = f"The grader itself failed: {type(error).__name__}: {error}."
        if problem:
            again = problem != _DELETED
            if self._written(lambda db: jobs.fail(db, claim, problem, again=again)):
                self._how.say(f"Job {claim.job}, try {claim.tries}: {problem}")
        self._recorder.forget(claim)
        self._most.pop(claim, None)

    def _done(self, claim: Claim) -> str:
        """Why there is no result; nothing where there is one, or where nobody wants it any more."""
        with self._database.reading() as db:
            task = task_of(db, claim, self._how)
        if task is None:
            return ""
        if task.file is None:
            return _DELETED
        self._most[claim] = 2 * task.rubric.limits.total_seconds + _MOST_SECONDS
        begun = time.monotonic()
        known = self._judged(task)
        kept = known or self._graded(task, task.file)
        if not self._pulse.steady_since(begun) and claim.tries < jobs.MOST_TRIES:
            return _STOPPED
        if kept.report.status is ReportStatus.UNGRADED:
            return f"{kept.report.problem} {kept.report.advice}".strip() + _where(kept)
        values = {**gradings.prepared(kept, task.rubric), "rescored": known is not None}
        digest = task.digest or self._digest(task, task.file)
        moments = self._recorder.taken(claim)

        def save(db: Session) -> None:
            job = jobs.held(db, claim)
            if job is not None:
                progress.note(db, job, moments)
                job.attempt.digest = job.attempt.digest or digest
                gradings.save(db, job, claim.fence, kept, values=values)

        self._written(save)
        return ""

    def _judged(self, task: Task) -> Kept | None:
        """From what was seen before, where that is enough."""
        if task.before is None:
            return None
        tell = self._recorder.teller(task.claim)
        with contextlib.suppress(UngradedError):
            return rescore(task.before, task.rubric, How(late_seconds=task.late_seconds, tell=tell))
        return None

    def _graded(self, task: Task, file: Path) -> Kept:
        tell = self._recorder.teller(task.claim)
        if not file.is_file():
            raise UngradedError(_LOST.format(name=file.name), "Give this worker the data folder of the server.")
        how = BatchHow(
            retries=0, python=self._how.python, fresh=self._how.fresh, lowest=self._how.lowest, stop=self._how.stop
        )
        whose = Whose("", task.name)
        work = Work("", whose, 1, "", partial(stage, file, task.filename), late_seconds=task.late_seconds)
        with self._engines.engine(task.rubric.packages) as engine:
            return grade_once(work, task.rubric, engine, how, tell)

    def _digest(self, task: Task, file: Path) -> str:
        return sources.digest(_attempt(file, _called(file, task.filename)))

    def _written(self, write: Callable[[Session], T]) -> T:
        """In a transaction; a database that is away is waited for. Raises StoreError."""
        until, pause = time.monotonic() + _PATIENCE_SECONDS, 0.2
        while True:
            try:
                with self._database.writing() as db:
                    return write(db)
            except StoreError:
                if time.monotonic() > until or self._how.stop.is_set():
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 5.0)


def _where(kept: Kept) -> str:
    """Where in the grader it failed, for whoever mends it: the last line of it."""
    lines = kept.report.trace.strip().splitlines()
    return f" ({lines[-1].strip()})" if lines else ""


def stage(file: Path, filename: str, workspace: Path) -> Path:
    """Lay a kept file into an empty folder, as what can be graded. Raises NotGradableError."""
    place = workspace / "kept"
    place.mkdir()
    name = _called(file, filename)
    shutil.copyfile(file, place / name)
    return sources.stage(_attempt(place / name, name), workspace)


def _attempt(path: Path, name: str) -> sources.Attempt:
    return sources.Attempt(sources.Person("", ""), 1, None, None, False, (path,), shown(name), names=(name,))


def _called(file: Path, filename: str) -> str:
    """The name that its ending is right in: a folder is kept as a zip, whatever it was called. A zip that is broken
    says so itself."""
    name = _safe(filename)
    with file.open("rb") as opened:
        packed = opened.read(4) in _ZIP
    return f"{name}.zip" if packed and not name.lower().endswith(".zip") else name


def _safe(filename: str) -> str:
    """The last part of a name, cut at its front: its ending says what it is."""
    name = filename.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return "main.py" if name in ("", ".", "..") else name[-_MOST_NAME:]
