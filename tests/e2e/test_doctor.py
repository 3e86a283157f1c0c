"""`grade doctor` tells the truth: on this machine, and where user namespaces, Landlock or an interpreter are denied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest

from grader.cli import run
from grader.cli.doctor import doctor, text
from grader.doctor import diagnosis as parts
from grader.doctor.advice import advice
from grader.doctor.machine import look, version_of
from grader.launch.selftest import ATTEMPTS
from grader.model import Level
from tests.unprivileged import SYSTEM_PYTHON, Ordinary

# What a container takes from the grader below Docker's default profile; and, named, more of it.
CONTAINED = """
import errno, os, sys
from grader.launch.child import seccomp
from grader.launch.child.seccomp import Rule, Test, refuse
seccomp._TABLE["landlock_create_ruleset"] = (444, 444)
denied = refuse(errno.EPERM)
refused = ["unshare", "mount", "setns", "umount2", "pivot_root", "mount_setattr", "keyctl", "bpf", *sys.argv[1].split()]
rules = [Rule("clone3", refuse(errno.ENOSYS)), Rule("clone", denied, (Test(0, (0,), 0x7E020080),))]
seccomp.install(seccomp.assembled([*rules, *(Rule(call, denied) for call in refused)]))
os.execv(sys.executable, [sys.executable, "-m", "grader", *sys.argv[2:]])
"""
# A user namespace in which no further one may be made, and no power is left.
WITHOUT_NAMESPACES = """
import os, sys
from grader.launch.child import linux
uid, gid = os.getuid(), os.getgid()
linux.unshare(linux.CLONE_NEWUSER)
for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(line)
with open("/proc/sys/user/max_user_namespaces", "w") as limit:
    limit.write("0")
