"""The API: the same rules as the pages, tokens, and a document that says what it does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select
from werkzeug.test import TestResponse

from grader.courses import accounts, jobs
from grader.courses.access import assignment_of
from grader.courses.tables import Attempt, Grading, GradingState, Job, Shown, Token, User
from grader.model import Kept, Report, ReportStatus, RubricInfo, SubmissionInfo
from grader.store.codec import encode
from grader.store.tables import now
from tests import queued
from tests.department import Department
from tests.small_lab import rubric

HIDDEN = rubric("{}").replace("type: request", "visibility: hidden, type: request")

REPORT = Report(
    SubmissionInfo("lab", "main.py", "0" * 64),
    RubricInfo("small", "Small", "1", "0" * 64),
    ReportStatus.GRADED,
    Fraction(10),
    Fraction(60),
    score=Fraction(10),
)


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    yield made
    made.close()


def bearer(department: Department, login: str, **more: Any) -> dict[str, str]:
    """The header of a new token of somebody's."""
    user = department.user(login)
    with department.database.writing() as db:
        return {"Authorization": f"Bearer {accounts.create_token(db, db.get_one(User, user.id), 'x', **more)}"}


def send(department: Department, headers: dict[str, str], text: str = "#", **more: Any) -> TestResponse:
    files = {"files": (io.BytesIO(queued.zipped({"main.py": text})), "lab.zip")}
    path = f"/api/v1/assignments/{department.assignment}/submissions"
    return department.client().post(path, data={**files, **more}, headers=headers)


def get(department: Department, path: str, login: str) -> TestResponse:
    return department.client().get(f"/api/v1{path}", headers=bearer(department, login))


# --------------------------------------------------------------------------------------------------------------- tokens


def test_a_token_lets_its_owner_in_and_tells_when_it_was_used(department: Department) -> None:
    assert get(department, "/me", "sam").get_json() == {
        "key": department.user("sam").key,
        "name": "Sam",
        "role": "student",
    }
    with department.database.reading() as db:
        assert db.scalars(select(Token.used)).one() is not None


@pytest.mark.parametrize("sent", ["Bearer wlg_nothing", "Bearer ", "Basic c2FtOng=", "wlg_nothing"])
def test_what_is_no_token_lets_nobody_in(department: Department, sent: str) -> None:
    answer = department.client("sam").get("/api/v1/me", headers={"Authorization": sent})  # nor does a cookie beside it
    assert (answer.status_code, answer.get_json()["error"]["status"]) == (401, 401)


def test_a_token_ends_when_it_says_so_and_with_its_account(department: Department) -> None:
    gone = bearer(department, "sam", expires=now() - timedelta(seconds=1))
    assert department.client().get("/api/v1/me", headers=gone).status_code == 401
    good = bearer(department, "sam")
    with department.database.writing() as db:
        db.get_one(User, department.user("sam").id).active = False
    assert department.client().get("/api/v1/me", headers=good).status_code == 401


def test_a_token_opens_no_page(department: Department) -> None:
    assert department.client().get("/", headers=bearer(department, "sam")).status_code == 302


@pytest.mark.slow
def test_with_a_cookie_a_change_needs_the_pages_token(department: Department) -> None:
    client: FlaskClient = department.client("sam")
    path = f"/api/v1/assignments/{department.assignment}/submissions"
    files = {"files": (io.BytesIO(queued.zipped({"main.py": "#"})), "lab.zip")}
    assert client.post(path, data=files).status_code == 400
    files = {"files": (io.BytesIO(queued.zipped({"main.py": "#"})), "lab.zip")}
    token = department.token(client, "/")
    assert client.post(path, data=files, headers={"X-CSRFToken": token}).status_code == 201


# ---------------------------------------------------------------------------------------------------------- submissions


def test_a_student_hands_in_and_finds_it(department: Department) -> None:
    made = send(department, bearer(department, "sam"))
    assert made.status_code == 201
    told = made.get_json()
    assert (told["number"], told["state"], told["score"], told["person"]["name"]) == (1, "waiting", None, "Sam")
    assert get(department, f"/submissions/{told['key']}", "sam").get_json() == told
    listed = get(department, f"/assignments/{department.assignment}/submissions", "sam").get_json()
    assert ([one["key"] for one in listed["submissions"]], listed["next"]) == ([told["key"]], None)
    assert get(department, f"/submissions/{told['key']}/report", "sam").status_code == 404
    with get(department, f"/submissions/{told['key']}/files", "sam") as files:
        assert files.content_type == "application/zip"


def test_the_same_work_at_once_is_the_same_submission(department: Department) -> None:
    headers = bearer(department, "sam")
    assert send(department, headers).get_json()["key"] == send(department, headers).get_json()["key"]


def test_nobody_sees_what_is_anothers(department: Department) -> None:
    key = send(department, bearer(department, "sam")).get_json()["key"]
    for path in ("", "/report", "/files"):
        assert get(department, f"/submissions/{key}{path}", "sue").status_code == 404
    assert get(department, f"/assignments/{department.assignment}/submissions", "sue").get_json()["submissions"] == []
    assert send(department, bearer(department, "otto")).status_code == 404
    assert send(department, bearer(department, "ines")).status_code == 403


def test_what_cannot_be_taken_is_told(department: Department) -> None:
    headers = bearer(department, "sam")
    path = f"/api/v1/assignments/{department.assignment}/submissions"
    assert department.client().post(path, headers=headers).status_code == 400
    with department.database.writing() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        assignment.closes = now() - timedelta(hours=1)
    answer = send(department, headers)
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (409, "This assignment is closed.")


