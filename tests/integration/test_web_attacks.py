"""What somebody sends who means harm: odd values everywhere, and ways to another's account or to what is hidden."""

from __future__ import annotations

import base64
import io
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from grader.courses import accounts, histories, standing, uploads
from grader.courses.access import assignment_of, course_of
from grader.courses.packing import Sent
from grader.courses.tables import Assignment, Attempt, Counts, Grading, GradingState, Override, Role, Token
from grader.store.tables import now
from tests.department import Department
from tests.postgresql import Server, postgresql
from tests.small_lab import rubric

__all__ = ["postgresql"]

SECRET = rubric("{}").replace("title: It says hello, points: 6", "title: It says hello, points: 6, visibility: hidden")
LARGE = "9" * 30
ODD = ("\0", "a\0b", LARGE, "9" * 5000, "²", "-1", "//[", "%", "'\"><script>")


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, SECRET)
    yield made
    made.close()


def graded(department: Department, *shown_and_hidden: tuple[int, int]) -> list[str]:
    """Attempts of sam's with so many points for the visible check and for the hidden one; their keys."""
    keys = []
    with department.database.writing() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        for number, (shown, hidden) in enumerate(shown_and_hidden, 1):
            made = Attempt(
                assignment_id=assignment.id, user_id=department.user("sam").id, number=number, filename="lab.zip"
            )
            db.add(made)
            db.flush()
            marks = [
                ["starts", "passed", str(shown), "4", "", "visible"],
                ["home", "passed", str(hidden), "6", "", "hidden"],
            ]
            db.add(
                Grading(
                    attempt_id=made.id, state=GradingState.CURRENT.value, status="graded", score=str(shown + hidden),
                    max_score="10", shown_score=str(shown), shown_max_score="4", marks=marks,
                    sums={"pass_mark": "60", "late_percent": "0", "rounding": None}, evidence=b"", grader_version="",
                )
            )  # fmt: skip
            keys.append(made.key)
    return keys


def change(department: Department, **values: object) -> None:
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        for name, value in values.items():
            setattr(assignment, name, value)


def test_which_attempt_is_the_best_does_not_tell_of_hidden_checks(department: Department) -> None:
    graded(department, (4, 0), (1, 6))
    change(department, counts=Counts.BEST.value)

    def seen() -> standing.Standing:
        with department.database.reading() as db:
            course = course_of(db, department.course)
            assert course is not None
            return standing.of_student(db, course, department.user("sam").id, now())[0]

    first = seen()
    assert first.total is not None
    assert first.best is not None
    assert (first.total.score, first.best.score) == (Fraction(4), Fraction(4)), (
        "by what is seen, the first is the better one"
    )
    change(department, show_hidden="at_once")
    second = seen()
    assert second.total is not None
    assert second.total.score == 7
    change(department, show_scores="never")
    assert seen().total is None


def test_points_by_hand_for_a_hidden_check_are_told_to_those_who_see_it(department: Department) -> None:
    (key,) = graded(department, (4, 0))
    with department.database.writing() as db:
        attempt = db.scalars(select(Attempt)).one()
        given = Override(attempt_id=attempt.id, check="home", points="6", reason="", by_id=department.user("ines").id)
        db.add(given)
    address = f"/api/v1/submissions/{key}"
    assert department.client("sam").get(address).json["overridden"] is False  # type: ignore[index]
    assert department.client("ines").get(address).json["overridden"] is True  # type: ignore[index]
    change(department, show_hidden="at_once")
    assert department.client("sam").get(address).json["overridden"] is True  # type: ignore[index]
    with department.database.reading() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        (entry,) = histories.history(db, assignment, department.user("sam").id, Role.STUDENT, now())
        assert entry.overridden


def test_whoever_had_an_account_before_its_owner_keeps_no_token(department: Department) -> None:
    with department.database.writing() as db:
        user = accounts.by_login(db, "sam")
        assert user is not None
        made = accounts.create_token(db, user, "kept for later", now() + timedelta(days=365))
    header = {"Authorization": f"Bearer {made}"}
    assert department.client().get("/api/v1/me", headers=header).status_code == 200
    with department.database.writing() as db:
        user = accounts.by_login(db, "sam")
        assert user is not None
        accounts.link(db, user, "https://provider.example 1")
    assert department.client().get("/api/v1/me", headers=header).status_code == 401
    with department.database.reading() as db:
        assert db.scalars(select(Token)).all() == []


