"""Every limit is hit for real, at every level; the report names it with its cost. Ordinary programs meet none."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli import run
from grader.launch.launcher import Launcher
from grader.model import Level, Limits, Report, Rubric, StartState
from grader.pipeline import How, grade_path
from grader.rubric import load_rubric
from tests import small_lab
from tests.conftest import ROOT, Lent
from tests.integration.test_launch import LAB, LEVELS, RUN, get, interpreter_for, started
from tests.unprivileged import Ordinary

# What a start or a request of it may use here; the rest stays as it is.
LIMITS = Limits(start_seconds=10.0, request_seconds=1.0, routes_seconds=2.0, total_seconds=30.0, body_bytes=256 << 10,
                log_bytes=8 << 10, cpu_seconds=1, memory_bytes=160 << 20, processes=16, file_bytes=1 << 20,
                disk_bytes=4 << 20, descriptors=64)  # fmt: skip
PATIENT = replace(LIMITS, start_seconds=60.0)  # on a busy machine, a second of the processor's takes its time

# Before the server starts.
AT_START = {
    "memory_bytes": "import time\nhog = []\nwhile True:\n    hog.append(b'x' * (1 << 20))\n    time.sleep(0.001)\n",
    "cpu_seconds": "while True: pass\n",
    "processes": (
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
    ),
    "file_bytes": "with open('big', 'wb') as file: file.write(b'x' * (2 << 20))\n",
    "disk_bytes": (
        "import time\nfor n in range(100):\n"
        "    with open(f'part{n}', 'wb') as file: file.write(b'x' * (512 << 10))\n"
        "    time.sleep(0.03)\n"
    ),
    "descriptors": "kept = [open('main.py') for _ in range(500)]\n",
    "start_seconds": "import time\ntime.sleep(100)\n",
    "log_bytes": "for _ in range(1000): print('y' * 100)\n",
}
# By several processes, none of which passes the limit itself.
TOGETHER = {
    "memory_bytes": (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        hog = b'x' * (60 << 20)\n        time.sleep(100)\ntime.sleep(100)\n"
    ),
    "cpu_seconds": (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        until = time.process_time() + 0.7\n        while time.process_time() < until: pass\n"
        "        time.sleep(100)\ntime.sleep(100)\n"
    ),
}
# What sockets hold is no process's memory. Each of these fills them in four processes, and `one` in each of many pairs.
FILL = """
import os, socket, time
def fill(end, size=32768, more=1 << 22):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, more)  # without a filter it is had
    end.setblocking(False)
    try:
        while True: end.send(b"x" * size)
    except (BlockingIOError, OSError): pass
def fork(one):
    for _ in range(4):
        if os.fork() == 0:
            kept = []
            try:
                while True: kept += one()
            except OSError: time.sleep(100)
    time.sleep(100)
"""
PAIRS = """
def one():
    pair = socket.socketpair(socket.AF_UNIX, socket.%s)
    for end in pair: fill(end)
    return pair
fork(one)
"""
LISTEN = """
kept = []
def one():
    server = socket.socket(socket.AF_%s)
    server.bind(%s)
    server.listen(60)
    for _ in range(50):
        client = socket.socket(server.family)
        client.connect(server.getsockname())
        fill(client)
        %s
    return [server]
