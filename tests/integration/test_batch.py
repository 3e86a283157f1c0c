"""Many submissions with real servers: what is saved, what is graded again, and what is left alone."""

from __future__ import annotations

import csv
import hashlib
import json
import signal
import threading
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.batch import one, running
from grader.batch.engine import Engine
from grader.batch.model import Attempts, BatchHow, Progress, Regrade, Summary, Work
from grader.batch.rescoring import rescore_all
from grader.errors import NotGradableError, StoreError, UngradedError, UsageError
from grader.launch.warm import WarmInterpreter
from grader.model import Kept, ReportStatus, Rubric
from grader.pipeline import ungraded
from grader.rubric import load_rubric, parse_rubric
from grader.store.folder import opened
from grader.store.values import Whose
from tests import small_lab

RUBRIC = small_lab.rubric("{start_seconds: 1, request_seconds: 1, total_seconds: 3}").encode()
GOOD = small_lab.app("hello {}")
SILENT = GOOD.replace("hello", "good day")
HANGS = "while True: pass\n"
DIES = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(0, signal.SIGKILL)\n"


def work(name: str, text: str | None, attempt: int = 1, **more: Any) -> Work:
    """One file, or nothing at all."""

    def stage(folder: Path) -> Path:
        if text is None:
            raise NotGradableError("The archive is broken.", "Ask for another one.")
        (folder / "main.py").write_text(text)
        return folder

    sha256 = hashlib.sha256((text or "").encode()).hexdigest()
    return Work(f"{name}#{attempt}", Whose(name, name.title(), {"sis_id": f"={name}"}), attempt, sha256, stage, **more)


@pytest.fixture(scope="session")
def small() -> Rubric:
    return parse_rubric(RUBRIC, "small.yaml")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results"


def table(out: Path) -> dict[str, dict[str, str]]:
    rows = csv.DictReader((out / "gradebook.csv").read_text("utf-8-sig").splitlines())
    return {f"{row['name']}{row['attempt']}": row for row in rows}


def go(works: list[Work], rubric: Rubric, out: Path, **how: Any) -> Summary:
    return running.run(works, rubric, out, BatchHow(**how))


