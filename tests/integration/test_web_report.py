"""Who sees what of a report: the page, the JSON, and what the student's server sent. Hidden checks are in none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.courses import rubrics
from grader.courses.access import assignment_of
from grader.courses.tables import Grading, GradingState, Shown
from grader.errors import UngradedError
from grader.launch.launcher import Launcher
from grader.model import Exchange, Kept, Report
from grader.pipeline import How, grade_kept, ungraded
from tests.department import Department
from tests.reported import keep, with_pages
from tests.unit.report_samples import check, crashed, exchange, graded, perfect

SECRET = "c4n4ry"  # in all that the hidden checks are made of
APP = """
import flask
app = flask.Flask(__name__)
@app.route('/')
def home(): return '<h1>Helo, there!</h1>'
@app.route('/<path:anything>')
def other(anything):
    print('asked for', anything)
    return f'<h1>{anything}</h1>'
if __name__ == '__main__':
    app.run(port=5000)
"""
RUBRIC = f"""
id: shown
title: Shown
version: "1"
late: {{per_day: 10, most: 50}}
checks:
  - {{id: starts, title: It starts, section: Server, points: 4, type: starts}}
  - id: home
    title: It says hello
    section: Page
    points: 6
    type: request
    path: /
    expect: [{{css: h1, reads: "Hello, there!"}}]
  - id: needs-more
    title: It needs more
    section: Page
    points: 2
    type: request
    path: /more
    needs: [{SECRET}-path]
    proved_by: [{SECRET}-path]
    expect: [{{text: {{contains: nothing like that}}}}]
  - id: {SECRET}-path
    title: The {SECRET} page
    section: Section of {SECRET}
    points: 17.25
    visibility: hidden
    type: request
    path: /{SECRET}/path
    hint: Think of {SECRET}.
    expect: [{{body: {{contains: "words of {SECRET}"}}}}]
  - id: {SECRET}-flag
    title: Flagged by {SECRET}
    flag: true
    visibility: hidden
    type: request
    path: /?{SECRET}=1
    expect: [{{status: 404}}]
"""


@pytest.fixture(scope="module")
def kept(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A real result by that rubric, two days late."""
    work = tmp_path_factory.mktemp("work")
    (work / "main.py").write_text(APP)
    return grade_kept(work, rubrics.parse(RUBRIC), launcher, How(late_seconds=2 * 86_400))


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = with_pages(Department(tmp_path / "data", RUBRIC))
    yield made
    made.close()


def addresses(key: str, report: Report) -> list[str]:
    frames = [f"/attempts/{key}/page/{e.id}" for e in report.exchanges]
    return [f"/look/{key}", f"/attempts/{key}/report.json", *frames]


def channels(department: Department, login: str, paths: list[str]) -> dict[str, str]:
    """Every byte that somebody gets, headers included."""
    client = department.client(login)
    answers = {path: client.get(path) for path in paths}
    return {path: f"{answer.headers}{answer.text}" for path, answer in answers.items() if answer.status_code == 200}


def show(department: Department, *, scores: Shown = Shown.AT_ONCE, hidden: Shown = Shown.NEVER) -> None:
    with department.database.writing() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        assignment.show_scores, assignment.show_hidden = scores.value, hidden.value


# -------------------------------------------------------------------------------------------------------- hidden checks


@pytest.mark.slow
def test_no_byte_of_any_channel_tells_a_student_of_hidden_checks(department: Department, kept: Kept) -> None:
    given = {f"{SECRET}-path": "5", "home": "1"}
    key = keep(department, kept, given=given)
    paths = addresses(key, kept.report)
    seen = channels(department, "sam", paths)
    assert f"/look/{key}" in seen
    assert f"/attempts/{key}/report.json" in seen
    assert [path for path, text in seen.items() if SECRET in text] == []
    assert [path for path, text in seen.items() if "17.25" in text or "29.25" in text] == []  # what they are worth


