"""In a container, the grader's own number is small, and so are those of the processes inside its sandbox."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Be process N of a new namespace, and then grade.
AS_NUMBER = """
import os, sys
wanted = int(sys.argv[1])
while True:
    child = os.fork()
    if child == 0:
        if os.getpid() < wanted:
            os._exit(0)
        os.execv(sys.executable, [sys.executable, "-P", "-m", "grader", *sys.argv[2:]])
    status = os.waitpid(child, 0)[1]
    if child >= wanted:
        sys.exit(os.waitstatus_to_exitcode(status))
"""


def in_namespace(command: list[str]) -> subprocess.CompletedProcess[str]:
    own = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
    unshare = ["unshare", *own, "--pid", "--fork", "--mount-proc"]
    return subprocess.run([*unshare, *command], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("unshare") is None, reason="Linux")
@pytest.mark.parametrize("number", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_the_probe_does_not_take_itself_for_the_grader(number: int) -> None:
    if in_namespace(["true"]).returncode:
        pytest.skip("no namespaces here")
    ran = in_namespace([sys.executable, "-c", AS_NUMBER, str(number), "doctor"])
    told = " ".join(ran.stdout.split())
    assert "gets out" not in told, told
    assert "it can send the grader a signal" not in told, told
    assert "Level" in ran.stdout, (ran.stdout, ran.stderr)