class Stub:
    """In the place of real grading, where only what is made of it matters."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rubric: Rubric) -> None:
        self.graded: list[str] = []
        self.fails: dict[str, int] = {}
        self.seconds = 0.0
        self._rubric = rubric
        monkeypatch.setattr(one, "grade_kept", self)
        monkeypatch.setattr(Engine, "launcher", lambda _: _NoLauncher())
        monkeypatch.setattr(Engine, "close", lambda _: None)

    def __call__(self, path: Path, rubric: Rubric, launcher: Any, how: Any) -> Kept:
        text = (path / "main.py").read_text()
        self.graded.append(text)
        time.sleep(self.seconds)
        if self.fails.get(text, 0) > 0:
            self.fails[text] -= 1
            raise UngradedError("The machine is on fire.")
        report = ungraded("x", rubric, UngradedError(""))
        score = Fraction(sum(map(ord, text)) % 11)
        report = replace(report, status=ReportStatus.GRADED, problem="", score=score)
        return Kept(report)


class _NoLauncher:
    workspace = None

    def settle(self) -> None: ...


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, small: Rubric) -> Stub:
    return Stub(monkeypatch, small)


# ----------------------------------------------------------------------------------------------------- real programs


@pytest.mark.slow
def test_a_class_is_graded_and_every_work_costs_only_itself(small: Rubric, out: Path) -> None:
    works = [
        *(work(f"good{n}", GOOD.format(n)) for n in range(4)),
        work("silent", SILENT.format("")),
        work("hangs", HANGS),
        work("dies", DIES),
        work("broken", None),
        work("empty", ""),
        work("late", GOOD.format("late"), late_seconds=100.0, late=True),
    ]
    seen: list[Progress] = []
    roster = (Whose("absent", "Absent One", {"sis_id": "7"}),)
    summary = running.run(works, small, out, BatchHow(jobs=2, roster=roster), seen.append)

    rows = table(out)
    assert {name: (row["status"], row["score"]) for name, row in rows.items()} == {
        **{f"Good{n}1": ("graded", "10") for n in range(4)},
        "Silent1": ("graded", "4"),
        "Hangs1": ("graded", "0"),
        "Dies1": ("graded", "0"),
        "Broken1": ("not_gradable", ""),
        "Empty1": ("graded", "0"),
        "Late1": ("graded", "10"),
        "Absent One": ("missing", ""),
    }
    assert rows["Good01"]["sis_id"] == "'=good0"
    assert rows["Good01"]["home"] == "6"
    assert rows["Late1"]["late"] == "2 min"
    assert rows["Broken1"]["problem"] == "The archive is broken."
    assert summary.counts == {"graded": 9, "not_gradable": 1, "missing": 1}
    assert (summary.now, summary.kept, summary.failed, summary.interrupted) == (10, 0, 4, False)
    assert seen[-1].done == seen[-1].total == 10
    assert sorted(p.last.name for p in seen if p.last) == sorted(w.person.name for w in works)
    names = {path.name for path in (out / "reports").iterdir()}
    assert {"Good0.json", "Good0.html", "Broken.html"} <= names
    assert json.loads((out / "reports/Good0.json").read_text())["submission"]["name"] == "Good0"
    page = (out / "index.html").read_text()
    assert 'href="reports/Silent.html"' in page
    assert "Absent One" in page


@pytest.mark.slow
def test_the_same_gradebook_whatever_the_jobs_and_the_order(small: Rubric, tmp_path: Path) -> None:
    works = [work(f"w{n}", (GOOD if n % 2 else SILENT).format(n)) for n in range(6)]
    for jobs, order in ((1, works), (3, works[::-1])):
        go(order, small, tmp_path / f"{jobs}", jobs=jobs)
    assert (tmp_path / "1/gradebook.csv").read_bytes() == (tmp_path / "3/gradebook.csv").read_bytes()


@pytest.mark.slow
def test_the_interpreter_may_die_in_between(small: Rubric, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[WarmInterpreter] = []
    start = WarmInterpreter.load
    monkeypatch.setattr(WarmInterpreter, "load", lambda self, packages: (made.append(self), start(self, packages))[1])

    def kill(progress: Progress) -> None:
        if progress.last and progress.done == 1:
            made[0]._process.send_signal(signal.SIGKILL)

    works = [work(f"w{n}", GOOD.format(n)) for n in range(4)]
    summary = running.run(works, small, out, BatchHow(jobs=1), kill)
    assert summary.counts == {"graded": 4}
    assert len(made) == 2


@pytest.mark.slow
def test_new_points_come_from_what_was_seen(small: Rubric, out: Path) -> None:
    go([work("ann", GOOD.format("")), work("ben", SILENT.format("")), work("cid", None)], small, out)
    other = parse_rubric(RUBRIC.replace(b"points: 6", b"points: 16").replace(b"hello}}", b"good}}"), "new.yaml")
    found = rescore_all(out, other)
    assert [(c.name, c.before, c.after) for c in found.changed] == [
        ("Ann", "10 of 10", "4 of 20"),
        ("Ben", "4 of 10", "20 of 20"),
    ]
    assert (found.judged, found.already, found.needs_run) == (3, 0, ())
    rows = table(out)
    assert {n: (r["score"], r["max_score"]) for n, r in rows.items()} == {
        "Ann1": ("4", "20"),
        "Ben1": ("20", "20"),
        "Cid1": ("", "20"),
    }
    assert json.loads((out / "reports/Ben.json").read_text())["score"] == 20
    with opened(out) as store:
        assert [row.score for row in store.history("ann#1")] == [10, 4]
    again = rescore_all(out, other)
    assert (again.judged, again.already) == (0, 3)


@pytest.mark.slow
def test_what_was_not_seen_is_not_guessed_but_run_when_asked(small: Rubric, out: Path) -> None:
    works = [work("ann", GOOD.format("")), work("cid", None)]
    go(works, small, out)
    more = b"  - {id: other, title: Another, points: 1, type: request, path: /other, expect: [status: 404]}\n"
    other = parse_rubric(RUBRIC + more, "new.yaml")
    found = rescore_all(out, other)
    assert found.needs_run == (("Ann", 1),)
    assert table(out)["Ann1"]["status"] == "waiting"
    assert go(works, other, out).now == 1
    assert table(out)["Ann1"]["score"] == "11"
    with opened(out) as store:
        assert [row.score for row in store.history("ann#1")] == [10, 11]


@pytest.mark.slow
def test_other_limits_need_a_run(small: Rubric, out: Path) -> None:
    go([work("ann", GOOD.format(""))], small, out)
    other = parse_rubric(RUBRIC.replace(b"request_seconds: 1", b"request_seconds: 2"), "new.yaml")
    assert rescore_all(out, other).needs_run == (("Ann", 1),)


# ------------------------------------------------------------------------------------------------- what is graded again


def test_what_is_unchanged_is_left_alone(stub: Stub, small: Rubric, out: Path) -> None:
    works = [work(f"w{n}", f"{n}") for n in range(5)]
    go(works, small, out)
    assert len(stub.graded) == 5
    before = (out / "gradebook.csv").read_bytes()
    assert go(works, small, out).kept == 5
    assert len(stub.graded) == 5
    assert (out / "gradebook.csv").read_bytes() == before
    go([work("w0", "other"), *works[1:]], small, out)
    assert stub.graded[5:] == ["other"]
    go([replace(works[1], late_seconds=5.0), *works[2:]], small, out)
    assert stub.graded[6:] == ["1"]
    changed = replace(small, sha256="f" * 64)
    go(works[2:], changed, out)
    assert sorted(stub.graded[7:]) == ["2", "3", "4"]
    assert list(table(out)) == ["W21", "W31", "W41"]  # who is not in the source any more is not in the gradebook


@pytest.mark.slow
@pytest.mark.parametrize(
    ("regrade", "again"),
    [
        (Regrade.CHANGED, []),
        (Regrade.UNGRADED, ["fire"]),
        (Regrade.FAILED, ["fire", "i"]),
        (Regrade.ALL, ["a", "fire", "i"]),
    ],
)
def test_what_is_graded_once_more(stub: Stub, small: Rubric, out: Path, regrade: Regrade, again: list[str]) -> None:
    rubric = replace(small, pass_mark=Fraction(70))
    stub.fails["fire"] = 3
    works = [work("good", "a"), work("bad", "i"), work("fire", "fire")]  # 9 points and 6
    summary = go(works, rubric, out)
    assert (summary.failed, summary.counts) == (1, {"graded": 2, "ungraded": 1})
    del stub.graded[:]
    go(works, rubric, out, regrade=regrade)
    assert sorted(stub.graded) == again


def test_a_fault_of_the_graders_is_tried_three_times_and_then_told(stub: Stub, small: Rubric, out: Path) -> None:
    stub.fails = {"twice": 2, "ever": 99}
    summary = go([work("twice", "twice"), work("ever", "ever"), work("fine", "fine")], small, out)
    assert [(x.name, x.status, x.problem) for x in summary.without] == [("Ever", "ungraded", "The machine is on fire.")]
    assert sorted(stub.graded) == ["ever"] * 3 + ["fine"] + ["twice"] * 3
    assert (table(out)["Ever1"]["score"], table(out)["Ever1"]["problem"]) == ("", "The machine is on fire.")


def test_what_raises_anything_at_all_costs_one_work_its_grade(stub: Stub, small: Rubric, out: Path) -> None:
    def stage(folder: Path) -> Path:
        raise ZeroDivisionError("oh")

    works = [replace(work("ann", "a"), stage=stage), work("ben", "b")]
    summary = go(works, small, out)
    assert [(x.name, x.problem) for x in summary.without] == [
        ("Ann", "The grader itself failed: ZeroDivisionError: oh.")
    ]


@pytest.mark.slow
def test_a_work_that_lays_nothing_down_is_not_gradable(small: Rubric, out: Path) -> None:
    nothing = replace(work("ann", ""), stage=lambda folder: folder / "gone.py")
    assert go([nothing], small, out).counts == {"not_gradable": 1}


@pytest.mark.slow
def test_a_fault_never_takes_the_place_of_a_grade(stub: Stub, small: Rubric, out: Path) -> None:
    works = [work("ann", "a")]
    go(works, small, out)
    report = (out / "reports/Ann.json").read_bytes()
    stub.fails["a"] = 3
    go(works, small, out, regrade=Regrade.ALL)
    assert table(out)["Ann1"]["score"] == "9"
    assert (out / "reports/Ann.json").read_bytes() == report
    with opened(out) as store:
        assert [row.status for row in store.history("ann#1")] == ["graded", "ungraded"]


# ------------------------------------------------------------------------------------------------------ what is written


@pytest.mark.slow
def test_attempts_count_as_asked(stub: Stub, small: Rubric, tmp_path: Path) -> None:
    works = [work("ann", "i", 1), work("ann", "a", 2), work("ann", "b", 3)]  # 6, 9 and 10 points
    works[2] = work("ann", "h", 3)  # 5
    for attempts, names in (
        (Attempts.LATEST, ["Ann3"]),
        (Attempts.BEST, ["Ann2"]),
        (Attempts.ALL, ["Ann1", "Ann2", "Ann3"]),
    ):
        go(works, small, tmp_path / attempts, attempts=attempts)
        assert list(table(tmp_path / attempts)) == names
    assert len(stub.graded) == 1 + 3 + 3
    assert (tmp_path / "all/reports/Ann-attempt-2.html").is_file()


def test_zeros_stand_where_they_are_asked_for(stub: Stub, small: Rubric, out: Path) -> None:
    works, roster = [work("ann", None)], (Whose("ben", "Ben"),)
    go(works, small, out, roster=roster, missing_as_zero=True, not_gradable_as_zero=True)
    assert {n: (r["status"], r["score"]) for n, r in table(out).items()} == {
        "Ann1": ("not_gradable", "0"),
        "Ben": ("missing", "0"),
    }
    go(works, small, out, roster=roster)
    assert {r["score"] for r in table(out).values()} == {""}


@pytest.mark.slow
def test_a_report_that_is_gone_is_written_again(stub: Stub, small: Rubric, out: Path) -> None:
    go([work("ann", "a")], small, out)
    report = out / "reports/Ann.html"
    before = report.read_bytes()
    report.unlink()
    go([work("ann", "a")], small, out)
    assert (report.read_bytes(), len(stub.graded)) == (before, 1)


@pytest.mark.slow
def test_names_may_be_anything(stub: Stub, small: Rubric, out: Path) -> None:
    names = [
        "../../etc/passwd",
        "=cmd()",
        "ANN",
        "ann",
        "\uff41\uff4e\uff4e",
        "שרה כהן",
        "日本",
        "con",
        "a" * 500,
        "",
        "x\x00\n\u202ey",
    ]
    works = [replace(work(f"p{n}", f"{n}"), person=Whose(f"p{n}", name)) for n, name in enumerate(names)]
    go(works, small, out)
    written = sorted(path.name for path in (out / "reports").iterdir())
    assert len({name.casefold() for name in written}) == len(written) == 2 * len(names)
    assert {"ANN.html", "etc-passwd.json", "שרה-כהן.html", "日本.html", "con-.html", "nameless.html"} <= set(written)
    assert {"'=cmd()", "../../etc/passwd"} <= {row["name"] for row in table(out).values()}
    go(works[::-1], small, out)
    assert sorted(path.name for path in (out / "reports").iterdir()) == written


def test_an_empty_class_is_said_to_be_one(small: Rubric, out: Path) -> None:
    assert go([], small, out).counts == {}
    assert "Small" in (out / "index.html").read_text()


def test_students_text_is_no_markup_in_the_overview(stub: Stub, small: Rubric, out: Path) -> None:
    evil = replace(work("x", "a"), person=Whose("x", "<script>alert(1)</script>"))
    go([evil], small, out, left_out=(("<img src=x>", "it is <b>no</b> work"),))
    page = (out / "index.html").read_text()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page


# --------------------------------------------------------------------------------------------------------- interrupted


@pytest.mark.slow
def test_what_runs_is_finished_and_the_same_command_goes_on(stub: Stub, small: Rubric, out: Path) -> None:
    works = [work(f"w{n}", f"{n}") for n in range(6)]
    stub.seconds = 0.05
    stop = threading.Event()
    first = running.run(works, small, out, BatchHow(jobs=1, stop=stop), lambda p: stop.set() if p.done == 2 else None)
    assert first.interrupted
    assert first.waiting == 6 - first.now
    assert first.now in (2, 3)
    assert {r["status"] for r in table(out).values()} == {"graded", "waiting"}
    second = go(works, small, out)
    assert (second.kept, second.now, second.interrupted) == (first.now, 6 - first.now, False)
    assert sorted(stub.graded) == [f"{n}" for n in range(6)]


@pytest.mark.slow
def test_ctrl_c_in_a_program_that_calls_us_is_the_same(stub: Stub, small: Rubric, out: Path) -> None:
    def press(progress: Progress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # pressed at every turn, so twice
        running.run([work(f"w{n}", f"{n}") for n in range(5)], small, out, BatchHow(jobs=1), press)
    pressed: list[int] = []

    def press_once(progress: Progress) -> None:
        if not pressed:
            pressed.append(1)
            raise KeyboardInterrupt

    assert running.run([work(f"v{n}", f"{n}") for n in range(5)], small, out, BatchHow(jobs=1), press_once).interrupted


def _stop_after_one(stop: threading.Event, progress: Progress) -> None:
    if progress.last:
        stop.set()


@pytest.mark.slow
def test_grading_all_again_goes_on_where_it_was_interrupted(stub: Stub, small: Rubric, out: Path) -> None:
    works = [work(f"w{n}", f"{n}") for n in range(6)]
    go(works, small, out)
    del stub.graded[:]
    stub.seconds = 0.05
    for _ in range(2):
        stop = threading.Event()
        how = BatchHow(jobs=1, regrade=Regrade.ALL, stop=stop)
        running.run(works, small, out, how, partial(_stop_after_one, stop))
    go(works, small, out, regrade=Regrade.ALL)
    assert sorted(stub.graded) == [f"{n}" for n in range(6)]
    go(works, small, out, regrade=Regrade.ALL)
    assert len(stub.graded) == 12


# -------------------------------------------------------------------------------------------------------------- refused


@pytest.mark.slow
def test_a_folder_of_another_rubric_is_refused(stub: Stub, small: Rubric, out: Path) -> None:
    go([work("ann", "a")], small, out)
    with pytest.raises(StoreError, match=r"holds results by the rubric small \(Small\), not by flask-lab"):
        go([work("ann", "a")], load_rubric("flask-lab"), out)


def test_a_folder_that_holds_something_else_is_refused(small: Rubric, out: Path) -> None:
    out.mkdir()
    (out / "gradebook.csv").write_text("mine")
    with pytest.raises(StoreError, match=r"holds gradebook\.csv, and no results\.db"):
        go([], small, out)
    assert (out / "gradebook.csv").read_text() == "mine"


def test_a_folder_without_results_cannot_be_rescored(small: Rubric, out: Path) -> None:
    with pytest.raises(StoreError, match="holds no results"):
        rescore_all(out, small)


def test_two_works_with_one_key_are_refused(small: Rubric, out: Path) -> None:
    with pytest.raises(UsageError, match="Two submissions have the key 'ann#1'"):
        go([work("ann", "a"), work("ann", "b")], small, out)


@pytest.mark.slow
def test_a_disk_that_fills_up_loses_nothing(
    stub: Stub, small: Rubric, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.batch import files

    real = files.write_atomically

    def full(path: Path, text: str) -> None:
        if path.name.startswith("W3"):
            raise OSError(28, "No space left on device")
        real(path, text)

    monkeypatch.setattr(files, "write_atomically", full)
    works = [work(f"w{n}", f"{n}") for n in range(6)]
    with pytest.raises(StoreError, match=r"no room left for .*W3\.json"):
        go(works, small, out, jobs=1)
    monkeypatch.setattr(files, "write_atomically", real)
    assert go(works, small, out).kept == 3


def test_an_interpreter_that_cannot_be_run_is_told_once_and_grades_nobody(small: Rubric, out: Path) -> None:
    with pytest.raises(UsageError, match="cannot be run"):
        go([work("ann", "a")], small, out, python="/no/python")
    assert go([], small, out).counts == {}
