"""Submissions per second, beside a plain harness and beside the least that such starts can cost. From one run.

    python benchmarks/throughput.py [--rounds N] [PATH]

Two workers each, in short rounds that take turns, so that a machine whose speed drifts drifts for all:

    grader      the whole of it: copy, sandbox at level namespaces, starts, requests, judging; two threads
    processes   the same in two processes, each with a warm interpreter of its own
    plain       the same starts by `python main.py`, asked with requests, read with BeautifulSoup
    floor       the same starts by a bare fork with Flask loaded, asked over a raw socket; no sandbox, no judging
    namespaces  the floor's requests to the grader's own starts at that level: what starting costs, without the rest
    process     the same at level process, which has no walls

Quote the ratios: single figures depend on the machine. CPU seconds are counted where a control group can be made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CONTENDERS = Path(__file__).with_name("contenders.py")
WORKERS = 2
SECONDS = {"plain": 4.0}  # of a round; a plain submission takes more than one
MOST_MS = 8.0


class Round(NamedTuple):
    """What the workers of a contender did in one round."""

    rate: float  # submissions per second, of all workers
    start_ms: float  # wall time of one worker by its starts
    cpu: float  # seconds a submission, those of every process


class Contender:
    """The workers of one contender, waiting for their next round."""

    def __init__(self, name: str, plan: str, groups: Path | None) -> None:
        self.name = name
        self.rounds: list[Round] = []
        self._group = groups / name if groups else None
        if self._group:
            self._group.mkdir()
        workers = 1 if name == "grader" else WORKERS
        self._workers = [self._begin(plan, number) for number in range(workers)]
        for worker in self._workers:
            self._hear(worker)

    def _begin(self, plan: str, number: int) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, str(CONTENDERS), self.name, plan, str(number)]
        if self._group:  # moved by itself, so that all that it starts is in there, too
            procs = self._group / "cgroup.procs"
            command = ["sh", "-c", f'echo $$ > {procs} && exec "$@"', "sh", *command]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                                env=environment)  # fmt: skip

    def _hear(self, worker: subprocess.Popen[str]) -> Any:
        assert worker.stdout is not None
        line = worker.stdout.readline()
        if not line:
            raise SystemExit(f"a worker of {self.name} ended")
        return json.loads(line)

    def _cpu(self) -> float:
        if not self._group:
            return float("nan")
        usage = (self._group / "cpu.stat").read_text().split()
        return int(usage[usage.index("usage_usec") + 1]) / 1e6

    def round(self) -> None:
        """See submissions for a while, with all workers."""
        before = self._cpu()
        for worker in self._workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{SECONDS.get(self.name, 2.0)}\n")
            worker.stdin.flush()
        answers = [answer for worker in self._workers for answer in self._hear(worker)]
        count, starts = sum(a[0] for a in answers), sum(a[1] for a in answers)
        rate = sum(submissions / seconds for submissions, _, seconds in answers)
        self.rounds.append(Round(rate, sum(a[2] for a in answers) / starts * 1e3, (self._cpu() - before) / count))

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            assert worker.stdin is not None
            worker.stdin.close()
            worker.wait()
        if self._group:
            with contextlib.suppress(OSError):
                self._group.rmdir()

    def median(self, what: str) -> float:
        """Of all rounds."""
        return statistics.median(getattr(r, what) for r in self.rounds)


def ratio(one: Contender, other: Contender) -> str:
    """How many times as fast, by the clock and by CPU time; of each round's figures, for rounds lie side by side."""
    pairs = list(zip(one.rounds, other.rounds, strict=True))
    clock = sorted(a.rate / b.rate for a, b in pairs)
    cpu = statistics.median(b.cpu / a.cpu for a, b in pairs)
    return f"{statistics.median(clock):6.2f} by the clock ({clock[0]:.2f} to {clock[-1]:.2f}), {cpu:5.2f} by CPU time"


