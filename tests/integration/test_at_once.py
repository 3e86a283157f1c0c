"""What several do at the same moment, on a database where they really do: a rule that holds for each holds for all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from grader.courses import accounts
from grader.courses.tables import Course, Enrolment, Role, RubricVersion, Token, User
from tests.department import Department
from tests.postgresql import Server, postgresql
from tests.small_lab import rubric

__all__ = ["postgresql"]

MANY = 12


@pytest.fixture
def department(tmp_path: Path, postgresql: Server) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"), postgresql.new())
    yield made
    made.close()


Send = Callable[[FlaskClient, str, int], int]


def at_once(department: Department, logins: list[str], send: Send) -> Counter[int]:
    """How often each answer came; all of them begin together."""
    clients = [department.client(login) for login in logins]
    tokens = [department.token(client) for client in clients]
    together = threading.Barrier(len(logins))

    def one(number: int) -> int:
        together.wait()
        return send(clients[number], tokens[number], number)

    with ThreadPoolExecutor(len(logins)) as pool:
        return Counter(pool.map(one, range(len(logins))))


@pytest.mark.slow
def test_passwords_that_are_tried_together_are_as_few_as_one_by_one(department: Department) -> None:
    def send(client: FlaskClient, token: str, _: int) -> int:
        return client.post("/sign-in", data={"csrf_token": token, "login": "sam", "password": "wrong"}).status_code

    assert at_once(department, [""] * MANY, send) == {401: 5, 429: MANY - 5}


@pytest.mark.slow
def test_two_admins_do_not_leave_nobody(department: Department) -> None:
    with department.database.writing() as db:
        db.scalars(select(User).where(User.login == "ines")).one().role = Role.ADMIN.value
    others = [department.user("ines").key, department.user("ada").key]

    def send(client: FlaskClient, token: str, number: int) -> int:
        form = {"csrf_token": token, "name": "Somebody", "role": "student"}
        return client.post(f"/admin/users/{others[number]}", data=form).status_code

    at_once(department, ["ada", "ines"], send)
    with department.database.reading() as db:
        assert accounts.admins(db) == 1


@pytest.mark.slow
def test_two_teachers_do_not_leave_nobody(department: Department) -> None:
    with department.database.writing() as db:
        course = db.scalars(select(Course).where(Course.key == department.course)).one().id
        db.add(Enrolment(user_id=department.user("olga").id, course_id=course, role=Role.INSTRUCTOR.value))
    others = [department.user("olga").key, department.user("ines").key]

    def send(client: FlaskClient, token: str, number: int) -> int:
        address = f"/courses/{department.course}/people/{others[number]}/remove"
        return client.post(address, data={"csrf_token": token}).status_code

    at_once(department, ["ines", "olga"], send)
    with department.database.reading() as db:
        teach = Enrolment.course_id == course, Enrolment.role == Role.INSTRUCTOR.value
        assert db.scalar(select(func.count(Enrolment.id)).where(*teach)) == 1


@pytest.mark.slow
def test_whoever_saves_a_rubric_second_is_told_so(department: Department) -> None:
    def send(client: FlaskClient, token: str, number: int) -> int:
        form = {"csrf_token": token, "text": rubric("{}").replace("Small", f"Small {number}"), "base": "1"}
        return client.post(f"/assignments/{department.assignment}/rubric", data=form).status_code

    assert at_once(department, ["ines"] * MANY, send) == {302: 1, 409: MANY - 1}
    with department.database.reading() as db:
        assert db.scalar(select(func.count(RubricVersion.id))) == 2


@pytest.mark.slow
def test_a_person_is_added_once(department: Department) -> None:
    def send(client: FlaskClient, token: str, _: int) -> int:
        form = {"csrf_token": token, "login": "new@example.edu", "name": "New", "role": "student"}
        return client.post(f"/courses/{department.course}/people", data=form).status_code

    assert at_once(department, ["ines"] * MANY, send) == {302: MANY}
    with department.database.reading() as db:
        assert db.scalar(select(func.count(User.id)).where(User.login == "new@example.edu")) == 1


@pytest.mark.slow
def test_nobody_has_more_tokens_than_one_by_one(department: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_MOST_TOKENS", 3)

    def send(client: FlaskClient, token: str, number: int) -> int:
        form = {"csrf_token": token, "label": f"token {number}", "days": "30"}
        return client.post("/account/tokens", data=form).status_code

    at_once(department, ["sam"] * MANY, send)
    with department.database.reading() as db:
        assert db.scalar(select(func.count(Token.id))) == 3
