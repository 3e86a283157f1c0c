"""Starting programs, at every level: real servers, watched from outside; whatever they do, nothing stays behind."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.errors import LaunchError, UsageError
from grader.launch import cores
from grader.launch.box import Running, Unusable
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import (
    Address,
    Condition,
    Level,
    Limits,
    Mode,
    Overlay,
    Pin,
    SourceFile,
    StartState,
    Submission,
)
from tests.conftest import Lent

LAB = """\
import random
from flask import Flask
app = Flask(__name__)
@app.route('/')
def home():
    return 'hello'
"""
RUN = "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=random.randint(2000, 9000)%s)\n"
LEVELS = [pytest.param(level, marks=[] if level is Level.NAMESPACES else pytest.mark.slow) for level in Level]
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, with python3-flask: one that any user may read


def interpreter_for(level: Level) -> str:
    """Below `namespaces`, root's programs run as nobody in the ordinary file system, and nobody has to reach it."""
    return SYSTEM_PYTHON if os.geteuid() == 0 and level is not Level.NAMESPACES else sys.executable


@pytest.fixture(scope="module", params=list(Level), ids=lambda level: level.value)
def at_every_level(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    level: Level = request.param
    with Launcher(Lent(interpreter_for(level), ("flask", "waitress")), lowest=level, highest=level) as launcher:
        yield launcher


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: level.value)
def at_level(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    """The strongest among the tests of the day, the others in CI."""
    level: Level = request.param
    with Launcher(Lent(interpreter_for(level), ("flask", "waitress")), lowest=level, highest=level) as launcher:
        yield launcher


@pytest.fixture(scope="module")
def namespaces() -> Iterator[Launcher]:
    with Launcher(Lent(packages=("flask", "waitress")), lowest=Level.NAMESPACES) as launcher:
        yield launcher


def submission(folder: Path, entry: str = "main.py") -> Submission:
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = tuple(SourceFile(str(p.relative_to(folder)), p.stat().st_size, p.read_text("utf-8")) for p in paths)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Submission("lab", folder, entry, hashlib.sha256().hexdigest(), files)


@contextmanager
def started(
    launcher: Launcher,
    folder: Path,
    program: str,
    condition: Condition = Condition(),  # noqa: B008  # frozen
    *,
    fresh: bool = False,
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> Iterator[Running]:
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(program)
    with launcher.open(submission(folder), limits, fresh=fresh) as box, box.start(condition, "s1") as running:
        yield running


def get(running: Running, address: Address | None = None, path: str = "/") -> bytes:
    with running.connect(address or running.look()[0], 5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer


def asked(launcher: Launcher, folder: Path, program: str, expression: str, *, fresh: bool = False) -> object:
    """What an expression gives inside the running program."""
    view = f"@app.route('/ask')\ndef ask():\n    import json\n    return json.dumps({expression})\n"
    with started(launcher, folder, program + view + RUN % "", fresh=fresh) as running:
        return json.loads(get(running, path="/ask").partition(b"\r\n\r\n")[2])


# ------------------------------------------------------------------------------------------------------- at every level


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["warm", "fresh"])
@pytest.mark.parametrize(
    "run",
    [
        pytest.param("", id="plain"),
        pytest.param(", debug=True", id="reloader"),
        pytest.param(", threaded=False", id="unthreaded", marks=pytest.mark.slow),
        pytest.param(", debug=True, use_reloader=False", id="debug", marks=pytest.mark.slow),
    ],
)
def test_the_lab_s_server_is_reached_and_its_address_seen(
    at_every_level: Launcher, tmp_path: Path, run: str, fresh: bool
) -> None:
    with started(at_every_level, tmp_path, LAB + RUN % run, fresh=fresh) as running:
        assert running.listening
        (address,) = {a for a in running.look() if a.host == "0.0.0.0"}
        assert 2000 <= address.port <= 9000
        assert b"200 OK" in get(running, address)
        assert b"hello" in get(running, address)
    assert running.start.state is StartState.LISTENING
    assert running.start.address_source is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "address"),
    [
        (LAB + "app.run(port=5000)", Address("127.0.0.1", 5000)),
        (LAB + "app.run(host='0.0.0.0', port=80)", Address("0.0.0.0", 80)),
        (LAB + "app.run(host='::', port=5001)", Address("::", 5001)),
        (
            LAB + "from waitress import serve\nserve(app, host='127.0.0.1', port=5002)",
            Address("127.0.0.1", 5002),
        ),
        (
            "import http.server as h\nh.HTTPServer(('', 5003), h.SimpleHTTPRequestHandler).serve_forever()",
            Address("0.0.0.0", 5003),
        ),
        (
            "import asyncio\nasync def hello(r, w):\n    await r.readuntil(b'\\r\\n\\r\\n')\n"
            "    w.write(b'HTTP/1.0 200 OK\\r\\n\\r\\nhello')\n    await w.drain()\n    w.close()\n"
            "async def main():\n    s = await asyncio.start_server(hello, '127.0.0.1', 5004)\n"
            "    await s.serve_forever()\nasyncio.run(main())",
            Address("127.0.0.1", 5004),
        ),
        (LAB + "import os\napp.run(port=int(os.environ.get('PORT', 5005)))", Address("127.0.0.1", 5005)),
    ],
    ids=["fixed", "low", "ipv6", "waitress", "http.server", "asyncio", "environ"],
)
def test_other_servers_and_addresses(at_level: Launcher, tmp_path: Path, program: str, address: Address) -> None:
    for turn in range(2):  # the same port again right afterwards
        with started(at_level, tmp_path / str(turn), program) as running:
            assert address in running.look(), running.start.log
            assert b"200 OK" in get(running, address)


