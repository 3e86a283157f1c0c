"""What people ask of a page's HTML: each claim with pages that satisfy it and pages that do not, and what is told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from grader.checks import markup
from grader.checks.page_claims import Claim, Crawl, HtmlClaims
from grader.model import (
    CheckStatus,
    Condition,
    Evidence,
    Exchange,
    Observation,
    Outcome,
    Request,
    Seen,
    SourceFile,
    Start,
    StartState,
    Step,
)

NESTED: list[tuple[str, list[str]]] = [
    ("<!doctype html><html><head><title>t</title><body><h1>x</h1><p>a<br>b<hr>c</body></html>", []),
    ("<ul><li>a<li>b<ul><li>c</ul></ul><dl><dt>a<dd>b<dt>c</dl>", []),
    ("<table><caption>c<thead><tr><th>a<th>b<tbody><tr><td>1<td>2</table>", []),
    ("<select><optgroup label=a><option>1<option>2<optgroup label=b><option>3</select>", []),
    ("<p>a<div>b</div>", []),
    ("<svg><path d='M0'/><g/></svg><math><mi>x</mi></math>", []),
    ("<input/><img alt='' /><br/>", []),
    ("<b><i>x</b></i>", ["line 1 of the page: </b> comes before </i> of line 1",
                         "line 1 of the page: </i> closes nothing"]),
    ("<div>\n<span>x</div>", ["line 2 of the page: </div> comes before </span> of line 2"]),
    ("<div>", ["line 1 of the page: <div> is never closed"]),
    ("<div/>", ["line 1 of the page: <div> is never closed"]),
    ("</p>", ["line 1 of the page: </p> closes nothing"]),
    ("<img alt=''></img>", ["line 1 of the page: </img>: <img> has no end tag"]),
    ("</br>", []),
    ("<a href=/>x<a href=/>y</a></a>", ["line 1 of the page: <a> stands inside another <a>"]),
    ("<form><form></form></form>", ["line 1 of the page: <form> stands inside another <form>"]),
    ("<i id=a></i>\n<br id=a>", ["line 2 of the page: id='a' is there already, in line 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), NESTED, ids=[text for text, _ in NESTED])
def test_what_is_closed_and_nested_wrongly_is_told_with_its_line(text: str, faults: list[str]) -> None:
    assert markup.faults(text) == faults


def test_a_page_of_nothing_but_faults_is_read_to_no_end() -> None:
    assert len(markup.faults("</i>" * 1000)) == 40
    assert len(markup.faults("<b>" * 2000)) == 40


def judged(page: str, claims: str, *, kind: str = "text/html", status: int = 200, partial: bool = False,
           files: dict[str, str] | None = None, links: dict[str, int] | None = None) -> Outcome:  # fmt: skip
    """The outcome for a page at /, with what each of its links answers."""
    check = HtmlClaims(tuple(Claim(name) for name in claims.split()), partial=partial)
    start = Start("s1", Condition(), 0, StartState.LISTENING, answered=True)
    answer = Exchange("s1.1", "s1", Request("/"), status, "OK", (("Content-Type", kind),), page.encode())
    crawl, crawled = Crawl("/"), [answer]
    while (request := crawl.next(tuple(crawled))) is not None:
        found = (links or {}).get(request.path, 404)
        crawled.append(Exchange(f"s2.{len(crawled)}", "s2", request, found, "OK" if found < 400 else "NOT FOUND"))
    seen = (
        Seen(Observation(Condition(), 0, (Step(Request("/")),)), start, (answer,)),
        Seen(Observation(Condition(), script=crawl), start, tuple(crawled)),
    )
    sources = tuple(SourceFile(path, len(text), text) for path, text in (files or {}).items())
    return check.judge(Evidence("n", "main.py", files=sources, seen=seen))


CLAIMS: list[tuple[str, str, str]] = [
    ("title", "<title>x</title>", ""),
    ("title", "<h1>x</h1>", "it has no title"),
    ("title", "<title> </title>", "its title is empty"),
    ("language", "<html lang=en>", ""),
    ("language", "<html lang=''>", "<html> has no lang attribute"),
    ("one_h1", "<h1>x</h1>", ""),
    ("one_h1", "<h1>x</h1><h1>y</h1>", "it has 2 <h1>"),
    ("one_h1", "<p>", "it has no <h1>"),
    ("heading_order", "<h1>a</h1><h2>b</h2><h3>c</h3><h2>d</h2>", ""),
    ("heading_order", "<h2>b</h2>", "<h2>b</h2> stands as the first heading"),
    ("heading_order", "<h1>a</h1><h3>c</h3>", "<h3>c</h3> stands after <h1>"),
    ("heading_order", "<p>", "it has no heading"),
    ("labels", "<label>a <input></label><label for=b>b</label><input id=b><select aria-label=c></select>", ""),
    ("labels", "<b id=n>n</b><textarea aria-labelledby=n></textarea><input type=hidden><input type=submit>", ""),
    ("labels", "<label for=b></label><input id=b name=q>", "<input name='q'> has no label"),
    ("labels", "<textarea></textarea>", "<textarea> has no label"),
    ("alt_texts", "<img alt=''><img src=x role=none><area><input>", ""),
    ("alt_texts", "<img src='a.png'>", "<img src='a.png'> has no alt"),
    ("alt_texts", "<input type=image>", "<input> has no alt"),
    ("alt_texts", "<area href=/x>", "<area> has no alt"),
    ("nesting", "<p>x", ""),
    ("nesting", "<b>", "line 1 of the page: <b> is never closed"),
]


@pytest.mark.parametrize(("claim", "page", "fault"), CLAIMS, ids=[f"{c}: {p}" for c, p, _ in CLAIMS])
def test_a_claim_holds_for_a_page_or_its_fault_is_told(claim: str, page: str, fault: str) -> None:
    outcome = judged(page, claim)
    assert outcome.status is (CheckStatus.FAILED if fault else CheckStatus.PASSED)
    assert fault in outcome.actual
    assert bool(outcome.hint) == bool(fault)


def test_links_are_followed_on_the_same_server_and_within_the_page() -> None:
    page = (
        "<base href=/shop/><a href=cart>Cart</a><img src=/i.png alt=''><a href=/logout>x</a><a href=/logout>again</a>"
        "<a href='https://example.org/'>away</a><a href='mailto:a@b.c'>mail</a><a href='#top'>top</a><a href='#a'>a</a>"
        "<a name=a></a><link rel=preconnect href=/p><img src='data:,' alt=''><a href='http://['>odd</a>"
    )
    good = dict.fromkeys(("/shop/cart", "/i.png", "/logout"), 200)
    assert judged(page, "links", links=good).status is CheckStatus.PASSED
    lost = judged(page + "<a href='#nowhere'>b</a>", "links", links={**good, "/i.png": 404})
    assert lost.actual == "#nowhere leads nowhere: no element has that id; /i.png answered 404 NOT FOUND"


def test_a_crawl_asks_every_address_once_and_what_may_end_a_session_last() -> None:
    page = "<a href=/delete/1>x</a><a href=/logout>x</a><a href=/a#1>x</a><a href=/a#2>x</a>"
    answer = Exchange("s1.1", "s1", Request("/"), 200, "OK", (("Content-Type", "text/html"),), page.encode())
    asked: list[Exchange] = [answer]
    while (request := Crawl("/").next(tuple(asked))) is not None:
        asked.append(Exchange("x", "s1", request, 200))
    assert [e.request.path for e in asked] == ["/", "/a", "/delete/1", "/logout"]
    assert Crawl("/").next((Exchange("x", "s1", Request("/"), 500),)) is None


def test_each_claim_has_its_share_and_the_first_fault_is_told_with_the_others_counted() -> None:
    outcome = judged("<html lang=en><h1>x</h1>", "title one_h1 language labels", partial=True)
    assert outcome.status is CheckStatus.PARTIAL
    assert outcome.earned == Fraction(3, 4)
    assert outcome.message == "The page at /: it has no title."
    assert judged("<b>", "title language", partial=True).status is CheckStatus.FAILED
    assert judged("<b>", "title language").message.endswith("1 more of what is asked does not hold.")


def test_the_line_of_the_template_is_found_where_it_is_the_only_one() -> None:
    page, template = "<img src='cat.png'>", "<h1>x</h1>\n  <img src='cat.png'>\n"
    location = judged(page, "alt_texts", files={"templates/a.html": template, "main.py": "cat.png"}).location
    assert (location and (location.path, location.line, location.source)) == (
        "templates/a.html", 2, "<img src='cat.png'>"
    )  # fmt: skip
    assert judged(page, "alt_texts", files={"a.html": template, "b.html": template}).location is None
    assert judged("<p>", "one_h1", files={"a.html": "it is\n"}).location is None


def test_an_error_and_what_is_no_html_satisfy_no_claim() -> None:
    assert judged("<title>x</title>", "title", status=404).status is CheckStatus.FAILED
    assert judged("<title>x</title>", "title", kind="text/plain").actual == "it is no HTML but text/plain"
