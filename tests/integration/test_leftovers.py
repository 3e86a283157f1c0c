"""Shared memory: what a program leaves there is gone, and nothing of anybody else's is touched."""

from __future__ import annotations

import mmap
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.launch.child import leftovers
from grader.launch.launcher import Launcher
from grader.model import Level, Limits
from tests.conftest import Lent
from tests.integration.test_launch import LAB, RUN, interpreter_for, started
from tests.unprivileged import Ordinary

SHARED = Path(leftovers.SHARED_MEMORY)
pytestmark = pytest.mark.skipif(not os.access(SHARED, os.W_OK), reason="no shared memory here")


@pytest.fixture(scope="module", params=list(Level), ids=lambda level: level.value)
def at_level(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    level: Level = request.param
    warm = Lent(interpreter_for(level), ("flask",))
    with Launcher(warm, lowest=level, highest=level) as launcher:
        yield launcher


@pytest.fixture
def mark() -> Iterator[str]:
    name = f"test-{secrets.token_hex(8)}"
    yield name
    for path in SHARED.glob(f"{name}*"):
        path.unlink()


def writing(name: str) -> str:
    return (
        "import os\nfor n in range(5):\n"
        f"    with open(f'/dev/shm/{name}-{{n}}', 'wb') as file: file.write(b'x' * 9999)\n"
        f"print(len([n for n in os.listdir('/dev/shm') if n.startswith({name!r})]))\n"
    )


@pytest.mark.slow
def test_what_a_program_leaves_in_shared_memory_is_gone(at_level: Launcher, tmp_path: Path, mark: str) -> None:
    for _ in range(2):
        with started(at_level, tmp_path, writing(mark)) as running:
            pass
        assert "Traceback" not in running.start.log
        assert list(SHARED.glob(f"{mark}*")) == []


def test_and_also_where_it_still_serves_or_is_ended(at_level: Launcher, tmp_path: Path, mark: str) -> None:
    with started(at_level, tmp_path, writing(mark) + LAB + RUN % "") as running:
        assert running.listening
    assert list(SHARED.glob(f"{mark}*")) == []


def test_files_of_others_are_untouched(at_level: Launcher, tmp_path: Path, mark: str) -> None:
    before, during = SHARED / f"{mark}-before", SHARED / f"{mark}-during"
    before.write_text("mine")
    if os.geteuid() != 0:
        pytest.skip("the account's own, see below")
    with started(at_level, tmp_path, writing(f"{mark}-theirs") + LAB + RUN % ""):
        during.write_text("mine, too")
    assert sorted(p.name for p in SHARED.glob(f"{mark}*")) == [before.name, during.name]
    assert (before.read_text(), during.read_text()) == ("mine", "mine, too")


def test_of_the_same_account_only_what_nobody_has_open_is_taken(mark: str) -> None:
    names = leftovers.names()
    paths = {kind: SHARED / f"{mark}-{kind}" for kind in ("left", "open", "mapped")}
    for path in paths.values():
        path.write_bytes(b"x" * 4096)
    with open(paths["open"]) as _, open(paths["mapped"], "r+b") as file:
        mapping = mmap.mmap(file.fileno(), 4096)
        file.close()
        leftovers.sweep(os.getuid(), names, shared_account=True)
        assert sorted(p.name for p in SHARED.glob(f"{mark}*")) == [paths["mapped"].name, paths["open"].name]
        mapping.close()
    leftovers.sweep(os.getuid(), names, shared_account=True)
    assert list(SHARED.glob(f"{mark}*")) == []


def test_what_was_there_before_and_what_is_another_s_is_not_taken(mark: str) -> None:
    (SHARED / f"{mark}-old").touch()
    names = leftovers.names()
    (SHARED / f"{mark}-new").touch()
    leftovers.sweep(os.getuid() + 1, names, shared_account=False)
    assert len(list(SHARED.glob(f"{mark}*"))) == 2
    leftovers.sweep(os.getuid(), names, shared_account=False)
    assert [p.name for p in SHARED.glob(f"{mark}*")] == [f"{mark}-old"]


def test_shared_memory_counts_as_disk_space_where_it_is_shared(tmp_path: Path, mark: str) -> None:
    warm = Lent(interpreter_for(Level.LANDLOCK), ("flask",))
    program = (
        f"import time\nfor n in range(400):\n    with open(f'/dev/shm/{mark}-{{n}}', 'wb') as file:\n"
        "        file.write(b'x' * (512 << 10))\n    time.sleep(0.02)\n"
    )
    limits = Limits(disk_bytes=4 << 20, start_seconds=20.0)
    with (
        Launcher(warm, lowest=Level.LANDLOCK, highest=Level.LANDLOCK) as launcher,
        started(launcher, tmp_path, program, limits=limits) as running,
    ):
        pass
    assert running.start.limit.startswith("disk_bytes: "), running.start
    assert list(SHARED.glob(f"{mark}*")) == []


def test_bytes_below_a_folder_follow_no_link(tmp_path: Path) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/deep/a").write_bytes(b"x" * 8192)
    (tmp_path / "in/up").symlink_to("/usr")
    assert 8192 <= leftovers.bytes_below(str(tmp_path / "in")) < 200_000
    assert leftovers.bytes_below(str(tmp_path / "none")) == 0


AS_USER = """
import os, sys
from pathlib import Path
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Level, Limits, SourceFile, Submission, Condition
folder, mark = Path(sys.argv[1]), sys.argv[2]
work = Submission("lab", folder, "main.py", "", (SourceFile("main.py", 1),))
for level in Level:
    warm = WarmInterpreter()
    warm.load(("flask",))
    with Launcher(warm, lowest=level, highest=level) as launcher, launcher.open(work, Limits()) as box:
        own = open(f"/dev/shm/{mark}-own", "w")
        with box.start(Condition(), "s1") as running:
            pass
        print(level.value, running.start.log.strip(), sorted(n for n in os.listdir("/dev/shm") if mark in n))
        own.close()
        os.unlink(own.name)
"""


@pytest.mark.slow
def test_an_ordinary_user_s_programs_leave_nothing_and_take_nothing(ordinary: Ordinary, mark: str) -> None:
    folder = ordinary.folder / "leftovers"
    folder.mkdir()
    (folder / "main.py").write_text(writing(mark))
    result = ordinary.run("-c", AS_USER, str(folder), mark)
    assert result.stdout.splitlines() == [
        f"namespaces 5 ['{mark}-own']", f"landlock 6 ['{mark}-own']", f"process 6 ['{mark}-own']"
    ], result.stderr  # fmt: skip
