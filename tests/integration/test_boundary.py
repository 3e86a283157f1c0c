"""The last boundary: whatever goes wrong in a command becomes an exit status and a sentence; and times of the command
line reach the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from grader.cli import grading, run

pytestmark = pytest.mark.usefixtures("lent")

LATE = (
    "id: r\ntitle: R\nlate: {per_day: 10, deadline: '2026-11-30T23:59+01:00'}\n"
    "checks: [{id: a, title: A, points: 10, type: starts}]\n"
)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "main.py").write_text(
        "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run()\n"
    )
    return folder


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. Nothing was graded"),
        (click.exceptions.Abort(), 130, "Interrupted. Nothing was graded"),
        (ZeroDivisionError("by zero"), 3, "The grader itself failed: ZeroDivisionError: by zero."),
        (click.UsageError("Not so."), 2, "Error: Not so."),
    ],
)
def test_what_goes_wrong_has_a_status_and_a_sentence(
    error: BaseException, status: int, words: str, app: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(grading, "_grade", fail)
    assert run([str(app)]) == status
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_where_it_happened_is_shown_on_demand(
    app: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADE_DEBUG", "1")
    monkeypatch.setattr(grading, "_grade", lambda *_: {}["nothing"])
    assert run([str(app)]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("debug", ["", "1"])
def test_a_check_that_the_grader_fails_over_leaves_no_score_and_says_which(
    debug: str, app: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise TypeError("unhashable type: 'dict'")

    monkeypatch.setenv("GRADE_DEBUG", debug)
    monkeypatch.setattr("grader.checks.listens.Listens.judge", fail)
    assert run([str(app), "--format", "json"]) == 3
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert (report["status"], report["score"]) == ("ungraded", None)
    assert report["problem"] == "The check binds-all could not be judged: TypeError: unhashable type: 'dict'"
    assert "GRADE_DEBUG=1" in report["advice"]
    assert ("Traceback (most recent call last)" in told.err) is bool(debug)
    assert "Traceback" not in told.out


def late_of(app: Path, rubric: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[float, Any]:
    run([str(app), "--rubric", str(rubric), "--format", "json", *more])
    report = json.loads(capsys.readouterr().out)
    return report["score"], report["late"]


@pytest.mark.slow
def test_late_work_loses_what_the_rubric_says_by_its_deadline_or_another(
    app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text(LATE)
    assert late_of(app, rubric, capsys) == (10, None)
    score, late = late_of(app, rubric, capsys, "--submitted", "2026-12-02T00:00+01:00")
    assert (score, late) == (8, {"seconds": 86_460, "percent": 20, "points": 2})
    assert late_of(app, rubric, capsys, "--submitted", "2026-11-30T20:00+00:00") == (10, None)
    due = ("--due", "2026-12-05T00:00+01:00")
    assert late_of(app, rubric, capsys, "--submitted", "2026-12-02T00:00+01:00", *due) == (10, None)


@pytest.mark.parametrize(
    ("time", "words"), [("tomorrow", "is not a time such as"), ("2026-12-02T00:00", "does not say its zone")]
)
def test_a_time_without_a_zone_and_no_time_are_usage_errors(
    time: str, words: str, app: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(app), "--submitted", time]) == 2
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_a_report_that_can_no_longer_be_written_is_told(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.render.files.write_atomically", full)
    assert run([str(app), "--output", f"html={tmp_path / 'report.html'}"]) == 2
    assert "could not be written: No space left on device." in " ".join(capsys.readouterr().err.split())
    assert run(["rubric", "new", str(app), "--output", str(tmp_path / "new.yaml")]) == 2
    assert "could not be written: No space left on device." in " ".join(capsys.readouterr().err.split())
