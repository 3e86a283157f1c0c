"""What instructors get wrong: a sentence that says what and where, and nothing is graded, written or lost."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.cli import run
from tests import batches, small_lab
from tests.exports import zipped

GOOD = small_lab.app("hello").encode()
CANVAS = {f"doe{letter}_{n}_{n}1_main.py": GOOD for n, letter in enumerate("abcd", 1)}
MOODLE = {f"Jane {letter}_{n}_assignsubmission_file/main.py": GOOD for n, letter in enumerate("ABCD", 1)}
Said = Callable[..., str]


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """What is said of a source, in one line, once it is made sure that this was all."""

    def said(source: Path, *more: str) -> str:
        (tmp_path / "small.yaml").write_text(batches.RUBRIC)
        rubric, out = str(tmp_path / "small.yaml"), tmp_path / "results"
        capsys.readouterr()
        assert run(["batch", str(source), "--out", str(out), "--rubric", rubric, *more]) == 2
        printed, told = capsys.readouterr()
        assert printed == ""
        assert not out.exists()
        return " ".join(told.split())

    return said


def lay(where: Path, files: Mapping[str, bytes]) -> Path:
    where.mkdir()
    for name, data in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(data)
    return where


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "source holds nobody's work: it is empty."),
        ({"notes.txt": b"x", "plan.pdf": b"x"}, "source holds nobody's work: only notes.txt, plan.pdf."),
        ({**CANVAS, **MOODLE}, "of 8 names there are 4 as Moodle gives them, 4 as Canvas gives them."),
        ({"main.py": GOOD, "templates/base.html": b""}, "source looks like the work of one person"),
    ],
    ids=["empty", "no kind", "two kinds", "one person"],
)
def test_a_source_that_is_no_class_is_refused(
    tmp_path: Path, said: Said, files: Mapping[str, bytes], told: str
) -> None:
    assert told in said(lay(tmp_path / "source", files))


@pytest.mark.parametrize("kind", ["empty", "no zip", "cut off", "three deep", "2 GB"])
def test_an_export_that_cannot_be_unpacked_is_refused(tmp_path: Path, said: Said, kind: str) -> None:
    export = zipped(MOODLE)
    content, told = {
        "empty": (b"", "it is no zip file, or a broken or incomplete one"),
        "no zip": (b"x" * 1000, "it is no zip file, or a broken or incomplete one"),
        "cut off": (export[:-40], "it is no zip file, or a broken or incomplete one"),
        "three deep": (zipped({"a.zip": zipped({"b.zip": export})}), "is a zip in a zip in a zip."),
        "2 GB": (export, "it has 2,048 MB, and 1,024 MB are read."),
    }[kind]
    (tmp_path / "export.zip").write_bytes(content)
    if kind == "2 GB":
        with (tmp_path / "export.zip").open("r+b") as file:
            file.truncate(2 << 30)
    assert told in said(tmp_path / "export.zip")


def test_what_an_export_says_of_the_size_of_a_file_costs_nobody_a_grade(tmp_path: Path) -> None:
    data = zipped(dict(list(MOODLE.items())[:2]))
    place = data.index(b"PK\x01\x02") + 24
    export = tmp_path / "export.zip"
    export.write_bytes(data[:place] + (2 << 30).to_bytes(4, "little") + data[place + 4 :])
    (tmp_path / "small.yaml").write_text(batches.RUBRIC)
    assert run(batches.command(export)) == 0
    rows = (tmp_path / "results/gradebook.csv").read_text("utf-8-sig").splitlines()[1:]
    assert rows == ["1,Jane A,1,graded,10,10,,4,6,", "2,Jane B,1,graded,10,10,,4,6,"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("roster.csv", b"Grade,Comment\n1,2\n", "roster.csv:1: no column names a person; there are Grade, Comment."),
        ("roster.csv", b"First name\nJo\n", "roster.csv:1: no column names a person; there are First name."),
        ("roster.csv", b"", "roster.csv is empty."),
        ("roster.csv", b"Name,Email,Email\nJo,a,b\n", "roster.csv:1: the column Email is there twice."),
        ("roster.csv", b"Name,Email\nJo,a\nAl,a\n", "lines 2 and 3 have the same email, a, and differ in the rest."),
        ("roster.csv", "Name,Email\nJosé,a\n".encode("latin-1"), "roster.csv:2:4: this is not UTF-8."),
        ("roster.xlsx", b"PK\x03\x04 and so on", "roster.xlsx is a workbook or a zip, not a table."),
        ("nowhere.csv", None, "nowhere.csv cannot be read: No such file or directory."),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(
    tmp_path: Path, said: Said, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert told in said(lay(tmp_path / "source", MOODLE), "--roster", str(tmp_path / name))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_roster_may_be_written_with_any_separator_and_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], separator: str, encoding: str
) -> None:
    rows = [["Name", "E-Mail", "Section"], ["José García", "j@x.edu", "A"], ["李 小龍", "l@x.edu", "B"]]
    text = "\r\n".join(separator.join(row) for row in rows)
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    source = lay(tmp_path / "source", {"José García/main.py": GOOD, "Stranger/main.py": GOOD})
    more = ["--roster", str(tmp_path / "roster.csv"), "--dry-run"]
    assert run(["batch", str(source), "--out", str(tmp_path / "out"), "--rubric", "flask-lab", *more]) == 0
    told = capsys.readouterr().out
    assert "José García → José García → attempt 1" in told
    assert "Not in the roster: Stranger" in told
    assert "no submission: 李 小龍" in told
    assert "no submission: José" not in told
    assert codecs.BOM_UTF8.decode() not in told


def test_results_of_another_rubric_are_left_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = batches.write_class(tmp_path, 1), tmp_path / "results"
    assert run(batches.command(source)) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    capsys.readouterr()
    for command in (
        ["batch", str(source), "--out", str(out), "--rubric", "flask-lab"],
        ["batch", str(source), "--out", str(out), "--rubric", "flask-lab", "--regrade", "all"],
    ):
        assert run(command) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert "holds results by the rubric small (Small), not by flask-lab" in told
        assert "Choose another folder" in told
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert {path for path in before if before[path] != after.get(path)} <= {out / ".lock"}
    assert before.keys() == after.keys()
