"""Whatever a student's program wrote, named or answered: no format lets it steer a terminal, a browser, a spreadsheet
or a CI system. The reports here have the hostile text in every text that a report has, wherever it stands."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from grader.model import CheckResult, CheckStatus, Flag, FlagKind, Late, Location, Redirect, Report, ReportStatus
from grader.render import FORMATS, render
from grader.render.cleaning import clean, commandless, escaped
from grader.render.csv import HEADING, cell
from grader.render.markdown import MOST_BYTES
from grader.render.pages import static
from grader.render.text import print_text
from tests.unit.report_samples import check, crashed, perfect, without_grade
from tests.unit.test_render import hostile

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
STEERING = "a\x1b]0;title\x07\x9b31m\u202e\u2066\x7f\x00\r\u2028\ud800b"
COMMANDS = (
    "::error::x",
    "  \t ::set-output name=a::b",
    "\u00a0::add-mask::secret",
    "a ##[error]b",
    "##vso[task.setvariable]x",
    "##teamcity[testFailed]",
    "###[error]x",
    "\n::warning::y\n##[debug]z",
)
MARKUP = (
    "[red]x[/red] [link=http://evil]y[/link] :smile: [/] [bold",
    "<script>x()</script><img src=x onerror=x()><!-- --> &lt;b&gt;",
    "| a | b |\n|---|---|\n# big\n- [ ] item\n> quote\n1. one\n***\n![i](http://evil/i.png) [a](javascript:x) <http://e.vil>",
    "```\n</code></pre>``` ~~~ `` ` http://evil.example www.evil.example @somebody #1 $x$ **b** __c__ ~~d~~",
    "- dash",
    "{{7*7}} {% raw %}",
)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", " =cmd|'/c calc'!A1", '"=1', "a\n=1", "\uff1d1")
HOSTILE = (STEERING, *COMMANDS, *MARKUP, *FORMULAS)


def filled(value: Any, text: str) -> Any:
    """A value with `text` in every field that is a text, but for those that the grader itself or the rubric's rules
    hold to letters and digits."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, CheckResult):  # ids are what links and lists refer to
            inner = {f.name: filled(getattr(value, f.name), text) for f in dataclasses.fields(value) if f.name != "id"}
            return replace(value, **inner)
        kept = {"id", "start", "sha256", "evidence", "blocked_by", "exchange", "method"}
        return replace(
            value,
            **{f.name: filled(getattr(value, f.name), text) for f in dataclasses.fields(value) if f.name not in kept},
        )
    if isinstance(value, tuple):
        return tuple(filled(item, text) for item in value)
    return text if type(value) is str else text.encode("utf-8", "replace") if isinstance(value, bytes) else value


def everywhere(text: str, status: ReportStatus = ReportStatus.GRADED) -> Report:
    report = hostile() if status is ReportStatus.GRADED else replace(without_grade(status))
    flags = (Flag(FlagKind.NOTE, "m", "w"),)
    exchanges = tuple(
        replace(e, redirects=(Redirect("/", 302, "/x", (("A", "b"),)),), curl="c", log="l") for e in report.exchanges
    )
    checks = (
        *report.checks,
        replace(check("again", 3, CheckStatus.FAILED, location=Location("p", 1, "s"), evidence=("s1.1",)), section="x"),
    )
    late = Late(7200, Fraction(10), Fraction(1)) if status is ReportStatus.GRADED else None
    return filled(
        replace(report, flags=flags, exchanges=exchanges, checks=checks if report.checks else (), late=late), text
    )


def is_command(line: str) -> bool:
    """As GitHub's runner looks for one, and those of other systems."""
    return line.lstrip().startswith("::") or re.search(r"##[A-Za-z]*\[", line) is not None


def on_terminal(report: Report) -> str:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    file = Terminal()
    print_text(report, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "status",
    [pytest.param(s, marks=pytest.mark.slow if s is ReportStatus.NOT_GRADABLE else []) for s in ReportStatus],
)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("format", FORMATS)
def test_no_text_of_a_report_steers_a_terminal_or_a_ci_system(format: str, text: str, status: ReportStatus) -> None:
    made = render(everywhere(text, status), format)
    assert made.encode()  # no half of a character is left, which nothing could print
    assert not CONTROLS.search(made.replace("\r\n", "\n") if format == "csv" else made)
    assert [line for line in re.split(r"[\r\n]", made) if is_command(line)] == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_terminal_gets_no_sequence_but_the_grader_s_own_colours(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = on_terminal(everywhere(text))
    assert "\x1b[1m" in shown  # it is in colour
    assert not CONTROLS.search(re.sub(r"\x1b\[[0-9;]*m", "", shown))
    assert "\x1b]" not in shown
    assert [line for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines() if is_command(line)] == []


def test_markup_of_the_terminal_s_library_and_of_emoji_is_shown_as_it_is() -> None:
    text = " ".join(render(everywhere(MARKUP[0]), "text").split())
    assert MARKUP[0] in text


def test_json_says_the_same_with_or_without_what_is_escaped() -> None:
    """A program that reads it gets the very text; what was breaking was only how it is written."""
    for text in (*COMMANDS, *MARKUP):
        made = json.loads(render(everywhere(text), "json"))
        assert made["checks"][0]["message"] == text
        assert made["exchanges"][0]["path" if "path" in made["exchanges"][0] else "log"] == text
    assert json.loads(escaped(json.dumps({"a": "\u202e##[x\u2028"}, ensure_ascii=False))) == {"a": "\u202e##[x\u2028"}


def test_what_breaks_a_command_can_be_seen() -> None:
    assert commandless("  ::error::x\n##[error]x ##vso[y] a::b #[c] ## [d]") == (
        "  : :error::x\n# #[error]x # #vso[y] a::b #[c] ## [d]"
    )


def test_breaking_commands_takes_time_in_proportion() -> None:
    for text in ("#" * 500_000, "\n" * 500_000, " " * 500_000, "##a" * 200_000, ":" * 500_000, "##" + "a" * 500_000):
        assert len(commandless(text)) >= len(text)


def test_the_report_s_own_style_and_script_hold_no_command() -> None:
    for name in ("report.css", "report.js"):
        assert commandless(static(name)) == static(name)
        assert clean(static(name)) == static(name)


# ---------------------------------------------------------------------------------------------------------------- html


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))


