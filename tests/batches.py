"""`grade batch` as a process of its own: begun, killed with or without all that it started, and what it saved."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import small_lab

ROOT = Path(__file__).resolve().parents[1]
GRADE = [sys.executable, "-m", "grader"]
RUBRIC = small_lab.rubric("{start_seconds: 2, request_seconds: 1, total_seconds: 6}")
Saved = set[tuple[int, str, int]]


def write_class(where: Path, people: int = 8) -> Path:
    """So many people, of whom every third has it wrong, and one whose zip is broken; beside them the rubric."""
    for n in range(people):
        folder = where / "source" / f"student{n}"
        folder.mkdir(parents=True)
        (folder / "main.py").write_text(small_lab.app("hello" if n % 3 else "good day"))
    (where / "source/broken.zip").write_text("no zip")
    (where / "small.yaml").write_text(RUBRIC)
    return where / "source"


def command(source: Path, out: str | Path = "results", *more: str) -> list[str]:
    """What to say to `grade`."""
    where = source.parent
    rubric = str(where / "small.yaml")
    return ["batch", str(source), "--out", str(where / out), "--rubric", rubric, "--jobs", "2", *more]


def begun(
    source: Path, out: str | Path = "results", *more: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """In a session of its own, as a terminal has it."""
    return subprocess.Popen(
        [*GRADE, *command(source, out, *more)], cwd=ROOT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1", **(environment or {})},
    )  # fmt: skip


def finished(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str, str]:
    """Its exit status, and all that it said."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def until_graded(process: subprocess.Popen[str], number: int) -> None:
    """Until so many are told to be graded."""
    if until_told(process, number) < number:
        pytest.fail("it ended before")


def until_told(process: subprocess.Popen[str], number: int) -> int:
    """Until at least so many are told to be done, or it ends; how many it were."""
    assert process.stderr is not None
    done = 0
    while done < number and (line := process.stderr.readline()):
        done = max(done, told(line))
    return done


def until_there(path: Path) -> None:
    """Until there is such a file."""
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def until_empty(folder: Path) -> None:
    """Until nothing is in it any more: what hangs up on a process lets it end, and that takes a moment."""
    until = time.monotonic() + 10
    while left := sorted(folder.iterdir()):
        assert time.monotonic() < until, left
        time.sleep(0.05)


def told(said: str) -> int:
    """How many are told to be done on standard error."""
    return max((int(number) for number in re.findall(r"^\[(\d+)/\d+\]", said, re.MULTILINE)), default=0)


def kill_the_main_process(process: subprocess.Popen[str]) -> None:
    """As the kernel does where memory is short."""
    process.kill()


def kill_its_group(process: subprocess.Popen[str]) -> None:
    """As a shell does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def kill_all_below(process: subprocess.Popen[str]) -> None:
    """As the end of a container or of the computer does: nobody is left who could clear anything away."""
    for pid in _stopped(process.pid) if process.poll() is None else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _stopped(pid: int) -> list[int]:
    """A process and all below it; each is stopped before its children are looked for, so that it makes no more."""
    children: list[int] = []
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, signal.SIGSTOP)
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
    return [pid, *(below for child in children for below in _stopped(child))]


def saved(out: Path) -> Saved:
    """Every grading in the store: its number, whose work, and in which run. Read from a copy, so that what a killed run
    left is not put right here."""
    with tempfile.TemporaryDirectory() as folder:
        for file in ("results.db", "results.db-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(out / file, folder)
        with contextlib.closing(sqlite3.connect(f"{folder}/results.db")) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gradings'").fetchone():
                return set()  # it was killed before there were any tables
            asked = "SELECT g.id, s.key, g.run_id FROM gradings g JOIN submissions s ON s.id = g.submission_id"
            return set(connection.execute(asked))


def assert_the_same_results(whole: Path, other: Path, context: object) -> None:
    """The same gradebook to the byte, everybody graded once, all reports there and whole, and nothing else."""
    assert (whole / "gradebook.csv").read_bytes() == (other / "gradebook.csv").read_bytes(), context
    once = sorted(key for _, key, _ in saved(whole))
    assert sorted(key for _, key, _ in saved(other)) == once, context
    for folder in (".", "reports"):
        names = [{path.name for path in (out / folder).iterdir()} for out in (whole, other)]
        assert names[0] == names[1], context
    for report in (other / "reports").iterdir():
        text = report.read_text()
        assert text.rstrip().endswith("}" if report.suffix == ".json" else "</html>"), (report, context)