def test_pinned_draws_and_imports_work_at_every_level(at_level: Launcher, tmp_path: Path) -> None:
    ports = []
    for pin in (Pin.LOW, Pin.HIGH):
        for fresh in (False, True):
            with started(at_level, tmp_path, LAB + RUN % "", Condition(pin=pin), fresh=fresh) as running:
                ports.append(running.look()[0].port)
    assert ports == [2000, 2000, 9000, 9000]
    for fresh in (False, True):
        with started(at_level, tmp_path, LAB + RUN % "", Condition(Mode.IMPORT), fresh=fresh) as running:
            assert not running.listening
        assert running.start.imported
        assert [r.rule for a in running.start.apps for r in a.routes if r.endpoint == "home"] == ["/"]
        with started(at_level, tmp_path, LAB, Condition(Mode.SERVE), fresh=fresh) as running:
            assert b"hello" in get(running)


@pytest.mark.slow
def test_a_program_that_ends_is_seen_to_end(at_level: Launcher, tmp_path: Path) -> None:
    for program, code in (("import sys; sys.exit(3)", 3), ("1/0", 1), ("print('hi')", 0), ("raise SystemExit('x')", 1)):
        for fresh in (False, True):
            with started(at_level, tmp_path, program, fresh=fresh) as running:
                assert not running.listening
            assert running.start.state is StartState.ENDED
            assert running.start.exit
            assert running.start.exit.code == code


def test_a_daemon_ends_with_its_start(at_level: Launcher, tmp_path: Path) -> None:
    program = "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(1000)\n" + LAB + RUN % ""
    with started(at_level, tmp_path, program) as running:
        assert running.listening
    marker = b"_launch"
    alive = [p for p in Path("/proc").glob("[0-9]*/cmdline") if marker in read(p)]
    time.sleep(0.1)
    assert len([p for p in alive if p.exists() and marker in read(p)]) <= 40  # warm interpreters and their keepers


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_program_killed_by_a_signal_says_so(at_level: Launcher, tmp_path: Path) -> None:
    with started(at_level, tmp_path, "import os; os.kill(os.getpid(), 9)") as running:
        pass
    assert running.start.exit
    assert running.start.exit.signal == 9


def test_two_servers_on_one_port_are_the_program_s_own_error(at_level: Launcher, tmp_path: Path) -> None:
    program = (
        "import socket\na = socket.socket(); a.bind(('127.0.0.1', 5600)); a.listen()\n"
        "b = socket.socket(); b.bind(('127.0.0.1', 5600))\n"
    )
    with started(at_level, tmp_path, program) as running:
        until = time.monotonic() + 5
        while "Address already in use" not in running.start.log and time.monotonic() < until:
            running.look()
    assert "Address already in use" in running.start.log


# -------------------------------------------------------------------------------------------------------- the program


def test_input_finds_standard_input_closed(namespaces: Launcher, tmp_path: Path) -> None:
    with started(namespaces, tmp_path, "name = input('your name? ')\n") as running:
        pass
    assert running.start.traceback
    assert running.start.traceback.kind == "EOFError"
    assert running.start.traceback.own_frame
    assert running.start.traceback.own_frame.source == "name = input('your name? ')"


@pytest.mark.slow
def test_an_endless_loop_at_import_ends_at_the_deadline(namespaces: Launcher, tmp_path: Path) -> None:
    with started(namespaces, tmp_path, "while True: pass\n", limits=Limits(start_seconds=0.4)) as running:
        pass
    assert running.start.state is StartState.SILENT
    assert "0.4 s" in running.start.limit


