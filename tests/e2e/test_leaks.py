"""Nothing is left behind, however a program ends: no process, descriptor, thread or file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Limits, Rubric
from grader.pipeline import How, grade_path

PROGRAMS = {
    "good": "",
    "crash": "raise RuntimeError('at import')\n",
    "daemon": (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
    ),
    "threads": (
        "import threading, time\n"
        "for _ in range(5): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
    ),
    "files": "import tempfile\nkept = [tempfile.mkstemp() for _ in range(50)]\n",
    "ignores signals": "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n",
}
MARK = "_launch"  # stands in the command line of every process of ours


@pytest.fixture
def programs(tmp_path: Path, reference: Path) -> list[Path]:
    made = []
    for name, head in PROGRAMS.items():
        folder = tmp_path / "work" / name.replace(" ", "-")
        (folder / "templates").mkdir(parents=True)
        (folder / "main.py").write_text(head + (reference / "main.py").read_text())
        (folder / "templates/base.html").write_text((reference / "templates/base.html").read_text())
        made.append(folder)
    return made


def ours_of(group: int) -> list[str]:
    """Processes whose command line is that of the warm interpreter which belongs to a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if MARK in command and parent in (group, 1):
                found.append(f"{entry.name}: {command[:80]}")
    return found


@pytest.mark.slow
def test_two_hundred_gradings_leave_nothing(
    programs: list[Path], lab: Rubric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = (set(os.listdir("/proc/self/fd")), threading.active_count(), ours_of(os.getpid()))
    warm = WarmInterpreter()
    warm.load(lab.packages)
    with Launcher(warm) as launcher:
        for turn in range(200):
            program = programs[turn % len(programs)]
            report = grade_path(program, lab, launcher, How())
            assert report.score is not None, report.problem
            if turn == 20:
                in_between = len(os.listdir("/proc/self/fd"))
        assert len(os.listdir("/proc/self/fd")) == in_between
    assert (set(os.listdir("/proc/self/fd")), threading.active_count(), ours_of(os.getpid())) == before
    assert list(scratch.iterdir()) == []


def test_a_killed_grader_takes_every_process_with_it(reference: Path, tmp_path: Path) -> None:
    app = tmp_path / "lab"
    app.mkdir()
    (app / "main.py").write_text("while True: pass\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "grader", str(app)]
    process = subprocess.Popen(command, start_new_session=True, env=environment)
    until = time.monotonic() + 10
    while not list(scratch.glob("grade-*/box-*")) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)  # the program runs by now
    assert list(scratch.iterdir())
    descendants = below(process.pid)
    assert descendants
    process.send_signal(signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 5
    while alive := [pid for pid in descendants if Path(f"/proc/{pid}/stat").exists() and not zombie(pid)]:
        assert time.monotonic() < until, alive
        time.sleep(0.05)
    assert list(scratch.iterdir()) == []


def below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *below(int(child))]
    return found


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_a_start_that_hangs_costs_its_deadline_and_no_more(lab: Rubric, launcher: Launcher, tmp_path: Path) -> None:
    from dataclasses import replace

    (tmp_path / "main.py").write_text("while True: pass\n")
    short = replace(lab, limits=Limits(start_seconds=1.0))
    begun = time.monotonic()
    report = grade_path(tmp_path, short, launcher, How())
    assert report.score == 0
    assert any("no listening socket within 1 s" in text for text in report.limits_hit)
    assert time.monotonic() - begun < 6
