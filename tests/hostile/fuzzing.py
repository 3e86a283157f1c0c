"""Runs a module that tries seeds, in processes side by side. Each warning is an error there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_APART = 1_000_000  # between the first seeds of two processes


def tried(module: str, count: int, processes: int = 2) -> None:
    """Have `count` of them tried; what failed is told with the command that tries it again. More processes than there
    are cores pay where they wait for each other."""
    commands = [
        [sys.executable, "-W", "error", "-m", module, str(number * _APART), str(count // processes)]
        for number in range(processes)
    ]
    running = [
        subprocess.Popen(c, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for c in commands
    ]
    told = [one.communicate()[0] for one in running]
    assert not any(one.returncode for one in running), "\n".join(text[-20_000:] for text in told)
