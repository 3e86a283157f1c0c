"""Courses, their people and their assignments, as those who teach set them up and as students see them."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from grader.courses.tables import (
    Assignment,
    Attempt,
    Audit,
    Course,
    Enrolment,
    Grading,
    Job,
    Override,
    RubricVersion,
    User,
)
from grader.store.tables import now
from tests.department import Department
from tests.small_lab import rubric

_CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Lab (7)
    Points Possible,,,,,10
"Doe, Jane",101,S1,jane@example.edu,A,
"Roe, Richard",102,S2,sam,A,
"""


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    yield made
    made.close()


def key_of(answer: TestResponse) -> str:
    return answer.headers["Location"].rpartition("/")[2]


# -------------------------------------------------------------------------------------------------------------- courses


def test_whoever_makes_a_course_teaches_it(department: Department) -> None:
    ines = department.client("ines")
    key = key_of(department.post(ines, "/courses/new", title="  Web   engineering "))
    page = ines.get(f"/courses/{key}").text
    assert "Web engineering" in page
    assert "There is no assignment yet." in page
    assert "add its people" in page
    assert department.client("olga").get(f"/courses/{key}").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_a_course_needs_a_title(department: Department, title: str) -> None:
    ines = department.client("ines")
    assert department.post(ines, "/courses/new", title=title).headers["Location"] == "/courses/new"
    assert "title" in ines.get("/courses/new").text
    with department.database.reading() as db:
        assert len(db.scalars(select(Course)).all()) == 2


def test_an_archived_course_is_there_for_who_teaches_it_alone(department: Department) -> None:
    ines, sam = department.client("ines"), department.client("sam")
    department.post(ines, f"/courses/{department.course}/archive")
    assert "archived" in ines.get(f"/courses/{department.course}").text
    assert sam.get(f"/courses/{department.course}").status_code == 404
    assert "Networks" not in sam.get("/").text
    department.post(ines, f"/courses/{department.course}/archive")
    assert "Networks" in sam.get("/").text


def test_titles_are_texts_and_nothing_else(department: Department) -> None:
    ines = department.client("ines")
    title = "<script>alert(1)</script> & \u202e\x1b[31m"
    department.post(ines, f"/courses/{department.course}/edit", title=title)
    for client, path in (
        (ines, f"/courses/{department.course}"),
        (ines, f"/courses/{department.course}/people"),
        (department.client("sam"), "/"),
        (department.client("ada"), "/admin/audit"),
    ):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
        assert "\u202e" not in text.partition("<main")[2].replace('value="' + title, "")


# --------------------------------------------------------------------------------------------------------------- people


def preview(department: Department, client: FlaskClient, text: str | bytes, name: str = "class.csv") -> TestResponse:
    data = text.encode() if isinstance(text, str) else text
    form = {"csrf_token": department.token(client), "file": (io.BytesIO(data), name)}
    where = f"/courses/{department.course}/people/roster"
    return client.post(where, data=form, content_type="multipart/form-data", follow_redirects=True)


def apply(department: Department, client: FlaskClient, page: str) -> None:
    data, filename = (re.search(f'name="{name}" value="([^"]*)"', page) for name in ("data", "filename"))
    assert data is not None
    assert filename is not None
    where = f"/courses/{department.course}/people/roster/apply"
    assert department.post(client, where, data=data[1], filename=filename[1]).status_code == 302


def students(department: Department) -> dict[str, str | None]:
    with department.database.reading() as db:
        asked = select(User.name, User.login).join(Enrolment).join(Course).where(Course.key == department.course)
        return dict(db.execute(asked.where(Enrolment.role == "student")).all())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["\U0001f600" * 90 + ".csv", "é" * 300 + ".csv", "a/" * 200 + "b.csv", "...", "/"])
def test_a_class_list_may_be_called_anything(department: Department, name: str) -> None:
    answer = preview(department, department.client("ines"), "name,email\nNew,new@example.edu\n", name)
    assert answer.status_code == 200
    assert "new@example.edu" in answer.text


