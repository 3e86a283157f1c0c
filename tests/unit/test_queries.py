"""What a query reads of an answer, and what the predicates make of it: each row is an answer, an expectation as a
rubric says it, and whether it holds."""

from __future__ import annotations

import json

import pytest

from grader.checks.answers import Answers
from grader.checks.dates import is_date
from grader.checks.distinct import Distinct
from grader.checks.expectation import Expectation, holds
from grader.checks.reading import Read
from grader.model import Exchange, Failure, FailureKind, Redirect, Request
from grader.rubric import parse_rubric


def answer(body: str = "", kind: str = "text/html", status: int | None = 200, **more: object) -> Exchange:
    headers = (("Content-Type", kind), *more.pop("headers", ()))  # type: ignore[misc]
    return Exchange("s1.1", "s1", Request("/a?b=c"), status, "OK", headers, body.encode(), **more)  # type: ignore[arg-type]


def expectations(text: str) -> tuple[Expectation, ...]:
    made = parse_rubric(
        f"id: r\ntitle: R\nchecks:\n- {{id: a, title: A, points: 1, type: request, expect: {text}}}".encode(), "r.yaml"
    )
    check = made.checks[0].check
    assert isinstance(check, Answers)
    return check.expect


PAGE = answer(
    """<!doctype html><html lang=en><title>The  Shop</title><base href=/x/>
    <h1 class="big red" id=top>Hello, <b>world</b>!</h1>
    <p>1</p><p>2</p><p>2.50</p><p class=date>2026-01-31</p><p class=none></p>
    <nav><a href=/cart rel=nofollow>Your Cart</a> <a href=/home><img src=/i/house.png?v=2 alt="Home page"></a>
      <a href=/help aria-label=Help>?</a> <a>nowhere</a></nav>
    <table><tr><th>Item<th colspan=2>Price<th>In stock<tr><td>Bread<td>2<td>.50<td>yes<tr><td>Milk<td>1<td>.20<td>no
      <tr><td><table><tr><td>Inner</table></table>
    <table><tr><td>Item<td>Nothing</table>
    <form id=find action=/find><label>What <input name=q placeholder="a word"></label><button>Go</button></form>
    <form action=/out><input type=hidden name=token value=1></form>""",
    headers=(("Set-Cookie", "a=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"), ("set-cookie", 'b="two"; Secure')),
    log="started\nGET /a",
    seconds=0.25,
)
JSON = answer(
    json.dumps({"count": 2, "items": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "when": None, "ok": True}),
    "application/json",
)
LED = answer(
    "there",
    redirects=(
        Redirect("/a?b=c", 302, "../in", (("Set-Cookie", "s=t"),)),
        Redirect("/in", 303, "http://localhost/end"),
    ),
)
AWAY = answer("", status=302, headers=(("Location", "https://example.org/x"),))