fork(one)
"""
IN_SOCKETS = {
    "pairs": FILL + PAIRS % "SOCK_STREAM",
    "datagrams": FILL + PAIRS % "SOCK_DGRAM",
    "closed-senders": FILL
    + "def one():\n    a, b = socket.socketpair()\n    fill(a, 1, 1 << 17)\n    return [b]\nfork(one)\n",
}
IN_OWN_NETWORK = {
    "never-accepted": FILL + LISTEN % ("UNIX", "''", "client.close()"),
    "tcp": FILL + LISTEN % ("INET", "('127.0.0.1', 0)", "kept.append(client)"),
}
FORKS = (
    "import os, time\nfor count in range(100):\n    try:\n        if os.fork() == 0:\n            time.sleep(100)\n"
    "    except BlockingIOError:\n        print(count, flush=True)\n        time.sleep(100)\ntime.sleep(100)\n"
)
# In the view of /.
IN_VIEW = {
    "request_seconds": "import time; time.sleep(100)",
    "body_bytes": "return 'x' * (1 << 20)",
}


@pytest.fixture(scope="module", params=list(Level), ids=lambda level: level.value)
def at_every_level(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    level: Level = request.param
    with Launcher(Lent(interpreter_for(level), ("flask",)), lowest=level, highest=level) as launcher:
        yield launcher


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: level.value)
def at_level(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    """The strongest among the tests of the day, the others in CI."""
    level: Level = request.param
    with Launcher(Lent(interpreter_for(level), ("flask",)), lowest=level, highest=level) as launcher:
        yield launcher


def broken(folder: Path, head: str = "", view: str = "") -> Path:
    """The finished lab with something before it, or instead of its page."""
    shutil.copytree(ROOT / "student_app", folder)
    text = (folder / "main.py").read_text()
    if view:
        text = text.replace("    return render_template(", f"    {view}\n    return render_template(")
        assert view in text
    (folder / "main.py").write_text(head + text)
    return folder


def graded(launcher: Launcher, rubric: Rubric, path: Path, limits: Limits = LIMITS) -> Report:
    report = grade_path(path, replace(rubric, limits=limits), launcher, How())
    assert report.score is not None, report.problem
    return report


def hits(report: Report, name: str) -> list[str]:
    return [text for text in report.limits_hit if text.startswith(f"{name}: ")]


# ---------------------------------------------------------------------------------------------------------- of a start


@pytest.mark.parametrize("name", ["memory_bytes", "cpu_seconds"])
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["warm", "fresh"])
def test_a_program_over_a_limit_is_ended_and_the_limit_named(
    at_level: Launcher, tmp_path: Path, name: str, fresh: bool
) -> None:
    begun = time.monotonic()
    with started(at_level, tmp_path, AT_START[name], fresh=fresh, limits=PATIENT) as running:
        assert not running.listening
    assert running.start.limit.startswith(f"{name}: "), running.start
    assert running.start.state is StartState.ENDED
    assert time.monotonic() - begun < PATIENT.start_seconds


@pytest.mark.parametrize("name", ["memory_bytes", pytest.param("cpu_seconds", marks=pytest.mark.slow)])
def test_what_several_processes_use_is_added_up(at_level: Launcher, tmp_path: Path, name: str) -> None:
    with started(at_level, tmp_path, TOGETHER[name], limits=PATIENT) as running:
        pass
    assert running.start.limit.startswith(f"{name}: "), running.start


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tables of sockets")
@pytest.mark.parametrize("name", IN_SOCKETS)
def test_what_sockets_hold_is_memory(at_level: Launcher, tmp_path: Path, name: str) -> None:
    held_by_sockets(at_level, tmp_path, IN_SOCKETS[name])


@pytest.mark.parametrize("name", IN_OWN_NETWORK)
def test_what_sockets_hold_that_nobody_has_open_is_memory(tmp_path: Path, name: str) -> None:
    highest = Level.NAMESPACES
    with Launcher(Lent(interpreter_for(highest), ("flask",)), lowest=highest, highest=highest) as launcher:
        held_by_sockets(launcher, tmp_path, IN_OWN_NETWORK[name])


def held_by_sockets(launcher: Launcher, folder: Path, program: str) -> None:
    limits = replace(PATIENT, descriptors=256, start_seconds=10.0, cpu_seconds=20)
    with started(launcher, folder, program, limits=limits) as running:
        until = time.monotonic() + limits.start_seconds
        while not running.start.limit and time.monotonic() < until:
            time.sleep(0.02)
            running.catch_up()
    assert running.start.limit.startswith("memory_bytes: "), running.start
    assert int(running.start.limit.split()[1]) < 2 * limits.memory_bytes >> 20, running.start.limit


def test_processes_are_few(at_level: Launcher, tmp_path: Path) -> None:
    """The kernel refuses one more, or the watchdog ends all of them; whichever comes first."""
    with started(at_level, tmp_path, FORKS, limits=replace(LIMITS, start_seconds=2.0)) as running:
        pass
    if running.start.limit.startswith("processes: "):
        assert int(running.start.limit.split()[1]) < 3 * LIMITS.processes
    else:
        assert int(running.start.log) <= LIMITS.processes + 3


def test_the_peak_of_a_fast_hog_stays_near_the_limit(at_every_level: Launcher, tmp_path: Path) -> None:
    """Two looks lie 50 ms apart; what grows between them is bounded by the address space."""
    with started(at_every_level, tmp_path, "hog = b'x' * (8 << 30)\n", limits=LIMITS) as running:
        pass
    assert running.start.traceback
    assert running.start.traceback.kind == "MemoryError"


def test_a_hog_in_a_view_is_ended_while_it_is_asked(at_every_level: Launcher, tmp_path: Path) -> None:
    view = "@app.route('/hog')\ndef hog():\n    kept = []\n    while True: kept.append(b'x' * (1 << 20))\n"
    with started(at_every_level, tmp_path, LAB + view + RUN % "", limits=LIMITS) as running:
        assert b"hello" in get(running)
        assert get_or_nothing(running) == b""
    assert running.start.state is StartState.LISTENING
    assert running.start.limit.startswith("memory_bytes: "), running.start


def get_or_nothing(running: object) -> bytes:
    try:
        return get(running, path="/hog")  # type: ignore[arg-type]
    except OSError:
        return b""


def test_this_program_goes_first_where_the_machine_s_memory_ends(at_level: Launcher, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("Linux")
    with started(at_level, tmp_path, "print(open('/proc/self/oom_score_adj').read())") as running:
        pass
    assert running.start.log.split() == ["1000"]


@pytest.mark.slow
def test_without_the_watchdog_the_kernel_s_own_limits_are_left(tmp_path: Path) -> None:
    short = replace(LIMITS, start_seconds=1.0)
    with (
        Launcher(Lent(packages=("flask",)), lowest=Level.NAMESPACES, without=("watchdog", "cgroup")) as launcher,
        started(launcher, tmp_path, TOGETHER["memory_bytes"], limits=short) as running,
    ):
        pass
    assert "listening socket" in running.start.limit, "nobody adds up"


# ---------------------------------------------------------------------------------------------------------- in reports


@pytest.mark.slow
@pytest.mark.parametrize("name", AT_START)
def test_the_report_names_the_limit_and_what_it_cost(
    at_level: Launcher, lab: Rubric, tmp_path: Path, name: str
) -> None:
    report = graded(at_level, lab, broken(tmp_path / "lab", AT_START[name]))
    (first, *_) = hits(report, name)
    if name == "log_bytes":
        assert report.score == 100
        assert "it cost no points" in first
    else:
        assert report.score is not None
        assert report.score < 60
        assert "; it cost " in first
        assert "starts" in first.rpartition("it cost")[2]
    if name == "file_bytes":
        assert not hits(report, "disk_bytes")


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_VIEW)
def test_a_limit_on_requests_is_named_with_the_points_that_it_cost(
    at_level: Launcher, lab: Rubric, tmp_path: Path, name: str
) -> None:
    report = graded(at_level, lab, broken(tmp_path / "lab", view=IN_VIEW[name]))
    (first, *_) = hits(report, name)
    assert "request" in first
    lost = {r.id for r in report.checks if r.score < r.max_score}
    assert {"heading", "number-in-page"} <= lost
    assert "starts" not in lost
    assert "heading" in first


@pytest.mark.slow
def test_the_whole_submission_has_a_limit_too(launcher: Launcher, lab: Rubric, tmp_path: Path) -> None:
    limits = replace(LIMITS, total_seconds=1.5)
    slow = broken(tmp_path / "lab", "import time\ntime.sleep(1)\n")
    report = in_time(launcher, replace(lab, limits=limits), slow)
    lost_to(report, "total_seconds")


HANGS = {
    "start": ("import time\ntime.sleep(100)\n", ""),
    "request": ("", "import time; time.sleep(100)"),
    "later start": ("import time\ntime.sleep(0.6)\n", ""),
    "later request": ("", "import time; time.sleep(0.7)"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n != "start" else []) for n in HANGS])
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["warm", "fresh"])
def test_what_hangs_is_cut_at_what_is_left_for_the_submission(
    launcher: Launcher, lab: Rubric, tmp_path: Path, name: str, fresh: bool
) -> None:
    """Neither a start nor a request is waited for beyond it, and every point that it cost is told, once."""
    patient = replace(LIMITS, start_seconds=30.0, request_seconds=30.0, total_seconds=2.0)
    head, view = HANGS[name]
    report = in_time(launcher, replace(lab, limits=patient), broken(tmp_path / "lab", head, view), fresh=fresh)
    lost_to(report, "total_seconds")


@pytest.mark.slow
def test_conversations_and_links_are_cut_as_well(launcher: Launcher, tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text(
        "id: r\ntitle: R\nlimits: {total_seconds: 2, request_seconds: 30, start_seconds: 30}\nchecks:\n"
        "  - {id: flow, title: Flow, points: 1, type: flow, steps: [{path: /, repeat: 100}, {path: /slow}]}\n"
        "  - {id: links, title: Links, points: 1, type: html, path: /, claims: [links]}\n"
    )
    work = tmp_path / "work"
    work.mkdir()
    slow = "@app.route('/slow')\ndef slow():\n    import time\n    time.sleep(100)\n"
    link = LAB.replace("hello", '<a href="/slow">hello</a>')
    assert link != LAB
    (work / "main.py").write_text(link + slow + RUN % "")
    report = in_time(launcher, load_rubric(str(rubric)), work)
    assert "it cost 2 points: flow, links" in lost_to(report, "total_seconds")


def in_time(launcher: Launcher, rubric: Rubric, path: Path, *, fresh: bool = False) -> Report:
    """Graded, not later than a moment after the time for one submission."""
    begun = time.monotonic()
    report = grade_path(path, rubric, launcher, How(fresh=fresh))
    assert time.monotonic() - begun < rubric.limits.total_seconds + 2
    assert report.score is not None, report.problem
    return report


def lost_to(report: Report, name: str) -> str:
    """The one text about a limit: it names every check that lost points, none of which failed for another reason."""
    (text,) = hits(report, name)
    lost = [r for r in report.checks if r.score < r.max_score]
    assert f"it cost {float(sum(r.max_score - r.score for r in lost)):g} points: " in text, (text, lost)
    assert text.rpartition(": ")[2].split(", ") == [r.id for r in lost]
    return text


def hungry(folder: Path) -> tuple[Path, Path, Path]:
    """A lab that needs 200 MB, a rubric that allows them, and one that allows 128."""
    app = broken(folder / "lab", "hog = b'x' * (200 << 20)\nimport time\ntime.sleep(0.15)\n")
    enough, small = folder / "enough.yaml", folder / "small.yaml"
    enough.write_text(small_lab.rubric("{start_seconds: 10}").replace("contains: hello", "contains: number"))
    small.write_text(enough.read_text().replace("{start_seconds: 10}", "{memory_bytes: 134217728}"))
    return app, enough, small


@pytest.mark.slow
def test_a_rubric_s_limits_hold_and_an_instructor_s_maximum_holds_over_them(
    lent: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, enough, small = hungry(tmp_path)
    assert run([str(app), "--format", "json", "--rubric", str(enough)]) == 0
    assert json.loads(capsys.readouterr().out)["limits_hit"] == []
    for arguments in (["--rubric", str(small)], ["--rubric", str(enough), "--limit", "memory_bytes=134217728"]):
        assert run([str(app), "--format", "json", *arguments]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["limits_hit"][0].startswith("memory_bytes: "), found["limits_hit"]
        assert "128 MB are allowed" in found["limits_hit"][0]


@pytest.mark.slow
def test_a_maximum_gives_nobody_more(lent: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app, _, small = hungry(tmp_path)
    assert run([str(app), "--format", "json", "--rubric", str(small), "--limit", "memory_bytes=1000000000"]) == 1
    assert "128 MB are allowed" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------- ordinary programs

ORDINARY = {
    "threads": (
        "import threading, time\n"
        "for _ in range(20): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
    ),
    "list": "numbers = [bytes(1000) + b'x' for _ in range(200_000)]\n",
    "sqlite": (
        "import sqlite3\nbase = sqlite3.connect('lab.db')\nbase.execute('create table t (n integer, text)')\n"
        "with base: base.executemany('insert into t values (?, ?)', ((n, 'x' * 100) for n in range(20_000)))\n"
        "base.close()\n"
    ),
    "multiprocessing": (
        "import multiprocessing\ndef square(n): return n * n\n"
        "if __name__ == '__main__':\n    with multiprocessing.get_context('fork').Pool(4) as pool:\n"
        "        assert pool.map(square, range(100))[9] == 81\n"
    ),
    "futures": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(20) as pool: assert sum(pool.map(abs, range(1000))) == 499500\n"
    ),
    "subprocess": "import subprocess, sys\nassert subprocess.run([sys.executable, '-c', '1'], check=True)\n",
    "files": "import tempfile\nkept = [tempfile.TemporaryFile() for _ in range(100)]\n",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_ordinary_programs_need_is_there(at_level: Launcher, tmp_path: Path, name: str) -> None:
    with started(at_level, tmp_path, ORDINARY[name] + LAB + RUN % "") as running:
        assert running.listening, running.start.log
        assert b"hello" in get(running)
    assert running.start.limit == ""
    assert running.start.exit is None or running.start.exit.signal != 9


@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["warm", "fresh"])
def test_the_debugger_and_its_reloader_run(at_level: Launcher, tmp_path: Path, fresh: bool) -> None:
    program = ORDINARY["threads"] + LAB + RUN % ", debug=True"
    with started(at_level, tmp_path, program, fresh=fresh) as running:
        assert running.listening, running.start.log
        assert b"hello" in get(running)
    assert running.start.limit == ""


# ------------------------------------------------------------------------------------------------- an ordinary user

AS_USER = """
import json, sys
from dataclasses import replace
from pathlib import Path
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Level, Limits
from grader.pipeline import How, grade_path
from grader.rubric import load_rubric
rubric, found = load_rubric("flask-lab"), {}
rubric = replace(rubric, limits=Limits(**json.loads(sys.argv[2])))
for level in Level:
    warm = WarmInterpreter()
    warm.load(("flask",))
    with Launcher(warm, lowest=level, highest=level) as launcher:
        for folder in sorted(Path(sys.argv[1]).iterdir()):
            report = grade_path(folder, rubric, launcher, How())
            score = None if report.score is None else int(report.score)
            found[f"{level.value} {folder.name}"] = [score, report.problem, *report.limits_hit]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_an_ordinary_user_s_programs_meet_the_same_limits(ordinary: Ordinary, tmp_path: Path) -> None:
    work = Path(shutil.copytree(ordinary.home, ordinary.folder / "work"))
    for name, head in AT_START.items():
        broken(work / name, head)
    for name, head in ORDINARY.items():
        broken(work / f"ordinary-{name}", head)
    for path in [work, *work.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    ours = {**vars(LIMITS), "memory_bytes": 320 << 20, "processes": 32, "descriptors": 128, "cpu_seconds": 2}
    ours["disk_bytes"], ours["file_bytes"], ours["start_seconds"] = 8 << 20, 4 << 20, 12.0
    result = ordinary.run("-c", AS_USER, str(work), json.dumps(ours), seconds=600)
    assert result.returncode == 0, result.stderr
    for case, (score, problem, *told) in json.loads(result.stdout).items():
        name = case.split()[1]
        assert problem == "", case
        if name.startswith("ordinary-"):
            assert (score, told) == (100, []), case
        elif name == "file_bytes":  # 2 MB are allowed there
            assert score == 100, case
        else:
            assert any(text.startswith(f"{name}: ") for text in told), (case, score, told)
