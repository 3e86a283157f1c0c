"""A student's pages: what they show to whom and when, and what becomes of what is sent there."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from grader.courses import gradings
from grader.courses.tables import (
    Assignment,
    Attempt,
    Grading,
    Job,
    JobState,
    Override,
    RubricVersion,
    Shown,
    Upload,
)
from grader.errors import NotGradableError
from grader.model import Kept, Report
from grader.pipeline import not_gradable
from grader.rubric import parse_rubric
from grader.store.tables import now
from tests.conftest import Grade
from tests.department import Department
from tests.small_lab import app, rubric

SMALL = rubric("{}")
SECRET = SMALL.replace("title: It says hello, points: 6", "title: It says hello, points: 6, visibility: hidden")
Make = Callable[..., Department]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Department] = []

    def department(text: str = SMALL, **settings: Any) -> Department:
        made.append(Department(tmp_path / str(len(made)), text, **settings))
        return made[-1]

    yield department
    for one in made:
        one.close()


@pytest.fixture
def department(make: Make) -> Department:
    return make()


def change(department: Department, **values: Any) -> None:
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        for name, value in values.items():
            setattr(assignment, name, value)


def send(
    department: Department,
    client: FlaskClient,
    *files: tuple[str, bytes],
    field: str = "files",
    once: str = "",
    script: bool = False,
) -> TestResponse:
    """As the form does, or as its script does."""
    return client.post(
        f"/assignments/{department.assignment}/hand-in",
        data={
            "csrf_token": department.token(client),
            "once": once,
            field: [(io.BytesIO(held), name) for name, held in files],
        },
        headers={"Accept": "application/json"} if script else {},
    )


class _Unread(io.BytesIO):
    """A body that nobody must read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("it was read")


def send_unread(department: Department, client: FlaskClient, size: int) -> TestResponse:
    """A request that says how long it is, and is to be refused by that."""
    return client.post(
        f"/assignments/{department.assignment}/hand-in",
        headers={"Accept": "application/json"},
        input_stream=_Unread(),
        environ_overrides={"CONTENT_LENGTH": str(size)},
    )


def hand_in(department: Department, words: str = "hello", login: str = "sam") -> str:
    """The address of an attempt."""
    answer = send(department, department.client(login), ("main.py", app(words).encode()))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def graded(department: Department, address: str, kept: Kept) -> None:
    """Its result, without a worker."""
    with department.database.writing() as db:
        attempt = db.scalars(select(Attempt).where(Attempt.key == address.rpartition("/")[2])).one()
        version = db.scalars(select(RubricVersion)).one()
        for job in db.scalars(select(Job).where(Job.attempt_id == attempt.id)):
            job.state = JobState.DONE.value
        gradings.add(db, attempt, kept, rubric_id=version.id)


def result(grade: Grade, tmp_path: Path, words: str = "hello", text: str = SMALL) -> Kept:
    """A real one."""
    folder = tmp_path / f"work of {words}"
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(app(words))
    report: Report = grade(folder, rubric=parse_rubric(text.encode(), "small.yaml"))
    return Kept(report)


def stored(department: Department) -> list[Path]:
    return [path for path in (department.settings.data / "uploads").rglob("*") if path.is_file()]