@pytest.mark.parametrize("text", ["1e999999999", "-1e99999999", "0e999999999", "1e-99999999", LARGE, "NaN", "\0"])
def test_points_that_would_take_for_ever_are_no_points(department: Department, text: str) -> None:
    (key,) = graded(department, (4, 0))
    begun = time.monotonic()
    answer = department.post(department.client("ines"), f"/attempts/{key}/override", points=text, reason="r")
    assert answer.status_code == 302
    assert time.monotonic() - begun < 5
    with department.database.reading() as db:
        assert db.scalars(select(Override)).all() == []


def addresses(department: Department, key: str) -> list[str]:
    assignment = f"/assignments/{department.assignment}"
    odd = [
        "/sign-in?to={}", "/?to={}", "/{}", "/courses/{}", "/attempts/{}", "/assignments/{}", "/imports/{}",
        "/api/v1/courses/{}", "/admin/users/{}", "/admin/users?q={0}&role={0}&page={0}",
        "/admin/audit?who={0}&action={0}&what={0}&since={0}&page={0}",
        f"{assignment}/gradebook?q={{0}}&sort={{0}}&page={{0}}&lost={{0}}&status={{0}}",
        f"{assignment}/rubric?version={{}}", f"{assignment}/rubric?start={{}}", f"{assignment}/rubric/versions/{{}}",
        f"{assignment}/rubric/trials/{{}}", f"{assignment}/people/{{}}",
        f"{assignment}/people/{department.user('sam').key}?attempt={{}}",
        f"/attempts/{key}/compare/{{}}", f"/attempts/{key}/page/{{}}", f"/attempts/{key}?grading={{}}",
        f"/attempts/{key}/events?job={{0}}&after={{0}}", f"/attempts/{key}/report.json?grading={{}}",
        f"/api/v1/assignments/{department.assignment}/submissions?page={{}}",
    ]  # fmt: skip
    return [one.format(quote(value)) for one in odd for value in ODD]


def forms(department: Department, key: str) -> list[tuple[str, str]]:
    """Addresses, with a field of their form."""
    assignment, course = f"/assignments/{department.assignment}", f"/courses/{department.course}"
    return [
        (f"{assignment}/edit", "most_attempts"), (f"{assignment}/edit", "due"), (f"{assignment}/edit", "title"),
        (f"{assignment}/rubric", "base"), (f"{assignment}/rubric", "text"), (f"{assignment}/rubric", "note"),
        (f"{assignment}/rubric/try", "attempt"), (f"{assignment}/regrade", "user"),
        (f"{assignment}/regrade/decide", "grading"), (f"/attempts/{key}/override/withdraw", "override"),
        (f"/attempts/{key}/override", "check"), (f"/attempts/{key}/override", "reason"),
        (f"{course}/people", "login"), (f"{course}/people", "name"), (f"{course}/edit", "title"),
        ("/courses/new", "title"), ("/account", "name"), ("/account/tokens", "label"), ("/admin/users", "login"),
        ("/sign-in", "login"), ("/sign-in", "to"), ("/password", "token"),
    ]  # fmt: skip


def answers(department: Department) -> Iterator[tuple[str, int]]:
    """What becomes of each of them."""
    with department.database.writing() as db:
        assignment, sam = db.scalars(select(Assignment)).one(), department.user("sam").id
        made = Attempt(assignment_id=assignment.id, user_id=sam, number=1, filename="lab.zip")
        db.add(made)
        db.flush()
        key = made.key
    client = department.client("ada")
    for address in addresses(department, key):
        with client.get(address) as answer:
            yield f"GET {address[:150]}", answer.status_code
    usual = {
        "role": "student", "title": "T", "counts": "latest", "show_scores": "never", "show_hidden": "never",
        "login": "somebody", "name": "N", "reason": "r", "points": "1", "which": "selected", "text": rubric("{}"),
        "do": "accept",
    }  # fmt: skip
    token = department.token(client)
    for address, field in forms(department, key):
        for value in ODD:
            with client.post(address, data={**usual, field: value, "csrf_token": token}) as answer:
                yield f"POST {address} {field}={value[:20]!r}", answer.status_code


@pytest.mark.slow
def test_odd_values_are_answered_and_nothing_fails(department: Department) -> None:
    assert [found for found in answers(department) if found[1] >= 500] == []


@pytest.mark.slow
def test_odd_values_are_answered_with_postgresql_too(tmp_path: Path, postgresql: Server) -> None:
    made = Department(tmp_path, SECRET, postgresql.new())
    try:
        assert [found for found in answers(made) if found[1] >= 500] == []
    finally:
        made.close()


