"""A class's results as tables and zips, and what cannot be exported; the platforms' files: test_export_round_trip."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from grader.cli import run
from grader.sources import Kind
from tests import small_lab
from tests.exports import ExportedPerson, write_export

WORDS = ("hello", "good day", "hello you")
NAMES = ("Jane Doe", "José García", "Jane Doe")
PEOPLE = [
    ExportedPerson(name, f"user{n}", 100 + n, {"main.py": small_lab.app(word).encode()}, email=f"user{n}@x.edu")
    for n, (name, word) in enumerate(zip(NAMES, WORDS, strict=True))
]


def moodle() -> str:
    rows = [f"Participant {p.number},{p.name},,10.00,Yes,-," for p in PEOPLE]
    head = "Identifier,Full name,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments"
    return "\ufeff" + "\n".join([head, *rows, ""])


def graded(tmp_path: Path, kind: Kind) -> Path:
    source, out, rubric = write_export(kind, tmp_path / "export.zip", PEOPLE), tmp_path / "out", tmp_path / "small.yaml"
    rubric.write_text(small_lab.rubric("{total_seconds: 60}"))
    assert run(["batch", str(source), "--out", str(out), "--rubric", str(rubric), "--jobs", "2"]) == 0
    return out


def test_tables_and_zips_are_written_from_the_same_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = graded(tmp_path, Kind.MOODLE)
    for target in ("csv", "xlsx", "json", "gradescope"):
        assert run(["export", str(out), "--to", target]) == 0
    people = json.loads((out / "export-json.json").read_text())["people"]
    assert sorted(person["score"] for person in people) == [4, 10, 10]
    rows = list(csv.DictReader(io.StringIO((out / "export-csv.csv").read_bytes().decode("utf-8-sig"))))
    assert sorted(row["score"] for row in rows) == ["10", "10", "4"]
    assert (out / "export-csv.csv").read_bytes() == (out / "gradebook.csv").read_bytes()
    assert zipfile.is_zipfile(out / "export-xlsx.xlsx")
    with zipfile.ZipFile(out / "export-gradescope.zip") as archive:
        assert len(archive.namelist()) == 3

    template, feedback = tmp_path / "theirs.csv", tmp_path / "feedback.zip"
    template.write_text(moodle())
    asked = ["export", str(out), "--to", "moodle", "--template", str(template), "--comments"]
    assert run([*asked, "--feedback", str(feedback), "--output", str(tmp_path / "filled.csv")]) == 0
    with zipfile.ZipFile(feedback) as archive:
        names = archive.namelist()
        assert len(names) == 3
        assert all(name.endswith("_assignsubmission_file/report.html") for name in names)
        assert b"It says hello" in archive.read(names[0])
    assert "It says hello: 0 of 6." in (tmp_path / "filled.csv").read_text()
    assert "3 people matched, 3 grades" in capsys.readouterr().out
    assert run([*asked, "--dry-run", "--output", str(tmp_path / "other.csv")]) == 0
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "canvas"], "written into its own export"),
        (["--to", "csv", "--template", "x.csv"], "--template is of no use"),
        (["--to", "csv", "--feedback", "x.zip"], "what Moodle alone takes"),
        (["--to", "csv", "--output", "nowhere/x.csv"], "There is no folder nowhere"),
        (["--to", "csv"], "holds no results"),
    ],
)
def test_what_cannot_be_exported_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert run(["export", str(tmp_path), *options]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