def test_a_class_list_is_looked_at_before_it_is_applied(department: Department) -> None:
    ines = department.client("ines")
    page = preview(department, ines, _CANVAS).text
    assert "1 new account" in page
    assert "1 in the course, other identifiers" in page
    assert "Sue" in page.partition("not on the list")[2]
    assert students(department) == {"Sam": "sam", "Sue": "sue"}  # nothing has happened
    apply(department, ines, page)
    assert students(department) == {"Sam": "sam", "Sue": "sue", "Doe, Jane": "jane@example.edu"}
    assert "1 person is new in the course" in ines.get(f"/courses/{department.course}/people").text
    with department.database.reading() as db:
        ids = db.scalars(select(Enrolment.ids).join(User).where(User.login == "sam")).one()
        assert ids == {"canvas_id": "102", "sis_user_id": "S2", "username": "sam"}


def test_the_same_list_again_changes_nothing(department: Department) -> None:
    ines = department.client("ines")
    apply(department, ines, preview(department, ines, _CANVAS).text)
    before = students(department)
    page = preview(department, ines, _CANVAS).text
    assert "2 in the course" in page
    assert re.search(r"<button class=\"main\" disabled>Apply it", page)
    apply(department, ines, page)
    assert students(department) == before


def test_who_has_an_account_joins_with_it(department: Department) -> None:
    ines = department.client("ines")
    page = preview(department, ines, "name,email,username\nOtto,,otto\n").text
    assert "has an account, joins" in page
    apply(department, ines, page)
    assert "Networks" in department.client("otto").get("/").text


def test_who_is_unclear_is_left_out(department: Department) -> None:
    ines = department.client("ines")
    apply(department, ines, preview(department, ines, _CANVAS).text)
    page = preview(
        department, ines, "Name,SIS User ID,Username\nTwo People,S1,sam\nNobody,,\nSomebody,,sue\nThe same,,SUE\n"
    ).text
    assert "Its identifiers belong to two different people here." in page
    assert "It has no identifier, only a name." in page
    assert "Another row means the same person." in page
    before = students(department)
    apply(department, ines, page)
    assert students(department) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("colour,size\nred,1\n", "no column names a person"),
        ("", "is empty"),
        (b"PK\x03\x04rest", "is a workbook or a zip"),
        ("name,email\n" + "x" * (1 << 20), "more than 1 MB"),
        ('name,email\n"<img src=x onerror=alert(1)>', ""),
    ],
)
def test_a_file_that_is_no_list_is_told(department: Department, data: str | bytes, words: str) -> None:
    answer = preview(department, department.client("ines"), data, "<b>x</b>.csv")
    assert words in answer.text
    assert "<b>x</b>" not in answer.text
    assert "<img src" not in answer.text


