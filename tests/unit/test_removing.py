"""A folder that a program could write to is taken away, whatever the program made of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from grader.launch.child.removing import remove
from tests import small_lab
from tests.unprivileged import Ordinary


def nest(folder: Path, depth: int) -> None:
    """So many folders, each in the one before, with a file in the last; the path is longer than a path may be."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        there = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = there
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@pytest.fixture
def too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any folder is: to make a thousand takes a while."""

    def rmtree(path: str) -> None:
        raise RecursionError

    monkeypatch.setattr(shutil, "rmtree", rmtree)


@pytest.mark.slow
def test_folders_deeper_than_python_goes_are_taken_away(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    nest(folder, 1100)
    with pytest.raises(RecursionError):
        shutil.rmtree(folder)
    remove(str(folder))
    assert not folder.exists()


def test_many_folders_and_files_at_all_depths_are_taken_away(tmp_path: Path, too_deep: None) -> None:
    folder = tmp_path / "deep"
    for path in ("a/b/c", "a/b/e", "b/a", "c"):
        (folder / path).mkdir(parents=True)
        (folder / path / "file").touch()
    nest(folder, 50)
    nest(folder / "a/b", 50)
    remove(str(folder))
    assert not any(tmp_path.iterdir())


def test_what_a_link_leads_to_stays(tmp_path: Path, too_deep: None) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    folder = tmp_path / "theirs"
    folder.mkdir()
    nest(folder, 3)
    for place in (folder, folder / "d", folder / "d/d"):
        (place / "link").symlink_to(tmp_path / "mine")
        (place / "file.link").symlink_to(tmp_path / "mine/file")
    remove(str(folder))
    assert not folder.exists()
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    remove(str(tmp_path / "link"))
    assert (tmp_path / "mine/file").exists()


def test_nothing_is_said_where_there_is_nothing(tmp_path: Path) -> None:
    remove(str(tmp_path / "nowhere"))
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_folders_without_any_rights_are_taken_away_by_their_owner(ordinary: Ordinary) -> None:
    """Root needs no rights, so an ordinary user shows it."""
    done = ordinary.run(
        "-c",
        "import os\n"
        "from grader.launch.child.removing import remove\n"
        f"top = {str(ordinary.home / 'closed')!r}\n"
        "os.makedirs(top + '/a/b/c')\n"
        "open(top + '/a/b/file', 'w').close()\n"
        "for path in ('/a/b/c', '/a/b', '/a'): os.chmod(top + path, 0)\n"
        "remove(top)\n"
        "assert not os.path.exists(top)\n",
    )
    assert done.returncode == 0, done.stderr


GRADES = """
import os, sys
from grader.launch.launcher import Launcher
from grader.launch.warm import WarmInterpreter
from grader.model import Level
from grader.pipeline import How, grade_path
from grader.rubric import parse_rubric
from pathlib import Path
small = parse_rubric(sys.argv[2].encode(), "small.yaml")
warm = WarmInterpreter()
warm.load(small.packages)
with Launcher(warm, highest=Level.LANDLOCK, lowest=Level.LANDLOCK) as launcher:
    report = grade_path(Path(sys.argv[1]), small, launcher, How())
assert (report.status, report.score) == ("graded", 10), report.problem
assert not os.path.exists(warm.workspace)
"""


@pytest.mark.slow
def test_whoever_nests_folders_without_end_is_graded_where_there_are_no_namespaces(ordinary: Ordinary) -> None:
    work = ordinary.home / "nests"
    work.mkdir()
    nests = "import os\nhere = os.getcwd()\nfor _ in range(1100):\n    os.mkdir('d')\n    os.chdir('d')\n"
    (work / "main.py").write_text(nests + "os.chdir(here)\n" + small_lab.app("hello"))
    done = ordinary.run("-c", GRADES, str(work), small_lab.rubric("{start_seconds: 20}"), seconds=120)
    assert done.returncode == 0, done.stderr