linux.drop_capabilities()
os.execv(sys.executable, [sys.executable, "-m", "grader", *sys.argv[1:]])
"""
# The same, but as the root of that namespace, where nobody else is.
ROOT_ALONE = WITHOUT_NAMESPACES.replace('f"{uid} {uid} 1"', 'f"0 {uid} 1"').replace("linux.drop_capabilities()", "")


def told(result: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert result.stdout, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def trials(found: dict[str, object]) -> dict[str, dict[str, object]]:
    return {trial["level"]: trial for trial in found["trials"]}  # type: ignore[attr-defined]


def assert_narrow(printed: str) -> None:
    wide = [line for line in printed.splitlines() if len(line) > 80]
    assert [line for line in wide if len(max(line.split(), key=len)) < 60] == [], "but for paths that cannot be broken"
    assert "\x1b" not in printed


# ------------------------------------------------------------------------------------------------- on this machine


def test_every_level_is_tried_and_told_with_what_stopped_the_probe(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["doctor"])
    printed, err = capsys.readouterr()
    assert err == ""
    assert_narrow(printed)
    assert status == 0
    assert printed.splitlines()[0] == "Level       namespaces: students' programs are run at this one"
    assert printed.splitlines()[-1] == "Nothing to do: the highest level works."
    for words in ("Machine ", "Programs ", "Grader ", "Memory ", "Browser ", "Database    SQLite 3"):
        assert f"\n{words}" in printed
    for attempt in ATTEMPTS:
        assert f"  held     {attempt.words}" in printed or f"  open     {attempt.words}" in printed
    assert "  held     read a file beside the submission: no such file or directory" in printed
    assert "GOT OUT" not in printed


@pytest.mark.slow
def test_an_ordinary_user_has_all_three_levels(ordinary: Ordinary) -> None:
    result = ordinary.run("-m", "grader", "doctor", "--format", "json")
    found = told(result)
    assert result.returncode == 0
    assert found["level"] == "namespaces"
    assert found["advice"] == []
    by_level = trials(found)
    assert list(by_level) == ["namespaces", "landlock", "process"]
    for trial in by_level.values():
        assert trial["problem"] == ""
        assert [a["name"] for a in trial["attempts"]] == [a.name for a in ATTEMPTS]  # type: ignore[attr-defined]
        assert {a["result"] for a in trial["attempts"]} <= {"held", "open"}  # type: ignore[attr-defined]
    opened = {a["name"] for a in by_level["process"]["attempts"] if a["result"] == "open"}  # type: ignore[attr-defined]
    assert {"file", "tcp", "filter"} <= opened
    assert by_level["process"]["missing"] == ["any wall between the program and this account's files and network"]
    programs = found["programs"]
    assert isinstance(programs, dict)
    assert [p["name"] for p in programs["packages"]] == ["flask", "werkzeug", "jinja2"]
    assert all(p["version"] for p in programs["packages"])
    assert found["memory"]


@pytest.mark.slow
def test_the_named_python_is_the_one_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--python", SYSTEM_PYTHON]) == 0
    printed, _ = capsys.readouterr()
    assert_narrow(printed)
    assert f"{SYSTEM_PYTHON} (" in printed
    assert "landlock    works" in printed


# ---------------------------------------------------------------------------------- where something is switched off


@pytest.mark.slow
def test_where_user_namespaces_are_off_landlock_is_used_and_the_setting_named(ordinary: Ordinary) -> None:
    result = ordinary.run("doctor", python=["-c", WITHOUT_NAMESPACES])
    assert result.returncode == 0, result.stderr
    assert_narrow(result.stdout)
    first = result.stdout.splitlines()[:3]
    assert first[0].startswith("Level       not namespaces: ")
    assert "landlock: students' programs are run at this one" in result.stdout[:300]
    assert "the limit on namespaces is reached" in result.stdout.partition("Machine")[0]
    assert "landlock    works: " in result.stdout
    assert "user.max_user_namespaces=15000" in result.stdout.partition("What to do")[2]
    assert "as an ordinary user" in " ".join(result.stdout.split())


@pytest.mark.slow
def test_and_grading_does_what_the_doctor_says(ordinary: Ordinary, reference: Path) -> None:
    report = told(ordinary.run(str(reference), "--format", "json", python=["-c", WITHOUT_NAMESPACES]))
    isolation = report["isolation"]
    assert isinstance(isolation, dict)
    assert (report["score"], isolation["level"]) == (100, "landlock")
    assert "user.max_" in isolation["why_not_higher"]


@pytest.mark.slow
def test_below_a_container_s_profile_the_levels_are_what_they_are(ordinary: Ordinary, reference: Path) -> None:
    """Docker's lets Landlock in, but not the watching from outside, unless a capability is added."""
    result = ordinary.run("pidfd_getfd", "doctor", python=["-c", CONTAINED])
    assert result.returncode == 1, result.stderr
    assert "process: students' programs are run at this one" in result.stdout
    assert "landlock    does not work here: no program can listen there" in result.stdout
    with_capability = ordinary.run("", "doctor", python=["-c", CONTAINED])
    assert with_capability.returncode == 0, with_capability.stderr
    assert "landlock: students' programs are run at this one" in with_capability.stdout
    for denied, level in (("pidfd_getfd", "process"), ("", "landlock")):
        report = told(ordinary.run(denied, str(reference), "--format", "json", python=["-c", CONTAINED]))
        assert (report["score"], report["isolation"]["level"]) == (100, level)  # type: ignore[index]


@pytest.mark.slow
def test_without_landlock_only_process_is_left(ordinary: Ordinary) -> None:
    result = ordinary.run("landlock_create_ruleset", "doctor", python=["-c", CONTAINED])
    assert result.returncode == 1
    assert "not landlock: the kernel has no Landlock" in result.stdout