def text_of(answer: TestResponse) -> str:
    """What somebody reads."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


# ---------------------------------------------------------------------------------------------------------- assignment


def test_the_page_says_what_is_asked_how_long_there_is_and_how_often(department: Department) -> None:
    change(department, most_attempts=3)
    page = text_of(department.client("sam").get(f"/assignments/{department.assignment}"))
    assert "It says hello" in page
    assert "6 points" in page
    assert "6 days left" in page
    assert "3 left; none handed in yet" in page
    assert "You have handed in nothing yet." in page


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"opens": now() + timedelta(days=1)}, "has not opened yet"),
        ({"closes": now() - timedelta(days=1)}, "This assignment is closed."),
        ({"due": now() - timedelta(hours=3)}, "was due 3 hours ago: what comes now is late"),
    ],
)
def test_the_page_says_where_it_is_closed_or_late(department: Department, rule: dict[str, Any], said: str) -> None:
    change(department, **rule)
    answer = department.client("sam").get(f"/assignments/{department.assignment}")
    assert said in text_of(answer)
    assert ('<form method="post" enctype' in answer.text) == ("due" in rule)


def test_hidden_checks_are_asked_of_nobody_until_they_are_shown(make: Make) -> None:
    department = make(SECRET)
    path = f"/assignments/{department.assignment}"
    page = text_of(department.client("sam").get(path))
    assert "It says hello" not in page
    assert "4 points; passed" in page
    assert "10 points" not in page
    change(department, show_hidden=Shown.AT_ONCE.value)
    assert "It says hello" in text_of(department.client("sam").get(path))


# ---------------------------------------------------------------------------------------------------------- handing in


@pytest.mark.slow
def test_a_folder_arrives_as_it_was(department: Department) -> None:
    client = department.client("sam")
    files = (("lab/main.py", b"x = 1"), ("lab/templates/base.html", b"<h1>"), ("lab/.git/config", b""))
    answer = send(department, client, *files, field="folder")
    address = answer.headers["Location"]
    page = client.get(address, follow_redirects=True)
    assert "Handed in." in text_of(page)
    assert "attempt 1" in text_of(page)
    with client.get(f"{address}/files") as got:
        assert got.headers["Content-Disposition"] == "attachment; filename=lab.zip"
        packed = got.data
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == ["lab/main.py", "lab/templates/base.html"]


def test_a_script_is_told_where_to_go(department: Department) -> None:
    answer = send(department, department.client("sam"), ("main.py", b"x = 1"), script=True)
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["to"].startswith("/attempts/")


@pytest.mark.slow
@pytest.mark.parametrize("script", [False, True])
def test_what_cannot_be_taken_is_told_with_what_to_do(department: Department, script: bool) -> None:
    client = department.client("sam")
    for files, code, said in (
        ((), 400, "No file was chosen."),
        ((("../main.py", b""),), 400, "leads out of its folder"),
        ((("lab.7z", b""),), 400, "only zips are"),
    ):
        answer = send(department, client, *files, script=script)
        assert answer.status_code == code
        assert said in (answer.text if script else text_of(answer))
    assert stored(department) == []


def test_more_than_may_be_uploaded_is_413_and_leaves_nothing(make: Make) -> None:
    department = make(most_upload=100_000)
    client = department.client("sam")
    answer = send(department, client, ("lab.zip", bytes(200_000)), script=True)
    unread = send_unread(department, client, 1 << 30)
    for refused in (answer, unread):
        assert refused.status_code == 413
        assert refused.json is not None
        assert "the most that may be uploaded" in refused.json["message"]
    assert stored(department) == []
    with department.database.reading() as db:
        assert db.scalar(select(func.count(Upload.id))) == 0


@pytest.mark.parametrize("count", [2_100, 3_100])
def test_more_files_than_a_lab_has_are_413(department: Department, count: int) -> None:
    """Whether we count them, or whoever reads the form stops at so many parts."""
    client = department.client("sam")
    head = f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{department.token(client)}\r\n'
    part = '--x\r\nContent-Disposition: form-data; name="files"; filename="lab/{}.py"\r\n\r\n\r\n'
    body = head + "".join(part.format(number) for number in range(count)) + "--x--\r\n"
    answer = client.post(
        f"/assignments/{department.assignment}/hand-in",
        data=body.encode(),
        content_type="multipart/form-data; boundary=x",
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json is not None
    assert "files" in answer.json["message"]
    assert stored(department) == []


def test_a_full_quota_is_409_before_anything_is_read(make: Make) -> None:
    department = make(quota_of_person=10)
    client = department.client("sam")
    answer = send_unread(department, client, 20 << 20)
    assert answer.status_code == 409
    assert "Your uploads" in answer.text
    answer = send(department, client, ("main.py", b"x = 1"))
    assert answer.status_code == 409
    assert stored(department) == []


def test_a_form_without_the_pages_token_is_refused(department: Department) -> None:
    answer = department.client("sam").post(
        f"/assignments/{department.assignment}/hand-in", data={"files": (io.BytesIO(b"x"), "main.py")}
    )
    assert answer.status_code == 400
    assert stored(department) == []


@pytest.mark.slow
def test_who_teaches_hands_in_nothing(department: Department) -> None:
    assert send(department, department.client("ines"), ("main.py", b"x")).status_code == 403
    assert send(department, department.client("otto"), ("main.py", b"x")).status_code == 404
    assert stored(department) == []


@pytest.mark.slow
def test_a_form_sent_twice_is_one_attempt(department: Department) -> None:
    client = department.client("sam")
    once = re.search(r'name="once" value="([^"]+)"', client.get(f"/assignments/{department.assignment}").text)
    assert once is not None
    sent = [send(department, client, ("main.py", b"x"), once=once[1]).headers["Location"] for _ in range(3)]
    assert len(set(sent)) == 1


@pytest.mark.slow
def test_a_bomb_is_kept_and_is_the_graders_to_judge(department: Department) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.py", bytes(40 << 20))
    answer = send(department, department.client("sam"), ("lab.zip", bomb.getvalue()))
    assert answer.status_code == 303
    assert len(stored(department)) == 1


# ------------------------------------------------------------------------------------------------------------- attempts


def test_while_it_waits_the_page_says_so_and_comes_again_without_a_script(department: Department) -> None:
    address = hand_in(department)
    page = department.client("sam").get(address)
    assert '<noscript><meta http-equiv="refresh"' in page.text
    assert "graded" in text_of(page)


def test_an_attempt_is_its_owners_and_its_teachers(department: Department) -> None:
    address = hand_in(department)
    for path in (address, f"{address}/files"):
        with department.client("ines").get(path) as answer:
            assert answer.status_code == 200
        assert department.client("sue").get(path).status_code == 404
        assert department.client("otto").get(path).status_code == 404


def test_our_own_fault_is_no_zero(department: Department) -> None:
    address = hand_in(department)
    with department.database.writing() as db:
        job = db.scalars(select(Job)).one()
        job.state, job.reason = JobState.FAILED.value, "a secret of the server"
    page = department.client("sam").get(address)
    assert "The grader itself failed" in text_of(page)
    assert "no zero" in text_of(page)
    assert "a secret of the server" not in page.text
    listed = text_of(department.client("sam").get(f"/assignments/{department.assignment}"))
    assert "our fault" in listed
    assert "0 of" not in listed


def test_what_is_not_gradable_says_why_at_any_time(department: Department) -> None:
    change(department, show_scores=Shown.NEVER.value)
    address = hand_in(department)
    wrong = NotGradableError("lab.zip <b>cannot</b> be unpacked.", "Pack it again.")
    graded(department, address, Kept(not_gradable("sam", parse_rubric(SMALL.encode(), "small.yaml"), wrong)))
    page = department.client("sam").get(address)
    assert "lab.zip &lt;b&gt;cannot&lt;/b&gt; be unpacked." in page.text
    assert "no zero" in text_of(page)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (Shown.AFTER_DUE, "are shown after the due date"),
        (Shown.ON_RELEASE, "as soon as whoever teaches the course releases them"),
        (Shown.NEVER, "are not shown here"),
    ],
)
def test_a_score_that_is_not_shown_yet_is_nowhere(
    department: Department, grade: Grade, tmp_path: Path, when: Shown, said: str
) -> None:
    change(department, show_scores=when.value)
    kept = result(grade, tmp_path)
    first, second = hand_in(department, "hello"), hand_in(department, "hullo")
    graded(department, first, kept)
    graded(department, second, kept)
    client = department.client("sam")
    other = second.rpartition("/")[2]
    for path in (f"/assignments/{department.assignment}", first, f"{first}/compare/{other}"):
        page = text_of(client.get(path))
        assert said in page, path
        assert "10 of 10" not in page, path
    assert "10" in text_of(department.client("ines").get(first))


@pytest.mark.slow
def test_a_hidden_check_is_in_no_page_and_no_total(make: Make, grade: Grade, tmp_path: Path) -> None:
    department = make(SECRET)
    first, second = hand_in(department, "hullo"), hand_in(department, "hello")
    graded(department, first, result(grade, tmp_path, "hullo", SECRET))
    graded(department, second, result(grade, tmp_path, "hello", SECRET))
    change(department, counts="best")
    client, other = department.client("sam"), second.rpartition("/")[2]
    for path in (f"/assignments/{department.assignment}", first, second, f"{first}/compare/{other}"):
        page = client.get(path)
        assert "It says hello" not in page.text, path
        assert "of 10" not in text_of(page), path
        assert ">counts<" not in page.text, path  # which of the two it is would tell what is hidden
    assert "4 of 4" in text_of(client.get(f"/assignments/{department.assignment}"))
    taught = text_of(department.client("ines").get(f"{first}/compare/{other}"))
    assert "+6" in taught
    assert "It says hello" in taught


@pytest.mark.slow
def test_a_check_that_waits_for_a_hidden_one_has_just_failed_when_compared(
    make: Make, grade: Grade, tmp_path: Path
) -> None:
    """Whether it is blocked, or fails by itself, would tell how the hidden one went."""
    more = (
        "  - {id: more, title: More, points: 1, type: request, path: /more, needs: [NEEDED], expect: [{status: 200}]}\n"
    )
    pages = {}
    for needed in ("home", "starts"):  # home is hidden; the program starts, so that nothing waits for that
        text = SECRET + more.replace("NEEDED", needed)
        department = make(text)
        first, second = hand_in(department, "hullo"), hand_in(department, "hello")
        for address, words in ((first, "hullo"), (second, "hello")):
            graded(department, address, result(grade, tmp_path, words, text))
        answer = department.client("sam").get(f"{second}/compare/{first.rpartition('/')[2]}")
        pages[needed] = text_of(answer).partition("Checks")[2]
        taught = text_of(department.client("ines").get(f"{second}/compare/{first.rpartition('/')[2]}"))
        assert ("blocked" in taught) is (needed == "home")
    assert "blocked" not in pages["home"]
    assert pages["home"] == pages["starts"]


@pytest.mark.slow
def test_two_attempts_are_compared_by_checks_and_files(department: Department, grade: Grade, tmp_path: Path) -> None:
    first, second = hand_in(department, "hullo <b>"), hand_in(department, "hello")
    graded(department, first, result(grade, tmp_path, "hullo <b>"))
    graded(department, second, result(grade, tmp_path, "hello"))
    client = department.client("sam")
    answer = client.get(f"{second}/compare/{first.rpartition('/')[2]}")  # in either order
    page = text_of(answer)
    assert "from attempt 1 to 2" in page
    assert "1 gained, 0 lost" in page
    assert "+6" in page
    assert "It says hello" in page
    assert "hullo &lt;b&gt;" in answer.text
    listed = text_of(client.get(f"/assignments/{department.assignment}"))
    assert "10 of 10" in listed
    assert "4 of 10" in listed
    assert "+6" in listed


@pytest.mark.slow
def test_only_ones_own_attempts_are_compared(department: Department) -> None:
    own, others = hand_in(department), hand_in(department, login="sue")
    key = others.rpartition("/")[2]
    assert department.client("sam").get(f"{own}/compare/{key}").status_code == 404
    assert department.client("ines").get(f"{own}/compare/{key}").status_code == 404
    assert department.client("sam").get(f"{own}/compare/{own.rpartition('/')[2]}").status_code == 404


@pytest.mark.slow
def test_points_given_by_hand_count_and_are_marked(department: Department, grade: Grade, tmp_path: Path) -> None:
    address = hand_in(department, "hullo")
    graded(department, address, result(grade, tmp_path, "hullo"))
    with department.database.writing() as db:
        attempt = db.scalars(select(Attempt)).one()
        by = department.user("ines").id
        db.add(Override(attempt_id=attempt.id, check="home", points="5", reason="nearly", by_id=by))
    page = text_of(department.client("sam").get(f"/assignments/{department.assignment}"))
    assert "9 of 10" in page
    assert "set by hand" in page


@pytest.mark.slow
def test_points_for_the_whole_are_shown_where_nothing_could_be_graded(department: Department) -> None:
    address = hand_in(department)
    wrong = NotGradableError("lab.zip cannot be unpacked.", "Pack it again.")
    graded(department, address, Kept(not_gradable("sam", parse_rubric(SMALL.encode(), "small.yaml"), wrong)))
    with department.database.writing() as db:
        attempt = db.scalars(select(Attempt)).one()
        by = department.user("ines").id
        db.add(Override(attempt_id=attempt.id, check="", points="7", reason="as told at the desk", by_id=by))
    page = text_of(department.client("sam").get(address))
    assert "The score was set by hand: 7 of 10" in page
    assert "no zero" not in page


@pytest.mark.slow
def test_a_download_does_not_tell_when_somebody_else_handed_in_the_same(department: Department) -> None:
    """Equal files are kept once."""
    address = hand_in(department)
    (path,) = stored(department)
    os.utime(path, (1, 1))

    def told() -> dict[str, str]:
        with department.client("sam").get(f"{address}/files") as answer:
            changing = {"date", "expires", "content-security-policy"}
            return {name: value for name, value in answer.headers if name.lower() not in changing}

    before = told()
    hand_in(department, login="sue")
    assert path.stat().st_mtime != 1
    assert told() == before


@pytest.mark.slow
def test_files_that_are_deleted_are_said_to_be(department: Department) -> None:
    first, second = hand_in(department, "a"), hand_in(department, "b")
    with department.database.writing() as db:
        for attempt in db.scalars(select(Attempt)):
            attempt.upload_id = None
    client = department.client("sam")
    assert "not kept any more" in text_of(client.get(first))
    assert client.get(f"{first}/files").status_code == 404
    assert "not kept any more" in text_of(client.get(f"{first}/compare/{second.rpartition('/')[2]}"))


@pytest.mark.slow
def test_a_page_asks_the_database_as_often_for_one_attempt_as_for_many(
    department: Department, grade: Grade, tmp_path: Path
) -> None:
    kept, client = result(grade, tmp_path), department.client("sam")

    def asked() -> int:
        count = 0

        def one_more(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(department.database.engine, "before_cursor_execute", one_more)
        client.get(f"/assignments/{department.assignment}")
        event.remove(department.database.engine, "before_cursor_execute", one_more)
        return count

    graded(department, hand_in(department, "0"), kept)
    few = asked()
    for number in range(1, 6):
        graded(department, hand_in(department, str(number)), kept)
    assert asked() == few
    with department.database.reading() as db:
        assert db.scalar(select(func.count(Grading.id))) == 6
