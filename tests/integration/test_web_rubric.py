"""The rubric of an assignment in the browser: what does not load is not saved, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from grader.courses.access import assignment_of
from grader.courses.tables import RubricVersion
from tests.department import Department
from tests.small_lab import rubric

GOOD = rubric("{}")
BETTER = GOOD.replace("It says hello", "It greets")
FAULTY = GOOD.replace("points: 6", "points: six").replace("type: starts", "type: startz")


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, GOOD)
    yield made
    made.close()


@pytest.fixture
def ines(department: Department) -> FlaskClient:
    return department.client("ines")


def save(department: Department, client: FlaskClient, text: str, base: int = 1, **more: object) -> TestResponse:
    return department.post(client, f"/assignments/{department.assignment}/rubric", text=text, base=base, **more)


def versions(department: Department) -> list[RubricVersion]:
    with department.database.reading() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        return list(assignment.versions)


def test_the_text_in_force_is_there_to_be_changed(department: Department, ines: FlaskClient) -> None:
    page = ines.get(f"/assignments/{department.assignment}/rubric").text
    assert "It says hello" in page
    assert "2 checks, 10 points. No mistake." in page


def test_a_text_that_loads_becomes_the_next_version(department: Department, ines: FlaskClient) -> None:
    assert save(department, ines, BETTER, note="kinder").status_code == 302
    assert [(v.number, v.note, v.text) for v in versions(department)] == [(1, "", GOOD), (2, "kinder", BETTER)]


def test_a_text_with_mistakes_is_not_saved_and_not_lost(department: Department, ines: FlaskClient) -> None:
    answer = save(department, ines, FAULTY)
    assert answer.status_code == 422
    assert "points: six" in answer.text
    assert "2 mistakes" in answer.text
    assert len(versions(department)) == 1


def test_only_checking_saves_nothing(department: Department, ines: FlaskClient) -> None:
    assert save(department, ines, BETTER, do="check").status_code == 200
    assert len(versions(department)) == 1


def test_whoever_is_slower_is_told_and_loses_nothing(department: Department, ines: FlaskClient) -> None:
    save(department, ines, BETTER)
    mine = GOOD.replace("It says hello", "It is polite")
    answer = save(department, ines, mine, base=1)
    assert answer.status_code == 409
    assert "Somebody has saved version 2" in answer.text
    assert "It is polite" in answer.text
    assert len(versions(department)) == 2


def test_the_same_text_again_is_no_version(department: Department, ines: FlaskClient) -> None:
    save(department, ines, GOOD)
    assert len(versions(department)) == 1


def test_line_ends_of_a_browser_make_no_version(department: Department, ines: FlaskClient) -> None:
    save(department, ines, GOOD.replace("\n", "\r\n"))
    assert len(versions(department)) == 1


def test_an_older_text_can_be_taken_again(department: Department, ines: FlaskClient) -> None:
    save(department, ines, BETTER)
    page = ines.get(f"/assignments/{department.assignment}/rubric?version=1").text
    assert "It says hello" in page
    assert "began from version 2" in page
    save(department, ines, GOOD, base=2)
    assert [v.text for v in versions(department)] == [GOOD, BETTER, GOOD]


def test_a_version_tells_what_it_changed(department: Department, ines: FlaskClient) -> None:
    save(department, ines, BETTER)
    page = ines.get(f"/assignments/{department.assignment}/rubric/versions/2").text
    assert "<del>" in page
    assert "It greets" in page
    assert ines.get(f"/assignments/{department.assignment}/rubric/versions/3").status_code == 404


def test_mistakes_are_told_while_it_is_typed(department: Department, ines: FlaskClient) -> None:
    path = f"/assignments/{department.assignment}/rubric/check"
    faults = department.post(ines, path, text=FAULTY).get_json()["faults"]
    assert [fault["line"] for fault in faults] == [7, 8]
    said = department.post(ines, path, text=BETTER).get_json()
    assert (said["faults"], said["points"], said["checks"]) == ([], "10", 2)
    assert "It greets" in said["explained"]


@pytest.mark.parametrize(("login", "status"), [("sam", 403), ("otto", 404), ("", 302)])
@pytest.mark.parametrize("path", ["", "/versions/1"])
def test_it_is_seen_by_those_who_teach_alone(department: Department, login: str, status: int, path: str) -> None:
    client = department.client(login)
    assert client.get(f"/assignments/{department.assignment}/rubric{path}").status_code == status


def test_students_save_nothing(department: Department) -> None:
    assert save(department, department.client("sam"), BETTER).status_code == 403
    assert len(versions(department)) == 1


def test_an_instructors_text_is_no_markup(department: Department, ines: FlaskClient) -> None:
    text = GOOD.replace("title: Small", 'title: "</textarea><script>alert(1)</script>"')
    save(department, ines, text)
    assert "<script>alert" not in ines.get(f"/assignments/{department.assignment}/rubric").text
