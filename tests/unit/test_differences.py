"""What differs between what was asked and what came, and that looking for it ends, whatever a student's page says."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from grader.checks.expectation import Expectation
from grader.checks.quoting import looked_at
from grader.model import CheckStatus, Evidence, Location, RouteVisit, SourceFile
from grader.render.differences import Pieces, differences
from grader.render.excerpts import excerpt
from grader.render.grouping import by_route
from grader.render.html import render
from grader.render.timeline import rows
from tests.unit.report_samples import check, exchange, graded, start

ASKED = 'GET /: an <h1> reads "Hello, there!" or "The number is N"'
H1 = Expectation(css="h1", reads=("Hello, there!",))


def marked(pieces: Pieces) -> list[str]:
    return [piece.text for piece in pieces if piece.differs]


@pytest.mark.parametrize(
    ("came", "in_asked", "in_came"),
    [
        ("Teh number is 42", ["The"], ["Teh"]),
        ("The number is 42", [], []),  # N stands for any number
        ("Hello there!", [","], []),
        ("Hello, there", ["!"], []),
        ("Hello, you there!", [], ["you "]),
        ("completely another sentence", [], []),  # everything differs, so that no mark would help
    ],
)
def test_the_words_that_differ_are_marked_in_the_nearest_quotation(
    came: str, in_asked: list[str], in_came: list[str]
) -> None:
    expected, actual = differences(ASKED, f'an <h1> is "{came}"')
    assert (marked(expected), marked(actual)) == (in_asked, in_came)
    assert "".join(p.text for p in expected) == ASKED
    assert "".join(p.text for p in actual) == f'an <h1> is "{came}"'


def test_what_quotes_nothing_is_not_marked() -> None:
    expected, actual = differences("the status is 200", "GET / answered 500")
    assert not marked(expected)
    assert not marked(actual)


@pytest.mark.parametrize("word", ["a ", "a b ", "! ", "x\u202e ", '"'], ids=ascii)
def test_hostile_texts_are_compared_in_bounded_time(word: str) -> None:
    long = word * 20_000
    begun = time.process_time()
    expected, actual = differences(f'reads "{long}"', f'is "{long[::-1]}b"')
    assert time.process_time() - begun < 0.5
    assert "".join(p.text for p in expected) == f'reads "{long}"'
    assert "".join(p.text for p in actual) == f'is "{long[::-1]}b"'


def test_a_report_marks_the_difference_and_says_so_aloud() -> None:
    outcome = {"expected": ASKED, "actual": 'an <h1> is "Teh number is 3"', "matched": ("<h1>Teh number is 3</h1>",)}
    soup = BeautifulSoup(render(graded([check("home", 5, CheckStatus.FAILED, **outcome)])), "lxml")
    assert [tag.get_text() for tag in soup.select("del")] == ["[differs: The]"]
    assert [tag.get_text() for tag in soup.select("ins")] == ["[differs: Teh]"]
    element = soup.select_one(".element")
    assert element is not None
    assert (element.text, [m.text for m in element.select("mark")]) == (
        "<h1>Teh number is 3</h1>",
        ["Teh number is 3"],
    )


def test_what_differs_is_escaped() -> None:
    evil = '<script>"</script>'
    outcome = {"expected": f'"Hello {evil}"', "actual": '"Hello <script>x"', "matched": (f"<h1>{evil}</h1>",)}
    page = render(graded([check("home", 5, CheckStatus.FAILED, **outcome)]))
    assert page.count("<script") == 1  # the report's own


# ---------------------------------------------------------------------------------------------- elements and source


def test_the_elements_that_were_looked_at_are_quoted() -> None:
    answer = exchange("s1.1", body=b'<main><h1 class="a b" title="&quot;">Hi &lt;b&gt;<br><!-- no --></h1></main>')
    assert looked_at(H1, answer) == ('<h1 class="a b" title="&quot;">Hi &lt;b&gt;<br><!-- no --></h1>',)


def test_for_a_heading_that_is_missing_the_other_headings_are_quoted() -> None:
    answer = exchange("s1.1", body=b"<h2>Hello, there!</h2>")
    assert looked_at(H1, answer) == ("<h2>Hello, there!</h2>",)
    assert looked_at(Expectation(css=".total", reads=("1",)), answer) == ()


@pytest.mark.slow
def test_of_a_large_element_only_the_beginning_is_quoted() -> None:
    answer = exchange("s1.1", body=b"<h1>" + b"<i>x</i>" * 20_000 + b"</h1>")
    (quoted,) = looked_at(H1, answer)
    assert (len(quoted), quoted[:12], quoted[-1]) == (501, "<h1><i>x</i>", "…")


def test_lines_around_are_those_of_the_file_that_is_quoted() -> None:
    text = "\n".join(f"line {n}" for n in range(1, 20))
    evidence = Evidence("", files=(SourceFile("main.py", 1, text), SourceFile("data.py", 1, text, provided=True)))
    lines = excerpt(Location("main.py", 2, "line 2"), evidence)
    assert [(line.number, line.meant) for line in lines] == [(1, False), (2, True), (3, False), (4, False), (5, False)]
    blank = Evidence("", files=(SourceFile("main.py", 1, "\n\nx = 1\n\ny = 2\n\n"),))
    assert [line.number for line in excerpt(Location("main.py", 3, "x = 1"), blank)] == [3, 4, 5]
    assert excerpt(Location("main.py", 2, "another line"), evidence) == ()  # not what the report is about
    assert excerpt(Location("main.py", 40, "line 40"), evidence) == ()
    assert excerpt(Location("data.py", 2, "line 2"), evidence) == ()  # the rubric's own


# ------------------------------------------------------------------------------------------------ routes and times


def test_checks_stand_by_the_route_that_they_ask_for_with_its_points() -> None:
    checks = [check("starts", 10), check("item", 3), check("list", 2, CheckStatus.FAILED), check("other", 1)]
    routes = (RouteVisit("/items", ("GET",)), RouteVisit("/items/<int:id>", ("GET",)))
    paths = {"item": "/items/3", "list": "/items?all=1", "other": "/missing"}
    groups = by_route(graded(checks, routes=routes), paths)
    assert [(g.name, g.score, g.max_score) for g in groups] == [
        ("The program", 10, 10), ("/items/<int:id>", 3, 3), ("/items", 0, 2), ("/missing", 1, 1),
    ]  # fmt: skip


def test_without_paths_they_stand_by_section() -> None:
    assert [g.name for g in by_route(graded([check("starts", 10), check("home", 3)]), {})] == ["Server", "Page"]


def test_a_hostile_rule_is_matched_in_no_time() -> None:
    rule = "/" + "<path:a>" * 20 + "!"
    begun = time.process_time()
    by_route(graded([check("a", 1)], routes=(RouteVisit(rule, ("GET",)),)), {"a": "/" + "x" * 200})
    assert time.process_time() - begun < 0.5


def test_each_start_has_a_row_and_bars_neither_overlap_nor_leave_it() -> None:
    asked = [replace(exchange(f"s1.{n}"), at=0.1 + n / 10_000, seconds=0.0001) for n in range(300)]
    asked.append(replace(exchange("s2.1"), at=0.3, seconds=0.2))
    first, second = rows((start("s1"), start("s2")), asked)
    for left, right in zip(first.bars, first.bars[1:], strict=False):
        assert left.left + left.width <= right.left + 0.002
    assert first.bars[-1].left + first.bars[-1].width <= 100.01
    assert second.bars[0].left == pytest.approx(60)
    assert second.bars[0].width == pytest.approx(40)
