"""The database of a department. Readers never wait for a writer, and what is written is on the disk when it returns."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from grader.store import database

FILE = "courses.db"
_PACKAGE = "grader.courses"


class Database:
    """Sessions of two kinds. Raises StoreError."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reads = engine.execution_options(reads=True)

    @classmethod
    def open(cls, url: str) -> Self:
        """The database at an address, brought up to date."""
        engine = database.connect(url)
        try:
            database.upgrade(engine, _PACKAGE)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        """Let go of it."""
        self.engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Sees one moment, changes nothing."""
        with database.told(self.engine), Session(self._reads, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it, or where anything is raised, nothing. Keep it short: with SQLite, others that
        write wait meanwhile."""
        with database.told(self.engine), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


def alone(db: Session, what: str) -> None:
    """Nobody else gets past here with the same word until the transaction ends: for rules that a row alone cannot keep,
    such as that there is always one left, or so many at most. SQLite has one writer in any case."""
    if db.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        db.execute(select(func.pg_advisory_xact_lock(number)))


def url_in(folder: Path) -> str:
    """The address of the embedded database in a data folder."""
    return database.sqlite_url(folder / FILE)
