"""What a rubric costs a cold `grade`.

    python benchmarks/rubric.py [--runs N] [NAME|FILE]

Prints the time that importing `grader.rubric` and loading the rubric adds to what the command line has imported anyway,
each in a new process, and as a multiple of `import flask` in processes that take turns with them, so that a machine
whose speed drifts drifts for both. Quote the ratio: single times depend on the machine. `--modules` lists what the
import costs, module by module.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST = 60  # milliseconds
LOAD = """
import gc, sys, time
import grader.cli
gc.disable()  # as the command does
begun = time.perf_counter()
from grader.rubric import load_rubric
imported = time.perf_counter()
load_rubric(sys.argv[1])
print(imported - begun, time.perf_counter() - imported)
"""
FLASK = """
import time
begun = time.perf_counter()
import flask
print(time.perf_counter() - begun)
"""


def milliseconds(*command: str) -> list[float]:
    """What a new process prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run([sys.executable, "-c", *command], check=True, capture_output=True, text=True, cwd=ROOT,
                         env=environment)  # fmt: skip
    return [float(word) * 1e3 for word in run.stdout.split()]


def modules(name: str) -> None:
    """The modules that take longest to import, each without what it imports itself."""
    command = [sys.executable, "-X", "importtime", "-c", LOAD, name]
    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    after = run.stderr.rpartition("grader.cli\n")[2]
    rows = [line.removeprefix("import time:").split("|") for line in after.splitlines() if line.startswith("import")]
    for own, _, module in sorted(rows, key=lambda row: -int(row[0]))[:20]:
        print(f"  {int(own) / 1e3:6.1f} ms  {module.strip()}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description="What a rubric costs a cold `grade`.")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--modules", action="store_true", help="also list the modules that take longest to import")
    parser.add_argument("rubric", nargs="?", default="flask-lab")
    arguments = parser.parse_args()
    milliseconds(LOAD, arguments.rubric), milliseconds(FLASK)  # files in the cache, modules compiled

    pairs = [(milliseconds(LOAD, arguments.rubric), milliseconds(FLASK)) for _ in range(arguments.runs)]
    whole = [sum(ours) for ours, _ in pairs]
    ratios = sorted(sum(ours) / flask for ours, (flask,) in pairs)
    print(f"rubric {arguments.rubric} in a cold process, {arguments.runs} pairs of runs")
    print(f"  import grader.rubric  median {statistics.median(ours[0] for ours, _ in pairs):6.1f} ms")
    print(f"  load the rubric       median {statistics.median(ours[1] for ours, _ in pairs):6.1f} ms")
    print(f"  both                  median {statistics.median(whole):6.1f} ms (at most {MOST})")
    print(f"  import flask          median {statistics.median(flask for _, (flask,) in pairs):6.1f} ms")
    print(f"  ratio                 median {statistics.median(ratios):6.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}")
    if arguments.modules:
        modules(arguments.rubric)


if __name__ == "__main__":
    main()
