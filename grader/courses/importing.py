"""Exports of a whole class: read in the background by whichever worker comes first, once, whatever dies meanwhile.

    begin()       an upload becomes an export that waits to be read
    read_next()   a worker reads one: who is in it, what each handed in; attempts, and jobs that grade them

Attempts come a few at a time, each few in a transaction, so that grading begins while the rest is read. Every attempt
has a name of its own in the export (`once`): who reads it again, after a kill, makes nothing twice.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Select, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from grader.courses import audit, import_rows, rubrics, uploads
from grader.courses.access import Viewer
from grader.courses.database import Database
from grader.courses.import_files import Keeping, made_ready
from grader.courses.import_rows import Reading
from grader.courses.tables import Assignment, Counts, Import, Upload
from grader.errors import GraderError, UsageError
from grader.sources import Kind, Which, attempts, find
from grader.store.tables import now

LEASE = timedelta(minutes=5)
_FEW = 20  # attempts in a transaction
_MOST_TRIES = 3
_OLD_SECONDS = 24 * 3600
_LOCK = 0x696D706F  # any number that nobody else locks in this database
_READING = "reading"
_FOLDER = "reading"  # below the data; unpacked exports while they are read


def begin(db: Session, assignment: Assignment, viewer: Viewer, upload: Upload, filename: str, kind: str = "") -> Import:
    """An export that waits to be read. Raises UsageError where there is no rubric to grade it by."""
    if rubrics.in_force(db, assignment) is None:
        raise UsageError("This assignment has no rubric yet.", "Write one, then upload the export again.")
    if kind and kind not in tuple(Kind):
        raise UsageError("There is no such kind of export.", "Choose one of the list, or let it be found out.")
    made = Import(
        assignment_id=assignment.id, by_id=viewer.id, upload_id=upload.id, filename=filename[:200], kind=kind, told=[],
        left_out=[], mapping=[],
    )  # fmt: skip
    db.add(made)
    db.flush()
    audit.note(db, viewer, "import.begin", f"import:{made.key}", {"assignment": assignment.key, "file": made.filename})
    return made


def read_next(database: Database, keeping: Keeping, worker: str) -> bool:
    """Read one export that waits, if any does; whether there was one. What is wrong with it is written beside it."""
    claimed = _claimed(database, worker)
    if claimed is None:
        return False
    try:
        _read(database, keeping, claimed)
    except import_rows.NotOurs:
        pass
    except GraderError as error:
        _fail(database, claimed.id, worker, str(error))
    except Exception as error:  # noqa: BLE001  # a fault of ours is said where somebody sees it, and ends no worker
        _fail(database, claimed.id, worker, f"The grader itself failed: {type(error).__name__}. Please report it.")
    return True


def _claimed(database: Database, worker: str) -> Reading | None:
    """The oldest export that nobody reads, as ours."""
    with database.reading() as db:
        if db.scalars(_waiting().limit(1)).first() is None:
            return None
    with database.writing() as db:
        _one_at_a_time(db)
        found = db.scalars(_waiting().limit(1)).first()
        if found is None:
            return None
        if found.tries >= _MOST_TRIES:
            found.state, found.finished = "failed", now()
            found.told = [f"Whoever read it was stopped {found.tries} times. Upload it again, in smaller parts."]
            return None
        found.worker, found.lease, found.tries = worker, now() + LEASE, found.tries + 1
        upload = db.get(Upload, found.upload_id) if found.upload_id else None
        counts = Counts(found.assignment.counts)
        sha256 = upload.sha256 if upload else ""
        return Reading(found.id, found.key, found.assignment_id, found.filename, found.kind, sha256, counts, worker)


def _one_at_a_time(db: Session) -> None:
    """Nobody else claims one until the transaction ends. SQLite has one writer in any case."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _waiting() -> Select[Import]:
    """What nobody reads; of a course, one at a time: two that were read at once would both enrol whom both bring."""
    other, theirs = aliased(Import), aliased(Assignment)
    read = (
        select(other.id)
        .join(theirs, theirs.id == other.assignment_id)
        .where(other.state == _READING, other.lease >= now(), theirs.course_id == Assignment.course_id)
        .correlate(Assignment)
    )
    free = or_(Import.lease.is_(None), Import.lease < now())
    asked = select(Import).join(Import.assignment).where(Import.state == _READING, free, ~read.exists())
    return asked.order_by(Import.id)


def _read(database: Database, keeping: Keeping, reading: Reading) -> None:
    place = keeping.data / _FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear_left(place)
    with tempfile.TemporaryDirectory(prefix="read-", dir=place, ignore_cleanup_errors=True) as folder:
        workspace = Path(folder)
        source = _named(reading, uploads.path_of(keeping.data, reading.sha256), workspace)
        found = find(source, kind=Kind(reading.kind) if reading.kind else None, workspace=workspace)
        which = Which.LATEST if reading.counts is Counts.LATEST else Which.ALL
        with database.writing() as db:
            plan = import_rows.start(db, reading, found, attempts(found, which), now() + LEASE)
        numbered = tuple(enumerate(plan.listed))
        for at in range(0, len(numbered), _FEW):
            room = workspace / f"laid{at}"
            room.mkdir()
            some = numbered[at : at + _FEW]
            with made_ready(database, keeping, some, room) as few, database.writing() as db:
                import_rows.add(db, keeping, reading, plan, few, now() + LEASE)
            shutil.rmtree(room, ignore_errors=True)
    with database.writing() as db:
        import_rows.end(db, reading)


def _clear_left(place: Path) -> None:
    """What those who were killed have left: nobody reads for so long."""
    for folder in place.glob("read-*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _named(reading: Reading, kept: Path, workspace: Path) -> Path:
    """The upload under a name that ends as it has to; what it was called counts where a source's kind is found out."""
    if not reading.sha256 or not kept.is_file():
        raise UsageError("The export's file is not there any more.", "Upload it again.")
    stem = "".join(c if c.isalnum() or c in " ._-" else "_" for c in Path(reading.filename).stem).strip(". ")
    named = workspace / f"{stem[:100] or 'export'}.zip"
    try:
        named.hardlink_to(kept)
    except OSError:  # a file system without them
        shutil.copyfile(kept, named)
    return named


def _fail(database: Database, import_id: int, worker: str, told: str) -> None:
    with database.writing() as db:
        db.execute(
            update(Import)
            .where(Import.id == import_id, Import.worker == worker, Import.state == _READING)
            .values(state="failed", told=[told], finished=now(), lease=None)
        )
