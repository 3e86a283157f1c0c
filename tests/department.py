"""A department for tests: a database in a folder, people, a course, an assignment, and the web application over it."""

from __future__ import annotations

import atexit
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from grader.courses import accounts
from grader.courses.database import FILE, Database, url_in
from grader.courses.tables import Assignment, Course, Enrolment, Role, RubricVersion, User
from grader.store import database
from grader.store.tables import now
from grader.web import session as sessions
from grader.web.app import create_app
from grader.web.settings import Settings
from grader.web.streams import Streams

PASSWORD = "correct horse battery"
_ACCOUNTS = {
    "ada": Role.ADMIN,
    "ines": Role.INSTRUCTOR,
    "olga": Role.INSTRUCTOR,
    "sam": Role.STUDENT,
    "sue": Role.STUDENT,
    "otto": Role.STUDENT,
}
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]  # what a fixture over `on_either` is asked for
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """A hash takes long, and that on purpose; in tests it takes no time. Import it into a conftest."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", lambda: cheap)
        yield


class _Compiled(BytecodeCache):
    """Templates are compiled once in a process, not once for each application."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key + bucket.checksum in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class Department:
    """ada administers, ines teaches the course, sam and sue learn in it; olga teaches the other one, otto learns there.

    All have PASSWORD. `course`, `other`, `assignment` are keys.
    """

    def __init__(self, folder: Path, rubric: str, url: str = "", app: Flask | None = None, **settings: Any) -> None:
        """`app`: that of another department with the same settings, which is closed; to make one takes long."""
        self.settings = Settings(folder, url or url_in(folder), b"a secret of tests", **settings)
        if url:
            self.database = Database.open(url)
            _people(self.database, rubric)
        else:  # to migrate takes long: it is done once in a process
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(_template(rubric), folder / FILE)
            self.database = Database(database.connect(self.settings.database))
        with self.database.reading() as db:
            self.course, self.other = db.scalars(select(Course.key).order_by(Course.id)).all()
            self.assignment = db.scalars(select(Assignment.key)).one()
        if app is not None:
            app.extensions |= {"database": self.database, "settings": self.settings}
            app.extensions["streams"] = Streams(self.database, self.settings.most_streams)
        self.app: Flask = app or create_app(self.settings, self.database)
        self.app.jinja_env.bytecode_cache = _COMPILED

    def user(self, login: str) -> User:
        """Somebody's account."""
        with self.database.reading() as db:
            return db.scalars(select(User).where(User.login == login)).one()

    def client(self, login: str = "") -> FlaskClient:
        """A browser, signed in as somebody, or as nobody."""
        client = self.app.test_client()
        if login:
            base = "https://localhost" if self.settings.https else None
            with client.session_transaction(base_url=base) as session:
                session.update(sessions.marks(self.user(login)))
                session.permanent = True
        return client

    @staticmethod
    def token(client: FlaskClient, path: str = "/sign-in") -> str:
        """What a page has to send back with a change; where somebody is signed in, that of their first page."""
        found = _TOKEN.search(client.get(path, follow_redirects=True).text)
        assert found is not None, path
        return found[1]

    def post(self, client: FlaskClient, path: str, **form: object) -> TestResponse:
        """Send a form as a page would."""
        return client.post(path, data={"csrf_token": self.token(client), **form})

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


@contextmanager
def on_either(request: pytest.FixtureRequest, folder: Path, rubric: str) -> Iterator[Department]:
    """One on the database that a fixture's parameter names, of BOTH."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql").new()
    made = Department(folder, rubric, url)
    yield made
    made.close()


@cache
def _template(rubric: str) -> Path:
    """A department's database that is copied for each test; whole, for nobody has it open any more."""
    folder = Path(tempfile.mkdtemp(prefix="department-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Database.open(url_in(folder))
    _people(made, rubric)
    made.close()
    return folder / FILE


def _people(into: Database, rubric: str) -> None:
    with into.writing() as db:
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for login, role in _ACCOUNTS.items():
            accounts.create_user(db, login, login.title(), role).password = hashed
        course, other = Course(title="Networks"), Course(title="Something else")
        db.add_all([course, other])
        db.flush()
        for login, where, role in (
            ("ines", course, Role.INSTRUCTOR),
            ("sam", course, Role.STUDENT),
            ("sue", course, Role.STUDENT),
            ("olga", other, Role.INSTRUCTOR),
            ("otto", other, Role.STUDENT),
        ):
            db.add(Enrolment(user_id=_id(db, login), course_id=where.id, role=role.value))
        due: datetime = now() + timedelta(days=7)
        assignment = Assignment(course_id=course.id, title="The lab", due=due)
        db.add(assignment)
        db.flush()
        sha256 = hashlib.sha256(rubric.encode()).hexdigest()
        db.add(RubricVersion(assignment_id=assignment.id, number=1, text=rubric, sha256=sha256))


def _id(db: Session, login: str) -> int:
    return db.scalars(select(User.id).where(User.login == login)).one()
