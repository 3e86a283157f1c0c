"""Watching a grading: what the pages of a student and of a teacher are told while it runs."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.event import listen, remove
from waitress.server import create_server
from werkzeug.test import TestResponse

from grader.courses import access, jobs, progress
from grader.courses.jobs import Claim
from grader.courses.progress import Moment
from grader.courses.tables import (
    Assignment,
    Course,
    Enrolment,
    Job,
    JobKind,
    Role,
    Shown,
    User,
)
from grader.store.tables import now
from grader.web.streams import News, Pace, Stream, Streams, waited
from tests import queued
from tests.department import Department
from tests.small_lab import SECRET, rubric

RUBRIC = rubric("{}") + SECRET
OPEN = [
    Moment("start", "Starting your program, as you do"),
    Moment("check", "", "starts", "looking"),
    Moment("request", "GET /"),
]
HIDDEN = [
    Moment("start", "Starting your program once more", hidden=True),
    Moment("check", "", "secret", "looking", hidden=True),
    Moment("request", "GET /secret", hidden=True),
]
VERDICTS = [
    Moment("check", "It starts", "starts", "passed"),
    Moment("check", "It says hello", "home", "failed"),
    Moment("check", "The secret one", "secret", "failed", hidden=True),
]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    made = Department(tmp_path_factory.mktemp("department"), RUBRIC)
    yield made
    made.close()


@pytest.fixture
def department(everybody: Department) -> Department:
    with everybody.database.writing() as db:
        queued.clear(db)
        db.execute(update(Assignment).values(show_scores=Shown.AT_ONCE.value, show_hidden=Shown.NEVER.value))
    return everybody


@pytest.fixture
def job(department: Department, tmp_path: Path) -> int:
    with department.database.writing() as db:
        return queued.queued(db, tmp_path).id


def shown(department: Department, **when: Shown) -> None:
    with department.database.writing() as db:
        db.execute(update(Assignment).values({name: value.value for name, value in when.items()}))


def path(department: Department, job: int, what: str) -> str:
    with department.database.reading() as db:
        return f"/attempts/{db.get_one(Job, job).attempt.key}/{what}"


def begin(department: Department) -> Claim:
    with department.database.writing() as db:
        claim = jobs.take(db, "w")
    assert claim is not None
    return claim


def tell(department: Department, claim: Claim, moments: list[Moment]) -> None:
    with department.database.writing() as db:
        held = jobs.held(db, claim)
        assert held is not None
        progress.note(db, held, moments)


def finish(department: Department, claim: Claim) -> None:
    with department.database.writing() as db:
        held = jobs.held(db, claim)
        assert held is not None
        jobs.finish(db, held)


def events(text: str) -> list[tuple[str, dict[str, str]]]:
    """The number and the content of each step."""
    return [(id, json.loads(data)) for id, data in re.findall(r"id: (\d+)\nevent: step\ndata: (.*)\n\n", text)]


def whole(department: Department, who: str, job: int, **headers: str) -> TestResponse:
    return department.client(who).get(path(department, job, "events"), headers=headers)


def graded(department: Department) -> None:
    """Steps of visible and hidden checks, one among the other."""
    claim = begin(department)
    for moments in (OPEN, HIDDEN, VERDICTS):
        tell(department, claim, moments)
    finish(department, claim)


def words(answer: TestResponse) -> list[str]:
    return [step["text"] or step["check"] for _, step in events(answer.text)]


def test_a_student_is_told_nothing_of_hidden_checks_not_even_how_many_there_are(
    department: Department, job: int
) -> None:
    graded(department)
    answer = whole(department, "sam", job)
    assert words(answer) == [
        "Waiting to be graded.", "Grading has begun.", "Starting your program, as you do", "starts", "GET /",
        "It starts", "It says hello", "Graded.",
    ]  # fmt: skip
    assert [id for id, _ in events(answer.text)] == [str(number) for number in range(1, 9)]  # no gap tells of any
    assert "secret" not in answer.text
    assert answer.text.endswith('event: end\ndata: {"state": "done"}\n\n')
    client = department.client("sam")
    for asked in ({"Accept": "application/json"}, {}):
        found = client.get(path(department, job, "progress"), headers=asked)
        assert found.status_code == 200
        assert "It says hello" in found.text
        assert "secret" not in found.text


def test_who_teaches_is_told_of_hidden_ones_too(department: Department, job: int) -> None:
    graded(department)
    assert "GET /secret" in words(whole(department, "ines", job))
    assert "The secret one" in department.client("ines").get(path(department, job, "progress")).text


def test_hidden_ones_are_told_once_the_assignment_shows_them(department: Department, job: int) -> None:
    shown(department, show_hidden=Shown.AT_ONCE)
    graded(department)
    assert "GET /secret" in words(whole(department, "sam", job))


def test_before_results_are_shown_no_verdict_and_no_request_is_told(department: Department, job: int) -> None:
    shown(department, show_scores=Shown.ON_RELEASE)
    graded(department)
    answer = whole(department, "sam", job)
    assert words(answer) == [
        "Waiting to be graded.", "Grading has begun.", "Starting your program, as you do", "Graded.",
    ]  # fmt: skip
    page = department.client("sam").get(path(department, job, "progress")).text
    assert "Graded." in page
    assert "It says hello" not in page
    assert "GET /" not in page


def test_nobody_elses_grading_can_be_watched(department: Department, job: int) -> None:
    for who, code in (("sue", 404), ("otto", 404), ("", 302)):
        for what in ("events", "progress"):
            assert department.client(who).get(path(department, job, what)).status_code == code


@pytest.mark.slow
def test_what_is_told_while_it_happens_comes_within_a_second(department: Department, job: int) -> None:
    answer = department.client("sam").get(path(department, job, "events"))
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    coming = iter(answer.response)
    assert next(coming).startswith(b": ok\n")
    assert b"Waiting to be graded." in next(coming)
    claim = begin(department)
    begun = time.monotonic()
    assert b"Grading has begun." in next(coming)
    tell(department, claim, [*HIDDEN, *OPEN])
    assert b"Starting your program, as you do" in next(coming)
    assert time.monotonic() - begun < 2
    tell(department, claim, VERDICTS)
    finish(department, claim)
    rest = b"".join(coming)
    assert b"id: 8\n" in rest
    assert b"event: end" in rest
    answer.close()
    assert len(department.app.extensions["streams"]) == 0


def test_a_browser_that_comes_back_is_told_what_it_missed_and_no_more(department: Department, job: int) -> None:
    graded(department)
    later = whole(department, "sam", job, **{"Last-Event-ID": "6"})
    assert [id for id, _ in events(later.text)] == ["7", "8"]
    assert whole(department, "sam", job, **{"Last-Event-ID": "8"}).status_code == 204  # it comes no more
    for nonsense in ("-1", "x", "9" * 30, "\u0663"):
        assert len(events(whole(department, "sam", job, **{"Last-Event-ID": nonsense}).text)) == 8


def test_too_many_streams_are_sent_away_to_ask_now_and_then(department: Department, job: int) -> None:
    client = department.client("sam")
    held = [client.get(path(department, job, "events")) for _ in range(4)]
    refused = client.get(path(department, job, "events"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    teacher = department.client("ines").get(path(department, job, "events"))
    assert teacher.status_code == 200  # one person's pages are no others' trouble
    for answer in (*held, teacher):
        answer.close()
    again = client.get(path(department, job, "events"))
    assert again.status_code == 200
    again.close()


def test_asking_now_and_then_tells_the_same(department: Department, job: int) -> None:
    client = department.client("sam")

    def ask(after: int) -> dict[str, object]:
        address = f"{path(department, job, 'progress')}?after={after}"
        found: dict[str, object] = client.get(address, headers={"Accept": "application/json"}).json
        return found

    waits = ask(0)
    assert (waits["state"], waits["now"], waits["seen"], waits["ended"]) == ("queued", "It is next.", 1, False)
    claim = begin(department)
    tell(department, claim, [*HIDDEN, *OPEN])
    runs = ask(1)
    assert (runs["state"], runs["now"], runs["seen"]) == ("running", "GET /", 5)
    assert isinstance(runs["steps"], list)
    assert [step["kind"] for step in runs["steps"]] == ["state", "start", "check", "request"]
    finish(department, claim)
    assert ask(5)["ended"] is True


def test_a_page_without_script_shows_how_far_it_is(department: Department, job: int) -> None:
    claim = begin(department)
    tell(department, claim, [*OPEN, *VERDICTS[:1]])
    page = department.client("sam").get(f"/attempts/{path(department, job, '').split('/')[2]}").text
    assert '<noscript><meta http-equiv="refresh"' in page
    assert re.search(r'data-check="starts" data-status="passed".*It starts.*passed', page)
    assert re.search(r'data-check="home" data-status="waiting"', page)
    assert 'data-seen="6"' in page


def test_another_try_begins_from_nothing(department: Department, job: int) -> None:
    claim = begin(department)
    tell(department, claim, [*OPEN, *VERDICTS[:1]])
    with department.database.writing() as db:
        jobs.fail(db, claim, "The check secret could not be judged: No.")
    page = department.client("sam").get(path(department, job, "progress")).text
    assert 'data-check="starts" data-status="waiting"' in page
    assert "The grader itself failed. It will be tried again." in page
    assert "secret" not in page


def test_a_regrading_is_watched_by_those_who_teach_alone(department: Department, job: int) -> None:
    graded(department)
    with department.database.writing() as db:
        again = jobs.enqueue(db, db.get_one(Job, job).attempt, kind=JobKind.REGRADE).key
    address = f"{path(department, job, 'progress')}?job={again}"
    assert department.client("sam").get(address).status_code == 404
    assert "Waiting to be graded." in department.client("ines").get(address).text
    assert "Graded." in department.client("sam").get(path(department, job, "progress")).text


@pytest.mark.slow
def test_one_query_tells_all_pages(department: Department, job: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    really = Streams._tell

    def counted(self: Streams, streams: list[object]) -> None:
        asked.append(len(streams))
        really(self, streams)  # type: ignore[arg-type]

    monkeypatch.setattr(Streams, "_tell", counted)
    streams = Streams(department.database, 40)
    opened = [streams.open(viewer, job, 0) for viewer in range(20)]
    told: list[str] = []

    def listen(next: Callable[[float], object]) -> None:
        told.append(str(next(5)))

    threads = [threading.Thread(target=listen, args=(stream.next,)) for stream in opened if stream is not None]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 20
    assert all("Waiting to be graded." in one for one in told)
    assert len(asked) <= 3
    for stream in opened:
        assert stream is not None
        streams.close(stream)
    time.sleep(0.6)
    assert not [thread for thread in threading.enumerate() if thread.name == "streams"]


@pytest.mark.slow
def test_a_stream_says_that_it_is_still_there(
    department: Department, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.web import live

    monkeypatch.setattr(live, "_BEAT_SECONDS", 0.1)
    monkeypatch.setattr(live, "_MOST_SECONDS", 0.5)
    with whole(department, "sam", job) as answer:
        text = answer.text
    assert 2 <= text.count(": still here\n\n") <= 6
    assert "event: end" not in text  # the browser comes again


@pytest.mark.slow
def test_signs_of_life_come_whether_there_are_news_or_not() -> None:
    """Else their pauses would tell of steps that the reader does not see."""
    stream = Stream(1, 1, 0)
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(0.02):
            stream.tell(News(1, 1, "check", "", "secret", "looking", hidden=True))

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        told = list(waited(stream, Pace(beat=0.1, most=1.0, ask=9.0)))
    finally:
        ended.set()
        thread.join()
    assert sum(news is not None for news in told) > 10
    assert 2 <= told.count(None) <= 11


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "what"),
    [("sam", "disabled"), ("sam", "signed out"), ("sam", "removed"), ("sam", "archived"), ("sam", "unreleased"),
     ("ines", "student again"), ("ada", "no admin"), ("sam", "")],
)  # fmt: skip
def test_a_stream_ends_soon_after_its_reader_may_not_see_it_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, what: str
) -> None:
    monkeypatch.setattr("grader.web.live._ASK_SECONDS", 0.1)
    monkeypatch.setattr("grader.web.live._MOST_SECONDS", 2.0)
    department = Department(tmp_path / "data", RUBRIC)
    with department.database.writing() as db:
        db.execute(update(Assignment).values(show_scores=Shown.ON_RELEASE.value, released=now()))
        job = queued.queued(db, tmp_path).id
    with whole(department, who, job) as answer:
        coming = answer.iter_encoded()
        assert next(coming).startswith(b": ok")
        assert b"Waiting to be graded." in next(coming)
        change(department, who, what)
        later = threading.Timer(1, begin, [department])
        later.start()
        rest = b"".join(coming)
        later.join()
        assert (b"Grading has begun." in rest) != bool(what)  # who may still see it goes on being told
        assert b"event: end" not in rest
    assert len(department.app.extensions["streams"]) == 0
    department.close()


def change(department: Department, who: str, what: str) -> None:
    """Take from somebody what let them in, or nothing."""
    id = department.user(who).id
    statements = {
        "disabled": update(User).where(User.id == id).values(active=False),
        "signed out": update(User).where(User.id == id).values(epoch=User.epoch + 1),
        "no admin": update(User).where(User.id == id).values(role=Role.STUDENT.value),
        "removed": delete(Enrolment).where(Enrolment.user_id == id),
        "student again": update(Enrolment).where(Enrolment.user_id == id).values(role=Role.STUDENT.value),
        "archived": update(Course).values(archived=True),
        "unreleased": update(Assignment).values(released=None),
    }
    if what:
        with department.database.writing() as db:
            db.execute(statements[what])


def test_whether_a_reader_may_go_on_is_one_query(department: Department, job: int) -> None:
    asked: list[str] = []

    def count(*event: object) -> None:
        asked.append(str(event[2]))

    sam = department.user("sam")
    with department.database.reading() as db:
        attempt = db.get_one(Job, job).attempt_id
    listen(department.database.engine, "before_cursor_execute", count)
    try:
        with department.database.reading() as db:
            found = access.who_still_sees(db, sam.id, sam.epoch, attempt)
            assert found is not None
            assert found[1] is Role.STUDENT
            assert found[0].assignment.course.title == "Networks"
    finally:
        remove(department.database.engine, "before_cursor_execute", count)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


@pytest.mark.slow
def test_a_stream_whose_page_was_left_ends_soon(department: Department, job: int) -> None:
    server = create_server(department.app, port=0, threads=4, channel_request_lookahead=1)
    threading.Thread(target=server.run, daemon=True).start()
    client = department.client("sam")
    cookie = client.get_cookie("grade")
    assert cookie is not None
    try:
        with socket.create_connection(("127.0.0.1", server.effective_port)) as page:
            head = f"Host: localhost\r\nCookie: grade={cookie.value}\r\n\r\n"
            request = f"GET {path(department, job, 'events')} HTTP/1.1\r\n{head}"
            page.sendall(request.encode())
            assert b"200 OK" in page.recv(1000)
            assert len(department.app.extensions["streams"]) == 1
        until = time.monotonic() + 3
        while len(department.app.extensions["streams"]):
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        server.close()


@pytest.mark.slow
def test_a_database_that_fails_for_a_while_ends_no_stream(
    department: Department, job: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.web.streams._FAILED_SECONDS", 0.1)
    streams, failed = Streams(department.database, 4), threading.Event()
    really = Streams._tell

    def fails_at_first(self: Streams, listening: list[object]) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("gone")
        really(self, listening)  # type: ignore[arg-type]

    monkeypatch.setattr(Streams, "_tell", fails_at_first)
    stream = streams.open(1, job, 0)
    assert stream is not None
    news = stream.next(5)
    assert failed.is_set()
    assert news is not None
    assert news.text == "Waiting to be graded."
    streams.close(stream)
