"""Files that are swapped for links while they are copied: nothing from outside of the work ever comes into the copy."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.errors import NotGradableError, UngradedError, UsageError
from grader.model import Provided
from grader.submission import open_submission, provide
from grader.submission.sources import read_sources

SECRET = b"s3cret = 'of the person who grades'\n"
MAIN = b"from flask import Flask\napp = Flask(__name__)\napp.run()\n"


@pytest.fixture(params=[0.4, pytest.param(1.0, marks=pytest.mark.slow)])
def seconds(request: pytest.FixtureRequest) -> float:
    """For how long a swap is tried."""
    return float(request.param)


@contextmanager
def swapping(path: Path, make: Callable[[Path], None], others: Callable[[Path], None]) -> Iterator[None]:
    """In another thread, `path` is by turns what `make` and what `others` make, by renaming, without a gap."""
    ended = threading.Event()

    def swap() -> None:
        waiting, gone = path.with_name(f"._{path.name}"), path.with_name(f"._gone-{path.name}")
        while not ended.is_set():
            for each in (others, make):
                each(waiting)
                with contextlib.suppress(OSError):
                    os.rename(path, gone)
                with contextlib.suppress(OSError):
                    os.rename(waiting, path)
                _remove(gone)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
        assert not thread.is_alive()


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            for inner in path.iterdir():
                inner.unlink()
            path.rmdir()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else's, with a secret in it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.py").write_bytes(SECRET)
    return tmp_path / "home"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "lab" / "static").mkdir(parents=True)
    (tmp_path / "lab" / "main.py").write_bytes(MAIN)
    return tmp_path / "lab"


def opened_for(seconds: float, work: Path, tmp_path: Path) -> int:
    """Opens it again and again; how often it could be opened. What is not gradable says so in words."""
    until, count, done, advised = time.monotonic() + seconds, 0, 0, []
    while time.monotonic() < until:
        workspace = tmp_path / f"workspace-{count}"
        workspace.mkdir()
        count += 1
        try:
            submission = open_submission(work, entries=("main.py",), workspace=workspace)
        except (NotGradableError, UsageError) as error:
            advised.append(error.advice)
        else:
            done += 1
            assert not any(SECRET.decode() in (file.text or "") for file in submission.files)
        for folder, _, names in os.walk(workspace):
            for name in names:
                path = Path(folder, name)
                assert not path.is_symlink()
                assert SECRET not in path.read_bytes()
    assert all(advised)
    return done


def folder_with_a_file(path: Path) -> None:
    path.mkdir()
    (path / "secret.py").write_bytes(b"mine = 1\n")


def test_a_file_that_becomes_a_link_while_it_is_copied(
    work: Path, outside: Path, tmp_path: Path, seconds: float
) -> None:
    def link(path: Path) -> None:
        path.symlink_to(outside / "secret.py")

    with swapping(work / "helper.py", lambda path: path.write_bytes(b"mine = 1\n") and None, link):
        assert opened_for(seconds, work, tmp_path) > 0


def test_a_folder_that_becomes_a_link_while_it_is_copied(
    work: Path, outside: Path, tmp_path: Path, seconds: float
) -> None:
    with swapping(work / "static" / "inner", folder_with_a_file, lambda path: path.symlink_to(outside)):
        assert opened_for(seconds, work, tmp_path) > 0


def test_a_folder_above_that_becomes_a_link_while_it_is_copied(
    work: Path, outside: Path, tmp_path: Path, seconds: float
) -> None:
    with swapping(work / "static", folder_with_a_file, lambda path: path.symlink_to(outside)):
        assert opened_for(seconds, work, tmp_path) > 0


def test_a_file_that_becomes_a_pipe_while_it_is_copied_blocks_nobody(
    work: Path, tmp_path: Path, seconds: float
) -> None:
    with swapping(work / "helper.py", lambda path: path.write_bytes(b"mine = 1\n") and None, os.mkfifo):
        assert opened_for(seconds, work, tmp_path) > 0


def test_an_archive_that_becomes_a_pipe_is_refused_and_blocks_nobody(tmp_path: Path, seconds: float) -> None:
    empty = b"PK\5\6" + bytes(18)
    with swapping(tmp_path / "lab.zip", lambda path: path.write_bytes(empty) and None, os.mkfifo):
        assert opened_for(seconds, tmp_path / "lab.zip", tmp_path) == 0


def test_what_the_rubric_provides_is_written_through_no_link(work: Path, outside: Path, tmp_path: Path) -> None:
    """The copy is the grader's own; should a program of the same account reach it, nothing outside is written."""
    (tmp_path / "workspace").mkdir()
    submission = open_submission(work, entries=("main.py",), workspace=tmp_path / "workspace")
    (submission.root / "data.py").symlink_to(outside / "secret.py")
    (submission.root / "more.py").symlink_to(outside / "new.py")
    for name in ("data.py", "more.py"):
        with pytest.raises(UngradedError):
            provide(submission, [Provided(name, b"x = 1")])
    assert os.listdir(outside) == ["secret.py"]
    assert (outside / "secret.py").read_bytes() == SECRET


def test_a_link_in_the_copy_is_not_read(work: Path, outside: Path, tmp_path: Path) -> None:
    (work / "link.py").symlink_to(outside / "secret.py")
    with pytest.raises(OSError, match="symbolic links"):
        read_sources(work, ["link.py"])
