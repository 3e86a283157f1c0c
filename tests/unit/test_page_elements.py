"""What a page holds, found as people speak of it: by name, in tables, behind links, in scripts."""

from __future__ import annotations

import pytest

from grader.checks.elements import check_xpath
from grader.checks.naming import called
from grader.checks.reading import Read
from grader.model import Exchange, Request


def read(query: dict[str, str], body: str, **more: object) -> list[object]:
    answer = Exchange("s1.1", "s1", Request("/shop/list"), 200, "OK", (("Content-Type", "text/html"),), body.encode(),
                      **more)  # type: ignore[arg-type]  # fmt: skip
    return list(Read(**query).values(answer).items)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "name", "found"),
    [
        (["C++", "C#", "C"], "C", ["C"]),
        (["C++", "C"], "c++", ["C++"]),
        (["C++", "C#"], "C", []),
        (["A+", "A"], "A", ["A"]),
        (["+5", "5"], "5", ["5"]),
        (["Name:", "First name"], "name", ["Name:"]),
        (["Name:", " name "], "Name", [" name "]),
        (["Price ($)"], "Price", ["Price ($)"]),
        (["Age 18+"], "Age 18", ["Age 18+"]),
        (["-", "+"], "+", ["+"]),
        (["नाम", "नम"], "नम", ["नम"]),
        (["cafe\u0301"], "café", ["cafe\u0301"]),
        ([""], "", []),
    ],
)
def test_what_is_called_exactly_so_goes_before_what_has_the_same_words(
    names: list[str], name: str, found: list[str]
) -> None:
    assert called(names, name, lambda thing: [thing]) == found


PRICES = """<table><thead><tr><th>Name<th>Price ($)<th>Qty</thead>
    <tbody><tr><td>Bread<td>2.50<td>3<tr><th>Milk</th><td>1.00<td>2</tbody>
    <tfoot><tr><td>Total<td colspan=2>9.50</tfoot></table>"""
TYPES = """<table><tr><th>Day<th>Mon<th>Type<tr><th>Mon<td>a<td>t1<tr><th>Type<td>b<td>t2<tr><th>Z<td>c<td>t3</table>"""
ADA = "<table><tr><th colspan=2>About<tr><th>Name<td>Ada<tr><th>Age<td>36</table>"
LANGUAGES = "<table><tr><th>Name<th>Qty<tr><td>C++<td>2<tr><td>C<td>1</table>"
SPANS = """<table><tr><td>Item<td>Qty<td>Note<tr><td rowspan=2>Bread<td>1<td rowspan=9>x<tr><td>2<tr><td>Milk<td>3
    </table>"""
TABLES: list[tuple[str, str, str, list[str]]] = [
    (PRICES, "Price", "bread", ["2.50"]),
    (PRICES, "Qty", "", ["3", "2"]),
    (PRICES, "Qty", "Total", ["9.50"]),
    (PRICES, "Total", "", []),
    (TYPES, "Type", "Z", ["t3"]),
    (TYPES, "Mon", "", ["a", "b", "c"]),
    (TYPES, "Mon", "Mon", ["a"]),
    (ADA, "Age", "", ["36"]),
    (ADA, "Name", "", ["Ada"]),
    ("<table><tr><th>Name<td>Ada<td>Bob<tr><th>Age<td>36<td>40</table>", "Age", "Bob", ["40"]),
    (LANGUAGES, "Qty", "C", ["1"]),
    (LANGUAGES, "Qty", "C++", ["2"]),
    (SPANS, "Qty", "Bread", ["1", "2"]),
    (SPANS, "Item", "", ["Bread", "Milk"]),
    (SPANS, "Note", "Milk", ["x"]),
    ("<table><tr><td colspan=2>Cart<tr><th>Item<th>Qty<tr><td>Bread<td>2</table>", "Qty", "", ["2"]),
    ("<table><tr><td>Name<td>Score<tr><td>Score<td>4</table>", "Score", "Score", ["4"]),
    ("<table><tr><th colspan=2>Name<th>Qty<tr><td>A<td>B<td>5</table>", "Name", "", ["A", "B"]),
    ("<table><tr><th>A<tr><td>1<tr><th>Sum<tr><td>2<tr><th>A<tr><td>3</table>", "A", "", ["1", "2", "3"]),
    ("<table><tr><th>A<th>B<tr><th>1<th>2</table>", "B", "", ["2"]),
    ("<table><tr><th>A<tr><td colspan=0>1<tr><td colspan=99999999999 rowspan=x>2</table>", "A", "", ["1", "2"]),
    ("<tr><td>A<tr><td>1", "A", "", []),
]


