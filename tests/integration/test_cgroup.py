"""Limits of a cgroup: on a folder laid out like a delegated one, and, as far as this machine has them, for real."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.launch.child import cgroup, usage
from grader.launch.child.cgroup import Group, NotDelegated, claimed, own_folder
from grader.launch.child.watch import Setting
from grader.launch.child.zygote import _cgroup

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
31 22 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
"""
LIMITS = {"memory_bytes": 512 << 20, "disk_bytes": 64 << 20, "processes": 64}


@pytest.mark.parametrize(
    ("groups", "mounts", "folder"),
    [
        ("0::/user.slice/run-u7.scope\n", MOUNTS, "/sys/fs/cgroup/user.slice/run-u7.scope"),
        ("9:memory:/x\n0::/a\n", MOUNTS, "/sys/fs/cgroup/a"),
        ("0::/\n", MOUNTS, "/sys/fs/cgroup"),
        ("0::/docker/abc/sub\n", MOUNTS.replace("0:28 / ", "0:28 /docker/abc "), "/sys/fs/cgroup/sub"),
        ("0::/docker/abc\n", MOUNTS.replace("0:28 / ", "0:28 /docker/abc "), "/sys/fs/cgroup"),
    ],
    ids=["systemd", "hybrid", "root", "container", "container's own"],
)
def test_the_own_group_is_found(groups: str, mounts: str, folder: str) -> None:
    assert own_folder(groups, mounts) == folder


@pytest.mark.parametrize(
    ("groups", "mounts"),
    [
        ("9:memory:/x\n", MOUNTS),
        ("0::/a\n", MOUNTS.replace("cgroup2 ", "tmpfs ")),
        ("0::/../outside\n", MOUNTS),
        ("0::/docker/abcd\n", MOUNTS.replace("0:28 / ", "0:28 /docker/abc ")),
        ("", ""),
    ],
    ids=["version 1", "not mounted", "outside of its namespace", "another one's", "nothing"],
)
def test_where_there_is_none_that_is_said(groups: str, mounts: str) -> None:
    with pytest.raises(NotDelegated, match="no cgroup v2"):
        own_folder(groups, mounts)


# ------------------------------------------------------------------------------------- a folder laid out like one


def lay_out(folder: Path, controllers: str = "cpu memory pids", members: str = "") -> None:
    for name, text in {
        "cgroup.controllers": controllers, "cgroup.procs": members, "cgroup.subtree_control": "", "cgroup.kill": "",
        "memory.max": "", "memory.swap.max": "", "pids.max": "", "memory.events": "oom 0\noom_kill 0\n",
    }.items():  # fmt: skip
        (folder / name).write_text(text)


@pytest.fixture
def delegated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain folder whose children come with their files, and go with them, as the kernel's do."""
    make, take = os.mkdir, os.rmdir

    def rmdir(path: str) -> None:
        for file in os.listdir(path):
            os.unlink(f"{path}/{file}")
        take(path)

    def mkdir(path: str, *rest: object) -> None:
        make(path)
        lay_out(Path(path))

    monkeypatch.setattr(cgroup.os, "mkdir", mkdir)
    monkeypatch.setattr(cgroup.os, "rmdir", rmdir)
    folder = tmp_path / "run-u7.scope"
    folder.mkdir()
    lay_out(folder, members=f"{os.getpid()}\n1000001\n")
    return folder


