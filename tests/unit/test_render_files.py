"""Report files: whole or not at all, and never through what somebody put in their way."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from grader.render import files
from grader.render.files import fill_atomically, write_atomically

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    for text in ("one", "zwei ✓ \ud800"):
        write_atomically(path, text)
    assert path.read_text("utf-8") == "zwei ✓ ?"
    assert names(tmp_path) == ["report.txt"]


def test_what_is_written_piece_by_piece_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    pieces = [b"x" * 100_000] * 30
    fill_atomically(path, lambda file: file.writelines(pieces))
    assert path.read_bytes() == b"".join(pieces)

    def breaks_off(file: BinaryIO) -> None:
        file.writelines(pieces)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # that very one
        fill_atomically(path, breaks_off)
    assert path.stat().st_size == 3_000_000
    assert names(tmp_path) == ["report.txt"]


def test_a_long_name_and_one_in_the_current_folder_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("é" * 127, "x"):
        write_atomically(Path(name), "text")
        assert Path(name).read_text() == "text"


def test_a_link_is_replaced_and_what_it_leads_to_is_not_touched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    before = secret.stat()
    for target in (secret, tmp_path / "nothing", Path("report.json"), tmp_path):
        link = tmp_path / "report.json"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        write_atomically(link, "report")
        assert not link.is_symlink()
        assert link.read_text() == "report"
        assert stat.S_IMODE(link.stat().st_mode) == 0o666 & ~_umask()
    assert secret.read_text() == "secret"
    assert (secret.stat().st_mode, secret.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert names(tmp_path) == ["report.json", "secret"]


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_a_hard_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    os.link(tmp_path / "secret", tmp_path / "report.json")
    write_atomically(tmp_path / "report.json", "report")
    assert (tmp_path / "secret").read_text() == "secret"


def test_the_rights_of_the_old_file_stay_but_for_everybody_s_to_write(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for before, after in ((0o600, 0o600), (0o664, 0o664), (0o666, 0o664), (0o4777, 0o775)):
        path.write_text("old")
        path.chmod(before)
        write_atomically(path, "new")
        assert stat.S_IMODE(path.stat().st_mode) == after


def test_nobody_can_read_the_report_before_it_has_its_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def fsync(descriptor: int) -> None:
        seen.extend((name, stat.S_IMODE((tmp_path / name).stat().st_mode)) for name in os.listdir(tmp_path))

    (tmp_path / "report.json").write_text("old")
    (tmp_path / "report.json").chmod(0o600)
    monkeypatch.setattr(files.os, "fsync", fsync)
    write_atomically(tmp_path / "report.json", "new")
    assert {mode for _, mode in seen} == {0o600}


def test_file_and_folder_are_synced_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, (tmp_path / "report.json").exists()))

    monkeypatch.setattr(files.os, "fsync", fsync)
    write_atomically(tmp_path / "report.json", "text")
    assert synced == [("file", False), ("folder", True)]


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_folder_that_cannot_be_synced_is_no_failure_unless_the_disk_is(
    number: int, fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(files.os, "fsync", fsync)
    if fails:
        with pytest.raises(OSError, match="Input/output"):
            write_atomically(tmp_path / "report.json", "text")
    else:
        write_atomically(tmp_path / "report.json", "text")
    assert (tmp_path / "report.json").read_text() == "text"


def test_what_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", "text")
    assert names(tmp_path) == ["taken"]


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/dev/fd"))
    write_atomically(tmp_path / "a", "text")
    (tmp_path / "taken").mkdir()
    for path in (tmp_path / "taken", tmp_path / "nowhere" / "a"):
        with pytest.raises(OSError, match=r"taken|nowhere"):
            write_atomically(path, "text")
    assert len(os.listdir("/dev/fd")) == before


# ----------------------------------------------------------------------------------------------------------- full disks


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in which 64 KB have room, on a file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_leaves_the_old_report(full_disk: Path) -> None:
    path = full_disk / "report.json"
    write_atomically(path, "old")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "x" * 200_000)
    assert path.read_text() == "old"
    assert names(full_disk) == ["report.json"]
    write_atomically(path, "new")
    assert path.read_text() == "new"


GRADE_WITH_SMALL_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from grader.render.files import fill_atomically, write_atomically
from pathlib import Path
write_atomically(Path(sys.argv[2]), "x" * 200_000)
"""


def test_a_file_that_may_not_become_as_large_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    command = [sys.executable, "-c", GRADE_WITH_SMALL_FILES, "65536", str(path)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
    assert b"File too large" in done.stderr
    assert path.read_text() == "old"
    assert names(tmp_path) == ["report.json"]
