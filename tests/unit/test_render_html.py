"""The HTML report as markup: structure, policy, links, what is escaped; test_html_in_browser.py opens it in one."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from grader.model import CheckStatus, Exchange, Location, Redirect, Report, ReportStatus
from grader.render import render
from tests.unit.report_samples import check, crashed, exchange, graded, hidden, perfect, without_grade


def page(report: Report) -> BeautifulSoup:
    return BeautifulSoup(render(report, "html"), "lxml")


def one(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    (tag,) = soup.select(selector)
    return tag


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


@pytest.mark.parametrize("report", [perfect(), crashed(), hidden()], ids=["perfect", "crashed", "hidden"])
def test_every_id_stands_once_and_every_link_leads_to_one(report: Report) -> None:
    soup = page(report)
    ids = [str(tag["id"]) for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    targets = [str(a["href"]) for a in soup.select("a[href]")]
    assert {t.removeprefix("#") for t in targets} <= set(ids)
    assert {str(t["aria-labelledby"]) for t in soup.select("[aria-labelledby]")} <= set(ids)
    assert "#check-starts" in targets  # the check and the section of that name are two
    assert "#starts" in targets


def test_lost_points_are_open_and_first_and_what_passed_is_folded() -> None:
    cards = page(crashed()).select("details.check")
    assert [card["id"] for card in cards] == ["check-port", "check-heading", "check-home", "check-starts"]
    assert [card.has_attr("open") for card in cards] == [True, True, True, False]


def test_every_check_says_its_status_in_words() -> None:
    cards = {str(c["id"]): words(one(c, ":scope > summary")) for c in page(crashed()).select("details.check")}
    assert cards["check-starts"].endswith("passed")
    assert cards["check-home"].endswith("failed")
    assert cards["check-heading"].endswith("waits for another check")


def test_a_lost_point_says_what_was_asked_what_came_what_to_do_and_where() -> None:
    card = one(page(crashed()), "#check-home")
    rows = dict(zip(map(words, card.select("dt")), map(words, card.select("dd")), strict=True))
    assert rows == {"Expected": "GET / answers 200", "Received": "GET / answered 500",
                    "Hint": "Write import random at the top."}  # fmt: skip
    assert words(one(card, ".source")) == "main.py:7 n = random.randint(1, 9)"
    assert one(card, ".hint code").text == "import random"


def test_a_hint_is_shown_even_alone() -> None:
    assert words(one(page(crashed()), "#check-port .hint")) == "Draw the port."


def test_a_blocked_check_names_its_cause_and_does_not_tell_it_again() -> None:
    card = one(page(crashed()), "#check-heading")
    assert one(card, "a")["href"] == "#check-home"
    assert "uses random" not in card.text


def test_what_was_asked_and_what_came_back_can_be_looked_at_and_repeated() -> None:
    hop = (Redirect("/", 302, "/home"),)
    answer: Exchange = replace(exchange("s1.1", body=b"<h1>Hi</h1>"), redirects=hop, log="127.0.0.1 GET /")
    card = one(page(graded(perfect().checks, exchanges=(answer,))), "#check-home")
    texts = [pre.text for pre in card.select("pre")]
    assert texts[0] == 'curl "http://127.0.0.1:$PORT"/'
    assert "<h1>Hi</h1>" in texts[1]
    assert texts[2] == "127.0.0.1 GET /"
    assert "The program's own output" in card.text
    assert "/ answered 302, which led to /home" in card.text


def test_the_policy_allows_the_report_s_own_style_and_script_and_nothing_else() -> None:
    soup = page(perfect())
    policy = str(one(soup, "meta[http-equiv]")["content"])
    assert policy.startswith("default-src 'none';")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        digest = base64.b64encode(hashlib.sha256(one(soup, tag).text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert not soup.select("[style], [onclick], link, img, script[src]")


@pytest.mark.parametrize("report", [perfect(), crashed(), hidden()], ids=["perfect", "crashed", "hidden"])
def test_the_page_refers_to_nothing_outside(report: Report) -> None:
    soup = page(report)
    addresses = [str(tag[name]) for name in ("src", "href", "action", "data") for tag in soup.select(f"[{name}]")]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert not re.search(r"url\(|@import|https?:", one(soup, "style").text + one(soup, "script").text)


def test_the_student_s_page_is_in_a_frame_that_may_do_nothing_under_a_policy_of_its_own() -> None:
    body = b"<script>x</script>\"'<h1>Hello</h1>"
    frame = one(page(graded(perfect().checks, exchanges=(exchange("s1.1", body=body),))), "iframe")
    assert frame["sandbox"] in ("", [])
    inside = str(frame["srcdoc"])
    assert inside.endswith(body.decode())
    assert BeautifulSoup(inside, "lxml").find(True, attrs={"http-equiv": True}) is not None
    assert inside.index("default-src 'none'") < inside.index("<script>")


def test_the_student_s_page_is_read_in_the_charset_that_it_declares() -> None:
    answer = replace(
        exchange("s1.1", body="café".encode("latin-1")), headers=(("Content-Type", "text/html; charset=latin-1"),)
    )
    soup = page(graded(perfect().checks, exchanges=(answer,)))
    assert str(one(soup, "iframe")["srcdoc"]).endswith("café")
    assert "café" in one(soup, "#check-home pre:not(.copy pre)").text


@pytest.mark.parametrize("status", [ReportStatus.UNGRADED, ReportStatus.NOT_GRADABLE])
def test_without_a_grade_there_is_a_reason_and_no_empty_frame_around_it(status: ReportStatus) -> None:
    soup = page(without_grade(status))
    assert "no score" in words(one(soup, ".score"))
    assert "lab-1 holds no Python file. Give the folder that holds main.py." in words(one(soup, ".first"))
    assert not soup.select(".columns, nav, iframe, svg")
    assert "Graded by weblab-grader 0.1.0" in words(one(soup, "[aria-labelledby=about]"))


def test_a_very_long_report_is_cut_with_a_note() -> None:
    many = tuple(exchange(f"s1.{n}") for n in range(2000))
    long = replace(many[0], body=b"z" * 100_000, log="l" * 100_000)
    ids = tuple(e.id for e in many)
    told = check("home", 1, CheckStatus.FAILED, message="m" * 50_000, actual="a" * 50_000, evidence=ids)
    told = replace(told, outcome=replace(told.outcome, location=Location("main.py", 1, "s" * 50_000)))
    text = render(graded([told], exchanges=(long, *many[1:])), "html")
    assert len(text) < 400_000
    for note in ("and 1996 more requests", "1600 more are in the JSON report", "92000 more characters"):
        assert note in text