@pytest.mark.slow
def test_a_slow_import_is_waited_for(namespaces: Launcher, tmp_path: Path) -> None:
    with started(namespaces, tmp_path, "import time; time.sleep(0.5)\n" + LAB + RUN % "") as running:
        assert running.listening


def test_a_flood_of_output_is_cut_and_does_not_block_the_program(namespaces: Launcher, tmp_path: Path) -> None:
    program = "for i in range(60000): print('y' * 100)\n" + LAB + RUN % ""
    with started(namespaces, tmp_path, program, limits=Limits(log_bytes=4096)) as running:
        assert running.listening
    assert running.start.log_truncated
    assert len(running.start.log) < 10_000
    assert "Serving Flask app" in running.start.log  # the end is kept, too


@pytest.mark.slow
def test_output_is_there_line_by_line_and_clean(namespaces: Launcher, tmp_path: Path) -> None:
    program = "print('first \\x1b[31mred\\x1b[0m \\u202e')\nimport time\nwhile True: time.sleep(1)\n"
    with started(namespaces, tmp_path, program, limits=Limits(start_seconds=0.5)) as running:
        assert running.log_since(0) == "first red \ufffd\n"


def test_an_overlay_is_laid_in_and_a_missing_file_is_not_created(namespaces: Launcher, tmp_path: Path) -> None:
    program = LAB + "@app.route('/f')\ndef f(): return open('sub/x.txt').read()\n" + RUN % ""
    with started(namespaces, tmp_path, program, Condition(overlays=(Overlay("sub/x.txt", b"laid"),))) as running:
        assert b"laid" in get(running, path="/f")
    swapped = Condition(overlays=(Overlay("templates/none.html", b"", replaces=True),))
    with started(namespaces, tmp_path, program, swapped) as running:
        assert not running.listening
        with pytest.raises(OSError, match="not started"):
            running.connect(Address("127.0.0.1", 1), 1)
        assert running.look() == ()
    assert running.start.state is StartState.FAILED
    assert "templates/none.html" in running.start.problem


FACTS = (
    "[__name__, __file__.split('/')[-1], __package__, __spec__ is None, type(__loader__).__name__, "
    "sys.argv, sys.orig_argv[1:], sys.path[0] == os.path.dirname(__file__) == os.getcwd(), "
    "sys.modules['__main__'].__dict__ is globals(), hash('x'), sys.stdin.read(), sys.stdout.encoding, "
    "str(signal.getsignal(signal.SIGINT)).split(' at ')[0], str(signal.getsignal(signal.SIGTERM)), "
    "[f[0] for f in warnings.filters], gc.isenabled(), sys.stdout.name, threading.active_count() >= 1, "
    "os.environ['PYTHONHASHSEED'], sorted(k for k in os.environ if k.startswith('WERKZEUG'))]"
)


def test_a_warm_start_looks_like_python_main_py(namespaces: Launcher, tmp_path: Path) -> None:
    """The same facts as in a new interpreter, which is started as `python main.py` and nothing else."""
    head = "import gc, os, signal, sys, threading, warnings\n" + LAB
    answers = [
        asked(namespaces, tmp_path, head + f"facts = {FACTS}\n", "facts", fresh=fresh) for fresh in (False, True)
    ]
    assert answers[0] == answers[1]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_what_a_warm_start_shows_as_its_command_line_is_that_of_an_ordinary_one(
    launcher: Launcher, tmp_path: Path
) -> None:
    """And it has its memory whole: what the kernel was told of its layout is right."""
    program = (
        "import os\nhog = [bytes(5000) for _ in range(20_000)]\n"
        "for pid in ('self', '1') if os.getppid() == 1 else ('self',):\n"
        "    print(open(f'/proc/{pid}/cmdline', 'rb').read().split(b'\\0'))\n"
    )
    for mode in (Mode.RUN, Mode.IMPORT):
        with started(launcher, tmp_path, program, Condition(mode=mode)) as running:
            pass
        first = running.start.log.splitlines()[0]
        assert first.endswith("b'main.py', b'']"), first
        assert first.count("b'") == 3
        assert "zygote" not in running.start.log


def test_random_state_differs_between_starts(namespaces: Launcher, tmp_path: Path) -> None:
    program = LAB + "import tempfile\n"
    expression = "[random.random(), tempfile.mktemp()]"
    assert asked(namespaces, tmp_path, program, expression) != asked(namespaces, tmp_path, program, expression)


