"""Wall time and memory of grading one submission, from one run.

    python benchmarks/single.py [--runs N] [PATH]

Prints the wall time of `grade PATH --format json` as a multiple of `python -c "import flask"` (pairs of runs, one after
the other, so that a machine whose speed drifts drifts for both), the peak memory of the grader's own process, and where
the time goes. Quote the ratios: single times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRADE = [sys.executable, "-m", "grader"]
FLASK = [sys.executable, "-c", "import flask"]
PEAK = """
import atexit, resource, sys
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))
from grader.cli import main
main(sys.argv[1:])
"""
STAGES = """
import gc, sys, time
gc.disable()
begun = last = time.perf_counter()
def stage(name):
    global last
    now = time.perf_counter()
    print(f"  {(now - last) * 1e3:7.1f} ms  {name}", file=sys.stderr)
    last = now
import tempfile
from pathlib import Path
from grader import cli
stage("import click and the command line")
from grader.launch.warm import WarmInterpreter
warm = WarmInterpreter()
stage("begin the warm interpreter (loads Flask beside what follows)")
from grader.rubric import load_rubric
rubric = load_rubric("flask-lab")
warm.load(rubric.packages)
stage("import the model and the checks, load the rubric")
from grader.launch.launcher import Launcher
from grader.observe import observe
from grader.pipeline import judge
from grader.submission import open_submission
stage("import the rest, requests above all")
warm.wait_until_loaded()
stage("wait for the warm interpreter")
launcher = Launcher(warm)
with tempfile.TemporaryDirectory() as workspace:
    submission = open_submission(Path(sys.argv[1]), entries=rubric.entries, workspace=Path(workspace))
    stage("copy and read the submission, find its entry")
    with launcher.open(submission, rubric.limits) as one, launcher.open(submission, rubric.limits) as other:
        stage("fork two keepers")
        evidence = observe(rubric, submission, [one, other])
        stage(f"observe: {len(evidence.starts())} starts, {len(evidence.exchanges())} requests")
    stage("end the keepers")
judge(rubric, evidence)
stage("judge")
import grader.render.json
stage("import the JSON renderer")
warm.close()
stage("end the warm interpreter")
last = begun
stage("in all, the interpreter's own start and end aside")
"""


def seconds(command: list[str]) -> float:
    """Wall time of one run, which has to succeed."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment())
    return time.perf_counter() - begun


def environment() -> dict[str, str]:
    """As a user's: modules are compiled once."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Wall time and memory of grading one submission.")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("path", nargs="?", default="student_app")
    arguments = parser.parse_args()
    grade = [*GRADE, arguments.path, "--format", "json"]
    seconds(grade), seconds(FLASK)  # files in the cache, modules compiled

    pairs = [(seconds(grade), seconds(FLASK)) for _ in range(arguments.runs)]
    ratios = sorted(ours / flask for ours, flask in pairs)
    print(f"grade {arguments.path} --format json, {arguments.runs} pairs of runs")
    print(f"  grade         median {statistics.median(p[0] for p in pairs) * 1e3:6.0f} ms")
    print(f"  import flask  median {statistics.median(p[1] for p in pairs) * 1e3:6.0f} ms")
    print(f"  ratio         median {statistics.median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f} (at most 3.0)")

    run = subprocess.run([sys.executable, "-c", PEAK, arguments.path, "--format", "json"], check=True,
                         capture_output=True, text=True, cwd=ROOT, env=environment())  # fmt: skip
    report = json.loads(run.stdout)
    peak = int(run.stderr.split()[-1]) / (1024 if sys.platform == "linux" else 1 << 20)
    print(f"peak memory of the grader's own process: {peak:.0f} MB (at most 120 MB)")

    print(f"starts ({report['isolation']['level']})")
    for start in report["starts"]:
        ready = f"listens after {start['ready_seconds'] * 1e3:5.1f} ms" if start["ready_seconds"] else " " * 22
        print(f"  {start['id']:>3}  {ready}, gone after {start['seconds'] * 1e3:5.1f} ms  {start['condition'][:60]}")
    print("where the time goes")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", STAGES, arguments.path], check=True, cwd=ROOT, env=environment())


if __name__ == "__main__":
    main()
