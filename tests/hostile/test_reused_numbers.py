"""The kernel gives the number of a process that is gone to the next one: nobody else's processes are ended for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.hostile.ground import SYSTEM_PYTHON

# In a process namespace of its own, where the next number can be chosen: a program ends, a group of processes that has
# nothing to do with it takes its number, and the program's start is stopped.
PROGRAM = """\
import os, sys, tempfile, time
from pathlib import Path

from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Condition, Level, Limits, SourceFile, Submission

level, python = sys.argv[1:]
text = "import os; print(os.getpid())"
with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
    os.chmod(folder, 0o755)
    Path(folder, "main.py").write_text(text)
    work = Submission("lab", Path(folder), "main.py", "", (SourceFile("main.py", len(text)),))
    warm = WarmInterpreter(python)
    warm.load(("flask",))
    with Launcher(warm, lowest=Level(level), highest=Level(level), prove=False) as launcher:
        with launcher.open(work, Limits()) as box, box.start(Condition(), "s1") as running:
            number = int(running.start.log.split()[0])
            innocent = 0
            while innocent != number:
                Path("/proc/sys/kernel/ns_last_pid").write_text(str(number - 1))
                innocent = os.fork()
                if innocent == 0:
                    os.setpgid(0, 0)
                    time.sleep(60)
                    os._exit(0)
                if innocent != number:
                    os.kill(innocent, 9)
                    os.waitpid(innocent, 0)
            while os.getpgid(innocent) != innocent:
                time.sleep(0.001)
        time.sleep(0.1)
        print("ended" if os.waitpid(innocent, os.WNOHANG)[0] else "left alone")
        if os.path.exists(f"/proc/{innocent}"):
            os.kill(innocent, 9)
"""


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root, and unshare")
@pytest.mark.parametrize("level", ["landlock", pytest.param("process", marks=pytest.mark.slow)])
def test_who_took_the_number_of_a_program_that_ended_is_left_alone(level: str) -> None:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-P", "-c", PROGRAM]
    done = subprocess.run(
        [*command, level, SYSTEM_PYTHON],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "left alone", done.stderr
