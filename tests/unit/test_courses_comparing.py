"""What changed between two works: told line by line, and at a bounded cost whatever they hold."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from grader.courses import comparing
from grader.courses.comparing import FileChange, Kind, Way
from grader.courses.points import Effective, Mark, Total
from grader.submission.copying import UnreadableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def zipped(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, held in files.items():
            archive.writestr(path, held)
    return folder / name


def compared(folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    return list(comparing.files(zipped(folder, "a.zip", before), zipped(folder, "b.zip", after)))


def test_files_come_go_and_change(folder: Path) -> None:
    before = {"main.py": b"a\nb\nc\n", "old.py": b"x\n", "same.py": b"s"}
    changes = compared(folder, before, {"main.py": b"a\nB\nc\n", "new.py": b"y\n", "same.py": b"s"})
    assert [(change.path, change.kind) for change in changes] == [
        ("main.py", Kind.CHANGED),
        ("new.py", Kind.ADDED),
        ("old.py", Kind.REMOVED),
    ]
    assert [(line.sign, line.text) for line in changes[0].lines] == [
        ("@", "from line 1"),
        (" ", "a"),
        ("-", "b"),
        ("+", "B"),
        (" ", "c"),
    ]


def test_the_folder_around_the_work_is_no_difference(folder: Path) -> None:
    assert compared(folder, {"lab/main.py": b"x", "lab/a.html": b"y"}, {"main.py": b"x", "a.html": b"y"}) == []


def test_what_tools_leave_is_not_compared(folder: Path) -> None:
    assert compared(folder, {"main.py": b"x"}, {"main.py": b"x", "__pycache__/main.pyc": b"1", ".git/a": b"2"}) == []


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"\xff\xfe\x00", b"\xff\xfe\x01", "no text"),
        (b"x" * 200_000, b"y" * 200_000, "a very long one"),
        (b"x\n" * 5_000, b"y\n" * 5_000, "a very long one"),
        (b"x\r\ny", b"x\ny", "does not show"),
    ],
)
def test_where_no_lines_are_shown_it_says_why(folder: Path, before: bytes, after: bytes, why: str) -> None:
    (change,) = compared(folder, {"main.py": before}, {"main.py": after})
    assert change.lines == ()
    assert why in change.why


def test_control_characters_are_taken_out(folder: Path) -> None:
    (change,) = compared(folder, {"main.py": b""}, {"main.py": "\x1b[31m\u202ered".encode()})
    assert "\x1b" not in change.lines[-1].text
    assert "\u202e" not in change.lines[-1].text


def test_what_is_no_zip_is_said_to_be_none(folder: Path) -> None:
    (folder / "c.zip").write_bytes(b"no zip")
    with pytest.raises(UnreadableError):
        comparing.files(zipped(folder, "a.zip", {}), folder / "c.zip")


@pytest.mark.slow
@pytest.mark.parametrize("period", [3, 14, 100, 700])
def test_no_work_makes_it_slow(folder: Path, period: int) -> None:
    """Lines that come again and again are what comparing is slow with."""
    before = "\n".join(f"line {n % period}" for n in range(1_400)).encode()
    after = "\n".join(f"line {n * 5 % period}" for n in range(1_400)).encode()
    files = range(300)
    begun = time.process_time()
    changes = compared(folder, {f"{n}.py": before for n in files}, {f"{n}.py": after for n in files})
    assert time.process_time() - begun < 3
    assert len(changes) == 201
    assert sum(bool(change.lines) for change in changes) < 10


def test_many_checks_are_told_by_what_became_of_them() -> None:
    def mark(id: str, score: int, message: str) -> Mark:
        return Mark(id, "passed" if score else "failed", Fraction(score), Fraction(5), message, hidden=False)

    def counts(*marks: Mark) -> Effective:
        nothing = Total(None, Fraction(0), None)
        points = {one.id: one.score for one in marks}
        return Effective(nothing, nothing, nothing, nothing, points, frozenset(), Fraction(0))

    before = [mark("a", 5, "fine"), mark("b", 0, "no"), mark("c", 5, "fine"), mark("d", 0, "no"), mark("gone", 5, "x")]
    after = [mark("a", 0, "broken"), mark("b", 5, "fine"), mark("c", 5, "fine"), mark("d", 0, "otherwise")]
    changes = comparing.checks(before, after, counts(*before), counts(*after), {"a": "The first"})
    assert [(change.id, change.way, change.gain) for change in changes] == [
        ("b", Way.GAINED, 5),
        ("a", Way.LOST, -5),
        ("gone", Way.LOST, -5),
        ("d", Way.OTHERWISE, 0),
        ("c", Way.SAME, 0),
    ]
    assert changes[1].title == "The first"
