"""What people ask of a page's HTML: each claim with pages that satisfy it and pages that do not, and what is told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from grader.checks import markup
from grader.checks.crawl import Crawl, targets
from grader.checks.page_claims import Claim, HtmlClaims
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
    ("<b><i>x</b></i>", ["1: </b> comes before </i> of line 1",
                         "1: </i> closes nothing"]),
    ("<div>\n<span>x</div>", ["2: </div> comes before </span> of line 2"]),
    ("<div>", ["1: <div> is never closed"]),
    ("<div/>", ["1: <div> is never closed"]),
    ("</p>", ["1: </p> closes nothing"]),
    ("<img alt=''></img>", ["1: </img>: <img> has no end tag"]),
    ("</br>", []),
    ("<a href=/>x<a href=/>y</a></a>", ["1: <a> stands inside another <a>"]),
    ("<form><form></form></form>", ["1: <form> stands inside another <form>"]),
    ("<h1>a<h2>b</h2></h1>", ["1: <h2> stands inside <h1>, which takes text and no blocks"]),
    ("<ul>\n<p>a</p></ul>", ["2: <p> stands inside <ul>, which takes <li>"]),
    ("<ul><li>a</li>b<br></ul>", ["1: <ul> holds text; it takes <li>",
                                 "1: <br> stands inside <ul>, which takes <li>"]),
    ("<div><li>a</li></div>", ["1: <li> stands inside <div>, not inside <menu>, <ol> or <ul>"]),
    ("<tr><td>a</table>", ["1: <tr> stands inside <body>, not inside <table>, <tbody>, <tfoot> or <thead>",
                           "1: </table> closes nothing"]),
    ("<table><div>a</div></table>",
     ["1: <div> stands inside <table>, which takes <caption>, <colgroup>, <tbody>, <tfoot>, <thead> or <tr>"]),
    ("<span><div>a</div></span>", ["1: <div> stands inside <span>, which takes text and no blocks"]),
    ("<p><a href=/><div>a</div></a></p>", ["1: <div> stands inside <p>, which takes text and no blocks"]),
    ("<a href=/><div>a</div></a><ins><ul><li>a</ul></ins>", []),
    ("<a href=/><button>a</button></a>", ["1: <button> stands inside <a>"]),
    ("<button><a href=/>a</a><input type=hidden></button>", ["1: <a> stands inside <button>"]),
    ("<body><p>a</body></html>\n<p>b", ["2: <p> stands after </html>"]),
    ("<p>a</body>\nb", ["2: text stands after </body>"]),
    ("<html><head><div>a</div></head><body></body></html>",
     ["1: </head> closes nothing", "1: <body> begins where the page has begun already"]),
    ("<title>t</title></head><body><p>a</body>", []),
    ("<p>a<title>t</title>", ["1: <title> begins where the page has begun already"]),
    ("<textarea><b></textarea><title><i></title><iframe><p></iframe>",
     ["1: <title> begins where the page has begun already"]),
    ("<textarea><b>", ["1: <textarea> is never closed"]),
    ("<p>a<p/>", ["1: <p/>: the slash closes nothing"]),
    ("<template><tr><td>a</td></tr></template><svg><title>t</title><a><a></a></a></svg>", []),
    ("<dl><div><dt>a<dd>b</div></dl><picture><source><img alt=''></picture>", []),
    ("<details><summary><h2>a</h2></summary><p>b</details><figure><img alt=''><figcaption>c</figcaption></figure>", []),
    ("<fieldset><legend>a</legend></fieldset><datalist><option>a</datalist><my-own><li-st></li-st></my-own>", []),
    ("<select><hr><option>a</select><video><source src=a><p>b</video><center><div>a</div></center>", []),
    ("<i id=a></i>\n<br id=a>", ["2: id='a' is there already, in line 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), NESTED, ids=[text for text, _ in NESTED])
def test_what_is_closed_and_nested_wrongly_is_told_with_its_line(text: str, faults: list[str]) -> None:
    assert [f.removeprefix("line ").replace(" of the page", "", 1) for f in markup.faults(text)] == faults


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
    ("title", "<title>&#x200b;</title>", "its title is empty"),
    ("title", "<svg><title>x</title></svg>", "it has no title"),
    ("language", "<html lang=en-GB>", ""),
    ("language", "<html lang=english>", "lang='english' is no language such as en or en-GB"),
    ("one_h1", "<h1> </h1>", "its <h1> is empty"),
    ("one_h1", "<h1><img src=x alt=Shop></h1>", ""),
    ("labels", "<label for=a><img src=x alt=A></label><input id=a><label>b <select><option>c</select></label>", ""),
    ("labels", "<label><input name=q></label>", "<input name='q'> has no label"),
    ("labels", "<label><select><option>a</select></label>", "<select> has no label"),
    ("labels", "<label>a <input><input name=q></label>", "<input name='q'> has no label"),
    ("labels", "<b id=n></b><input aria-labelledby=n name=q>", "<input name='q'> has no label"),
    ("labels", "<label for=b>a <input name=q></label>", "<input name='q'> has no label"),
    ("labels", "<label for=a>a</label><input id=a><input id=a name=q>", "<input name='q'> has no label"),
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


def test_links_are_whatever_a_page_fetches_or_sends_to() -> None:
    page = (
        "<area href=/area><video src=/v poster=/p><track src=/t></video><audio src=/a></audio><object data=/o></object>"
        "<embed src=/e><img alt='' src=/i srcset='/i2 2x, /i3 3x'><form action=/f method=post><button formaction=/b>x"
        "</button></form><input type=image src=/in alt=x><link rel=dns-prefetch href=/ahead><base href='http://localhost:5000/'>"
        "<a href='http://localhost:8080/other'>other</a><a href='http://localhost:5000/own'>own</a>"
    )
    asked = {"area", "v", "p", "t", "a", "o", "e", "i", "i2", "i3", "f", "b", "in", "own"}
    answer = Exchange("s1.1", "s1", Request("/"), 200, "OK", (("Content-Type", "text/html"),), page.encode(), port=5000)
    assert {path.strip("/") for path in targets(answer)} == asked
    assert [path for path, more in targets(answer).items() if not more] == ["/f", "/b"]


def test_what_takes_a_form_need_not_answer_without_one() -> None:
    page = "<form action=/f method=post></form>"
    assert judged(page, "links", links={"/f": 405}).status is CheckStatus.PASSED
    assert judged(page, "links", links={"/f": 404}).actual == "/f answered 404 NOT FOUND"
    assert judged(page + "<a href=/f>f</a>", "links", links={"/f": 405}).status is CheckStatus.FAILED


def test_a_link_within_the_page_leads_to_an_id_in_whatever_way_it_is_written() -> None:
    page = "<p id='\u00e9'><a href='#%C3%A9'>x</a><a href='/#%C3%A9'>x</a><a href='/other#a'>y</a>"
    assert judged(page, "links", links={"/": 200, "/other": 200}).status is CheckStatus.PASSED
    assert judged(page + "<a href='/#a'>x</a>", "links", links={"/": 200, "/other": 200}).actual.startswith("#a leads")


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
