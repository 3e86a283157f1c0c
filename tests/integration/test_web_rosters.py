"""Class lists as nobody should write them, on either database: read, or refused in words, never half applied."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from grader.courses.tables import Enrolment, User
from tests.department import BOTH, Department, on_either
from tests.small_lab import rubric

_HEAD = "name,email,student id\n"
_JANE = f"{_HEAD}Jäne,jane@x.edu,1\n"
_LONG = os.urandom(60_000).hex()


@pytest.fixture(params=BOTH)
def department(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Department]:
    with on_either(request, tmp_path / "data", rubric("{}")) as made:
        yield made


def sent(department: Department, ines: FlaskClient, data: bytes) -> str:
    """The page that comes after a list was looked at and, where that can be, applied."""
    people = f"/courses/{department.course}/people"
    answer = department.post(ines, f"{people}/roster", file=(io.BytesIO(data), "li\0st\u202e.csv"))
    answer.request.environ["wsgi.input"].close()  # of the client's own
    if answer.status_code == 200:
        found = {name: re.search(f'name="{name}" value="([^"]*)"', answer.text) for name in ("data", "filename")}
        form = {name: value[1] for name, value in found.items() if value is not None}
        answer = department.post(ines, f"{people}/roster/apply", **form)
    assert answer.status_code == 302
    page = ines.get(answer.headers["Location"])
    assert page.status_code == 200
    assert ines.get(f"/assignments/{department.assignment}/gradebook").status_code == 200
    return page.text


def came(department: Department) -> dict[str, str]:
    """Everybody whom a list has made."""
    with department.database.reading() as db:
        asked = select(User).join(Enrolment).where(User.id > 6)
        return {user.login: user.name for user in db.scalars(asked)}


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_is_read_in_any_coding_that_can_be_told(department: Department, coding: str) -> None:
    assert "1 person is new" in sent(department, department.client("ines"), _JANE.encode(coding))
    assert came(department) == {"jane@x.edu": "Jäne"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_JANE.encode("cp1252"), "list.csv:2:2: this is not UTF-8."),
        (_JANE.encode("utf-16")[:-1], "this is not UTF-16."),
        (b"\xff\xfe" + _HEAD.encode("utf-16-le") + b"\x00\xd8,\0j\0@\0x\0", "this is not UTF-16."),
        (_JANE.encode("utf-32"), "is not a table"),
        (_JANE.replace("n", "\0").encode(), "is not a table"),
        (f"{_HEAD}{'J' * (10 << 20)},j@x.edu,1\n".encode(), "more than 1 MB"),
        (f"{_HEAD}{'J' * 900_000},j@x.edu,1\n".encode(), "field larger than"),
        (f"{_HEAD}J,j@x.edu,1\nJ,j@x.edu,1\nJ,j@x.edu,2\n".encode(), "lines 2 and 4 have the same email"),
        (",".join(f"c{number}" for number in range(100_000)).encode(), "no column names a person; there are c0, c1"),
    ],
)
def test_what_cannot_be_read_is_said_on_the_next_page_and_changes_nothing(
    department: Department, data: bytes, said: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a cookie that no browser keeps
        assert said in sent(department, department.client("ines"), data)
    assert came(department) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "logins"),
    [
        (f"Long,{_LONG}@x.edu,1\nLong too,l@x.edu,{_LONG}\nJ,j@x.edu,2\n", {"j@x.edu"}),
        ("Same,same@x.edu,1\nSame,same@x.edu,1\n", {"same@x.edu"}),
        ("One,one@x.edu,1\nTwo,ONE@x.edu,2\n", {"one@x.edu"}),
        ("S,SAM,1\nS,\u017fam,2\n", set()),  # the one who is there already, and that only once
        ("Ja\x1b[2Jne\u202e,j@x.edu,1\n=cmd|x,=c@x.edu,2\n", {"j@x.edu", "=c@x.edu"}),
        ("Nobody,,\n", set()),
    ],
)
def test_who_cannot_be_kept_or_told_apart_is_left_out(department: Department, rows: str, logins: set[str]) -> None:
    text = sent(department, department.client("ines"), (_HEAD + rows).encode())
    assert came(department).keys() == logins
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.slow
def test_a_long_list_keeps_others_from_writing_for_a_moment_only(department: Department) -> None:
    """What is asked of the database hardly grows with the list."""

    def statements(people: range) -> int:
        asked = 0

        def count(*_: object) -> None:
            nonlocal asked
            asked += 1

        listen(department.database.engine, "before_cursor_execute", count)
        try:
            rows = "".join(f"P {number},p{number}@x.edu,{number}\n" for number in people)
            sent(department, department.client("ines"), (_HEAD + rows).encode())
        finally:
            remove(department.database.engine, "before_cursor_execute", count)
        return asked

    few = statements(range(5))
    assert statements(range(5, 405)) < few + 20
    assert len(came(department)) == 405