def test_one_person_is_added_and_removed(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    department.post(ines, where, login="Jane@Example.edu", name="Jane", role="student")
    assert students(department)["Jane"] == "jane@example.edu"
    department.post(ines, where, login="jane@example.edu", name="", role="student")
    assert "in this course already" in ines.get(where).text
    key = department.user("jane@example.edu").key
    department.post(ines, f"{where}/{key}/remove")
    assert "Jane" not in students(department)
    assert department.post(ines, f"{where}/{key}/remove").status_code == 404
    assert department.user("jane@example.edu").name == "Jane"  # the account stays


@pytest.mark.slow
def test_a_large_class_is_shown_a_page_at_a_time(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    rows = "".join(f"Student {number:03},s{number}@example.edu\n" for number in range(150))
    apply(department, ines, preview(department, ines, f"Name,Email\n{rows}").text)
    first, second = ines.get(where).text, ines.get(f"{where}?page=2").text
    assert "153 people" in first
    assert "Student 000" in first
    assert "Student 149" not in first
    assert "Student 149" in second
    assert "Page 2 of 2, 153 people" in second
    found = ines.get(f"{where}?q=STUDENT+14").text
    assert "10 people" in found
    assert "Sue" not in found
    assert "Nobody is called so." in ines.get(f"{where}?q=zzz").text


def test_somebody_always_teaches(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    own = department.user("ines").key
    for path, form in ((f"{where}/{own}/role", {"role": "student"}), (f"{where}/{own}/remove", {})):
        department.post(ines, path, **form)
        assert "Nobody else teaches this course." in ines.get(where).text
    department.post(ines, f"{where}/{department.user('sue').key}/role", role="instructor")
    department.post(ines, f"{where}/{own}/role", role="student")
    assert ines.get(where).status_code == 403
    assert department.client("sue").get(where).status_code == 200


def test_nobody_makes_an_admin_of_a_course(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    department.post(ines, f"{where}/{department.user('sue').key}/role", role="admin")
    assert "Role is none of its choices." in ines.get(where).text
    assert department.client("sue").get(where).status_code == 403


def test_who_teaches_makes_links_for_new_accounts_only(department: Department) -> None:
    """Else whoever teaches a course could become anybody."""
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    for login in ("new@example.edu", "olga", "ada"):
        department.post(ines, where, login=login, name="", role="student")
    answer = department.post(ines, f"{where}/{department.user('new@example.edu').key}/link")
    assert "/password?token=" in answer.text
    for login in ("sue", "olga", "ada"):
        answer = department.post(ines, f"{where}/{department.user(login).key}/link")
        assert answer.status_code == 302, login
    assert department.post(ines, f"{where}/{department.user('otto').key}/link").status_code == 404  # not in the course


def test_a_link_for_each_new_account_comes_in_one_table(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/people"
    for login, name in (("one@example.edu", "=1+1"), ("two@example.edu", "Two"), ("olga", "")):
        department.post(ines, where, login=login, name=name, role="student")
    answer = department.post(ines, f"{where}/links")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["name", "signs in as", "link"]
    assert {row[1]: row[0] for row in rows[1:]} == {"one@example.edu": "'=1+1", "two@example.edu": "Two"}
    nobody = department.client()
    for row in rows[1:]:
        assert "Set your password" in nobody.get(urlsplit(row[2]).path + "?" + urlsplit(row[2]).query).text
    department.post(ines, f"{where}/links")  # those before end with it
    assert nobody.get(f"/password?{urlsplit(rows[1][2]).query}").status_code == 410
    assert department.post(department.client("sam"), f"{where}/links").status_code == 403


# ---------------------------------------------------------------------------------------------------------- assignments


_TERMS = {"title": "Cookies", "counts": "best", "show_scores": "at_once", "show_hidden": "after_due"}


def assignment(department: Department, title: str = "Cookies") -> Assignment:
    with department.database.reading() as db:
        return db.scalars(select(Assignment).where(Assignment.title == title)).one()


def test_an_assignment_is_made_with_a_rubric_of_ours(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/assignments/new"
    times = {"opens": "2026-11-01T08:00", "due": "2026-11-30T23:59", "due_offset": "-60", "closes": "2026-12-07T23:59"}
    department.post(ines, where, **_TERMS, **times, most_attempts="3", rubric="flask-lab")
    made = assignment(department)
    assert (made.opens, made.closes) == (datetime(2026, 11, 1, 8), datetime(2026, 12, 7, 23, 59))
    assert made.due == datetime(2026, 11, 30, 22, 59)  # it was written an hour east of UTC
    assert (made.most_attempts, made.counts, made.show_hidden) == (3, "best", "after_due")
    with department.database.reading() as db:
        version = db.scalars(select(RubricVersion).where(RubricVersion.assignment_id == made.id)).one()
        assert (version.number, version.author_id) == (1, department.user("ines").id)
        assert "flask-lab" in version.text


def test_a_rubric_that_does_not_load_keeps_the_form(department: Department) -> None:
    ines, where = department.client("ines"), f"/courses/{department.course}/assignments/new"
    answer = department.post(ines, where, **_TERMS, rubric="", rubric_text="id: x\ncheks: []\n", due="2026-11-30T23:59")
    assert answer.status_code == 400
    assert "rubric.yaml:2" in answer.text
    for kept in ("Cookies", "cheks: []", "2026-11-30T23:59"):
        assert kept in answer.text
    with department.database.reading() as db:
        assert db.scalars(select(Assignment).where(Assignment.title == "Cookies")).all() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"title": ""}, "The title is empty."),
        ({"due": "tomorrow"}, "Due is no time."),
        ({"due": "2026-11-30T23:59+01:00"}, "Due is no time."),
        ({"due": "2026-11-30T23:59", "due_offset": "99999"}, "Due is no time."),
        ({"due": "0001-01-01T00:00", "due_offset": "-60"}, "Due is no time."),
        ({"opens": "2026-12-01T00:00", "due": "2026-11-30T00:00"}, "It is due before it opens."),
        ({"due": "2026-12-01T00:00", "closes": "2026-11-30T00:00"}, "It closes before it is due."),
        ({"most_attempts": "0"}, "from 1 to 1000"),
        ({"most_attempts": "²"}, "from 1 to 1000"),
        ({"counts": "worst"}, "Counts is none of its choices."),
        ({"show_hidden": ""}, "Show hidden is none of its choices."),
        ({"rubric": "no-such-rubric"}, "There is no bundled rubric"),
    ],
)
def test_what_an_assignment_cannot_be_is_told(department: Department, form: dict[str, str], words: str) -> None:
    where = f"/courses/{department.course}/assignments/new"
    answer = department.post(department.client("ines"), where, **{**_TERMS, "rubric": "flask-lab", **form})
    assert answer.status_code == 400
    assert words in answer.text


def test_an_assignment_is_changed_and_the_log_says_what(department: Department) -> None:
    ines, where = department.client("ines"), f"/assignments/{department.assignment}/edit"
    assert 'value="The lab"' in ines.get(where).text
    department.post(ines, where, **{**_TERMS, "title": "The lab"}, most_attempts="2")
    made = assignment(department, "The lab")
    assert (made.most_attempts, made.due) == (2, None)
    with department.database.reading() as db:
        detail = db.scalars(select(Audit.detail).where(Audit.action == "assignment.edit")).one()
        assert detail["most_attempts"] == ["None", "2"]
        assert "title" not in detail


# ----------------------------------------------------------------------------------------------- what a student sees


def graded(department: Department, number: int, score: str | None, shown: str | None = None) -> Attempt:
    """An attempt of sam's with a visible and a hidden check."""
    with department.database.writing() as db:
        found = db.scalars(select(Assignment).where(Assignment.key == department.assignment)).one()
        attempt = Attempt(assignment_id=found.id, user_id=department.user("sam").id, number=number, filename="lab.zip")
        db.add(attempt)
        db.flush()
        if score is not None:
            hidden = str(int(score) - int(shown or score))
            marks = [["a", "passed", shown or score, "10", "", "visible"], ["b", "passed", hidden, "90", "", "hidden"]]
            sums = {"pass_mark": "50", "late_percent": "0", "rounding": None}
            seen = {"shown_score": shown or score, "shown_max_score": "10", "max_score": "100"}
            made = Grading(
                attempt_id=attempt.id, status="graded", score=score, marks=marks, sums=sums, evidence=b"", **seen
            )
            made.grader_version = "0"
            db.add(made)
        else:
            db.add(Job(attempt_id=attempt.id, state="running"))
        return attempt


def seen(department: Department) -> str:
    text = department.client("sam").get(f"/courses/{department.course}").text
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("<main")[2]).split())


