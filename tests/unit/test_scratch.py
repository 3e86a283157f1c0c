"""Folders for temporary files: what a killed process left is cleared away, and nothing of anybody who lives."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.errors import UngradedError
from grader.launch.scratch import CLASS, PROGRAMS, Scratch, clear_away, folder_in

HOLDS = (
    "import sys, tempfile\n"
    "from grader.launch.scratch import Scratch\n"
    "tempfile.tempdir = sys.argv[1]\n"
    "held = [Scratch(prefix) for prefix in sys.argv[2:]]\n"
    "open(held[0].path + '/work', 'w').close()\n"
    "print(flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_cleared_away_and_not_before(place: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(place), CLASS, PROGRAMS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        held = set(place.iterdir())
        assert len(held) == 2
        clear_away()
        assert set(place.iterdir()) == held
        process.kill()
    assert set(place.iterdir()) == held
    clear_away()
    assert not any(place.iterdir())


def test_a_folder_is_gone_at_its_end_however_often_it_is_ended(place: Path) -> None:
    with Scratch(CLASS) as path:
        Path(path, "work").touch()
    other = Scratch(PROGRAMS)
    other.close()
    descriptor = os.open(place, os.O_RDONLY)  # takes the number of the lock
    other.close()
    os.close(descriptor)
    assert not any(place.iterdir())


def test_nothing_else_is_cleared_away(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "mine").mkdir()
    (place / f"{CLASS}file").touch()
    (place / "elsewhere/work").mkdir(parents=True)
    (place / f"{CLASS}link").symlink_to(place / "elsewhere")
    left = sorted(place.rglob("*"))
    clear_away()
    assert sorted(place.rglob("*")) == left
    (place / f"{CLASS}theirs").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    clear_away()
    assert (place / f"{CLASS}theirs").is_dir()


def test_who_is_cleared_away_before_the_lock_gets_another_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = tempfile.mkdtemp

    def make_and_lose(prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) < 3:
            clear_away()
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose)
    with Scratch(CLASS) as path:
        assert len(made) == 3
        assert [str(there) for there in place.iterdir()] == [path]


def test_where_there_are_no_locks_nothing_is_cleared_away(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with Scratch(CLASS) as path:
        (place / f"{PROGRAMS}other").mkdir()
        clear_away()
        assert {str(there) for there in place.iterdir()} == {path, str(place / f"{PROGRAMS}other")}


def test_without_a_place_for_them_it_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "nowhere"))
    with pytest.raises(UngradedError, match="No temporary files can be made: No such file or directory"):
        Scratch(CLASS)
    with pytest.raises(UngradedError, match="No temporary files"), folder_in(str(place / "no"), "box-"):
        pytest.fail("there is one")
    clear_away()
