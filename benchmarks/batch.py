"""Whether a batch's cost grows with the class, and whether two jobs are faster than one.

    python benchmarks/batch.py [--few N] [--many N]

Grades N generated variants of the lab with `grade batch`, for a small class and a large one, and prints the CPU seconds
of a submission (all processes, students' included), the peak memory of the grader's own processes, and the rate with
one job and with two. Quote the ratios: single figures depend on the machine. With 5,000 it takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TAGS = ("{0}{1}", "<p>{0}</p>{1}", "{1}{0}", "<main>{0}{1}</main>")


@dataclass(frozen=True)
class Cost:
    """What a run used."""

    submissions: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def cpu_each(self) -> float:
        """CPU seconds of one submission."""
        return self.cpu_seconds / self.submissions


def write_class(folder: Path, count: int) -> None:
    """So many people with works that differ as those of a class do: names, order, comments, now and then a fault."""
    main = (ROOT / "student_app" / "main.py").read_text()
    draw = random.Random(count)
    for number in range(count):
        work = folder / f"student-{number:05}"
        shutil.copytree(ROOT / "student_app", work, ignore=shutil.ignore_patterns("__pycache__"))
        text = f"# Student {number}\n{main}"
        if number % 10 == 0:
            text = text.replace("0.0.0.0", "127.0.0.1")
        if number % 7 == 0:
            text = text.replace("render_template(", "render_template(  # " + "x" * draw.randrange(40) + "\n        ")
        (work / "main.py").write_text(text)
        page = work / "templates" / "base.html"
        page.write_text(page.read_text() + f"\n<!-- {draw.random()} -->\n")


def graded(source: Path, out: Path, jobs: int, count: int) -> Cost:
    """Run the command; what it cost."""
    command = [sys.executable, "-m", "grader", "batch", str(source), "--out", str(out), "--jobs", str(jobs)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = Memory(process.pid)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    assert process.returncode == 0, f"grade batch ended with {process.returncode}"
    return Cost(count, seconds, used.ru_utime + used.ru_stime, memory.peak())


class Memory(threading.Thread):
    """The most memory that the command and the interpreters that it began held, each by the kernel's own mark."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self._marks: dict[int, int] = {}
        self.start()

    def run(self) -> None:
        """Look now and then."""
        while not self._over.wait(0.2):
            for pid in (self._pid, *self._begun_by(self._pid)):
                self._marks[pid] = max(self._mark(pid), self._marks.get(pid, 0))

    def peak(self) -> int:
        """Bytes, of all of them together."""
        self._over.set()
        self.join()
        return sum(self._marks.values())

    @staticmethod
    def _begun_by(pid: int) -> list[int]:
        try:
            return [
                int(child)
                for task in Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            return []

    @staticmethod
    def _mark(pid: int) -> int:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def main() -> None:
    """Print what a small and a large class cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=5000)
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="batch-") as place:
        folder = Path(place)
        costs = {}
        for count in (sizes.few, sizes.many):
            write_class(folder / f"class-{count}", count)
        graded(folder / f"class-{sizes.few}", folder / "warm", 2, sizes.few)  # byte code and caches of files
        for count, jobs in ((sizes.few, 1), (sizes.few, 2), (sizes.many, 2)):
            cost = graded(folder / f"class-{count}", folder / f"out-{count}-{jobs}", jobs, count)
            costs[count, jobs] = cost
            print(
                f"{count:>6} submissions, {jobs} jobs: {cost.seconds:8.1f} s, {count / cost.seconds:6.2f} a second, "
                f"{cost.cpu_each * 1e3:7.1f} ms CPU each, peak {cost.peak_bytes >> 20} MB",
                flush=True,
            )
    few, many, one = costs[sizes.few, 2], costs[sizes.many, 2], costs[sizes.few, 1]
    print(f"CPU of a submission, {sizes.many} / {sizes.few}   {many.cpu_each / few.cpu_each:.2f}  (at most 1.1)")
    print(f"peak memory, {sizes.many} / {sizes.few}           {many.peak_bytes / few.peak_bytes:.2f}  (at most 1.2)")
    print(f"rate, two jobs / one job             {one.seconds / few.seconds:.2f}  (at least 1.7)")


if __name__ == "__main__":
    main()