def test_the_grader_moves_into_a_leaf_and_enables_the_limits(delegated: Path) -> None:
    (delegated / "cgroup.procs").write_text(str(os.getpid()))
    assert claimed(str(delegated), {os.getpid(), 1000001}) == str(delegated)
    assert (delegated / "grader/cgroup.procs").read_text() == str(os.getpid())
    assert (delegated / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert claimed(str(delegated / "grader"), set()) == str(delegated), "a grader that a grader has started"


def test_a_group_with_somebody_else_s_processes_is_left_alone(delegated: Path) -> None:
    before = sorted(p.name for p in delegated.iterdir())
    with pytest.raises(NotDelegated, match="other programs run in this one"):
        claimed(str(delegated), {os.getpid()})
    assert sorted(p.name for p in delegated.iterdir()) == before
    assert (delegated / "cgroup.subtree_control").read_text() == ""


def test_a_group_without_the_controllers_is_of_no_use(delegated: Path) -> None:
    lay_out(delegated, "cpu pids")
    with pytest.raises(NotDelegated, match="no controller for memory"):
        claimed(str(delegated), set())


def test_a_group_that_cannot_be_written_is_not_ours(delegated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup.os, "access", lambda path, mode: not path.endswith("subtree_control"))
    with pytest.raises(NotDelegated, match="none is delegated to this account"):
        claimed(str(delegated), {os.getpid(), 1000001})


def test_a_box_gets_limits_which_are_read_back(delegated: Path) -> None:
    group = Group(str(delegated), LIMITS)
    folder = delegated / f"box-{os.getpid()}"
    assert (folder / "memory.max").read_text() == str(640 << 20), "memory, scratch space, and the keeper's own"
    assert (folder / "pids.max").read_text() == "68"
    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "cgroup.procs").read_text() == "0"
    assert group.overrun() is None
    (folder / "memory.events").write_text("oom 3\noom_kill 2\noom_group_kill 0\n")
    assert group.overrun() == usage.Overrun("memory_bytes", 512 << 20)
    assert group.overrun() is None, "told once"
    cgroup.remove(cgroup.group_of(str(delegated), os.getpid()))
    assert not folder.exists()


def test_a_limit_that_is_not_taken_is_no_limit(delegated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cgroup._write
    monkeypatch.setattr(cgroup, "_write", lambda path, text: None if "pids" in path else real(path, text))
    with pytest.raises(NotDelegated, match="takes no limit on pids"):
        Group(str(delegated), LIMITS)
    assert not (delegated / f"box-{os.getpid()}").exists()


# ------------------------------------------------------------------------------------------------------- for real


def mounted() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line:
            return Path(line.split()[4])
    return None


@pytest.fixture
def group() -> Iterator[Path]:
    """A real group, below the root of the machine's own tree."""
    root = mounted()
    if root is None or not os.access(root, os.W_OK):
        pytest.skip("no cgroup v2 that this account may write to")
    folder = root / f"test-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        for child in [*folder.glob("*/"), folder]:
            cgroup.remove(str(child))


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_every_process_of_a_real_group_is_ended_and_the_group_removed(group: Path) -> None:
    program = (
        "import os, sys, time\n"
        "open(sys.argv[1] + '/cgroup.procs', 'w').write('0')\n"
        "for _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(1000)\n"
        "time.sleep(1000)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(group)])
    until = time.monotonic() + 5
    while len(pids := (group / "cgroup.procs").read_text().split()) < 4:
        assert time.monotonic() < until
        time.sleep(0.01)
    cgroup.remove(str(group))
    assert child.wait(5) == -9
    assert not group.exists()
    assert [pid for pid in pids if alive(pid)] == []


def test_a_real_group_is_claimed_with_the_controllers_that_it_has(group: Path) -> None:
    """In a process of its own, since it moves: with whatever controllers this machine has in version 2."""
    controllers = (group / "cgroup.controllers").read_text().split()
    program = (
        "import os, sys\n"
        "from grader.launch.child import cgroup\n"
        "folder, cgroup._CONTROLLERS = sys.argv[1], sys.argv[2:]\n"
        "cgroup._write(folder + '/cgroup.procs', '0')\n"
        "assert cgroup.claimed(folder, {os.getpid()}) == folder\n"
        "own = cgroup.own_folder(open('/proc/self/cgroup').read(), open('/proc/self/mountinfo').read())\n"
        "assert own == folder + '/grader', own\n"
        "assert cgroup.claimed(own, set()) == folder\n"
        "assert set(sys.argv[2:]) <= set(open(folder + '/cgroup.subtree_control').read().split())\n"
    )
    subprocess.run([sys.executable, "-c", program, str(group), *controllers], check=True)


def test_where_it_cannot_be_used_the_reason_is_told() -> None:
    folder, why = _cgroup()
    assert bool(folder) != bool(why)
    assert Setting("", "", [], "", {}).cgroup[1]
