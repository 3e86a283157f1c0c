"""Draws docs/report.svg, the picture in the README: the text report of a lab with two faults, as a terminal shows it.

python docs/picture.py
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.pipeline import How, grade_path
from grader.render import text
from grader.rubric import load_rubric

ROOT = Path(__file__).resolve().parent.parent
FAULTS = (("2000, 9000", "1000, 9000"), ("random_number=random_num", "number=random_num"))


def main() -> None:
    """Grade and draw."""
    rubric = load_rubric("flask-lab")
    warm = WarmInterpreter()
    warm.load(rubric.packages)
    with tempfile.TemporaryDirectory() as folder, Launcher(warm) as launcher:
        app = Path(shutil.copytree(ROOT / "student_app", Path(folder) / "lab"))
        source = (app / "main.py").read_text()
        for right, wrong in FAULTS:
            source = source.replace(right, wrong)
        (app / "main.py").write_text(source)
        report = grade_path(app, rubric, launcher, How())
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, highlight=False)
    text.write(report, console)
    drawn = console.export_svg(title="grade .")
    local = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # nothing is fetched to show it
    (ROOT / "docs/report.svg").write_text(local)


if __name__ == "__main__":
    main()
