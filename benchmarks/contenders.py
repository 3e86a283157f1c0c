"""The ways to see a submission that `throughput.py` compares. Each is a program of its own.

    python contenders.py NAME PLAN WORKER

It sets itself up, prints a line, and then, for every line that it reads, sees a submission over and over for that many
seconds. It answers with what each of its threads did: [submissions, starts, seconds]. PLAN is what one grading of the
submission started and asked, so that all contenders do the same.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Start = dict[str, Any]
See = Callable[[], None]  # sees one submission

_RUNNING = re.compile(rb"Running on http://127\.0\.0\.1:(\d+)")
_SECONDS = 20.0
_PINNED = "import random\nrandom.Random._randbelow = lambda self, n: min(n - 1, {by})\n"
_PINNED_HIGH = "import random\nrandom.Random._randbelow = lambda self, n: max(0, n - 1 - {by})\n"


class Plan:
    """What is started and asked."""

    def __init__(self, file: str) -> None:
        read = json.loads(Path(file).read_text())
        self.path = Path(read["path"])
        self.rubric: str = read["rubric"]
        self.starts: list[Start] = read["starts"]

    def pin(self, start: Start) -> str:
        """Source text that pins a start's random draws near their ends (at the very end the ports of two workers, and
        of whatever else grades here, would collide); empty for a natural one."""
        text = {"natural": "", "low": _PINNED, "high": _PINNED_HIGH}[start["pin"]]
        return text.format(by=random.randrange(500))

    def copy(self, start: Start, target: str) -> str:
        """A copy for one start, with what is added or swapped."""
        shutil.copytree(self.path, target)
        for path, content in start["overlays"]:
            os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
            Path(target, path).write_bytes(base64.b64decode(content))
        return target


# ------------------------------------------------------------------------------------------------------- the grader


def grader(plan: Plan) -> See:
    """As a batch does it: one warm interpreter and one launcher for all submissions, one start at a time."""
    from grader.launch.launcher import Launcher
    from grader.launch.warm import WarmInterpreter
    from grader.model import Level
    from grader.pipeline import How, grade_path
    from grader.rubric import load_rubric

    rubric = load_rubric(plan.rubric)
    warm = WarmInterpreter()
    warm.load(rubric.packages)
    launcher = Launcher(warm, lowest=Level.NAMESPACES)

    def see() -> None:
        report = grade_path(plan.path, rubric, launcher, How(boxes=1))
        assert report.score == report.max_score, report

    return see


def boxed(plan: Plan, level: str, without: tuple[str, ...] = ()) -> See:
    """The launcher alone: the same starts in a box of its own for each submission, asked over a raw socket."""
    from grader.launch.launcher import Launcher
    from grader.launch.warm import WarmInterpreter
    from grader.model import Condition, Level, Limits, Mode, Overlay, Pin
    from grader.rubric import load_rubric
    from grader.submission import open_submission

    rubric = load_rubric(plan.rubric)
    warm = WarmInterpreter()
    warm.load(rubric.packages)
    launcher = Launcher(warm, highest=Level(level), lowest=Level(level), without=without)
    submission = open_submission(plan.path, entries=rubric.entries, workspace=Path(tempfile.mkdtemp()))
    conditions = []
    for start in plan.starts:
        overlays = tuple(Overlay(path, base64.b64decode(content)) for path, content in start["overlays"])
        conditions.append(Condition(Mode(start["mode"]), Pin(start["pin"]), overlays))

    def see() -> None:
        with launcher.open(submission, Limits()) as box:
            for condition, start in zip(conditions, plan.starts, strict=True):
                with box.start(condition, "s") as running:
                    assert start["mode"] == "import" or running.listening, running.start
                    for method, path, status in start["requests"]:
                        _ask(running.connect(running.start.listeners[0], _SECONDS), method, path, status)

    return see


# ------------------------------------------------------------------------------------------------ the plain harness


def plain(plan: Plan) -> See:
    """What a course writes in an afternoon: `python main.py`, the port from its output, requests and BeautifulSoup."""
    import bs4
    import requests

    def one(session: requests.Session, start: Start) -> None:
        with tempfile.TemporaryDirectory() as folder, _interpreter(plan, start, folder) as program:
            if start["mode"] == "import":
                assert program.wait(_SECONDS) == 0
                return
            assert program.stdout is not None
            port = _port(program.stdout.fileno())
            for method, path, status in start["requests"]:
                answer = session.request(method, f"http://127.0.0.1:{port}{path}", timeout=_SECONDS)
                assert answer.status_code == status, (answer.status_code, path)
                bs4.BeautifulSoup(answer.text, "lxml").find("h1")

    def see() -> None:
        session = requests.Session()
        for start in plan.starts:
            _until_free(lambda start=start: one(session, start))

    return see


@contextlib.contextmanager
def _interpreter(plan: Plan, start: Start, folder: str) -> Iterator[subprocess.Popen[bytes]]:
    work = plan.copy(start, f"{folder}/work")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if pin := plan.pin(start):
        Path(folder, "sitecustomize.py").write_text(pin)
        environment["PYTHONPATH"] = folder
    command = ["-c", "import main"] if start["mode"] == "import" else ["main.py"]
    program = subprocess.Popen([sys.executable, *command], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        yield program
    finally:
        program.kill()
        program.wait()
        assert program.stdout is not None
        program.stdout.close()


# -------------------------------------------------------------------------------------------------------- the floor


def floor(plan: Plan) -> See:
    """The least that such a start can cost: a fork of this very process, which has Flask loaded and served with it."""
    from grader.launch.child import zygote

    zygote._load()  # the same modules and the same warm-up request as the grader's own process has
    gc.disable()
    gc.freeze()
    sys.dont_write_bytecode = True

    def see() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for number, start in enumerate(plan.starts):
                work = plan.copy(start, f"{folder}/{number}") if start["overlays"] else str(plan.path)
                _until_free(lambda start=start, work=work: _forked(plan, start, work))

    return see


def _forked(plan: Plan, start: Start, work: str) -> None:
    out, end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_program(plan, start, work, end)
    os.close(end)
    try:
        if start["mode"] != "import":
            port = _port(out)
            for method, path, status in start["requests"]:
                _ask(socket.create_connection(("127.0.0.1", port), _SECONDS), method, path, status)
            os.kill(pid, signal.SIGKILL)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(out)
    assert start["mode"] != "import" or status == 0


def _be_program(plan: Plan, start: Start, work: str, end: int) -> None:
    status = 1
    try:
        os.dup2(end, 1)
        os.dup2(end, 2)
        os.chdir(work)
        sys.path.insert(0, work)
        gc.enable()
        exec(plan.pin(start), {})
        name = "main" if start["mode"] == "import" else "__main__"
        module = sys.modules[name] = type(sys)(name)
        module.__file__ = os.path.join(work, "main.py")
        exec(compile(Path(module.__file__).read_bytes(), module.__file__, "exec"), vars(module))
        status = 0
    finally:
        os._exit(status)


# ------------------------------------------------------------------------------------------------------- both of them


def _port(out: int) -> int:
    """The port that a server prints when it listens."""
    printed, until = b"", time.monotonic() + _SECONDS
    while not (found := _RUNNING.search(printed)):
        ready, _, _ = select.select([out], [], [], until - time.monotonic())
        data = os.read(out, 65536) if ready else b""
        if not data:
            raise NoServerError(printed.decode(errors="replace"))
        printed += data
    return int(found[1])


class NoServerError(Exception):
    """With what the program printed."""


def _until_free(start: Callable[[], None]) -> None:
    """Both share the machine's ports with whatever else runs: a port that is taken costs another start."""
    while True:
        try:
            return start()
        except NoServerError as error:
            if "in use" not in str(error):
                raise