def change(department: Department, **terms: object) -> None:
    with department.database.writing() as db:
        found = db.scalars(select(Assignment).where(Assignment.key == department.assignment)).one()
        for name, value in terms.items():
            setattr(found, name, value)


def test_a_student_sees_what_is_due(department: Department) -> None:
    assert "The lab Due" in seen(department)
    assert "open" in seen(department)
    change(department, due=now() - timedelta(days=1))
    assert "Was due" in seen(department)
    assert "nothing handed in" in seen(department)
    change(department, opens=now() + timedelta(days=1), due=None)
    assert "not open yet" in seen(department)


def test_a_student_sees_points_without_hidden_checks(department: Department) -> None:
    graded(department, 1, "67", "7")
    assert "7 of 10 graded" in seen(department)
    assert "67" not in seen(department)
    change(department, show_hidden="after_due", due=now() - timedelta(days=1))
    assert "67 of 100" in seen(department)


def test_the_last_attempt_counts_and_the_best_one_is_told(department: Department) -> None:
    graded(department, 1, "9")
    graded(department, 2, "4")
    assert "2 attempts best so far 9 4 of 10" in seen(department)
    change(department, counts="best")
    assert "9 of 10" in seen(department)
    assert "best so far" not in seen(department)


@pytest.mark.slow
def test_results_that_are_held_back_are_not_told(department: Department) -> None:
    graded(department, 1, "7")
    change(department, show_scores="on_release")
    assert "7 of" not in seen(department)
    assert "handed in" in seen(department)
    change(department, released=now() - timedelta(seconds=5))
    assert "7 of 10" in seen(department)