@pytest.mark.slow
def test_a_student_takes_nobodys_name(department: Department) -> None:
    """Exports that tell people apart by their names would take the work of that person for theirs."""
    sam = department.client("sam")
    department.post(sam, "/account", name="Sue")
    assert department.user("sam").name == "Sam"
    page = sam.get("/account").text
    assert "Your courses know you by this name" in page
    assert 'name="name"' not in page
    department.post(department.client("ines"), "/account", name="Inessa")
    assert department.user("ines").name == "Inessa"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=1.csv", "\u202ecsv.exe", "日本 Noten.csv", "x" * 5000, "../../a.csv"]
)
def test_a_file_is_called_what_any_header_can_say(department: Department, name: str) -> None:
    made = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (1)\n    Points Possible,,,,,10\nSam,1,sam,sam,S,\n"
    kept = base64.b64encode(zlib.compress(made.encode())).decode()
    form = {"target": "canvas", "column": "Lab (1)", "kept": kept, "name": name, "do": "download"}
    client = department.client("ines")
    answer = department.post(client, f"/assignments/{department.assignment}/export", **form)
    assert answer.status_code == 200
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; filename")
    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 1500
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_teaches_becomes_nobody_of_another_course(department: Department) -> None:
    """Somebody on another course's list who never signed in has work there, and its results."""
    ines, olga, ada = (department.client(login) for login in ("ines", "olga", "ada"))
    ours, theirs = f"/courses/{department.course}/people", f"/courses/{department.other}/people"
    department.post(ines, ours, login="new@example.edu", name="New", role="student")
    address = f"/{department.user('new@example.edu').key}/link"
    assert "Link to sign in" in ines.get(ours).text
    department.post(olga, theirs, login="new@example.edu", name="", role="student")
    assert "Link to sign in" not in olga.get(theirs).text
    assert department.post(olga, theirs + address).status_code == 302
    assert "is in a course that you do not teach" in olga.get(theirs).text
    assert department.post(olga, theirs + "/links").status_code == 302
    assert "/password?token=" in department.post(ada, theirs + address).text
    department.post(ada, theirs, login="ines", name="", role="instructor")
    assert "/password?token=" in department.post(ines, ours + address).text, "who teaches both may"


def test_what_is_asked_is_told_once_it_opens(department: Department) -> None:
    change(department, opens=now() + timedelta(hours=1))
    address = f"/assignments/{department.assignment}"
    sam, ines = department.client("sam"), department.client("ines")
    page = sam.get(address).text
    assert "That is told as soon as it opens." in page
    assert "It starts" not in page
    told = sam.get(f"/api/v1{address}").json
    assert told is not None
    assert (told["rubric"], told["max_score"]) == (None, None)
    assert "It starts" in ines.get(f"{address}?as=student").text
    change(department, opens=now() - timedelta(hours=1))
    assert "It starts" in sam.get(address).text
    assert sam.get(f"/api/v1{address}").get_json()["max_score"] == 4


def test_a_part_of_a_form_without_a_name_is_left_out(department: Department) -> None:
    client = department.client("sam")
    named = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{department.token(client)}\r\n'
    for parts, code in ((named, 302), ("", 400)):
        body = f"--x\r\nContent-Disposition: form-data\r\n\r\nnobody\r\n{parts}--x--"
        answer = client.post("/account/sessions", data=body.encode(), content_type="multipart/form-data; boundary=x")
        assert answer.status_code == code


ACCENTS = "a" + "\u0316\u0300" * 100_000  # to put them in order takes half a minute, in which nothing else is answered


@pytest.mark.slow
def test_a_name_of_many_accents_is_soon_refused(department: Department) -> None:
    begun = time.monotonic()
    department.post(department.client(), "/sign-in", login=ACCENTS, password="x")
    sam = department.client("sam")
    token = department.token(sam)
    for names in ([ACCENTS + ".py"], ["main.py", ACCENTS + ".py"], [ACCENTS + "/main.py", "x.py"]):
        form = {"csrf_token": token, "files": [(io.BytesIO(b"print(1)"), name) for name in names]}
        assert sam.post(f"/assignments/{department.assignment}/hand-in", data=form).status_code == 400
    department.post(department.client("ines"), f"/courses/{department.course}/people", login=ACCENTS, role="student")
    assert time.monotonic() - begun < 10


@pytest.mark.slow
def test_entries_of_a_zip_whose_names_are_many_accents_are_soon_told_apart(department: Department) -> None:
    """A name in a zip has up to 64 KB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(40):
            archive.writestr("a" + "\u0316\u0300" * 16_000 + f"{number}.py", "print(1)")
    packed.seek(0)
    begun = time.monotonic()
    with uploads.received(department.settings.data, [Sent("lab.zip", packed)], 1 << 25) as file:
        assert file.digest
    assert time.monotonic() - begun < 8