def test_of_exchanges_that_only_hidden_checks_asked_for_there_is_no_page(department: Department, kept: Kept) -> None:
    key, client = keep(department, kept), department.client("sam")
    secret = [e for e in kept.report.exchanges if SECRET in e.request.path]
    assert secret
    for one in secret:
        path = f"/attempts/{key}/page/{one.id}"
        assert client.get(path).status_code == 404
        assert department.client("ines").get(path).status_code == 200


def test_the_totals_are_those_of_what_is_shown(department: Department, kept: Kept) -> None:
    key = keep(department, kept)
    document = department.client("sam").get(f"/attempts/{key}/report.json").json
    assert document is not None
    assert (document["max_score"], document["partial_view"]) == (12, True)
    soup = BeautifulSoup(department.client("sam").get(f"/look/{key}").text, "lxml")
    ring = soup.select_one(".ring")
    assert ring is not None
    assert ring["aria-label"] == "3.2 of 12 points, 26.67 percent"  # 4, less 20 percent


def test_whoever_teaches_sees_all(department: Department, kept: Kept) -> None:
    key = keep(department, kept)
    seen = channels(department, "ines", addresses(key, kept.report))
    assert f"{SECRET}-path" in seen[f"/look/{key}"]
    assert f"{SECRET}-path" in seen[f"/attempts/{key}/report.json"]


def test_a_student_sees_hidden_checks_once_the_assignment_shows_them(department: Department, kept: Kept) -> None:
    key = keep(department, kept)
    show(department, hidden=Shown.AT_ONCE)
    seen = channels(department, "sam", addresses(key, kept.report))
    assert f"{SECRET}-path" in seen[f"/look/{key}"]
    assert len(seen) == len(addresses(key, kept.report))


def test_a_failure_of_the_grader_names_no_hidden_check_and_is_no_zero(department: Department) -> None:
    error = UngradedError(f"The check {SECRET}-path could not be judged: {SECRET}", "Report it.", SECRET)
    report = ungraded("lab", rubrics.parse(RUBRIC), error)
    key = keep(department, Kept(report))
    seen = channels(department, "sam", addresses(key, report))
    assert len(seen) == 2
    assert [path for path, text in seen.items() if SECRET in text] == []
    page = BeautifulSoup(seen[f"/look/{key}"], "lxml").get_text(" ")
    assert "Not graded" in page
    assert "this is no zero" in page
    assert f"{SECRET}-path could not be judged" in department.client("ines").get(f"/look/{key}").text


@pytest.mark.slow
def test_a_result_that_is_not_shown_yet_is_in_no_channel(department: Department, kept: Kept) -> None:
    key = keep(department, kept)
    show(department, scores=Shown.ON_RELEASE, hidden=Shown.AT_ONCE)
    page = department.client("sam").get(f"/look/{key}")
    assert "not shown yet" in page.text
    assert "home" not in BeautifulSoup(page.text, "lxml").select_one("main").get_text()  # type: ignore[union-attr]
    others = addresses(key, kept.report)[1:]
    assert {department.client("sam").get(path).status_code for path in others} == {404}
    assert {department.client("ines").get(path).status_code for path in others} == {200}


# ------------------------------------------------------------------------------------------------------------- who asks


@pytest.mark.parametrize(("login", "code"), [("", 302), ("sue", 404), ("otto", 404), ("olga", 404), ("sam", 200),
                                             ("ines", 200), ("ada", 200)])  # fmt: skip
def test_who_gets_in(department: Department, login: str, code: int) -> None:
    key, client = keep(department, Kept(perfect())), department.client(login)
    for path in (f"/attempts/{key}/report.json", f"/attempts/{key}/page/s1.1"):
        assert client.get(path).status_code == code, path
    assert client.get("/attempts/none/report.json").status_code in (302, 404)