ROWS: list[tuple[Exchange, str, bool]] = [
    (PAGE, "{status: 200}", True),
    (PAGE, "{status: {one_of: [201, 204]}}", False),
    (PAGE, "{reason: OK}", True),
    (PAGE, "{header: content-TYPE, equals: text/html}", True),
    (PAGE, "{header: X-None, exists: false}", True),
    (PAGE, "{title: the shop}", True),
    (PAGE, "{title: The Shops}", False),
    (PAGE, "{text: {contains: [hello, world]}}", True),
    (PAGE, "{body: {contains: <b>world</b>}}", True),
    (PAGE, "{body: {contains: <B>world</B>}}", False),
    (PAGE, "{log: {ends_with: GET /a}}", True),
    (PAGE, '{duration: {"<": 1, ">=": 0.25}}', True),
    (PAGE, '{duration: {"<": 0.2}}', False),
    (PAGE, "{url: /a?b=c}", True),
    (PAGE, "{page: not empty}", True),
    (answer("<html><body> </body>"), "{page: not empty}", False),
    # elements
    (PAGE, "{css: h1, reads: hello world}", True),
    (PAGE, "{css: h1, equals: 'Hello, world!'}", True),
    (PAGE, "{css: h1, attribute: class, equals: big red}", True),
    (PAGE, "{css: h1, attribute: style, exists: false}", True),
    (PAGE, "{css: 'p:not(.date)', count: 4}", True),
    (PAGE, "{css: p, distinct: true}", True),
    (PAGE, "{css: p, empty: false}", True),
    (PAGE, "{css: .none, empty: true}", True),
    (PAGE, "{css: p, sorted: ascending}", False),
    (PAGE, "{css: 'p:nth-of-type(-n+3)', sorted: ascending}", True),
    (PAGE, "{css: 'p:nth-of-type(-n+3)', sorted: descending}", False),
    (PAGE, "{css: p, is_integer: true}", True),
    (PAGE, "{css: p, each: {is_number: true}}", False),
    (PAGE, "{css: 'p:nth-of-type(-n+3)', each: {is_number: true, between: [1, 3]}}", True),
    (PAGE, "{css: .date, is_date: true}", True),
    (PAGE, "{css: h1, is_date: false, is_number: false, is_integer: false}", True),
    (PAGE, "{css: 'p:nth-of-type(3)', is_integer: false, equals: 2.5}", True),
    (PAGE, '{css: p, ">": 2.4}', True),
    (PAGE, '{css: p, ">": 2.5}', False),
    (PAGE, "{css: h2}", False),
    (PAGE, "{css: h2, not: {exists: true}}", True),
    (PAGE, "{css: p, not: {equals: 3}}", True),
    (PAGE, "{css: p, not: {equals: 2}}", False),
    (PAGE, "{css: h1, starts_with: HELLO, ends_with: 'd!'}", True),
    (PAGE, "{css: h1, matches: 'w.rld'}", True),
    (PAGE, "{css: h1, count: {between: [1, 3]}}", True),
    (PAGE, "{xpath: //p, count: 5}", True),
    (PAGE, "{xpath: 'count(//p)', equals: 5}", True),
    (PAGE, "{xpath: //h1, attribute: id, equals: top}", True),
    (PAGE, "{xpath: //h1/@id, equals: top}", True),
    (PAGE, "{xpath: //h1/@id, attribute: id, exists: false}", True),
    (PAGE, "{link: your cart, equals: /cart}", True),
    (PAGE, "{link: your cart, attribute: rel, equals: nofollow}", True),
    (PAGE, "{link: home page}", True),
    (PAGE, "{link: help, equals: /help}", True),
    (PAGE, "{link: nowhere}", False),
    (PAGE, "{image: house.png, attribute: alt, equals: home page}", True),
    (PAGE, "{image: home page, contains: house}", True),
    (PAGE, "{image: garden.png}", False),
    (PAGE, "{form: what, contains: q}", True),
    (PAGE, "{form: Go}", True),
    (PAGE, "{form: find}", True),
    (PAGE, "{form: elsewhere}", False),
    (PAGE, "{table: Item, count: 3}", True),
    (PAGE, "{table: Item, contains: Milk}", True),
    (PAGE, "{table: In stock, row: bread, equals: 'yes'}", True),
    (PAGE, "{table: In stock, row: bread, equals: 'no'}", False),
    (PAGE, "{table: Nothing there}", False),
    # cookies
    (PAGE, "{cookie: a, equals: '1'}", True),
    (PAGE, "{cookie: b, equals: two}", True),
    (PAGE, "{cookie: a, part: max_age, '<=': 60}", True),
    (PAGE, "{cookie: a, part: http_only, equals: true}", True),
    (PAGE, "{cookie: b, part: http_only, equals: true}", False),
    (PAGE, "{cookie: b, part: secure, equals: true}", True),
    (PAGE, "{cookie: a, part: same_site, equals: Lax}", True),
    (PAGE, "{cookie: a, part: expires, exists: false}", True),
    (PAGE, "{cookie: c}", False),
    (LED, "{cookie: s, equals: t}", True),
    # redirects
    (LED, "{redirect: /in}", True),
    (LED, "{redirect: /end}", True),
    (LED, "{url: /end}", True),
    (AWAY, "{redirect: https://example.org/x}", True),
    (PAGE, "{redirect: {exists: false}}", True),
    # JSON
    (JSON, "{jsonpath: $.count, equals: 2}", True),
    (JSON, "{jsonpath: $.count, equals: '2'}", False),
    (JSON, "{jsonpath: $.count, is_integer: true, between: [1, 3]}", True),
    (JSON, "{jsonpath: '$.items[*].id', count: 2, distinct: true, sorted: ascending}", True),
    (JSON, "{jsonpath: $.items, count: 2}", True),
    (JSON, "{jsonpath: $.items, contains: {id: 1, name: a}}", True),
    (JSON, "{jsonpath: $, contains: count}", True),
    (JSON, "{jsonpath: $.when, exists: true, empty: true}", True),
    (JSON, "{jsonpath: $.ok, equals: true}", True),
    (JSON, "{jsonpath: $.ok, equals: 1}", False),
    (JSON, "{jsonpath: '$.items[?search(@.name, \"^b\")].id', equals: 2}", True),
    (JSON, "{jsonpath: '$.items[?match(@.name, \"b+\")].id', count: 1}", True),
    (JSON, "{jsonpath: '$.items[?match(@.id, \"1\")]', exists: false}", True),
    (JSON, "{jsonpath: '$.items[?search(@.name, \"(?=a)\")]', exists: false}", True),
    (JSON, "{jsonpath: $.nothing}", False),
    (PAGE, "{jsonpath: $.count}", False),
    (JSON, "{schema: {type: object, required: [count], properties: {count: {type: integer}}}}", True),
    (JSON, "{schema: {type: array}}", False),
    (answer('[1, true, 1.5, "1", [1], {"a": 1}, null]'), "{schema: {uniqueItems: true}}", True),
    (answer('[{"a": [1], "b": 2}, {"b": 2, "a": [1.0]}]'), "{schema: {uniqueItems: true}}", False),
    (answer(json.dumps([{"n": n} for n in range(20_000)])), "{schema: {uniqueItems: true}}", True),
    (answer('{"d": "2026-01-31T10:00Z"}'), "{schema: {properties: {d: {format: date-time}}}}", True),
    (answer('{"d": "tomorrow"}'), "{schema: {properties: {d: {format: date-time}}}}", False),
    (answer('{"ab": "12"}'), "{schema: {patternProperties: {^a: {pattern: ^1}}}}", True),
    (answer('{"ab": "21"}'), "{schema: {patternProperties: {^a: {pattern: ^1}}}}", False),
    (answer("no"), "{schema: {type: object}}", False),
    # what is no JSON lacks nothing of it
    (PAGE, "{jsonpath: $.orders, empty: true}", False),
    (PAGE, "{jsonpath: $.orders, count: 0}", False),
    (PAGE, "{jsonpath: $.orders, exists: false}", False),
    (PAGE, "{jsonpath: $.orders, not: {equals: 1}}", False),
    (JSON, "{jsonpath: $.orders, exists: false}", True),
    # what is not there is neither sorted nor distinct
    (answer("{}"), "{jsonpath: '$.items[*]', sorted: ascending}", False),
    (answer("{}"), "{jsonpath: $, sorted: ascending}", False),
    (answer('{"items": []}'), "{jsonpath: $.items, distinct: true}", False),
    (answer('{"items": []}'), "{jsonpath: $.items, distinct: false}", False),
    (PAGE, "{css: li, sorted: descending}", False),
    (PAGE, "{css: li, distinct: true}", False),
    # JSON by type
    (answer('{"n": "5"}'), "{jsonpath: $.n, is_number: true}", False),
    (answer('{"n": "5"}'), "{jsonpath: $.n, is_integer: false, is_number: false}", True),
    (answer('{"n": "5"}'), '{jsonpath: $.n, ">": 4}', False),
    (answer('{"n": "5"}'), "{jsonpath: $.n, between: [1, 9]}", False),
    (answer('{"n": 5}'), '{jsonpath: $.n, ">": 4, "<=": 5}', True),
    (answer("[1.0]"), "{jsonpath: $, equals: [1]}", True),
    (answer('{"a": [{"b": 2.0}]}'), "{jsonpath: $.a, contains: {b: 2}}", True),
    (answer("[true]"), "{jsonpath: $, equals: [1]}", False),
    (answer('["1", 1]'), "{jsonpath: $, distinct: true}", True),
    (answer("[1, 1.0]"), "{jsonpath: $, distinct: true}", False),
    (answer('{"items": {"x": 1}}'), "{jsonpath: $.items, contains: [{x: 1}]}", False),
    (answer('{"items": {"x": 1}}'), "{jsonpath: $.items, contains: x}", True),
    (answer("<p>none</p>"), '{xpath: number(//p), ">": 1}', False),
    (PAGE, '{cookie: a, ">": 0, "<": 2, is_integer: true}', True),
    # patterns on the body
    (PAGE, "{regex: '<h1[^>]*>(\\w+)', equals: Hello}", True),
    (PAGE, "{regex: '<p>[0-9.]+</p>', count: 3}", True),
    (PAGE, "{regex: nothing such, exists: false}", True),
    # composed
    (PAGE, "{all: [{status: 200}, {css: h1}]}", True),
    (PAGE, "{all: [{status: 200}, {css: h2}]}", False),
    (PAGE, "{any: [{status: 404}, {css: h1}]}", True),
    (PAGE, "{any: [{status: 404}, {css: h2}]}", False),
    # errors earn nothing, unless they were asked for
    (answer("<h1>Oh</h1>", status=500), "{css: h1}", False),
    (answer("<h1>Oh</h1>", status=404), "{css: h2, exists: false}", False),
    (answer("<h1>Oh</h1>", status=404), "[{status: 404}, {css: h2, exists: false}]", True),
    (answer("<h1>Oh</h1>", status=403), "{css: h1, equals: Oh}", False),
    (answer("<h1>Oh</h1>", status=403), "[{status: {'<': 500}}, {css: h1, equals: Oh}]", True),
    (answer("<h1>Oh</h1>", status=403), "[{status: {one_of: [200, 401]}}, {css: h1, equals: Oh}]", False),
    (answer("<h1>Oh</h1>", status=404), "{page: not empty}", False),
    (answer("<h1>Oh</h1>", status=404), "{header: Content-Type, starts_with: text/html}", False),
    (answer("<h1>Oh</h1>", status=404), "{url: '/a?b=c'}", False),
    (answer("<h1>Oh</h1>", status=404), "{any: [{status: 200}, {css: h1}]}", False),
    (answer("<h1>Oh</h1>", status=404), "[{any: [{status: 200}, {status: 404}]}, {css: h1}]", True),
    (answer("<h1>Oh</h1>", status=404), "{any: [{title: x}, {all: [{status: 404}, {css: h1}]}]}", True),
    (answer("<h1>Oh</h1>", status=404), "{all: [{css: h1}, {any: [{status: 404}, {css: h2}]}]}", True),
    (answer("<h1>Oh</h1>", status=404), "{any: [{css: h2, exists: false}, {css: h1}]}", False),
    (answer("", status=404), "{all: [{css: h2, exists: false}, {log: {not: {contains: x}}}]}", False),
    (answer("", status=None, failure=Failure(FailureKind.TIMEOUT, "too slow")), "{status: 200}", False),
    (answer("x", failure=Failure(FailureKind.TIMEOUT, "too slow")), "{body: x}", False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text", "wanted"), ROWS, ids=[f"{i} {row[1]}" for i, row in enumerate(ROWS)])
def test_an_expectation_holds_for_an_answer_or_it_does_not(given: Exchange, text: str, wanted: bool) -> None:
    asked = expectations(text)
    assert holds(asked[-1], asked, given) == wanted


@pytest.mark.parametrize(
    ("given", "text", "asked", "seen"),
    [
        (PAGE, "{css: h1, equals: Bye}", 'an <h1> is "Bye"', 'an <h1> is "Hello, world!"'),
        (PAGE, "{css: p, count: 9}", "a <p> occurs 9 times", 'a <p> is "1", "2", "2.50", "2026-01-31", ""'),
        (PAGE, "{css: h2}", "an <h2> is there", "there is no <h2>"),
        (PAGE, "{css: nav a, attribute: rel, equals: x}", "the attribute rel of “nav a” is", "is \"nofollow\""),
        (PAGE, "{cookie: c}", "the cookie c is there", "there is no cookie c; cookies set: a, b"),
        (AWAY, "{cookie: c}", "the cookie c is there", "cookies set: none"),
        (PAGE, "{cookie: a, part: same_site, equals: Strict}", "SameSite of the cookie a is", 'is "Lax"'),
        (PAGE, "{jsonpath: $.a}", "$.a of the JSON is there", "the answer is not JSON: expecting value at line 1"),
        (answer('{"a": NaN}'), "{jsonpath: $.a}", "", "the answer is not JSON: NaN is no value of JSON"),
        (answer("[" * 200 + "]" * 200), "{jsonpath: $.a}", "", "the JSON is nested more than 100 deep"),
        (JSON, "{jsonpath: $.count, equals: 3}", "$.count of the JSON is 3", "$.count of the JSON is 2"),
        (JSON, "{schema: {properties: {count: {type: string}}}}", "the JSON has the shape", "$.count: 2 is not"),
        (PAGE, "{schema: {type: object}}", "the JSON has the shape", "the answer is not JSON"),
        (answer(""), "{page: not empty}", "the page is not empty", "GET /a?b=c answered 200 OK with an empty page"),
        (PAGE, "{any: [{status: 404}, {title: X}]}", 'the status is 404 or the page\'s title is "X"',
         'GET /a?b=c answered 200 OK; the page\'s title is "The Shop"'),
        (PAGE, "{all: [{reason: Fine}, {css: h1}]}", 'the reason phrase is "Fine" and an <h1> is there', 'is "OK"'),
        (PAGE, "{table: Price, row: Bread, equals: 9}", "the column Price in the row of Bread is 9", "is \""),
        (PAGE, "{body: {equals: x}}", 'the body is "x"', "…"),
        (PAGE, "{regex: '<p>', count: {'>': 9, '<': 20}}", "occurs a number of times that is more than 9 and", "is \""),
        (PAGE, "{css: p, between: [7, 9], is_number: true, distinct: false, empty: false}",
         "is from 7 to 9 and is a number and is not empty and holds some value twice", ""),
        (PAGE, "{css: p, each: {matches: x}, sorted: ascending, exists: true}",
         "is there and is in ascending order and in each case matches the pattern x", ""),
        (PAGE, "{css: h1, reads: ['{number} of {number}', x], integer: true, from: 1, to: 5}",
         'reads "N of N" or "x", N an integer from 1 to 5', ""),
        (PAGE, "{xpath: //h3}", "what //h3 finds is there", "there is no what //h3 finds"),
    ],
)  # fmt: skip
def test_what_is_asked_and_what_is_seen_are_told(given: Exchange, text: str, asked: str, seen: str) -> None:
    (expectation,) = expectations(text)
    assert asked in expectation.asked
    assert seen in expectation.seen(given)


def test_a_query_captures_the_values_that_it_reads() -> None:
    assert Read(of="status").values(PAGE).items == (200,)
    assert Read(css="p").values(PAGE).items[:2] == ("1", "2")
    assert Read(of="status").values(answer(status=None)).items == ()


def test_what_changes_is_compared_answer_by_answer() -> None:
    query = Distinct(css="h1", reads=("Number {number}",))
    assert query.value(answer("<h1>Number 5</h1>")) == ("5",)
    assert query.value(answer("<p>Number 6</p>")) == ("6",)
    assert query.value(answer("<h1>Numbr 7</h1><p>8</p>")) == ("7",)
    assert query.value(answer("<p>Word 8</p>")) == ("8",)
    assert query.value(answer("<p>none</p>")) is None
    assert query.value(answer("<h1>Number 5</h1>", status=500)) is None
    assert Distinct(of="body").value(answer("x")) == ("x",)


@pytest.mark.parametrize(
    "text",
    ["2026-01-31", "2026-01-31 10:00", "2026-01-31T10:00:00+01:00", "31.01.2026", "31/01/2026", "01/31/2026",
     "31 January 2026", "Jan 31, 2026", "Saturday, 31 January 2026", "Sat, 31 Jan 2026 10:00:00 GMT",
     "31.01.2026, 10:00", "January 31, 2026 10:00 PM", "2026/01/31 10:00:59", "  2026-01-31 "],
)  # fmt: skip
def test_dates_as_people_and_programs_write_them(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize("text", ["", "today", "2026", "31.13.2026", "2026-02-30", "12-", "1" * 80, "Sat, nonsense 1"])
def test_what_is_no_date(text: str) -> None:
    assert not is_date(text)
