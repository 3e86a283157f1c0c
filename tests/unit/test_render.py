"""Reports made by hand, in every format: what no real grading shows often."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from fractions import Fraction
from html import unescape
from pathlib import Path

import jsonschema
import pytest

from grader.model import (
    Address,
    CheckResult,
    CheckStatus,
    Condition,
    Exchange,
    Exit,
    Failure,
    FailureKind,
    Flag,
    FlagKind,
    Frame,
    Isolation,
    Level,
    Location,
    Outcome,
    Redirect,
    Report,
    ReportStatus,
    Request,
    RouteVisit,
    RubricInfo,
    Start,
    StartState,
    SubmissionInfo,
    Traceback,
    Visibility,
)
from grader.render import FORMATS, render
from grader.render.audience import for_audience
from grader.render.files import write_atomically
from grader.render.numbers import number, rounded
from grader.render.text import print_text
from grader.render.volatile import schema

EVIL = "<script>x</script> [bold]y[/] \x1b[31m\x07 \u202e \ud800 {{7*7}} " + "z" * 9000
FRAMES = (Frame("main.py", 3, "home", True, "1/0"), Frame("/x/flask.py", 9, "f", False))
TRACEBACK = Traceback("ValueError", EVIL, FRAMES, EVIL)
LATIN = (("Content-Type", "text/html; charset=latin-1"),)


def result(id: str, status: CheckStatus, earned: Fraction, **more: object) -> CheckResult:
    outcome = Outcome(status, f"{id} {EVIL}", earned, EVIL, EVIL, f"write `this` {EVIL}", evidence=("s1", "s1.1"))
    outcome = replace(outcome, location=Location("main.py", 3, EVIL), **more)
    return CheckResult(id, f"Title {id} {EVIL}", "Part", Fraction(10), 10 * earned, outcome)


def hostile() -> Report:
    start = Start(
        "s1",
        Condition(),
        0,
        StartState.LISTENING,
        Address("0.0.0.0", 80),
        exit=Exit(signal=9),
        log=EVIL,
        traceback=TRACEBACK,
        log_truncated=True,
        limit="a limit",
    )
    exchanges = (
        Exchange(
            "s1.1",
            "s1",
            Request("/" + EVIL),
            500,
            EVIL,
            ((EVIL, EVIL),),
            EVIL.encode("utf-8", "replace"),
            9,
            True,
            (Redirect("/", 302, EVIL),),
            log=EVIL,
            traceback=TRACEBACK,
            curl="curl x",
        ),
        Exchange("s1.2", "s1", Request("/b", body=b"\xff"), 200, "OK", LATIN, b"\xe9"),
        Exchange("s1.3", "s1", Request(), 200, "OK", (("Content-Type", "text/html"),), b"\xff\xfe\x00\x01" * 9),
        Exchange("s1.4", "s1", Request(), failure=Failure(FailureKind.TIMEOUT, EVIL)),
    )
    checks = (
        result("passed", CheckStatus.PASSED, Fraction(1)),
        result("partial", CheckStatus.PARTIAL, Fraction(1, 3)),
        result("failed", CheckStatus.FAILED, Fraction(0)),
        result("blocked", CheckStatus.BLOCKED, Fraction(0), blocked_by=("failed",)),
        result("error", CheckStatus.ERROR, Fraction(0)),
    )
    return Report(
        SubmissionInfo(EVIL, "main.py", "0" * 64),
        RubricInfo("r", "R", "1", "0" * 64),
        ReportStatus.GRADED,
        Fraction(50),
        Fraction(60),
        sum((c.score for c in checks), Fraction(0)),
        checks,
        (start,),
        exchanges,
        tuple(RouteVisit(f"/{i}{EVIL}", ("GET",), status=500, seconds=0.1, path="main.py", line=3) for i in range(60)),
        (Flag(FlagKind.NOTE, EVIL, "main.py:3"),),
        ("a limit", "a limit"),
        Isolation(Level.PROCESS, EVIL, ("one",), ("two",)),
        "2026-01-01T00:00:00Z",
        1.5,
        "0.1.0",
    )


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_is_harmless_in_every_format(format: str) -> None:
    text = render(hostile(), format)
    assert not {"\x1b", "\x07", "\ud800"} & set(text)
    assert "\u202e" not in text or format == "json"  # whose bodies are what came, to the letter
    shown = unescape(text)
    assert "[bold]y[/]" in shown
    assert "{{7*7}}" in shown
    if format == "html":
        assert "<script>x" not in text


def test_the_json_report_follows_its_schema_and_keeps_what_is_no_text() -> None:
    document = json.loads(render(hostile(), "json"))
    jsonschema.validate(document, schema())
    assert document["score"] == 13.33
    bodies = [exchange["body"] for exchange in document["exchanges"]]
    assert bodies[1]["text"] == "é"
    assert bodies[2]["base64"].startswith("//4AAf/+")
    assert document["exchanges"][0]["traceback"]["frames"][0]["own"]


def test_lost_points_stand_before_what_was_earned_and_blocked_ones_last() -> None:
    text = render(hostile(), "text")
    order = [text.index(f"Title {id}") for id in ("partial", "failed", "error", "blocked", "passed")]
    assert order == sorted(order)
    assert "and 20 more" in text


@pytest.mark.parametrize("status", [ReportStatus.UNGRADED, ReportStatus.NOT_GRADABLE])
@pytest.mark.parametrize("format", FORMATS)
def test_without_a_grade_there_is_a_reason_and_no_score(format: str, status: ReportStatus) -> None:
    report = replace(hostile(), status=status, score=None, checks=(), problem="It broke.", advice="Try again.")
    text = render(report, format)
    assert "It broke." in text
    assert "Try again." in text
    assert "of 50" not in text


def test_a_student_s_copy_is_the_same_where_nothing_is_hidden() -> None:
    report = hostile()
    assert for_audience(report, "student") is report
    hidden = replace(report, checks=tuple(replace(c, visibility=Visibility.HIDDEN) for c in report.checks))
    seen = for_audience(hidden, "student")
    assert seen.checks == ()
    assert seen.score == 0


def test_numbers_are_rounded_half_even_and_only_where_they_must() -> None:
    assert [rounded(Fraction(n)) for n in ("7", "1/3", "0.125", "0.135")] == [7, 0.33, 0.12, 0.14]
    assert [number(Fraction(n)) for n in ("100", "1/3", "7.5")] == ["100", "0.33", "7.5"]


def test_an_old_terminal_gets_signs_that_it_has() -> None:
    class Terminal(io.StringIO):
        encoding = "ascii"

    file = Terminal()
    print_text(hostile(), file)
    assert file.getvalue().isascii()
    assert " x  -10 " in file.getvalue()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
