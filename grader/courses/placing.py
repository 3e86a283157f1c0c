"""A file that was received, put into its place before the transaction that names it: what the disk takes its time for
keeps nobody else from writing.

Whatever ends this process in between leaves a file that no row names, which `uploads.clear` takes away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from grader.courses import disk, uploads
from grader.courses.database import Database
from grader.courses.tables import Upload
from grader.courses.uploads import Received
from grader.errors import StoreError


@contextlib.contextmanager
def placed(database: Database, data: Path, file: Received) -> Iterator[None]:
    """Have it under its hash meanwhile; afterwards only if a row names it. Raises StoreError.

    Another upload of the very same bytes may take it away in between: `uploads.keep` looks, where nobody else does.
    """
    with disk.told():
        disk.link(file.path, uploads.path_of(data, file.sha256))
    try:
        yield
    finally:
        with contextlib.suppress(StoreError, OSError):  # then it is left to `uploads.clear`
            _take_back(database, data, file.sha256)


def _take_back(database: Database, data: Path, sha256: str) -> None:
    with database.reading() as db:
        if db.scalar(select(Upload.id).where(Upload.sha256 == sha256)) is not None:
            return
    if uploads.path_of(data, sha256).is_file():
        with database.writing() as db:
            uploads.one_at_a_time(db)
            uploads.forget_file(db, data, sha256)