def test_another_result_is_for_those_who_teach(department: Department) -> None:
    key = keep(department, Kept(perfect()))
    keep(department, Kept(crashed()), of=key, state=GradingState.PROPOSED)
    with department.database.reading() as db:
        proposed = db.query(Grading.key).where(Grading.state == GradingState.PROPOSED.value).scalar()
    path = f"/attempts/{key}/page/s1.1?grading={proposed}"
    assert "Internal Server Error" in department.client("ines").get(path).text
    assert "Hello, there!" in department.client("sam").get(path).text


# ------------------------------------------------------------------------------------------------------------ the frame


def frame(department: Department, answer: Exchange) -> tuple[dict[str, str], bytes, int]:
    key = keep(department, Kept(graded(perfect().checks, exchanges=(answer,))))
    got = department.client("sam").get(f"/attempts/{key}/page/{answer.id}")
    return dict(got.headers), got.data, got.status_code


def test_what_the_student_s_server_sent_comes_under_a_policy_that_lets_it_do_nothing(department: Department) -> None:
    body = b"<script>x</script><LINK rel=preconnect href=//evil.example><linked><h1>Hi</h1>"
    headers, data, _ = frame(department, exchange("s1.1", body=body))
    policy = headers["Content-Security-Policy"].split("; ")
    assert policy[:4] == ["sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]
    assert "frame-ancestors 'self'" in policy
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<LINK" not in data  # no policy reaches it
    assert data.endswith(b"<linked><h1>Hi</h1>")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["image/svg+xml", "text/xml", "application/javascript", "text/plain", "x/y"])
def test_what_is_no_page_is_shown_as_text(department: Department, kind: str) -> None:
    answer = replace(exchange("s1.1", body=b"<svg onload='x'/>"), headers=(("Content-Type", kind),))
    headers, data, _ = frame(department, answer)
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert data == b"<svg onload='x'/>"


def test_a_page_is_read_as_it_was_judged(department: Department) -> None:
    answer = replace(
        exchange("s1.1", body="café".encode("latin-1")), headers=(("Content-Type", "text/html; charset=latin-1"),)
    )
    assert frame(department, answer)[1].decode() == "café"
    odd = replace(answer, body=b"+ADw-script+AD4-", headers=(("Content-Type", "text/html; charset=utf-7"),))
    assert frame(department, odd)[1] == b"+ADw-script+AD4-"


def test_an_answer_without_a_body_has_no_page(department: Department) -> None:
    assert frame(department, exchange("s1.1", body=b""))[2] == 404


# ------------------------------------------------------------------------------------------------------------- the page


def soup(department: Department, login: str, key: str) -> BeautifulSoup:
    return BeautifulSoup(department.client(login).get(f"/look/{key}").text, "lxml")


def test_a_lost_point_is_told_with_all_that_it_rests_on(department: Department, kept: Kept) -> None:
    key = keep(department, kept, late=2 * 86_400)
    page = soup(department, "sam", key)
    card = page.select_one("#check-home")
    assert card is not None
    assert card.has_attr("open")
    assert [tag.get_text() for tag in card.select("ins")] == ["[differs: Helo]"]
    assert [tag.get_text() for tag in card.select("del")] == ["[differs: Hello]"]
    assert [tag.get_text() for tag in card.select(".element")] == ["<h1>Helo, there!</h1>"]
    assert "curl" in card.select_one(".copy pre").get_text()  # type: ignore[union-attr]
    assert card.select_one("iframe")["src"].startswith(f"/attempts/{key}/page/s")  # type: ignore[union-attr,index]
    lines = [line.get_text() for line in card.select(".source .line")]
    assert any("Helo, there!" in line for line in lines)
    assert len(lines) > 1
    assert "2 days late" in page.get_text()
    assert "It says hello" in page.get_text()


