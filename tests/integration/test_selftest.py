"""The sandbox is proved before it is used: what the probe gets out of lowers the level, and is told in the report."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.launch import selftest
from grader.launch.box import Unusable
from grader.launch.child import landlock
from grader.launch.launcher import Launcher
from grader.launch.selftest import ATTEMPTS, Finding
from grader.launch.warm import WarmInterpreter
from grader.model import Level, ReportStatus, Rubric
from grader.pipeline import How, grade_path
from tests.conftest import ROOT, Lent
from tests.integration.test_launch import LAB, LEVELS, RUN, SYSTEM_PYTHON, get, interpreter_for, started
from tests.unprivileged import USER, Ordinary

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs change their user")
WALLED = [Level.NAMESPACES, Level.LANDLOCK]


@contextmanager
def at(
    level: Level, without: Collection[str] = (), lowest: Level | None = None, warm: WarmInterpreter | None = None
) -> Iterator[Launcher]:
    warm = warm or Lent(interpreter_for(lowest or level), ("flask",))
    with Launcher(warm, lowest=lowest or level, highest=level, without=without, prove=True) as launcher:
        yield launcher


def out(launcher: Launcher) -> dict[str, Finding]:
    return {finding.attempt.name: finding for finding in launcher.findings() if finding.out}


# --------------------------------------------------------------------------------------------------------- the probe


@pytest.mark.parametrize("level", list(Level), ids=str)
def test_what_must_hold_at_a_level_holds(level: Level) -> None:
    with at(level) as launcher:
        found = launcher.findings()
    assert [finding.attempt for finding in found] == list(ATTEMPTS)
    assert [finding for finding in found if finding.breaks(level)] == []
    held = {finding.attempt.name: finding.detail for finding in found if not finding.out}
    if level is not Level.PROCESS:
        assert "file" in held
        assert held["mount"].startswith(("PermissionError", "OSError")), "what stopped it is told"
    else:
        got = {finding.attempt.name: finding.detail for finding in found if finding.out}
        assert {"file", "grader", "rubric", "tcp", "udp", "abstract", "filter"} <= got.keys()
        assert got["udp"] == "it arrived"
        assert "characters" in got["rubric"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "layer", "attempt"),
    [
        (Level.NAMESPACES, "network namespace", "interfaces"),
        (Level.NAMESPACES, "network namespace", "udp"),
        (Level.NAMESPACES, "pid namespace", "processes"),
        (Level.NAMESPACES, "seccomp", "filter"),
        (Level.NAMESPACES, "seccomp", "keyring"),
        (Level.NAMESPACES, "scratch limits", "disk"),
        (Level.NAMESPACES, "RLIMIT_AS", "limits"),
        (Level.NAMESPACES, "descriptors", "descriptors"),
        (Level.LANDLOCK, "landlock", "file"),
        (Level.LANDLOCK, "seccomp", "session"),
        (Level.LANDLOCK, "seccomp", "keyring"),
        pytest.param(Level.LANDLOCK, "user", "root", marks=AS_ROOT),
        pytest.param(Level.PROCESS, "user", "root", marks=AS_ROOT),
        (Level.PROCESS, "RLIMIT_AS", "limits"),
    ],
    ids=str,
)
def test_the_probe_notices_a_layer_that_is_missing(level: Level, layer: str, attempt: str) -> None:
    with at(level, without=(layer,)) as launcher:
        found = out(launcher)
    assert attempt in found
    assert found[attempt].breaks(level)


@pytest.mark.slow
def test_a_leak_lowers_the_level_and_stands_in_the_report(lab: Rubric, reference: Path) -> None:
    with at(Level.NAMESPACES, without=("scratch limits",), lowest=Level.PROCESS) as launcher:
        report = grade_path(reference, lab, launcher, How())
    assert report.score == 100
    assert report.isolation is not None
    assert report.isolation.level is Level.LANDLOCK
    assert "namespaces is not available here: the probe submission gets out: " in report.isolation.why_not_higher
    assert "it can have more disk space than is allowed" in report.isolation.why_not_higher


def test_where_no_lower_level_may_be_used_nothing_is_started(lab: Rubric, reference: Path) -> None:
    with at(Level.NAMESPACES, without=("seccomp",)) as launcher:
        for _ in range(2):
            report = grade_path(reference, lab, launcher, How())
            assert report.status is ReportStatus.UNGRADED
            assert report.score is None
            assert report.starts == ()
            assert report.problem.count("the probe submission gets out") == 1
            assert "run without a filter of system calls" in report.problem


DYING = {
    "one": 'print(\'{"attempt": "file", "out": false, "detail": ""}\', flush=True)\n',
    "dead": "raise SystemExit(1)\n",
    "nonsense": "print('nonsense {]', '[1, 2]', '{\"attempt\": \"file\"}', sep='\\n', flush=True)\n",
    "silent": "import time\ntime.sleep(100)\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS, ids=str)
@pytest.mark.parametrize("case", DYING)
def test_what_a_probe_does_not_tell_of_counts_as_got_out(
    level: Level, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "breakout.py"
    path.write_text(DYING[case])
    monkeypatch.setattr(selftest, "_PROGRAM", path)
    monkeypatch.setattr("grader.launch.launcher.limits_of_probe", lambda: replace(LIMITS, start_seconds=1.0))
    with at(level) as launcher:
        found = out(launcher)
    assert found.keys() == {attempt.name for attempt in ATTEMPTS} - ({"file"} if case == "one" else set())
    assert found["home"].detail == (
        "no listening socket within 1 s" if case == "silent" else "the probe ended before it"
    )
    assert any(finding.breaks(level) for finding in found.values())


LIMITS = selftest.limits_of_probe()


def test_a_sandbox_in_which_no_program_can_listen_is_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = selftest._PROGRAM.read_text()
    path = tmp_path / "breakout.py"
    path.write_text(text.replace("    server.listen()\n", "    raise PermissionError(1, 'Operation not permitted')\n"))
    monkeypatch.setattr(selftest, "_PROGRAM", path)
    with at(Level.NAMESPACES) as launcher, pytest.raises(Unusable, match=r"no program can listen.*not permitted"):
        launcher.findings()


def test_a_launcher_with_a_layer_left_out_proves_nothing_unless_told() -> None:
    with Launcher(Lent(packages=("flask",)), without=("seccomp",)) as launcher:
        launcher.begin_proof()
        assert launcher._proof is None


# --------------------------------------------------------------------------------- what may be seen of the grader


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS[:2], ids=str)
def test_a_python_that_has_the_grader_shows_it_to_nobody(level: Level, ordinary: Ordinary) -> None:
    """--python PATH lets programs use all of its packages, but that one."""
    warm = WarmInterpreter(ordinary.python)
    warm.load(())
    with at(level, warm=warm) as launcher:
        assert [finding for finding in launcher.findings() if finding.breaks(level)] == []


@AS_ROOT
@pytest.mark.slow
@pytest.mark.parametrize("level", WALLED, ids=str)
def test_a_grader_among_the_system_s_own_packages_is_hidden(level: Level, tmp_path: Path) -> None:
    """As in a container where it was installed by root: its files lie in a folder that programs may read."""
    told = subprocess.check_output(
        [SYSTEM_PYTHON, "-c", "import json, site; print(json.dumps(site.getsitepackages()))"], text=True
    )
    sites = [path for path in json.loads(told) if path.startswith("/usr/local/") and os.path.isdir(path)]
    if not sites:
        pytest.skip("no folder of packages below /usr/local")
    installed = Path(tempfile.mkdtemp(prefix="site-"))
    try:
        shutil.copytree(ROOT / "grader", installed / "grader", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "rubrics", installed / "grader/_data/rubrics")
        subprocess.run(["chmod", "-R", "a+rX", installed], check=True)
        program = (
            "import os, subprocess, sys\n"
            "from grader.launch.child import linux\n"
            "source, target, level, python = sys.argv[1:]\n"
            "linux.unshare(linux.CLONE_NEWNS)\n"
            "linux.mount(None, '/', None, linux.MS_REC | linux.MS_PRIVATE)\n"
            "linux.mount(source, target, None, linux.MS_BIND)\n"
            "inner = '''\n"
            "import sys\n"
            "sys.path.insert(0, sys.argv[1])\n"
            "import grader\n"
            "assert grader.__file__.startswith(sys.argv[1]), grader.__file__\n"
            "from grader.launch.launcher import Launcher\n"
            "from grader.launch.warm import WarmInterpreter\n"
            "from grader.model import Level\n"
            "level = Level(sys.argv[2])\n"
            "warm = WarmInterpreter(sys.argv[3])\n"
            "warm.load(())\n"
            "with Launcher(warm, lowest=level, highest=level) as launcher:\n"
            "    print([f for f in launcher.findings() if f.breaks(level)])\n"
            "'''\n"
            "sys.exit(subprocess.run([sys.executable, '-c', inner, target, level, python]).returncode)\n"
        )
        result = subprocess.run(
            [sys.executable, "-c", program, installed, sites[0], level.value, SYSTEM_PYTHON],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr
    finally:
        shutil.rmtree(installed)


def test_hidden_files_are_left_out_of_what_landlock_allows(tmp_path: Path) -> None:
    for path in ("usr/lib/python/site/grader", "usr/lib/python/site/flask", "usr/lib/python/json", "usr/bin", "opt"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "usr/lib/python/os.py").touch()
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "usr/lib/away").symlink_to(tmp_path / "opt")
    hidden = str(tmp_path / "usr/lib/python/site/grader")
    whole, listed = landlock.without(
        [str(tmp_path / "usr"), str(tmp_path / "lib"), str(tmp_path / "opt"), hidden], hidden
    )
    relative = sorted({os.path.relpath(path, tmp_path) for path in whole})
    assert relative == ["opt", "usr/bin", "usr/lib/python/json", "usr/lib/python/os.py", "usr/lib/python/site/flask"]
    assert {os.path.relpath(path, tmp_path) for path in listed} == {
        "usr", "usr/lib", "usr/lib/python", "usr/lib/python/site"}  # fmt: skip


@pytest.mark.parametrize("level", LEVELS[:2], ids=str)
def test_packages_beside_the_interpreter_are_there_in_a_new_interpreter_too(level: Level, tmp_path: Path) -> None:
    """The folder where they lie is emptied for all but those that the course has."""
    warm = Lent(SYSTEM_PYTHON, ("flask",))
    program = LAB + "import flask.json.provider, werkzeug.test, jinja2.ext\n" + RUN % ""
    with Launcher(warm, lowest=level, highest=level) as launcher:
        for fresh in (False, True):
            with started(launcher, tmp_path / str(fresh), program, fresh=fresh) as running:
                assert running.listening, running.start.log
                assert b"hello" in get(running)


@pytest.mark.slow
@AS_ROOT
@pytest.mark.parametrize("level", LEVELS, ids=str)
def test_a_strict_umask_of_root_s_is_no_hindrance(level: Level, lab: Rubric, reference: Path) -> None:
    before = os.umask(0o077)
    try:
        warm = WarmInterpreter(interpreter_for(level))
        warm.load(("flask",))
        with at(level, warm=warm) as launcher:
            report = grade_path(reference, lab, launcher, How())
    finally:
        os.umask(before)
    assert (report.score, report.problem) == (100, "")


# ---------------------------------------------------------------------------------------------------- the user


@AS_ROOT
@pytest.mark.parametrize("level", list(Level), ids=str)
def test_each_box_has_a_user_of_its_own(level: Level, tmp_path: Path) -> None:
    program = "import os\nprint(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())\n"
    users = []
    with at(level) as launcher:
        for box in range(2):
            for _ in range(2):
                with started(launcher, tmp_path / str(box), program) as running:
                    pass
                uid, euid, gid, groups = running.start.log.split(maxsplit=3)
                assert uid == euid == gid
                assert groups.strip() == "[]"
                users.append(int(uid))
    assert min(users) > 1_000_000_000, "nobody's account"
    assert len(set(users)) == 4, "each was opened for one start"


@pytest.mark.slow
def test_an_account_that_is_not_root_s_keeps_it_below_namespaces(ordinary: Ordinary, reference: Path) -> None:
    result = ordinary.run("-m", "grader", str(reference), "--format", "json")
    report = json.loads(result.stdout)
    assert report["score"] == 100
    assert report["isolation"]["level"] == "namespaces"
    assert "user namespace" in report["isolation"]["mechanisms"]


LENT = """
import sys
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Level
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
assert int(status["CapEff"], 16), "nothing was lent"
for level in (Level.NAMESPACES, Level.LANDLOCK):
    for without in ([], ["capabilities"]):
        warm = WarmInterpreter()
        warm.load(("flask",))
        with Launcher(warm, lowest=level, highest=level, without=without, prove=True) as launcher:
            print(level.value, len(without), [f.attempt.name for f in launcher.findings() if f.breaks(level)])
"""


@pytest.mark.slow
@AS_ROOT
def test_capabilities_that_an_account_was_lent_are_dropped(ordinary: Ordinary) -> None:
    lend = "+net_raw,+sys_nice"
    result = subprocess.run(
        ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", f"--inh-caps={lend}",
         f"--ambient-caps={lend}", ordinary.python, "-c", LENT],
        capture_output=True, text=True, cwd="/", check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": str(ordinary.home)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    told = result.stdout.splitlines()
    assert told[0] == "namespaces 0 []"
    assert told[1:] == ["namespaces 1 ['capabilities']", "landlock 0 []", "landlock 1 ['capabilities']"], told


def test_site_packages_of_the_account_are_none_of_the_course_s(tmp_path: Path) -> None:
    assert site.getusersitepackages()  # exists as a name, whether or not it exists
    with at(Level.NAMESPACES) as launcher, started(launcher, tmp_path, "import sys\nprint(sys.path)\n") as running:
        pass
    assert ".local" not in running.start.log
