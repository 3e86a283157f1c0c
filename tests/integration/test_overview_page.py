"""The overview as a page: what it says, what it escapes, where its links lead, and what a large class costs."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from grader.model import CheckStatus
from grader.overview import Head, Row, RowStatus, statistics
from grader.overview.page import href
from grader.overview.scores import ABOVE, BELOW
from tests.unit.overview_samples import HEAD, LAB, cell, course, graded, without_score, written

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</table></main><style>*{display:none}</style>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    "\u202egnp.exe\u202c",
    "bell\x07 and\r\nline\u2028end",
    "##[error]no ::error::no\n::error::no",
    "half a pair \ud800",
    "١٢٣ مرحبا",
    "'; DROP TABLE people; --",
    "=cmd|' /C calc'!A0",
    "x" * 5000,
    "",
]


def page(*rows: Row, head: Head = HEAD) -> BeautifulSoup:
    return BeautifulSoup(written(rows, head), "lxml")


def one(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    (tag,) = soup.select(selector)
    return tag


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def people(soup: BeautifulSoup) -> list[list[str]]:
    return [[words(c) for c in row.select("th, td")] for row in soup.select("#table tbody tr")]


def figures(soup: BeautifulSoup, selector: str) -> dict[str, str]:
    return {words(one(div, "dt")): words(one(div, "dd")) for div in soup.select(f"{selector} > div")}


@pytest.fixture(scope="module")
def whole() -> BeautifulSoup:
    return page(*course(300))


# ------------------------------------------------------------------------------------------------------ what it says


@pytest.mark.slow
def test_the_head_counts_everybody(whole: BeautifulSoup) -> None:
    found = statistics(course(300), Fraction(60))
    assert found.scores
    expected = {s.value.replace("_", " "): str(n) for s, n in found.counts} | {"passed": str(found.scores.passed)}
    assert figures(whole, ".tiles") == expected
    assert sum(n for _, n in found.counts) == 300
    assert words(one(whole, "h1")) == "Flask lab: a random number"


@pytest.mark.slow
def test_the_histogram_and_its_table_say_the_same(whole: BeautifulSoup) -> None:
    bars = [words(title) for title in whole.select(".histogram rect title")]
    table = [
        f"{words(one(row, 'th'))}: {words(row.select('td')[0])}"
        for row in whole.select(".histogram ~ details tbody tr")
    ]
    assert bars == table
    assert len(bars) == 10
    assert figures(whole, ".figures")["n"] == "284"


def test_scores_beyond_both_ends_have_bars_of_their_own() -> None:
    rows = [graded(str(s), score=Fraction(s), max_score=Fraction(100)) for s in (-5, 50, 110)]
    soup = page(*rows)
    assert [words(t) for t in soup.select(".histogram rect title")][:: BELOW + ABOVE + 2] == [
        "below 0 %: 1",
        "above 100 %: 1",
    ]
    assert all(0 <= float(str(tag[at]).rstrip("%")) <= 100 for tag in soup.select(".histogram line, .histogram text")
               for at in ("x", "x1", "x2") if tag.has_attr(at))  # fmt: skip


def test_every_check_has_a_bar_and_a_line_and_the_odd_ones_are_marked(whole: BeautifulSoup) -> None:
    assert len(whole.select(".bars rect:not(.track)")) == len(LAB)
    notes = {words(one(row, "code")): words(row.select("td")[-1]) for row in whole.select(".checks tbody tr")}
    assert list(notes) == [id for id, *_ in LAB]
    assert {id: note for id, note in notes.items() if note} == {
        "templates-folder": "everybody earned it: it tells nobody apart",
        "static-folder": "Check this rubric line: those who lose it do better elsewhere",
        "template-variable": "Check this rubric line: nobody earned a point",
    }


def test_a_small_class_gets_no_discrimination() -> None:
    assert "Discrimi" not in words(one(page(*course(9)), ".checks thead"))
    assert "Discrimi" in words(one(page(*course(30)), ".checks thead"))


def test_every_person_has_a_row_with_score_status_and_points() -> None:
    cells = [cell("a", 10), cell("b", Fraction(10, 3)), cell("c", 0, status=CheckStatus.BLOCKED), cell("flag", 0, 0)]
    rows = [
        graded(
            "1", cells, name="Ann", ids=(("login", "ann"), ("id", "7")), attempt=2, late="3 hours", report="r/Ann.html"
        ),
        without_score("2", RowStatus.UNGRADED, "The sandbox died.", name="Bob", checks=(cell("a", 0),)),
        without_score("3", RowStatus.MISSING, name="Cy"),
    ]
    soup = page(*rows)
    assert people(soup) == [
        ["Ann", "login ann id 7", "13.33 /30", "graded", "2", "3 hours", "10", "3.33", "0", "✓"],
        ["Bob", "", "", "ungraded The sandbox died.", "1", "", "", "", "", ""],
        ["Cy", "", "", "missing", "", "", "", "", "", ""],
    ]
    assert [c.get("class") for c in soup.select("#table tbody tr:first-child td")[5:]] == [["p"], ["q"], ["b"], ["p"]]


def test_failures_slow_and_identical_work_lead_to_reports(whole: BeautifulSoup) -> None:
    for section in ("failures", "slowest", "identical"):
        assert whole.select(f"[aria-labelledby={section}] a[href^='reports/']")
    first, last = one(whole, ".clusters li:first-child"), one(page(next(course(1))), ".clusters li:last-child")
    assert "…" in words(one(first, ".kind"))
    assert "…" not in words(one(last, ".kind"))  # alone, it is said as it was
    assert words(one(first, ".times")) == str(statistics(course(300)).clusters[0].count)


def test_many_notes_do_not_push_the_class_away() -> None:
    section = one(page(head=replace(HEAD, notes=tuple(f"note {n}" for n in range(600)))), ".first")
    assert [words(p) for p in section.find_all("p", recursive=False)] == [f"note {n}" for n in range(5)]
    assert words(one(section, "summary")) == "595 more"
    assert words(section.select("details p")[-1]) == "and 100 more"


def test_nobody_at_all_is_a_page_too() -> None:
    text = words(one(page(), "main"))
    for sentence in ("Nobody has a score yet.", "No check was judged yet.", "There were none.", "Nothing was timed.",
                     "No two people handed in the same files.", "Nobody is listed."):  # fmt: skip
        assert sentence in text


# ------------------------------------------------------------------------------------------------ markup and policy


@pytest.mark.parametrize("n", [0, 5, pytest.param(300, marks=pytest.mark.slow)])
def test_references_lead_somewhere_and_nothing_is_fetched(n: int) -> None:
    soup = page(*course(n))
    ids = [str(tag["id"]) for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    targets = [str(a["href"]) for a in soup.select("a[href]")]
    assert {t[1:] for t in targets if t.startswith("#")} <= set(ids)
    assert not [t for t in targets if urlsplit(t).scheme or urlsplit(t).netloc or t.startswith("/")]
    assert {str(t["aria-labelledby"]) for t in soup.select("[aria-labelledby]")} <= set(ids)
    assert not soup.select("[src], link, iframe, object, [style], form, [onclick], image, use")
    assert all(th.has_attr("scope") for th in soup.select("th"))
    assert all(one(label, "input, select") for label in soup.select("label"))
    assert all(svg["aria-label"] for svg in soup.select("svg[role=img]"))
    assert len(soup.select("svg[role=img]")) == len(soup.select("svg"))


def test_the_policy_allows_this_style_and_script_alone() -> None:
    soup = page(*course(5))
    policy = str(one(soup, "meta[http-equiv]")["content"])
    assert policy.startswith("default-src 'none';")
    for tag in (one(soup, "style"), one(soup, "script")):
        digest = base64.b64encode(hashlib.sha256(tag.get_text().encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_hostile_names_are_text_everywhere() -> None:
    rows = [
        replace(
            graded(f"{at}{copy}", [replace(cell(text[:60], 0, message=text), title=text)]),
            name=text, ids=((text, text),), late=text, reason=text, sha256=f"sha {at}",
            report=f"reports/{at}.html", seconds=1.0,
        )
        for at, text in enumerate(HOSTILE) for copy in "ab"
    ]  # fmt: skip
    head = Head(*HOSTILE[:5], notes=tuple(HOSTILE), left_out=((HOSTILE[0], HOSTILE[1]),))
    text = written(rows, head)
    soup = BeautifulSoup(text, "lxml")
    assert [len(soup.select(tag)) for tag in ("script", "style", "img", "b", "title", "h1")] == [1, 1, 0, 0, 11, 1]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\ud800-\udfff]", text)
    assert not re.search(r"^\s*::|##\[", text, re.MULTILINE)
    names = [row[0] for row in people(soup)]
    assert names[0] == HOSTILE[0]
    assert "{{ 7*7 }}{% raw %}" in names
    assert "&lt;b&gt; &amp;" in names
    assert max(map(len, names)) <= 80
    assert names[-1] == "without a name"


def test_links_lead_to_the_reports_whatever_they_are_called(tmp_path: Path) -> None:
    names = ["Ann Lee", "100% #1?", "a&b=\"c\"'d'", "محمد", "x:y", "%2e%2e", "…", "back\\slash", "javascript:alert(1)"]
    for name in names:
        report = tmp_path / "reports" / f"{name}.html"
        report.parent.mkdir(exist_ok=True)
        report.write_text(name)
    soup = page(*(graded(name, name=name, report=f"reports/{name}.html") for name in names))
    targets = [str(a["href"]) for a in soup.select("#table a")]
    found = [(tmp_path / unquote(urlsplit(target).path)).read_text() for target in targets]
    assert found == names
    assert all(target.isascii() for target in targets)


@pytest.mark.parametrize("report", [None, "", "/etc/passwd", "../x.html", "a/../../x.html", "//example.org/x.html"])
def test_what_leads_elsewhere_is_no_link(report: str | None) -> None:
    assert href(report) is None
    assert not page(graded("1", report=report, name="Ann")).select("#table a")


def test_no_report_is_taken_for_an_address() -> None:
    assert href("javascript:alert(1)") == "javascript%3Aalert%281%29"


# ------------------------------------------------------------------------------------------------------- a large class


WRITE = """
import sys
from grader.overview import write_overview
from tests.unit.overview_samples import HEAD, course

class Sink:
    total = 0
    def write(self, data):
        self.total += len(data)

sink = Sink()
write_overview(lambda: course(int(sys.argv[1])), HEAD, sink)
print(sink.total, open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
"""


def cost(n: int) -> tuple[int, int]:
    """Bytes written, and KiB of memory at the peak, of a process that does nothing else."""
    run = subprocess.run([sys.executable, "-c", WRITE, str(n)], cwd=ROOT, capture_output=True, text=True, check=True)
    written, peak = map(int, run.stdout.split())
    return written, peak


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_five_thousand_cost_no_more_memory_than_a_hundred() -> None:
    (few, little), (many, much) = cost(100), cost(5000)
    assert many > 25 * few
    assert much - little < 1500  # 5,000 rows kept would be 20,000 and more
