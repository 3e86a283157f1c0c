"""The text report: its order, its width, and terminals of every kind."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from fractions import Fraction

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.model import CheckStatus, Location, Report
from grader.model.report import Weight
from grader.render import render
from grader.render.text import print_text, write
from tests.unit.report_samples import check, crashed, graded, perfect


def at_width(report: Report, width: int) -> list[str]:
    file = io.StringIO()
    write(report, Console(file=file, width=width, color_system=None))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def on_terminal(report: Report, encoding: str) -> str:
    """What a real terminal gets."""
    ours, theirs = os.openpty()
    try:
        with open(theirs, "w", encoding=encoding) as terminal:
            print_text(report, terminal)
            terminal.flush()
            return os.read(ours, 1 << 16).decode(encoding)
    finally:
        os.close(ours)


def test_what_gives_back_most_is_to_be_fixed_first_with_what_it_blocks() -> None:
    text = render(crashed(), "text")
    assert "Fix this first (up to +30): main.py:7 uses random, but the file never imports it. Write `import" in text
    assert "10 of 65 points  not passed: 15.38 %, the pass mark is 60 %" in text


def test_a_lost_point_says_what_was_asked_what_came_what_to_do_and_where() -> None:
    lines = at_width(crashed(), 100)
    for line in (
        "        asked GET / answers 200",
        "        got   GET / answered 500",
        "        why   main.py:7 uses random, but the file never imports it.",
        "        hint  Write `import random` at the top.",
        "        line  main.py:7 │ n = random.randint(1, 9)",
    ):
        assert line in lines


def test_a_blocked_check_does_not_tell_the_same_again() -> None:
    lines = at_width(crashed(), 100)
    after = lines.index(" -  -10 heading: title  heading") + 1
    assert lines[after].strip() == "waits for home"
    assert sum("uses random" in line for line in lines) == 2


def test_routes_isolation_and_what_is_missing_stand_at_the_end() -> None:
    lines = at_width(crashed(), 100)
    assert "  /       GET POST  500  12 ms  server error" in lines
    assert lines[-2:] == ["Isolation  landlock; not in force: memory limit", "  There are no user namespaces here."]


def test_where_nothing_is_lost_nothing_is_to_be_fixed() -> None:
    text = render(perfect(), "text")
    assert "Everything is right." in text
    assert "Fix this first" not in text
    assert "40 of 40 points  passed" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_nothing_of_the_student_s_line_is_lost(width: int) -> None:
    source = "x = '" + "y" * 140 + "'"
    result = check("home", 5)
    lost = replace(
        result, score=result.score - 5, outcome=replace(result.outcome, location=Location("a.py", 1, source))
    )
    lines = at_width(graded([lost]), width)
    assert max(cell_len(line) for line in lines) <= width
    assert source.replace(" ", "") in "".join(lines).replace(" ", "")


@pytest.mark.parametrize(("encoding", "sign"), [("ascii", "x"), ("utf-8", "✗")])
def test_a_terminal_gets_colours_and_only_signs_that_it_has(
    encoding: str, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    text = on_terminal(crashed(), encoding)
    assert "\x1b[31m" in text
    assert sign in text.split("Lost points")[1].split("title")[0]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    text = on_terminal(crashed(), "utf-8")
    assert "\x1b[31m" not in text
    assert "Fix this first" in text


def test_a_pipe_gets_no_escape_sequence_at_all() -> None:
    file = io.StringIO()
    print_text(crashed(), file)
    assert file.getvalue() == render(crashed(), "text")
    assert "\x1b" not in file.getvalue()


def test_points_are_never_cut_and_a_bonus_is_called_one() -> None:
    third = replace(check("third", 20, CheckStatus.PARTIAL, earned=Fraction(1, 3)), score=Fraction(20, 3))
    bonus = replace(check("more", 5), weight=Weight.BONUS)
    lines = at_width(graded([third, bonus]), 80)
    assert any(line.startswith(" ~ -13.33 third: title") for line in lines)
    assert any(line.startswith(" ✓    5 more: title  more, a bonus") for line in lines)