@pytest.mark.parametrize(("table", "column", "row", "cells"), TABLES)
def test_cells_belong_to_the_heading_above_or_beside_them(table: str, column: str, row: str, cells: list[str]) -> None:
    assert read({"table": column, **({"row": row} if row else {})}, table) == cells


def test_a_column_without_cells_is_not_called_missing() -> None:
    from tests.unit.test_queries import answer, expectations

    page = answer("<table><tr><th>Name<th>Qty</table>")
    seen = {
        name: expectations(f"{{{name}}}")[0].seen(page) for name in ("table: Qty", "table: Qty, row: Bread", "table: X")
    }
    assert seen == {
        "table: Qty": "the column Qty is there, but nothing belongs to it",
        "table: Qty, row: Bread": "the column Qty is there, but no row of “Bread” beside it",
        "table: X": "there is no column X",
    }


LINKS = """<base href=/shop/><a href=Cart>Cart</a><a href='http://localhost:5000/Home?a=b#c'>Home</a>
    <a href='http://localhost:8080/'>Other</a><a href='https://example.org/x'>Away</a><a href='#top'>Top</a>
    <a href=/cpp>C++</a><a href=/c rel=Next>C</a><a href=/aria aria-label=Help>?</a><area href=/map alt=Map>
    <img src=a%20b.png?v=1 alt='A dog'><img src=/A.png alt='A dog!'>"""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"link": "cart"}, ["/shop/Cart"]),
        ({"link": "Home"}, ["/Home?a=b#c"]),
        ({"link": "Other"}, ["http://localhost:8080/"]),
        ({"link": "Away"}, ["https://example.org/x"]),
        ({"link": "Top"}, ["#top"]),
        ({"link": "C"}, ["/c"]),
        ({"link": "C", "attribute": "rel"}, ["Next"]),
        ({"link": "Help"}, ["/aria"]),
        ({"link": "Map"}, ["/map"]),
        ({"image": "a b.png"}, ["/shop/a%20b.png?v=1"]),
        ({"image": "A dog!"}, ["/A.png"]),
    ],
)
def test_a_link_and_an_image_are_told_by_where_they_lead(query: dict[str, str], found: list[str]) -> None:
    assert read(query, LINKS, port=5000) == found


def test_an_address_is_compared_to_the_letter() -> None:
    from tests.unit.test_queries import answer, expectations

    for query, holds in (("/foo", True), ("/Foo", False)):
        for name in ("link: x", "css: a, attribute: href"):
            (expected,) = expectations(f"{{{name}, equals: {query}}}")
            assert expected.satisfied_by(answer("<a href=/foo>x</a>")) is holds


def test_scripts_styles_and_templates_are_elements_whose_text_nobody_reads() -> None:
    page = """<style>p {}</style><script src=/a.js></script><p>seen<script>fetch("/x")</script></p>
        <template><h1>not yet</h1></template>"""
    assert read({"css": "script[src]", "attribute": "src"}, page) == ["/a.js"]
    assert read({"css": "script"}, page) == ["", 'fetch("/x")']
    assert read({"css": "style"}, page) == ["p {}"]
    assert read({"xpath": "//script[not(@src)]"}, page) == ['fetch("/x")']
    assert read({"css": "template"}, page) == [""]
    assert read({"css": "h1"}, page) == read({"xpath": "//h1"}, page) == []
    assert read({"css": "p"}, page) == read({"xpath": "//p"}, page) == ["seen"]
    assert read({"of": "text"}, page) == ["seen"]


def test_an_xpath_finds_whatever_is_there() -> None:
    page = "<!--c--><ul><li>a<li><p>b</p><p>c</p></ul>"
    assert read({"xpath": "//comment()"}, page) == ["c"]
    assert read({"xpath": "//ul/li[2]"}, page) == read({"css": "li:nth-child(2)"}, page) == ["b c"]
    assert read({"xpath": "count(//li)"}, page) == [2]
    assert len(read({"xpath": "//node()"}, page)) > 5


@pytest.mark.parametrize("path", ["foo(//p)", "//p[foo(.)]", "//p[$x]", "//x:p", "//p[re:test(., 'a')]", "//p["])
def test_an_xpath_that_no_page_could_satisfy_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"XPath 1\.0"):
        check_xpath(path)


@pytest.mark.parametrize(
    "path",
    ["//p[. = '$x foo() a:b']", "//p/ancestor::node()", "//p[(@a or (@b)) and not(@c)]", "string(//li)", "//*[2]"],
)
def test_an_xpath_that_can_be_computed_is_taken(path: str) -> None:
    check_xpath(path)
