"""A grader in a process of its own, as the account and at the level that a test chooses: what a hostile submission
would have to hurt.

    python grading.py SETTINGS

reads orders, one JSON line each, and answers each with one.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

_SUBREAPER = 36


def main(settings: dict[str, Any]) -> None:
    """Grade until standard input ends. Imports in the order of the command line: the warm interpreter comes first."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # whatever survives a grading becomes a child of this process
    from grader.launch.warm import WarmInterpreter

    warm = WarmInterpreter(settings["python"])
    try:
        from grader.launch.launcher import Launcher
        from grader.model import Level
        from grader.rubric import load_rubric

        rubric = load_rubric(settings["rubric"])
        warm.load(rubric.packages)
        level = Level(settings["level"])
        without = tuple(settings["without"])
        with Launcher(warm, lowest=level, highest=level, without=without) as launcher:
            say({"ready": True, "warm": warm._process.pid})
            for line in sys.stdin:
                say(answer(json.loads(line), rubric, launcher))
    finally:
        warm.close()


def answer(order: dict[str, Any], rubric: Any, launcher: Any) -> dict[str, Any]:
    """The report in each format; what is still in the workspace; or the traceback of a grader that crashed."""
    from grader.model import Limits
    from grader.pipeline import How, grade_path
    from grader.render import FORMATS, render

    begun = time.monotonic()
    try:
        limited = replace(rubric, limits=Limits(**order["limits"]))
        report = grade_path(Path(order["path"]), limited, launcher, How(fresh=order["fresh"]))
        seconds = time.monotonic() - begun
        texts = {format: render(report, format) for format in (FORMATS if order["all_formats"] else ["json"])}
        return {"seconds": seconds, "left": sorted(os.listdir(launcher.workspace)), "texts": texts}
    except Exception:  # noqa: BLE001  # whatever it was, the test shows it
        return {"crash": traceback.format_exc(), "seconds": time.monotonic() - begun}


def say(message: dict[str, Any]) -> None:
    """One line on standard output."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