def test_what_is_being_graded_is_no_zero(department: Department) -> None:
    graded(department, 1, None)
    assert "being graded" in seen(department)
    assert " 0 of" not in seen(department)


def test_what_was_reached_before_is_told_while_the_next_one_is_graded(department: Department) -> None:
    graded(department, 1, "9")
    graded(department, 2, None)
    assert "2 attempts best so far 9 of 10 being graded" in seen(department)
    change(department, show_scores="on_release")
    assert "best so far" not in seen(department)


def test_points_that_somebody_gave_count(department: Department) -> None:
    attempt = graded(department, 1, "7")
    with department.database.writing() as db:
        by = department.user("ines").id
        db.add(Override(attempt_id=attempt.id, check="a", points="9", reason="It works here.", by_id=by))
    assert "9 of 10" in seen(department)


def test_who_teaches_sees_how_many_handed_in(department: Department) -> None:
    graded(department, 1, None)
    page = department.client("ines").get(f"/courses/{department.course}").text
    assert "1 of 2 handed in" in page
    assert "1 being graded" in page


# -------------------------------------------------------------------------------------------------------------- uploads


def left_behind(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("courses.db"))


@pytest.mark.slow
@pytest.mark.parametrize("parts", ["size", "count", "field"])
def test_more_than_may_be_sent_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    department = Department(tmp_path / "data", rubric("{}"), most_upload=1 << 20)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    sam = department.client("sam")
    before = left_behind(tmp_path / "data")
    form: dict[str, Any] = {"csrf_token": department.token(sam)}
    if parts == "size":
        form["file"] = FileStorage(io.BytesIO(b"x" * (4 << 20)), "lab.zip")
    elif parts == "count":
        form["file"] = [FileStorage(io.BytesIO(b"x"), f"{number}.py") for number in range(3001)]
    else:
        form["login"] = "x" * ((2 << 20) + 1)
    body, length, boundary = stream_encode_multipart(MultiDict(form), use_tempfile=False)
    where, kind = f"/assignments/{department.assignment}/hand-in", f"multipart/form-data; boundary={boundary}"
    with sam.post(where, input_stream=body, content_length=length, content_type=kind) as answer:
        assert answer.status_code == 413
    assert os.listdir(scratch) == []
    assert left_behind(tmp_path / "data") == before
    with department.database.reading() as db:
        assert db.scalars(select(Attempt)).all() == []
    department.close()


def test_admins_find_people(department: Department) -> None:
    ada = department.client("ada")
    page = ada.get("/admin/users?q=SA").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "Sam" in page
    assert "Ines" not in page
    assert "Nobody is called so." in ada.get("/admin/users?q=%25").text


def test_the_only_admin_stays_one(department: Department) -> None:
    ada, key = department.client("ada"), department.user("ada").key
    department.post(ada, f"/admin/users/{key}", name="Ada", role="student")
    assert "This is the only admin." in ada.get(f"/admin/users/{key}").text
    department.post(ada, f"/admin/users/{key}/active")
    assert "This is your own account." in ada.get(f"/admin/users/{key}").text
