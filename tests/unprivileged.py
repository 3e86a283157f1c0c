"""For tests that are run by root: the grader once more, as an ordinary user and with an interpreter that it may use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from grader.launch.child import course, way

USER = 54321  # nobody's account
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, with python3-flask: one that any user may read


def _same_python() -> bool:
    """Whether what is installed here can be imported by that one."""
    version = ["-c", "import sys; print(sys.version_info[:2])"]
    told = [
        subprocess.run([p, *version], capture_output=True, check=False).stdout for p in (sys.executable, SYSTEM_PYTHON)
    ]
    return told[0] == told[1]


@pytest.fixture(scope="session")
def ordinary() -> Iterator[Ordinary]:
    """Who runs the grader as an ordinary user; this very one where the tests are not run by root."""
    if os.geteuid() == 0 and not (os.path.exists(SYSTEM_PYTHON) and _same_python()):
        pytest.skip("no interpreter of this version that an ordinary user may read")
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    folder.chmod(0o755)
    try:
        yield Ordinary(folder)
    finally:
        shutil.rmtree(folder)


class Ordinary:
    """An ordinary user with a home, and a Python that has the grader."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir(mode=0o755)
        if os.geteuid() != 0:
            self.python = sys.executable
            return
        os.chown(self.home, USER, USER)
        subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        self.python = str(folder / "venv/bin/python")
        (site,) = folder.glob("venv/lib/python*/site-packages")
        for target in _of_the_grader():
            link = site / Path(target).name
            if next(way.closed([os.path.realpath(target)]), None) is None:
                link.symlink_to(os.path.realpath(target))
            elif Path(target).is_dir():
                shutil.copytree(target, link)
            else:
                shutil.copy(target, link)
        subprocess.run(["chmod", "-R", "a+rX", site], check=True)

    def run(self, *arguments: str, python: Sequence[str] = (), seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """`python ARGUMENTS` as that user, with a clean environment."""
        changed = {"user": USER, "group": USER, "extra_groups": ()} if os.geteuid() == 0 else {}
        return subprocess.run(
            [self.python, *python, *arguments],
            capture_output=True, text=True, cwd="/", timeout=seconds, check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)}, **changed,
        )  # fmt: skip


def _of_the_grader() -> set[str]:
    """The files and folders of the grader and all that it requires by now, whatever it did when it was installed."""
    project = tomllib.loads((Path(course.GRADER).parent / "pyproject.toml").read_text())["project"]
    names = [found[0] for line in project["dependencies"] if (found := re.match(r"[\w.-]+", line))]
    return {path for path in course._files_of(course.closure(names)) if not path.endswith(".pth")} | {course.GRADER}