@pytest.mark.slow
def test_the_log_beside_a_request_is_its_own(department: Department, kept: Kept) -> None:
    page = soup(department, "sam", keep(department, kept))
    asked = [e for e in kept.report.exchanges if e.request.path == "/more"]
    assert asked
    texts = [card.get_text() for card in page.select("details.exchange[id]") if "/more" in card.summary.get_text()]  # type: ignore[union-attr]
    assert texts
    assert all("asked for more" in text for text in texts)
    others = [c.get_text() for c in page.select("details.exchange[id]") if "/more" not in c.summary.get_text()]  # type: ignore[union-attr]
    assert not any("asked for more" in text for text in others)


def test_checks_stand_by_route_with_points(department: Department, kept: Kept) -> None:
    page = soup(department, "sam", keep(department, kept))
    heads = [" ".join(head.get_text(" ").split()) for head in page.select("nav.checks h2")]
    assert heads[:3] == ["The program 4/4", "/ 0/6", "/<path:anything> 0/2"]


def test_every_id_stands_once_and_every_link_leads_somewhere(department: Department, kept: Kept) -> None:
    for login in ("sam", "ines"):
        page = soup(department, login, keep(department, kept))
        ids = [str(tag["id"]) for tag in page.select("[id]")]
        assert len(ids) == len(set(ids))
        assert {str(a["href"])[1:] for a in page.select("a[href^='#']")} <= set(ids)
        assert {str(t["aria-labelledby"]) for t in page.select("[aria-labelledby]")} <= set(ids)
        assert not page.select("[style], [onclick]")


@pytest.mark.slow
def test_points_by_hand_stand_beside_the_computed_ones(department: Department) -> None:
    key = keep(department, Kept(crashed()), given={"home": "15"})
    for login, who in (("ines", True), ("sam", False)):
        page = soup(department, login, key)
        card = page.select_one("#check-home .decision")
        assert card is not None
        words = " ".join(card.get_text(" ").split())
        assert "15 points by hand" in words
        assert "Shown in class, home." in words
        assert "Computed: 0." in words
        assert ("Ines" in words) is who
        assert page.select_one(".ring")["aria-label"].startswith("25 of 65")  # type: ignore[union-attr,index]
        assert [tag.get_text() for tag in page.select("nav.checks .decided")] == ["15"]


def test_points_for_the_whole_are_the_score(department: Department) -> None:
    page = soup(department, "sam", keep(department, Kept(crashed()), given={"": "60"}))
    assert page.select_one(".ring")["aria-label"].startswith("60 of 65")  # type: ignore[union-attr,index]
    assert "Computed: 10 of 65." in page.get_text()


def test_texts_of_students_are_escaped(department: Department) -> None:
    evil = "<script>alert(1)</script>\u202e"
    told = check(
        "home",
        5,
        message=evil,
        expected=f'"{evil}"',
        actual=f'"x{evil}"',
        hint=evil,
        matched=(evil,),
        evidence=("s1.1",),
    )
    answer = replace(exchange("s1.1", f"/{evil}", body=evil.encode()), log=evil, curl=evil, reason=evil)
    key = keep(department, Kept(graded([told], exchanges=(answer,))))
    text = department.client("sam").get(f"/look/{key}").text
    assert "<script>alert" not in text
    assert "\u202e" not in text


@pytest.mark.slow
def test_a_page_comes_fast_however_much_was_asked(department: Department) -> None:
    many = tuple(exchange(f"s1.{n}") for n in range(1, 2000))
    long = replace(many[0], body=b"<p>" * 100_000, log="l" * 100_000)
    key = keep(department, Kept(graded(perfect().checks, exchanges=(long, *many[1:]))))
    client = department.client("sam")
    client.get(f"/look/{key}")
    begun = time.process_time()
    text = client.get(f"/look/{key}").text
    assert time.process_time() - begun < 2
    assert len(text) < 2_000_000


def test_a_late_badge_needs_a_lateness(department: Department) -> None:
    page = soup(department, "sam", keep(department, Kept(perfect())))
    assert page.select_one(".badge") is None