@pytest.mark.parametrize("page", ["0", "-1", "x", "1&page=2", "99999999999", "٣"])
def test_a_page_is_a_number_from_one(department: Department, page: str) -> None:
    assert get(department, f"/assignments/{department.assignment}/submissions?page={page}", "ines").status_code == 400


@pytest.mark.slow
def test_pages_hold_every_submission_once(department: Department) -> None:
    with department.database.writing() as db:
        for _ in range(205):
            queued.attempt(db, department.settings.data)
    found: list[str] = []
    page: int | None = 1
    for login in ("ines", "sam"):
        found, page = [], 1
        while page is not None:
            told = get(department, f"/assignments/{department.assignment}/submissions?page={page}", login).get_json()
            found, page = found + [one["key"] for one in told["submissions"]], told["next"]
        assert len(found) == len(set(found)) == 205


def test_what_is_graded_again_waits_to_be_accepted(department: Department) -> None:
    key = send(department, bearer(department, "sam")).get_json()["key"]
    path = f"/api/v1/submissions/{key}/regrade"
    assert department.client().post(path, headers=bearer(department, "sam")).status_code == 403
    assert department.client().post(path, headers=bearer(department, "ines")).status_code == 202
    with department.database.reading() as db:
        assert [job.kind for job in db.scalars(select(Job).order_by(Job.id))] == ["grade", "regrade"]


# --------------------------------------------------------------------------------------------------- what is not shown


@pytest.fixture
def secretive(tmp_path: Path) -> Iterator[Department]:
    """Sam has 10 of 10, of which 6 are a hidden check's."""
    made = Department(tmp_path, HIDDEN)
    with made.database.writing() as db:
        attempt = queued.attempt(db, made.settings.data, "sam", {"main.py": "#"})
        marks = [
            ["starts", "passed", "4", "4", "It starts.", "visible"],
            ["home", "passed", "6", "6", "Hello.", "hidden"],
        ]
        db.add(
            Grading(
                attempt_id=attempt.id,
                state=GradingState.CURRENT.value,
                status="graded",
                score="10",
                max_score="10",
                passed=True,
                shown_score="4",
                shown_max_score="4",
                marks=marks,
                sums={"pass_mark": "60", "late_percent": "0", "rounding": None},
                grader_version="1",
                evidence=encode(Kept(REPORT)),
            )
        )
    yield made
    made.close()


def test_hidden_points_are_in_no_number_that_a_student_gets(secretive: Department) -> None:
    (told,) = get(secretive, f"/assignments/{secretive.assignment}/submissions", "sam").get_json()["submissions"]
    assert (told["score"], told["max_score"]) == (4, 4)
    (told,) = get(secretive, f"/assignments/{secretive.assignment}/submissions", "ines").get_json()["submissions"]
    assert (told["score"], told["max_score"]) == (10, 10)
    assert get(secretive, f"/assignments/{secretive.assignment}", "sam").get_json()["max_score"] == 4
    assert get(secretive, f"/assignments/{secretive.assignment}", "ines").get_json()["max_score"] == 10


@pytest.mark.slow
def test_a_score_that_is_not_released_is_in_no_answer(secretive: Department) -> None:
    with secretive.database.writing() as db:
        assignment = assignment_of(db, secretive.assignment)
        assert assignment is not None
        assignment.show_scores = Shown.ON_RELEASE.value
    (told,) = get(secretive, f"/assignments/{secretive.assignment}/submissions", "sam").get_json()["submissions"]
    assert (told["score"], told["passed"]) == (None, None)
    assert get(secretive, f"/submissions/{told['key']}/report", "sam").status_code == 404


def test_the_gradebook_lists_everybody_and_missing_is_no_zero(secretive: Department) -> None:
    lines = get(secretive, f"/assignments/{secretive.assignment}/gradebook", "ines").get_json()["lines"]
    assert [(one["person"]["name"], one["status"], one["score"]) for one in lines] == [
        ("Sam", "graded", 10),
        ("Sue", "missing", None),
    ]
    assert [(one["check"], one["points"], one["hidden"]) for one in lines[0]["checks"]] == [
        ("starts", 4, False),
        ("home", 6, True),
    ]


# --------------------------------------------------------------------------------------------------------- the document


def document(department: Department) -> dict[str, Any]:
    told: dict[str, Any] = department.client().get("/api/v1/openapi.json").get_json()
    return told


def test_the_document_names_every_operation_and_its_schemas_are_schemas(department: Department) -> None:
    told = document(department)
    named = {(method.upper(), f"/api/v1{path}") for path, item in told["paths"].items() for method in item}
    there = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in department.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert named == there
    for schema in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.slow
@pytest.mark.parametrize("login", ["ines", "sam"])
def test_whatever_is_asked_it_does_what_the_document_says(department: Department, login: str) -> None:
    send(department, bearer(department, "sam"))
    with department.database.writing() as db:
        claim = jobs.take(db, "a worker")
        assert claim is not None
        keys = [attempt.key for attempt in db.scalars(select(Attempt))]
    headers = bearer(department, login)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", department.app)
    schema = schema.exclude(operation_id="files")  # its client leaves the file open, which is not ours
    values = {"course": department.course, "assignment": department.assignment, "submission": keys[0]}
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            if asked % 2:  # every other time what is there, so that more than 404 is seen
                case.path_parameters = {name: values[name] for name in case.path_parameters or {}}
            case.call_and_validate(headers=headers, checks=checks)

        ask()
    assert asked > 300
