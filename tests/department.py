"""A department for tests: a database in a folder, people, a course, an assignment, and the web application over it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from grader.courses import accounts
from grader.courses.database import Database, url_in
from grader.courses.tables import Assignment, Course, Enrolment, Role, RubricVersion, User
from grader.store.tables import now
from grader.web.app import create_app
from grader.web.settings import Settings

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Department:
    """ada administers, ines teaches the course, sam and sue learn in it, otto belongs to another course."""

    def __init__(self, folder: Path, rubric: str, url: str = "") -> None:
        self.settings = Settings(folder, url or url_in(folder), b"a secret of tests")
        self.database = Database.open(self.settings.database)
        with self.database.writing() as db:
            hashed = _user(db, "ada", Role.ADMIN, PASSWORD).password
            for login, role in (("ines", Role.INSTRUCTOR), ("sam", Role.STUDENT), ("sue", Role.STUDENT),
                                ("otto", Role.STUDENT)):  # fmt: skip
                _user(db, login, role).password = hashed  # to hash takes long, and that on purpose
            course, other = Course(title="Networks"), Course(title="Something else")
            db.add_all([course, other])
            db.flush()
            for login, role in (("ines", Role.INSTRUCTOR), ("sam", Role.STUDENT), ("sue", Role.STUDENT)):
                db.add(Enrolment(user_id=_id(db, login), course_id=course.id, role=role.value))
            db.add(Enrolment(user_id=_id(db, "otto"), course_id=other.id, role=Role.STUDENT.value))
            due: datetime = now() + timedelta(days=7)
            assignment = Assignment(course_id=course.id, title="The lab", due=due)
            db.add(assignment)
            db.flush()
            sha256 = hashlib.sha256(rubric.encode()).hexdigest()
            db.add(RubricVersion(assignment_id=assignment.id, number=1, text=rubric, sha256=sha256))
            self.course, self.other, self.assignment = course.key, other.key, assignment.key
        self.app: Flask = create_app(self.settings, self.database)

    def client(self, login: str = "") -> FlaskClient:
        """A browser, signed in as somebody, or as nobody."""
        client = self.app.test_client()
        if login:
            answer = self.post(client, "/sign-in", login=login, password=PASSWORD)
            assert answer.status_code == 302, answer.text
        return client

    @staticmethod
    def token(client: FlaskClient, path: str = "/sign-in") -> str:
        """What a page has to send back with a change."""
        found = _TOKEN.search(client.get(path).text)
        assert found is not None, path
        return found[1]

    def post(self, client: FlaskClient, path: str, **form: object) -> TestResponse:
        """Send a form as a page would."""
        where = "/sign-in" if path == "/sign-in" else "/"
        return client.post(path, data={"csrf_token": self.token(client, where), **form})

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def _user(db: Session, login: str, role: Role, password: str | None = None) -> User:
    return accounts.create_user(db, login, login.title(), role, password)


def _id(db: Session, login: str) -> int:
    return db.query(User.id).where(User.login == login).scalar()