def _ask(client: socket.socket, method: str, path: str, status: int) -> None:
    """One request by hand, read up to its Content-Length."""
    with client:
        client.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer) < _whole(answer):
            data = client.recv(65536)
            if not data:
                break
            answer += data
    assert int(answer.split(b" ", 2)[1]) == status, answer[:200]


def _whole(answer: bytes) -> int:
    head = answer.partition(b"\r\n\r\n")[0]
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return len(head) + 4 + (int(length[1]) if length else 0)


CONTENDERS: dict[str, Callable[[Plan], See]] = {
    "grader": grader,
    "processes": grader,
    "plain": plain,
    "floor": floor,
    "namespaces": lambda plan: boxed(plan, "namespaces"),
    "process": lambda plan: boxed(plan, "process", ("user",)),  # that user need not be able to read the interpreter
}


def keep_to_one(worker: int) -> None:
    """As the jobs of a batch do, each on a processor of its own. Whoever starts no process beside its own gains nothing
    by it."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[worker % len(cores)]})


def main() -> None:
    """Answer orders until there are no more."""
    name, file, worker = sys.argv[1:]
    plan = Plan(file)
    if name in ("processes", "namespaces", "process"):
        keep_to_one(int(worker))
    see = CONTENDERS[name](plan)
    see()
    print(json.dumps("ready"), flush=True)

    def of_job(job: int, seconds: float) -> list[float]:
        if threads > 1:
            keep_to_one(job)
        return for_seconds(seconds)

    def for_seconds(seconds: float) -> list[float]:
        begun, count = time.perf_counter(), 0
        while count == 0 or time.perf_counter() - begun < seconds:
            see()
            count += 1
        return [count, count * len(plan.starts), time.perf_counter() - begun]

    threads = 2 if name == "grader" else 1
    with ThreadPoolExecutor(threads) as pool:
        for line in sys.stdin:
            answers = list(pool.map(of_job, range(threads), [float(line)] * threads))
            print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
