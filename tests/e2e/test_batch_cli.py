"""`grade batch` as a process: interrupted, twice at once, and where nothing can be written."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.cli import run
from tests.batches import RUBRIC, begun, command, finished, until_graded, until_there, write_class

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Eight people, some of whom have it right."""
    return write_class(tmp_path)


def test_a_folder_becomes_a_gradebook(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(source)) == 0
    out, err = capsys.readouterr()
    results = source.parent / "results"
    assert out == f"{results}/gradebook.csv\n{results}/index.html\n"
    assert "[9/9]" in err
    assert "8 graded, 1 not gradable; 3 below the pass mark; 0 were done before." in err
    assert "broken: not gradable: broken.zip cannot be unpacked" in err
    before = (results / "gradebook.csv").read_bytes()
    assert run(command(source, "results", "--resume")) == 0
    assert "9 were done before." in capsys.readouterr().err
    assert (results / "gradebook.csv").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_finishes_what_runs_and_says_how_to_go_on(source: Path, number: int, status: int) -> None:
    process = begun(source)
    until_graded(process, 2)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    code, _, err = finished(process)
    assert code == status, err
    assert "Stopping: what runs is finished and saved." in err
    waiting = re.search(r"Interrupted; (\d) are waiting\. The same command goes on with them\.", err)
    assert waiting, err
    assert "ungraded" not in err
    code, _, err = finished(begun(source))
    assert code == 0
    assert f"{9 - int(waiting[1])} were done before." in err


@pytest.mark.slow
def test_the_second_ctrl_c_ends_it_at_once_and_leaves_nothing_running(source: Path) -> None:
    for n in range(8):
        (source / f"student{n}" / "main.py").write_text("while True: pass\n")
    process = begun(source)
    until_there(source.parent / "results/results.db")
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    begin = time.monotonic()
    code, _, err = finished(process)
    assert code == 130, err
    assert time.monotonic() - begin < 2
    assert "the same command goes on with the rest" in err


@pytest.mark.slow
def test_two_at_once_do_not_write_to_one_folder(source: Path) -> None:
    (source / "student0/main.py").write_text("while True: pass\n")
    first = begun(source)
    until_there(source.parent / "results/results.db")
    code, _, err = finished(begun(source))
    assert code == 2
    assert f"Another run is writing to {source.parent}/results: process {first.pid}." in " ".join(err.split())
    assert finished(first)[0] == 0


def test_where_nothing_can_be_written_it_says_so(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = Path("/sys/grade-results")
    if os.geteuid() != 0:
        nowhere = tmp_path / "closed"
        nowhere.mkdir(0o555)
    assert run(command(source, nowhere)) == 2
    assert "Nothing can be written to" in capsys.readouterr().err


def test_the_mapping_is_shown_and_nothing_graded(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "notes.txt").write_text("x")
    roster = source.parent / "roster.csv"
    roster.write_text("Name,Email\nstudent1,s1@example.org\nNobody Else,n@example.org\n")
    assert run(command(source, "results", "--dry-run", "--roster", str(roster))) == 0
    out, _ = capsys.readouterr()
    assert "student0 → student0 → attempt 1" in out
    assert "left out: notes.txt" in out
    assert "no submission: Nobody Else" in out
    assert not (source.parent / "results").exists()


def test_whoever_is_in_the_roster_has_a_row(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(2, 8):
        shutil.rmtree(source / f"student{n}")
    roster = source.parent / "roster.csv"
    roster.write_text("Name,Email\nstudent1,s1@example.org\nNobody Else,n@example.org\n")
    assert run(command(source, "results", "--roster", str(roster), "--missing-as-zero")) == 0
    rows = (source.parent / "results/gradebook.csv").read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("email,name,attempt,status,score,max_score,late,starts,home")
    assert "n@example.org,Nobody Else,,missing,0,10,,,," in rows
    assert "s1@example.org,student1,1,graded,10,10,,4,6," in rows


@pytest.mark.slow
def test_new_points_on_the_command_line(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(2, 8):
        shutil.rmtree(source / f"student{n}")
    assert run(command(source)) == 0
    results = str(source.parent / "results")
    other = source.parent / "other.yaml"
    other.write_text(RUBRIC.replace("points: 6", "points: 16"))
    capsys.readouterr()
    assert run(["rescore", results, "--rubric", str(other)]) == 0
    out = capsys.readouterr().out
    assert "3 judged again, 2 have other points; 0 were by this rubric." in out
    assert "student1: 10 of 10 → 20 of 20" in out
    more = "  - {id: other, title: Another, points: 1, type: request, path: /other, expect: [status: 404]}\n"
    other.write_text(RUBRIC + more)
    assert run(["rescore", results, "--rubric", str(other)]) == 3
    assert "2 have to be run for that (--run does it):\n  student0\n  student1\n" in capsys.readouterr().out
    assert run(["rescore", results, "--rubric", str(other), "--run"]) == 0
    rows = (source.parent / "results/gradebook.csv").read_text("utf-8-sig").splitlines()
    assert "student1,1,graded,11,11,,4,6,1," in rows


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--resume"], "holds nothing to resume"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--regrade", "some"], "'some' is not one of"),
    ],
)
def test_what_cannot_work_is_refused(
    source: Path, more: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(source, "results", *more)) == 2
    assert told in capsys.readouterr().err


def test_results_are_never_taken_for_work(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(source, source / "results")) == 2
    assert "results would be taken for work" in " ".join(capsys.readouterr().err.split())


def test_a_single_submission_needs_no_database() -> None:
    code = (
        "import sys\nfrom grader.cli import run\n"
        "assert run(['student_app']) == 0\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'alembic') or m == 'grader.batch'])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[-1] == "[]"