@pytest.mark.slow
def test_a_module_named_like_a_loaded_one_is_the_student_s_own(namespaces: Launcher, tmp_path: Path) -> None:
    (tmp_path / "secrets.py").write_text("KEY = 'mine'\n")
    (tmp_path / "calendar.py").write_text("DAYS = 7\n")
    head = "import secrets, calendar\n" + LAB
    assert asked(namespaces, tmp_path, head, "[secrets.KEY, calendar.DAYS]") == ["mine", 7]
    with started(namespaces, tmp_path, head + RUN % "", Condition(pin=Pin.HIGH)) as running:
        assert running.look()[0].port == 9000


@pytest.mark.slow
def test_a_package_is_run_by_the_flask_command(namespaces: Launcher, tmp_path: Path) -> None:
    from dataclasses import replace

    from grader.model import EntryKind

    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
        "    app.add_url_rule('/', 'home', lambda: 'shop')\n    return app\n"
    )
    work = replace(submission(tmp_path, "shop/__init__.py"), entry_kind=EntryKind.PACKAGE, factory="create_app")
    for fresh in (False, True):
        with namespaces.open(work, Limits(), fresh=fresh) as box:
            for condition in (Condition(), Condition(mode=Mode.SERVE)):
                with box.start(condition, "s1") as running:
                    assert b"shop" in get(running), running.start.log
            with box.start(Condition(mode=Mode.IMPORT), "s2") as running:
                pass
            assert [a.name for a in running.start.apps] == ["create_app"]


def test_a_server_started_at_import_is_asked_for_its_apps(namespaces: Launcher, tmp_path: Path) -> None:
    with started(namespaces, tmp_path, LAB + "app.run(port=5000)", Condition(mode=Mode.IMPORT)) as running:
        assert running.listening
    assert running.start.imported is False
    assert [a.name for a in running.start.apps] == ["app"]


# ---------------------------------------------------------------------------------------------------------- the walls


def test_only_what_the_program_may_see_exists(namespaces: Launcher, tmp_path: Path, reference: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    folder = tmp_path / "work"
    folder.mkdir()
    program = LAB + (
        "import os, sys\n"
        "def missing(name):\n"
        "    try:\n        __import__(name)\n    except ImportError:\n        return True\n"
        "    return False\n"
        f"seen = dict(secret=os.path.exists({str(secret)!r}), repository=os.path.exists({str(reference)!r}),\n"
        "    imports=[n for n in ('grader', 'bs4', 'requests', 'rich', 'yaml', 'lxml') if not missing(n)],\n"
        "    uid=os.getuid(), home=sorted(os.listdir(os.environ['HOME'])), environ=sorted(os.environ),\n"
        "    proc=sorted(v.split('=')[0] for v in open('/proc/self/environ').read().split('\\0') if v),\n"
        "    fds=[os.readlink(f'/proc/self/fd/{d}').split(':')[0] for d in os.listdir('/proc/self/fd') if int(d) > 2\n"
        "         and os.path.exists(f'/proc/self/fd/{d}')],\n"
        "    pids=len([p for p in os.listdir('/proc') if p.isdigit()]),\n"
        "    caps=[l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')],\n"
        "    nnp=[l.split()[1] for l in open('/proc/self/status') if l.startswith('NoNewPrivs')])\n"
    )
    found = asked(namespaces, folder, program, "seen")
    assert isinstance(found, dict)
    assert not found["secret"]
    assert not found["repository"]
    assert found["imports"] == []
    assert found["uid"] not in (0, os.getuid())
    assert found["home"] == ["lab"]
    assert set(found["proc"]) <= {"LANG", "PATH", "PYTHONHASHSEED", "LC_CTYPE"}
    assert not [name for name in found["environ"] if "TOKEN" in name or "KEY" in name]
    assert found["pids"] == 2
    assert set(found["caps"]) == {"0000000000000000"}
    assert found["nnp"] == ["1"]
    assert set(found["fds"]) <= {"pipe"}


def test_nothing_written_outside_the_copy_is_there_at_the_next_start(namespaces: Launcher, tmp_path: Path) -> None:
    program = LAB + (
        "import os\n"
        "def mark(folder):\n"
        "    try:\n        path = folder + '/mark'\n        old = os.path.exists(path)\n"
        "        open(path, 'w').close()\n        return old\n"
        "    except OSError:\n        return 'refused'\n"
        "seen = [mark(f) for f in ('/tmp', '/dev/shm', os.environ['HOME'], '.', '/', '/usr/lib', '/etc')]\n"
    )
    for _ in range(2):
        assert asked(namespaces, tmp_path, program, "seen") == [False] * 4 + ["refused"] * 3


@pytest.mark.slow
def test_the_program_reaches_nothing_outside(namespaces: Launcher, tmp_path: Path) -> None:
    hits = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.5)

    def accept() -> None:
        with contextlib.suppress(TimeoutError):
            hits.append(listener.accept())

    watcher = threading.Thread(target=accept)
    watcher.start()
    program = LAB + (
        "import socket\n"
        "def reach(*address):\n"
        "    try:\n        socket.create_connection(address, 0.3).close()\n        return True\n"
        "    except OSError:\n        return False\n"
        f"seen = [reach('127.0.0.1', {listener.getsockname()[1]}), reach('192.0.2.1', 80)]\n"
    )
    assert asked(namespaces, tmp_path, program, "seen") == [False, False]
    watcher.join()
    listener.close()
    assert hits == []