@contextlib.contextmanager
def plan_of(path: Path, rubric: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A file that says what one grading of the submission starts and asks."""
    import base64

    from grader.launch.launcher import Launcher
    from grader.launch.warm import WarmInterpreter
    from grader.model import Level
    from grader.pipeline import How, grade_path
    from grader.rubric import load_rubric

    loaded = load_rubric(rubric)
    warm = WarmInterpreter()
    warm.load(loaded.packages)
    with Launcher(warm, lowest=Level.NAMESPACES) as launcher:
        report = grade_path(path, loaded, launcher, How(boxes=1))
    starts = [
        {
            "mode": start.condition.mode.value,
            "pin": start.condition.pin.value,
            "overlays": [[o.path, base64.b64encode(o.content).decode()] for o in start.condition.overlays],
            "requests": [[e.request.method, e.request.path, e.status] for e in report.exchanges if e.start == start.id],
        }
        for start in report.starts
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"path": str(path.resolve()), "rubric": rubric, "starts": starts}, file)
        file.flush()
        yield file.name, starts


@contextlib.contextmanager
def control_groups() -> Iterator[Path | None]:
    """A folder in which a control group counts the CPU time of all that runs in it; None where none can be made."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    root = next((Path(m[1]) for m in mounts if m[2] == "cgroup2"), None)
    own = next((x[3:] for x in Path("/proc/self/cgroup").read_text().splitlines() if x.startswith("0::")), "")
    folder = root / own.lstrip("/") / f"throughput-{os.getpid()}" if root else None
    try:
        if folder:
            folder.mkdir()
    except OSError:
        folder = None
    try:
        yield folder
    finally:
        if folder:
            with contextlib.suppress(OSError):
                folder.rmdir()


def show(found: dict[str, Contender], starts: int) -> None:
    """Print the figures and the ratios that count."""
    print(f"{'':12}{'submissions/s':>14}{'CPU ms each':>13}{'ms a start':>12}")
    for name, contender in found.items():
        figures = contender.median("rate"), contender.median("cpu") * 1e3, contender.median("start_ms")
        print("{:12}{:14.2f}{:13.1f}{:12.1f}".format(name, *figures))
    grader, namespaces = found["grader"], found["namespaces"]
    print(f"grader / plain  {ratio(grader, found['plain'])}; at least 6, better 8")
    print(f"grader / floor  {ratio(grader, found['floor'])}; at least 0.6, better 0.8")
    print(f"grader / processes {ratio(grader, found['processes'])}; two threads against two processes")
    for name, words in (("process", "walls, one sandbox a submission included"),
                        ("floor", "all that launching adds to a bare fork")):  # fmt: skip
        pairs = list(zip(namespaces.rounds, found[name].rounds, strict=True))
        clock = statistics.median(a.start_ms - b.start_ms for a, b in pairs)
        cpu = (namespaces.median("cpu") - found[name].median("cpu")) / starts * 1e3
        figures = f"{clock:6.2f} ms a start by the clock, {cpu:5.2f} of CPU"
        print(f"namespaces - {name:8}{figures} ({words}); at most {MOST_MS:g}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Submissions per second, two workers.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders alone, without ratios")
    parser.add_argument("--rubric", default="flask-lab")
    parser.add_argument("path", nargs="?", type=Path, default=ROOT / "student_app")
    arguments = parser.parse_args()
    names = arguments.only or ["grader", "processes", "plain", "floor", "namespaces", "process"]
    with plan_of(arguments.path, arguments.rubric) as (plan, starts), control_groups() as groups:
        requests = sum(len(start["requests"]) for start in starts)
        print(f"{arguments.path.name}: {len(starts)} starts and {requests} requests, {WORKERS} workers")
        found = {name: Contender(name, plan, groups) for name in names}
        for _ in range(arguments.rounds):
            for contender in found.values():
                contender.round()
        if arguments.only:
            for name, c in found.items():
                print(name, [f"{r.rate:.2f}/s {r.cpu * 1e3:.1f} ms CPU {r.start_ms:.1f} ms a start" for r in c.rounds])
        else:
            show(found, len(starts))
        for contender in found.values():
            contender.close()


if __name__ == "__main__":
    main()
