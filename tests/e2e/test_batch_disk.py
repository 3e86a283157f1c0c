"""Disks that the kernel calls full or read-only in the middle of a run: a sentence, nothing lost, and it goes on."""

from __future__ import annotations

import contextlib
import csv
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.cli import run
from tests import batches, small_lab
from tests.exports import zipped
from tests.small_disk import SmallDisk
from tests.unprivileged import Ordinary

KB = 1 << 10


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return batches.write_class(tmp_path, 6)


@pytest.fixture
def whole(source: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The results of a run that nothing disturbed."""
    assert run(batches.command(source, "whole")) == 0
    capsys.readouterr()
    return source.parent / "whole"


def grade(disk: SmallDisk, source: Path, out: Path, **environment: str) -> tuple[int, str]:
    """Exit status, and what it said on standard error, in one line."""
    code, _, said = disk.run([*batches.GRADE, *batches.command(source, out)], environment)
    assert "Traceback" not in said
    assert "The grader itself failed" not in said
    return code, " ".join(said.split())


@pytest.mark.slow
def test_a_disk_that_fills_up_at_any_moment_loses_nothing(source: Path, whole: Path, tmp_path: Path) -> None:
    """From too small for an empty store to nearly enough for everything."""
    between = 0
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with SmallDisk(tmp_path / "disk", "size=16m,mode=755") as disk:
        for left in (0, 40, 160, 220, 280, 400):
            out, here = tmp_path / "disk/out", disk.root / "out"
            disk.fill(left * KB)
            code, said = grade(disk, source, out, TMPDIR=str(scratch))
            batches.until_empty(scratch)
            assert (code, "There is no room left for" in said) == (2, True), (left, said)
            before = batches.saved(here)
            between += 0 < len(before) < 7
            disk.make_room()
            code, said = grade(disk, source, out)
            assert code == 0, (left, said)
            assert f"{len(before)} were done before." in said, left
            assert before <= batches.saved(here), left
            batches.assert_the_same_results(whole, here, left)
            shutil.rmtree(here)
    assert between >= 2


@pytest.mark.slow
def test_results_that_cannot_be_written_to_any_more_are_left_as_they_are(
    source: Path, whole: Path, tmp_path: Path
) -> None:
    """All commands on a file system that was mounted again as read-only."""
    rubric = tmp_path / "other.yaml"
    rubric.write_text(batches.RUBRIC.replace("points: 6", "points: 16"))
    with SmallDisk(tmp_path / "disk", "size=16m,mode=755") as disk:
        out, here = tmp_path / "disk/out", disk.root / "out"
        assert grade(disk, source, out)[0] == 0
        before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        disk.remount("ro")
        for command in (
            batches.command(source, out),
            batches.command(source, tmp_path / "disk/new"),
            ["rescore", str(out), "--rubric", str(rubric)],
            ["export", str(out), "--to", "csv"],
        ):
            code, printed, said = disk.run([*batches.GRADE, *command])
            told = " ".join(said.split())
            assert (code, printed) == (2, ""), (command, said)
            assert "Nothing can be written to" in told, (command, said)
            assert "Read-only file system" in told, (command, said)
        disk.remount("rw")
        assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
        (source / "student0/main.py").write_text(small_lab.app("hello"))
        code, said = grade(disk, source, out)
        assert (code, "6 were done before." in said) == (0, True), said


@pytest.mark.slow
def test_a_large_work_that_the_folder_for_temporary_files_cannot_hold_costs_only_itself(
    source: Path, tmp_path: Path
) -> None:
    noise = random.Random(1).randbytes(6 << 20)
    (source / "student1/film.bin").write_bytes(noise)
    assert batches.finished(batches.begun(source, "whole"))[0] == 0
    out = tmp_path / "out"
    with SmallDisk(tmp_path / "disk", "size=40m,mode=1777") as disk:
        disk.fill(3 << 20)
        code, said = grade(disk, source, out, TMPDIR=str(tmp_path / "disk"))
        assert code == 3, said
        assert "5 graded, 1 not gradable, 1 ungraded" in said
        assert "student1: ungraded: The private copy of film.bin cannot be written: No space left on device." in said
        disk.make_room()
        code, said = grade(disk, source, out, TMPDIR=str(tmp_path / "disk"))
        assert (code, "6 were done before." in said) == (0, True), said
        assert not list(disk.root.iterdir())
    assert (out / "gradebook.csv").read_bytes() == (tmp_path / "whole/gradebook.csv").read_bytes()


@pytest.mark.slow
def test_an_export_that_the_folder_for_temporary_files_cannot_hold_is_told_before_anything_is_graded(
    source: Path, tmp_path: Path
) -> None:
    noise = random.Random(2).randbytes(6 << 20)
    export = tmp_path / "export.zip"
    files = {f"Jane Doe_{n}_assignsubmission_file/main.py": small_lab.app("hello").encode() for n in (7, 8)}
    export.write_bytes(zipped({**files, "Jane Doe_8_assignsubmission_file/film.bin": noise}))
    with SmallDisk(tmp_path / "disk", "size=40m,mode=1777") as disk:
        disk.fill(1 << 20)
        code, said = grade(disk, export, tmp_path / "out", TMPDIR=str(tmp_path / "disk"))
        assert (code, "film.bin cannot be written: No space left on device." in said) == (3, True), said
        assert not (tmp_path / "out").exists()
        disk.make_room()
        assert grade(disk, export, tmp_path / "out", TMPDIR=str(tmp_path / "disk"))[0] == 0
        assert not list(disk.root.iterdir())


def scores(out: Path) -> dict[str, str]:
    """Of everybody in the gradebook; "" for no score."""
    rows = csv.DictReader((out / "gradebook.csv").read_text("utf-8-sig").splitlines())
    return {row["name"]: row["score"] for row in rows}


@pytest.mark.slow
def test_nobody_gets_another_grade_where_temporary_files_run_out(source: Path, whole: Path, tmp_path: Path) -> None:
    """A disk that takes so many more files, and then none: at each number something else is the first to fail."""
    right = scores(whole)
    seen = set()
    with SmallDisk(tmp_path / "disk", "size=40m,mode=1777,nr_inodes=400") as disk:
        for left in (2, 3, 8, 14, 24, 27, 40, 200):
            out, takes = tmp_path / f"out{left}", os.statvfs(disk.root).f_favail
            for n in range(takes - left):
                (disk.root / f"filler{n}").touch()
            code, said = grade(disk, source, out, TMPDIR=str(tmp_path / "disk"))
            assert code in (0, 3), (left, said)
            seen.add(code)
            with contextlib.suppress(FileNotFoundError):
                told = scores(out)
                assert {name: told[name] or right[name] for name in told} == right, (left, told)
            for filler in disk.root.glob("filler*"):
                filler.unlink()
            code, said = grade(disk, source, out, TMPDIR=str(tmp_path / "disk"))
            assert code == 0, (left, said)
            assert (out / "gradebook.csv").read_bytes() == (whole / "gradebook.csv").read_bytes(), left
            assert not list(disk.root.iterdir()), left
    assert seen == {0, 3}


@pytest.fixture
def home(ordinary: Ordinary) -> Iterator[Path]:
    """A folder of the ordinary user's, for one test."""
    folder = Path(tempfile.mkdtemp(dir=ordinary.home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
def test_an_ordinary_user_who_may_not_write_there_is_told_and_goes_on_once_it_is_allowed(
    ordinary: Ordinary, home: Path
) -> None:
    source, out = batches.write_class(home, 2), home / "results"
    hand_over(home)
    asked = ["-m", "grader", *batches.command(source)]
    assert ordinary.run(*asked).returncode == 0
    before = (out / "gradebook.csv").read_bytes()
    for closed, command, told in (
        (out, asked, f"Nobody may write to {out}/results.db."),
        (home, ["-m", "grader", *batches.command(source, "new")], f"Nothing can be written to {home}/new: Permission"),
    ):
        closed.chmod(0o555)
        done = ordinary.run(*command)
        closed.chmod(0o755)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert told in " ".join(done.stderr.split())
    (source / "student0/main.py").write_text(small_lab.app("hello"))
    again = ordinary.run(*asked)
    assert again.returncode == 0, again.stderr
    assert (out / "gradebook.csv").read_bytes() == before.replace(b"graded,4,", b"graded,10,").replace(b"4,0,", b"4,6,")


def hand_over(folder: Path) -> None:
    """All of it to the ordinary user."""
    owner = folder.parent.stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