# ---------------------------------------------------------------------------------------------------------- levels


@pytest.mark.slow
def test_the_next_level_is_used_where_one_does_not_work(tmp_path: Path) -> None:
    warm = WarmInterpreter(interpreter_for(Level.PROCESS))
    warm.load(("flask",))
    with Launcher(warm) as launcher:
        launcher.lower("switched off for this test")
        assert launcher.level is Level.LANDLOCK
        with started(launcher, tmp_path, LAB + RUN % "") as running:
            assert running.listening
        assert launcher.isolation.level is Level.LANDLOCK
        assert "switched off for this test" in launcher.isolation.why_not_higher
        launcher.lower("this one, too")
        with pytest.raises(LaunchError, match="No student's server can be started here"):
            launcher.lower("and the last")


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs change their user")
def test_an_interpreter_that_nobody_may_read_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    subprocess.run(
        [SYSTEM_PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", closed / "course"], check=True
    )
    (site,) = closed.glob("course/lib/python*/site-packages")
    (site / "coursework").mkdir()
    warm = WarmInterpreter(str(closed / "course/bin/python"))
    warm.load(())
    with (
        Launcher(warm, lowest=Level.PROCESS, highest=Level.PROCESS) as launcher,
        pytest.raises(Unusable, match=f"may not pass {tmp_path.parent.parent.parent}"),
        started(launcher, tmp_path / "a", LAB + RUN % ""),
    ):
        pass


def test_an_interpreter_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho 'something is wrong' >&2\nexit 1\n")
    fake.chmod(0o755)
    warm = WarmInterpreter(str(fake))
    try:
        with pytest.raises(UsageError, match="something is wrong"):
            load_and_wait(warm)
    finally:
        warm.close()


def load_and_wait(warm: WarmInterpreter) -> None:
    warm.load(("flask",))
    warm.wait_until_loaded()


def test_an_interpreter_without_flask_is_a_usage_error(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    warm = WarmInterpreter(str(tmp_path / "bare/bin/python"))
    try:
        warm.load(())
        with pytest.raises(UsageError, match="has no Flask"):
            warm.wait_until_loaded()
    finally:
        warm.close()


def test_a_keeper_that_dies_is_the_grader_s_own_fault(namespaces: Launcher, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(LAB)
    with namespaces.open(submission(tmp_path), Limits()) as box:
        with box.start(Condition(mode=Mode.IMPORT), "s1"):
            pass
        warm = namespaces._warm._process.pid
        for keeper in Path(f"/proc/{warm}/task/{warm}/children").read_text().split():
            os.kill(int(keeper), signal.SIGKILL)
        with pytest.raises(LaunchError, match="is gone"), box.start(Condition(), "s2"):
            pass


def test_a_fault_before_the_student_s_code_is_never_the_student_s(at_level: Launcher, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(LAB + RUN % "")
    work = submission(tmp_path)
    impossible = Condition(overlays=(Overlay("main.py/there is no such folder", b""),))
    with at_level.open(work, Limits()) as box:
        with box.start(Condition(), "s1") as running:
            assert running.listening
        with pytest.raises(LaunchError, match="could not be begun"), box.start(impossible, "s2"):
            pass


def test_a_program_runs_where_the_thread_that_opened_its_box_may_run(at_level: Launcher, tmp_path: Path) -> None:
    (core, *_) = cores.usable()
    found: list[str] = []

    def run() -> None:
        os.sched_setaffinity(0, {core})
        with started(at_level, tmp_path, "import os\nprint(sorted(os.sched_getaffinity(0)))\n") as running:
            running.catch_up()
            found.append(running.start.log.strip())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [f"[{core}]"]
