"""How much of a request the server takes in from whom, before any view is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from grader.cli.bodies import FORM, Door
from grader.courses import accounts
from grader.store.tables import now
from tests.department import Department
from tests.small_lab import rubric

UPLOAD, EXPORT = 1 << 20, 1 << 30


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"), most_upload=UPLOAD, most_export=EXPORT)
    yield made
    made.close()


def cookie(department: Department, login: str) -> dict[str, str]:
    found = department.client(login).get_cookie("grade")
    assert found is not None
    return {"COOKIE": f"grade={found.value}"}


def token(department: Department, login: str, *, days: int = 1) -> dict[str, str]:
    with department.database.writing() as db:
        user = accounts.by_login(db, login)
        assert user is not None
        return {"AUTHORIZATION": f"Bearer {accounts.create_token(db, user, 'x', now() + timedelta(days=days))}"}


def most(department: Department, headers: dict[str, str], path: str = "/api/v1/me") -> int:
    return Door(department.app).most(path, headers)


def test_whoever_is_signed_in_sends_an_upload_and_who_teaches_an_export(department: Department) -> None:
    address = f"/assignments/{department.assignment}/import"
    assert most(department, cookie(department, "sam")) > UPLOAD + FORM
    assert most(department, token(department, "sam")) > UPLOAD + FORM
    assert most(department, cookie(department, "ines"), address) > EXPORT
    for login in ("sam", "olga"):
        assert most(department, cookie(department, login), address) < EXPORT


@pytest.mark.parametrize("said", ["Bearer x", "Bearer ", "Bearer wlg_made-up", "Basic c2FtOnNhbQ==", "Bearer \xff"])
def test_a_token_that_is_made_up_is_nobodys(department: Department, said: str) -> None:
    assert most(department, {"AUTHORIZATION": said}) == FORM
    assert most(department, {"AUTHORIZATION": said, **cookie(department, "sam")}) == FORM


def test_a_token_is_good_for_the_api_alone(department: Department) -> None:
    assert most(department, token(department, "sam"), "/assignments/x/hand-in") == FORM


def test_who_is_out_sends_no_more_than_anybody(department: Department) -> None:
    headers, old = cookie(department, "sam"), token(department, "sue", days=-1)
    given = token(department, "sam")
    assert most(department, old) == FORM
    with department.database.writing() as db:
        user = accounts.by_login(db, "sam")
        assert user is not None
        accounts.end_sessions(user)
    assert most(department, headers) == FORM
    with department.database.writing() as db:
        user = accounts.by_login(db, "sam")
        assert user is not None
        user.active = False
    assert most(department, given) == FORM
