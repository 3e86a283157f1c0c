"""The student's HTML: what a person sees of it, in which charset, and at what cost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader.checks import html as reading
from grader.checks.bounding import MAX_DEPTH, bounded
from grader.checks.elements import by_xpath, check_css, texts
from grader.checks.html import Page, page_of, text_of
from grader.checks.text import match
from grader.model import Exchange, Request

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 20.0  # seconds that a hostile page may take of a processor; unbounded parsing takes minutes


def selected(page: Page, css: str) -> tuple[str, ...]:
    return tuple(texts(page, css))


def exchange(body: bytes, content_type: str | None = "text/html; charset=utf-8") -> Exchange:
    headers = () if content_type is None else (("Content-Type", content_type),)
    return Exchange("e1", "s1", Request(), status=200, headers=headers, body=body)


@pytest.mark.parametrize(
    "html",
    [
        "<h1>Hello, there!</h1>",
        "<h1>Hel<b>lo</b>, <i>there</i>!</h1>",
        "<H1 class=x> hello&nbsp;there </H1>",
        "<!doctype html><html><head><title>t</title></head><body><h1>Hello,<br>there</h1></body></html>",
        "<h1>Hello, there!",
        "<h1><!-- no --><script>no()</script>Hello, there!</h1>",
        "<div><section><h1>Hello, there!</h1></section></div>",
        '<?xml version="1.0" encoding="utf-8"?><html><body><h1>Hello, there!</h1></body></html>',
    ],
)
def test_a_heading_reads_what_a_person_sees(html: str) -> None:
    (text,) = selected(Page(html), "h1")
    assert match("Hello, there!", text) == ()


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Hello</h2>",
        "<!-- <h1>Hello</h1> -->",
        "<template><h1>Hello</h1></template>",
        "<script>'<h1>Hello</h1>'</script>",
        "&lt;h1&gt;Hello&lt;/h1&gt;",
        "<?php echo 1; ?>",
        "Hello",
        "",
    ],
)
def test_what_is_no_heading_is_not_selected(html: str) -> None:
    assert selected(Page(html), "h1") == ()


def test_blocks_and_line_breaks_separate_numbers_and_inline_tags_do_not() -> None:
    page = Page("<p>1<br>2</p><div>3</div>4<ul><li>5<li>6</ul>7<b>8</b>")
    assert [block.strip() for block in page.blocks] == ["1", "2", "3", "4", "5", "6", "78"]


def test_headings_come_in_the_order_of_the_page() -> None:
    assert Page("<h3>a</h3><p>-</p><h1>b</h1>").headings == ("\na\n", "\nb\n")


def test_selectors_of_any_kind_are_understood() -> None:
    page = Page('<div id="main"><p class="n">1</p></div><p>2</p>')
    assert [t.strip() for t in selected(page, "#main > p.n")] == ["1"]


def test_what_is_no_selector_is_an_error_of_the_rubric() -> None:
    with pytest.raises(ValueError, match="is not a CSS selector"):
        check_css("p[")


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \r\n\t",
        "&nbsp;",
        "\ufeff\u200b",
        "<html><head><title>Mine</title></head><body></body></html>",
        "<div><p> </p></div>",
        "<script>alert(1)</script><style>p {}</style>",
        "<!-- later -->",
        '<?xml version="1.0"?>',
        "<form><input type=hidden value=1></form>",
    ],
)
def test_a_page_with_nothing_to_see_is_empty(html: str) -> None:
    assert Page(html).empty


@pytest.mark.parametrize("html", ["I love CS253!", "<p>.</p>", "<img src=x>", "<svg></svg>", "<input>", "<b>a"])
def test_a_page_with_text_or_something_embedded_is_not_empty(html: str) -> None:
    assert not Page(html).empty


@pytest.mark.parametrize(("body", "empty"), [(b'{"a": 1}', False), (b"\x89PNG\r\n", False), (b" \n", True)])
def test_what_is_not_html_is_empty_when_it_is_blank(body: bytes, empty: bool) -> None:
    assert page_of(exchange(body, "application/octet-stream")).empty is empty


def test_what_is_not_html_has_no_elements() -> None:
    page = page_of(exchange(b"<h1>Hello</h1>", "text/plain"))
    assert selected(page, "h1") == ()
    assert page.text == "<h1>Hello</h1>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("café".encode(), "text/html; charset=utf-8"),
        ("café".encode(), "text/html; charset=no-such-thing"),
        ("café".encode(), "text/html; charset=utf-7"),
        ("café".encode(), "text/html; charset=rot13"),
        ("café".encode(), "text/html; charset=" + "x" * 5000),
        ("café".encode(), "text/html; charset=\u00e9"),
        ("café".encode(), None),
        ("café".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("café".encode("cp1252"), 'text/html; charset="windows-1252"'),
        (b"<meta charset=latin-1>caf\xe9", "text/html"),
        (b"<meta charset=utf-16>caf\xc3\xa9", "text/html"),
        ("café".encode("utf-16"), "text/html; charset=utf-8"),
        ("café".encode("utf-8-sig"), "text/html; charset=latin-1"),
    ],
)
def test_the_charset_comes_from_mark_header_or_meta_and_is_an_ordinary_one(
    body: bytes, content_type: str | None
) -> None:
    assert text_of(exchange(body, content_type)).endswith("café")
    assert page_of(exchange(body, content_type)).text.strip() == "café"


def test_bytes_that_do_not_decode_are_replaced() -> None:
    assert text_of(exchange(b"caf\xff")) == "caf\ufffd"


@pytest.mark.parametrize(
    "body", [b"a\0b", b"\0" * 100, b"<", b"<?", b"<!", b"&#0;&#xD800;", b"<h1 <h1><", b"http://x", b"a.txt"]
)
def test_odd_bytes_are_read_without_a_warning(body: bytes) -> None:
    page = page_of(exchange(body))
    assert isinstance(page.text, str)
    assert len(selected(page, "h1")) <= 2


def test_equal_bodies_are_parsed_once() -> None:
    assert page_of(exchange(b"<h1>once</h1>")) is page_of(exchange(b"<h1>once</h1>"))


@pytest.mark.parametrize("count", [6, pytest.param(30, marks=pytest.mark.slow)])
def test_what_was_read_of_many_large_pages_is_not_read_again(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(reading, "_parsed", lambda markup: parsed.append(markup) or BeautifulSoup(markup, "lxml"))
    rows = "<p>x</p>" * 5_000
    pages = [exchange(f"<h1>large {number}</h1>of {count}{rows}".encode()) for number in range(count)]
    for _ in range(3):
        for number, answer in enumerate(pages):
            page = page_of(answer)
            assert page.headings == (f"\nlarge {number}\n",)
            assert list(texts(page, "h1")) == [f"\nlarge {number}\n"]
            assert page.text.split()[:2] == ["large", str(number)]
            assert not page.empty
    assert len(parsed) == len(pages)


def test_elements_of_a_page_are_the_same_ones_as_long_as_one_is_held() -> None:
    page = page_of(exchange(b"<p id=held>x</p>"))
    held = page.root.find("p")
    for number in range(70):
        assert page_of(exchange(f"<p>other {number}</p>".encode())).root.find("p")
    assert page.root.find("p") is held


def test_a_text_within_many_elements_is_read_so_often_as_takes_little_time() -> None:
    page = Page("<h1>" * 480 + "The number is 5 " + "x " * 200_000)
    begun = time.thread_time()
    read = tuple(texts(page, "h1"))
    assert len(read) == 480
    assert sum(map(len, read)) <= 1 << 20
    assert not any(match(pattern, text) for pattern in ("The number is {number}", "x {number}") for text in read * 5)
    assert time.thread_time() - begun < 5


def test_what_is_long_is_not_noted() -> None:
    page = Page("<p>" + "x" * 300_000)
    assert page.text is not page.text
    assert Page("<p>x").note(1, lambda: ("a",)) == ("a",)


@pytest.mark.parametrize(
    ("markup", "is_cut"),
    [
        ("<h1>x</h1>" * 9_999, False),
        ("<h1>x</h1>" * 10_001, True),
        ("<div>" * MAX_DEPTH, False),
        ("<div>" * 600 + "x", True),
        ("<p " + " ".join(f"a{n}" for n in range(2_001)) + ">x", True),
        ("<script>'" + "<p>" * 30_000 + "'</script><p>x", False),
    ],
    ids=["many tags", "too many tags", "deep", "too deep", "too many attributes", "a script"],
)
def test_a_page_tells_whether_all_of_it_is_read(markup: str, is_cut: bool) -> None:
    assert Page(markup).is_cut is is_cut
    assert not Page(markup, is_html=False).is_cut


def test_a_page_of_many_open_items_is_read_to_its_end() -> None:
    items = "".join(f"<li>{n}" for n in range(2 * MAX_DEPTH))
    assert selected(Page(f"<ul>{items}</ul><h1>end</h1>"), "h1") == ("\nend\n",)


def test_a_page_that_nests_properly_is_read_to_its_end() -> None:
    rows = "<tr><td><b>1</b></td></tr>" * 2000
    assert selected(Page(f"<table>{rows}</table><h1>end</h1>"), "h1") == ("\nend\n",)


@pytest.mark.slow
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<b>" * 300_000,
        "<h1>a" * 200_000,
        pytest.param("<p>a</p>" * 100_000, marks=pytest.mark.slow),
        *(
            "<a " + sign.join(f"a{n}" for n in range(count)) + ">"
            for sign in (" ", "/", "=1 ", "='>'", '="<p"')
            for count in (30_000, 100_000)
        ),
        ("<a " + " ".join(f"a{n}" for n in range(1_900)) + ">") * 60,
        "<a x='>' " + " ".join(f"a{n}" for n in range(30_000)) + ">",
        "<script>" * 100_000,
        "<script><p " * 50_000,
        "<a b='" * 150_000,
        pytest.param("<" * 1_000_000, marks=pytest.mark.slow),
        "</div>" * 150_000,
        "&amp;" * 200_000,
        "<!--" * 200_000,
        "<h1>" + "e\u0301\u0323" * 150_000,
        "<table>" * 5_000 + "<tr><td>" * 5_000,
        "<select>" * 50_000,
        "<a" * 300_000,
        "<b/" * 300_000,
        "<?" * 500_000,
        "<!?" * 300_000,
        "<?xml " * 100_000,
    ],
    ids=lambda html: html[:8],
)
def test_a_hostile_page_is_read_in_bounded_time(html: str) -> None:
    began = time.process_time()
    page = Page(html)
    assert isinstance(page.empty, bool)
    assert page.tree is not None
    assert len(selected(page, "h1")) <= 20_000
    assert time.process_time() - began < DEADLINE


@pytest.mark.parametrize(
    "script",
    [
        "for (i=0;i<n;i++) {}; data = [" + "1, " * 10_000 + "]",
        "if (a<b) {" * 30_000,
        "x = '<b>'; " * 15_000,
        "<!-- a<b " + "word " * 5_000,
    ],
    ids=range(4),
)
def test_a_large_script_does_not_cost_the_rest_of_the_page(script: str) -> None:
    page = Page(f"<h1>begin</h1><script type=x>{script}</script><SCRIPT>1</SCRIPT ><h1>end</h1>")
    assert selected(page, "h1") == ("\nbegin\n", "\nend\n")


@pytest.mark.parametrize(
    "html",
    [
        "<p a=1 b='2' c=\"3\" d checked>x</p>" * 5_000,
        f"<img src='data:image/png;base64,{'A/B+' * 200_000}=='><p>x</p>",
        "<script>if (a<b) c = [" + "1, " * 500 + "]</script><p>x</p>",
        """<p style="background:url('data:image/svg+xml;utf8,<svg a=b><path d=x /></svg>')">x</p>""" * 500,
        "<svg>" + "<path d='1'/><circle r=2 />" * 1_000 + "</svg><h1>x</h1>",
        "a < b and c > d " * 10_000,
    ],
    ids=["attributes", "image", "script", "svg-as-url", "svg", "text"],
)
def test_an_ordinary_page_is_not_cut(html: str) -> None:
    assert bounded(html) == (html, False)


@pytest.mark.slow
def test_many_heavy_pages_fill_no_memory() -> None:
    """Pages of a megabyte, pages of tags alone, JSON of empty lists, each another, as a program can answer."""
    script = """
import resource
from grader.checks.elements import by_xpath
from grader.checks.html import Page, _page
from grader.checks.jsondata import parsed
markup = "".join(f"<p id=a{n} class='c d e'>x</p>" for n in range(30_000))
bare = "<p>" * 20_000
lists = "[" + "[]," * 300_000 + "[]]"
for number in range(10):
    for text in (f"<i>{number}</i>{markup}"[:1 << 20], f"<i>{number}</i>{bare}"):
        page = _page(text.encode(), "text/html")
        page.headings, page.text, page.tree
    parsed(f"{' ' * number}{lists}")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT, check=True)
    assert int(done.stdout) < 450 << 10  # without a bound, these take 700 MB, and every further answer more


@pytest.mark.parametrize("html", ["", " ", "</p>", "<!-- x -->", "<!DOCTYPE html>", "</div>" * 9, "&", "\0"])
def test_a_page_without_any_element_has_a_tree_all_the_same(html: str) -> None:
    assert list(by_xpath(Page(html), "//h1")) == []
    assert selected(Page(html), "h1") == ()
