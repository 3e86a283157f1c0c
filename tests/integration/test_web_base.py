"""The web application as such: who gets in, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.department import Department
from tests.small_lab import rubric


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    yield made
    made.close()


def test_whoever_is_not_signed_in_is_asked_to(department: Department) -> None:
    answer = department.client().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?to=/?")


def test_a_course_is_seen_by_whom_it_is_for(department: Department) -> None:
    assert "Networks" in department.client("sam").get("/").text
    assert "Networks" not in department.client("otto").get("/").text
    assert "Networks" in department.client("ada").get("/").text


def test_a_wrong_password_says_nothing_of_the_name(department: Department) -> None:
    client = department.client()
    for login in ("sam", "nobody"):
        answer = department.post(client, "/sign-in", login=login, password="wrong")
        assert answer.status_code == 401
        assert "Name and password do not go together." in answer.text
        assert login not in answer.text


def test_a_change_without_the_pages_token_is_refused(department: Department) -> None:
    assert department.client("sam").post("/sign-out").status_code == 400


def test_a_refused_form_leads_back_to_its_own_page_and_nowhere_else(department: Department) -> None:
    sam = department.client("sam")
    for before, link in (("http://localhost/account?x=1", "/account?x=1"), ("http://evil.example/account", "")):
        answer = sam.post("/account", headers={"Referer": before})
        assert answer.status_code == 400
        assert ("Back to the page" in answer.text) is bool(link)
        assert f'href="{link}"' in answer.text or not link


def test_an_unknown_host_is_refused(department: Department) -> None:
    assert department.client().get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_forbids_what_is_not_its_own(department: Department) -> None:
    answer = department.client().get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.slow
@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere_after_signing_in(department: Department, address: str) -> None:
    client = department.client()
    answer = department.post(client, "/sign-in", login="sam", password="correct horse battery", to=address)
    assert answer.headers["Location"] == "/"
