"""Files that people upload: each kept once, by its hash, beside the database.

    with received(data, files, most) as file:       streamed to the disk and hashed, outside of any transaction
        with placed(database, data, file):          under its name, on the disk, before anybody waits for the rest
            with database.writing() as db:
                keep(db, data, file, quota, user_id)    its row

Whatever goes wrong before the end of that takes the file with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from sqlalchemy import delete, exists, func, or_, select, text
from sqlalchemy.orm import Session

from grader import sources
from grader.courses import disk, packing
from grader.courses.database import Database
from grader.courses.packing import Sent
from grader.courses.tables import Attempt, Import, Upload
from grader.errors import RefusedError
from grader.frozen import dataclass

_FOLDER, _INCOMING = "uploads", "incoming"
_NAME = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 16
_FEW = 50  # files in a transaction
_OLD_SECONDS = 24 * 3600  # nothing is received for so long
_LOCK = 0x75706C6F  # any number that nobody else locks in this database


@dataclass(frozen=True)
class Quota:
    """How many bytes are kept: `of_person` for each who hands in, `in_all` for everybody."""

    of_person: int
    in_all: int


@dataclass(frozen=True)
class Received:
    """A file that is on the disk, but not kept yet. `digest` is of what it holds, however that was packed."""

    path: Path
    filename: str
    sha256: str
    size: int
    digest: str


def path_of(data: Path, sha256: str) -> Path:
    """Where a file is kept."""
    return data / _FOLDER / sha256[:2] / sha256


@contextlib.contextmanager
def received(data: Path, files: Sequence[Sent], most: int, *, digested: bool = True) -> Iterator[Received]:
    """Read all of an upload: one zip as it is, all else packed into one. Raises UsageError, TooLargeError, StoreError.

    `digested`: its digest is wanted, too; of an export nobody wants it.
    """
    archive = packing.is_archive(files)
    folder = data / _FOLDER / _INCOMING
    path = folder / os.urandom(16).hex()
    try:
        with disk.told(), disk.Writing(disk.created(path), most) as target:
            if archive:
                while chunk := files[0].stream.read(_CHUNK):
                    target.write(chunk)
            else:
                packing.pack(files, target)  # type: ignore[arg-type]  # it only writes
        digest = _digest(path) if digested else ""
        yield Received(path, packing.called(files), target.sha256, target.size, digest)
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _digest(path: Path) -> str:
    whole = sources.Attempt(sources.Person("", ""), 1, None, None, False, (path,), "", names=("work.zip",))
    return sources.digest(whole)


# --------------------------------------------------------------------------------------------------------------- quota


def check_room(db: Session, quota: Quota, user_id: int | None, size: int) -> None:
    """Refuse what goes beyond a quota. Raises RefusedError. `user_id` None: only what everybody has together counts."""
    if user_id is not None and used_by(db, user_id) + size > quota.of_person:
        raise RefusedError(
            f"Your uploads would take more than {disk.mb(quota.of_person)} together.",
            "Leave out what the lab does not ask for, or ask whoever teaches the course to make room.",
        )
    total = db.scalar(select(func.sum(Upload.size))) or 0
    if total + size > quota.in_all:
        raise RefusedError(
            "There is no room left for uploads.",
            "Nothing was handed in. Tell whoever runs this server, then try again.",
        )


def used_by(db: Session, user_id: int) -> int:
    """How many bytes somebody has handed in; equal files count once, and what came with a class's export does not."""
    own = select(Attempt.upload_id).where(Attempt.user_id == user_id, Attempt.import_id.is_(None))
    return int(db.scalar(select(func.sum(Upload.size)).where(Upload.id.in_(own))) or 0)


# ------------------------------------------------------------------------------------------------------------- keeping


def keep(db: Session, data: Path, file: Received, quota: Quota, user_id: int | None) -> Upload:
    """The row of a file that was received, and the file in its place, unless `placing` has put it there; equal ones
    share both. Raises RefusedError.

    Do it last but for what names the row: a transaction that fails afterwards leaves a file to `clear`.
    """
    one_at_a_time(db)
    found = db.scalars(select(Upload).where(Upload.sha256 == file.sha256)).first()
    own = select(Attempt.id).where(Attempt.user_id == user_id, Attempt.import_id.is_(None))
    if found is None or db.scalar(own.where(Attempt.upload_id == found.id).limit(1)) is None:
        check_room(db, quota, user_id, file.size)
    if found is None:
        found = Upload(sha256=file.sha256, size=file.size)
        db.add(found)
        db.flush()
    target = path_of(data, file.sha256)
    if not disk.is_same(file.path, target):
        with disk.told():
            disk.move(file.path, target)
    return found


def one_at_a_time(db: Session) -> None:
    """Nobody else keeps or clears until the transaction ends. SQLite has one writer in any case."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


# ------------------------------------------------------------------------------------------------------------ clearing


def clear(database: Database, data: Path) -> int:
    """Take away rows that nothing names any more, files that no row names, and what was never received to its end;
    say how many files that were."""
    named = or_(exists().where(Attempt.upload_id == Upload.id), exists().where(Import.upload_id == Upload.id))
    with database.writing() as db:
        one_at_a_time(db)
        db.execute(delete(Upload).where(~named))
    with database.reading() as db:
        suspects = set(_files(data)) - set(db.scalars(select(Upload.sha256)))
    gone = _clear_files(database, data, suspects) if suspects else 0
    return gone + _clear_incoming(data / _FOLDER / _INCOMING)


def _clear_files(database: Database, data: Path, suspects: Collection[str]) -> int:
    """Looked at once more while nobody keeps anything: one of them may just have been."""
    gone, left = 0, sorted(suspects)
    for begin in range(0, len(left), _FEW):
        with database.writing() as db:
            one_at_a_time(db)
            gone += sum(forget_file(db, data, sha256) for sha256 in left[begin : begin + _FEW])
    return gone


def forget_file(db: Session, data: Path, sha256: str) -> bool:
    """Take a file away that no row names, while nobody keeps anything; whether it was one."""
    if db.scalar(select(Upload.id).where(Upload.sha256 == sha256)) is not None:
        return False
    path_of(data, sha256).unlink(missing_ok=True)
    return True


def _files(data: Path) -> Iterator[str]:
    return (path.name for path in (data / _FOLDER).glob("[0-9a-f][0-9a-f]/*") if _NAME.fullmatch(path.name))


def _clear_incoming(folder: Path) -> int:
    gone = 0
    for path in folder.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - _OLD_SECONDS:
                path.unlink()
                gone += 1
    return gone