@pytest.mark.slow
def test_a_root_that_is_alone_is_told_to_be_somebody_else(ordinary: Ordinary) -> None:
    result = ordinary.run("doctor", python=["-c", ROOT_ALONE])
    assert result.returncode == 3, result.stdout + result.stderr
    assert_narrow(result.stdout)
    assert "Level       none: no student's program can be run here" in result.stdout
    assert "Start the grader as an ordinary user" in " ".join(result.stdout.split())


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs change their user")
def test_an_interpreter_that_others_cannot_read_is_named_with_the_way_to_open_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    course = closed / "course"
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", course], check=True)
    (site,) = course.glob("lib/python*/site-packages")
    (site / "coursework").mkdir()
    command = ["", "doctor", "--python", str(course / "bin/python")]
    result = subprocess.run([sys.executable, "-c", CONTAINED, *command], capture_output=True, text=True, check=False)
    assert result.returncode == 3, result.stdout + result.stderr
    assert_narrow(result.stdout)
    assert f"chmod o+x {closed}\n" in result.stdout
    assert f"grade --python {SYSTEM_PYTHON} PATH" not in result.stdout, "it is that one already"
    for line in result.stdout.splitlines():
        if line.startswith("    chmod "):
            subprocess.run(line.split(), check=True)
    result = subprocess.run([sys.executable, "-c", CONTAINED, *command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, "the advice helps"


def test_a_python_without_flask_is_told_and_one_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    assert run(["doctor", "--python", str(tmp_path / "bare/bin/python")]) == 3
    printed, _ = capsys.readouterr()
    assert_narrow(printed)
    assert "has no Flask" in " ".join(printed.split())
    assert "What to do: give --python a Python that has Flask" in printed
    assert run(["doctor", "--python", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().out == ""


# --------------------------------------------------------------------------------------------- machines laid out


def laid_out(root: Path, **files: str) -> parts.Machine:
    """A machine from its files; __ stands for a slash."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return look(root)


def test_a_machine_is_read_from_its_files(tmp_path: Path) -> None:
    machine = laid_out(
        tmp_path,
        proc__sys__kernel__osrelease="6.6.87.2-microsoft-standard-WSL2\n",
        proc__sys__kernel__apparmor_restrict_unprivileged_userns="1\n",
        proc__sys__kernel__unprivileged_userns_clone="0\n",
        proc__sys__user__max_user_namespaces="0\n",
        proc__sys__kernel__yama__ptrace_scope="2\n",
        sys__kernel__security__lsm="lockdown,capability,yama,apparmor",
        run__containerenv="",
    )
    assert (machine.kernel, machine.wsl, machine.restricted_by_apparmor) == (
        "6.6.87.2-microsoft-standard-WSL2",
        2,
        True,
    )
    assert (machine.unprivileged_namespaces, machine.most_user_namespaces, machine.ptrace_scope) == (False, 0, 2)
    assert machine.security_modules == ("lockdown", "capability", "yama", "apparmor")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME=x\nPRETTY_NAME="Bad \x1b[31m\u202e OS"\n')
    assert laid_out(tmp_path).distribution == "Bad \ufffd[31m\ufffd OS"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({".dockerenv": ""}, "docker"),
        ({"run/.containerenv": ""}, "podman"),
        ({"run/systemd/container": "lxc\n"}, "lxc"),
        ({"run/systemd/container": "wsl\n"}, ""),
        ({"proc/1/cgroup": "0::/kubepods/burstable/x\n"}, "kubepods"),
        ({"proc/1/cgroup": "0::/init.scope\n"}, ""),
    ],
)
def test_a_container_is_known_by_its_marks(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert look(tmp_path).container == kind


def test_versions_of_kernels() -> None:
    assert [version_of(k) for k in ("5.4.0-42-generic", "6.18.44", "", "x")] == [(5, 4), (6, 18), (0, 0), (0, 0)]


PLAIN = parts.Machine("Linux", "Ubuntu 24.04.1 LTS", "6.8.0-45-generic", "x86_64", "", None, root=False,
                      can_change_user=False, restricted_by_apparmor=False, unprivileged_namespaces=True,
                      most_user_namespaces=100, ptrace_scope=1, security_modules=(), systemd=True)  # fmt: skip
ROOT = replace(PLAIN, root=True, can_change_user=True)
PYTHON = parts.Interpreter("/opt/course/bin/python", "/usr/bin/python3.12", "3.12.3", (parts.Package("flask", "3.0"),))
NONE, NO_NAMESPACES = set(Level), {Level.NAMESPACES}
NO_WALLS = {Level.NAMESPACES, Level.LANDLOCK}

CASES = {
    "apparmor": (replace(PLAIN, restricted_by_apparmor=True), NO_NAMESPACES, "profile grade"),
    "userns_clone": (replace(PLAIN, unprivileged_namespaces=False), NO_NAMESPACES, "unprivileged_userns_clone=1"),
    "max_user_namespaces": (replace(PLAIN, most_user_namespaces=0), NO_NAMESPACES, "user.max_user_namespaces=15000"),
    "docker": (replace(PLAIN, container="docker"), NO_WALLS, "docker run --cap-add SYS_PTRACE"),
    "container": (replace(PLAIN, container="docker"), NO_NAMESPACES, "systempaths=unconfined"),
    "podman": (replace(PLAIN, container="podman"), NO_NAMESPACES, "unmask=ALL"),
    "wsl 1": (replace(PLAIN, wsl=1, kernel="4.4.0-19041-Microsoft"), NO_WALLS, "wsl --set-version NAME 2"),
    "wsl 2": (replace(PLAIN, wsl=2, kernel="5.10.16.3-microsoft-standard-WSL2"), NO_WALLS, "wsl --update"),
    "old kernel": (replace(PLAIN, kernel="5.4.0-1-generic"), NO_WALLS, "Update the system."),
    "old host": (replace(PLAIN, kernel="5.4.0-1-generic", container="lxc"), NO_WALLS, "that of the host"),
    "no landlock": (
        replace(PLAIN, security_modules=("capability", "apparmor")), NO_WALLS, "lsm=landlock,capability,apparmor"),
    "yama": (replace(PLAIN, ptrace_scope=2), NO_WALLS, "kernel.yama.ptrace_scope=1"),
    "riscv": (replace(PLAIN, machine="riscv64"), NO_WALLS, "use another machine"),
    "macos": (replace(PLAIN, system="Darwin", kernel="24.1.0"), NO_WALLS, "Linux virtual machine"),
    "freebsd": (replace(PLAIN, system="FreeBSD"), NO_WALLS, "FreeBSD offers no wall"),
    "unknown": (PLAIN, NO_NAMESPACES, "whoever looks after this machine"),
    "root alone": (replace(ROOT, can_change_user=False), NONE, "Start the grader as an ordinary user"),
}  # fmt: skip


def diagnosis(machine: parts.Machine, lacking: set[Level], programs: parts.Interpreter = PYTHON) -> parts.Diagnosis:
    tried = tuple(parts.Trial(level, "it was refused" if level in lacking else "") for level in Level)
    works = next((trial.level for trial in tried if trial.works), None)
    told = advice(machine, programs, tried)
    return parts.Diagnosis(works, machine, programs, PYTHON, "watchdog (no cgroup: none)", "", "SQLite 3", tried, told)


@pytest.mark.parametrize("case", CASES)
def test_what_to_do_fits_the_machine(case: str) -> None:
    machine, lacking, words = CASES[case]
    printed = text(diagnosis(machine, lacking))
    assert_narrow(printed)
    todo = printed.partition("What to do for a higher level\n")[2]
    assert words in " ".join(todo.split())
    assert "sysctl -w kernel.apparmor" not in todo
    assert "apparmor_restrict_unprivileged_userns=0" not in todo.replace("\n", "")


def test_apparmor_s_profile_is_ready_for_this_interpreter() -> None:
    machine = replace(PLAIN, restricted_by_apparmor=True)
    first, *_ = advice(machine, PYTHON, diagnosis(machine, NO_NAMESPACES).trials)
    assert first.commands == (
        "sudo tee /etc/apparmor.d/grade <<'END'",
        "abi <abi/4.0>,",
        "include <tunables/global>",
        'profile grade "/opt/course/bin/python" flags=(unconfined) {',
        "  userns,",
        "}",
        "END",
        "sudo apparmor_parser -r /etc/apparmor.d/grade",
        "grade doctor",
    )
    system = replace(PYTHON, path="/usr/bin/true")
    assert "--copies" in str(advice(machine, system, diagnosis(machine, NO_NAMESPACES).trials)[1].commands)


def test_nothing_is_advised_where_the_highest_level_works() -> None:
    assert diagnosis(replace(PLAIN, container="docker", wsl=2), {Level.LANDLOCK}).advice == ()


def test_a_leak_is_called_one() -> None:
    leak = parts.Trial(
        Level.NAMESPACES,
        "the probe submission gets out: it can be root",
        (parts.Attempt("root", "be root", "out", ""),),
    )
    found = diagnosis(PLAIN, NO_NAMESPACES)
    found = replace(found, trials=(leak, *found.trials[1:]), advice=advice(PLAIN, PYTHON, [leak]))
    printed = text(found)
    assert "  GOT OUT  be root\n" in printed
    assert "Please report this page" in printed


def test_where_systemd_runs_the_way_to_a_cgroup_is_told() -> None:
    assert "systemd-run --user --scope -p Delegate=yes grade PATH" in text(diagnosis(PLAIN, set()))
    assert "systemd-run --scope" in text(diagnosis(ROOT, set()))
    assert "systemd-run" not in text(diagnosis(replace(PLAIN, systemd=False), set()))


def test_help_says_what_the_statuses_mean() -> None:
    context = click.Context(doctor, info_name="grade doctor")
    assert "Exit status: 0 a level with walls works, 1 only process does, 3 none." in " ".join(
        doctor.get_help(context).split()
    )