def tags(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


@functools.cache
def shown(text: str, format: str) -> str:
    """A report as a browser gets it."""
    made = render(everywhere(text), format)
    return MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(made) if format == "markdown" else made


@pytest.mark.parametrize("format", ["html", "markdown"])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_browser_sees_the_same_elements_whatever_the_texts_are(format: str, text: str) -> None:
    evil = shown(text, format)
    assert set(tags(evil)) <= set(tags(shown("plain", format))) | {
        ("code", ()),
        ("pre", ()),
        ("code", ("class",)),
        ("br", ()),
    }


# ------------------------------------------------------------------------------------------------------------ markdown


def test_a_summary_says_score_checks_and_what_to_do() -> None:
    made = render(crashed(), "markdown")
    shown = unescape(made)
    assert shown.startswith("## Flask lab: 10 of 65 points, not passed\n")
    for part in (
        "**Fix this first (up to +30):** main.py:7 uses random, but the file never imports it. Write <code>import",
        "| ✅ | starts: title (<code>starts</code>) | 10 | 10 |",
        "| ❌ | home: title (<code>home</code>) | 0 | 20 |",
        "### ❌ home: title (-20)\n\n- asked: GET / answers 200\n- got: GET / answered 500\n",
        "- line: <code>main.py:7</code> <code>n = random.randint(1, 9)</code>",
        '```sh\ncurl "http://127.0.0.1:$PORT"/\n```',
        "It waits for <code>home</code>.",
        "Isolation: landlock",
    ):
        assert part in shown


def test_a_perfect_summary_says_so() -> None:
    assert "Everything is right." in render(perfect(), "markdown")


@pytest.mark.parametrize("status", [ReportStatus.UNGRADED, ReportStatus.NOT_GRADABLE])
def test_a_summary_without_a_grade_says_why(status: ReportStatus) -> None:
    made = unescape(render(without_grade(status), "markdown"))
    assert "no score" in made
    assert "lab-1 holds no Python file.\n\nGive the folder that holds main.py.\n" in made


def test_a_fence_is_longer_than_any_in_it() -> None:
    report = crashed()
    evil = "````\n</pre># h"
    made = render(replace(report, exchanges=tuple(replace(e, curl=evil) for e in report.exchanges)), "markdown")
    assert f"`````sh\n{evil}\n`````\n" in made


def test_a_summary_stays_far_below_what_github_takes() -> None:
    checks = [
        check(f"c{n}", 1, CheckStatus.FAILED, expected="é&" * 300, actual="x" * 9000, hint="<" * 999)
        for n in range(1000)
    ]
    made = render(replace(crashed(), checks=tuple(checks)), "markdown")
    assert MOST_BYTES * 0.9 < len(made.encode()) <= MOST_BYTES
    assert made.endswith("The JSON and HTML reports hold all of it.*\n")


# ----------------------------------------------------------------------------------------------------------------- csv


def rows(report: Report) -> list[dict[str, str]]:
    text = render(report, "csv")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_a_row_for_each_check_and_numbers_are_numbers() -> None:
    found = rows(crashed())
    assert [row["check"] for row in found] == ["starts", "port", "heading", "home"]
    assert tuple(found[0]) == HEADING
    assert {row["submission"] for row in found} == {"lab-1"}
    home = found[3]
    assert (home["status"], home["score"], home["max_score"], home["line"]) == ("failed", "0", "20", "main.py:7")
    assert home["hint"] == "Write `import random` at the top."
    assert found[2]["blocked_by"] == "home"


def test_a_negative_score_is_a_number_and_no_text() -> None:
    lost = replace(check("penalty", 0, CheckStatus.FAILED), score=Fraction(-5, 2))
    assert rows(replace(crashed(), checks=(lost,)))[0]["score"] == "-2.5"


@pytest.mark.parametrize("status", [ReportStatus.UNGRADED, ReportStatus.NOT_GRADABLE])
def test_csv_without_a_grade_has_one_row_that_says_why(status: ReportStatus) -> None:
    (row,) = rows(without_grade(status))
    assert (row["status"], row["score"], row["message"]) == (status.value, "", "lab-1 holds no Python file.")


@pytest.mark.parametrize("text", FORMULAS, ids=range(len(FORMULAS)))
def test_no_cell_is_a_formula(text: str) -> None:
    for row in rows(everywhere(text)):
        for name, value in row.items():
            if name not in ("score", "max_score"):
                assert not value.startswith(tuple("=+-@\t\r\n\0\uff1d")), (name, value)


def test_a_cell_keeps_what_is_no_formula() -> None:
    assert [cell(t) for t in ("a=1", "1-2", 'say "hi", you', "=1")] == ["a=1", "1-2", 'say "hi", you', "'=1"]


@pytest.mark.parametrize("text", ['a"b', "a,b", "a\nb", "a;b", "é", "'x", '"'], ids=range(7))
def test_csv_is_read_back_as_it_was_meant(text: str) -> None:
    expected = " ".join(text.split())
    assert {row["message"] for row in rows(everywhere(text))} == {expected}
