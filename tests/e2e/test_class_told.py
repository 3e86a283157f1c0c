"""What an instructor is told of a class: nothing that a student wrote reads as the grader's own words, and nothing that
costs or saves somebody points goes unsaid."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from grader.cli import run
from grader.sources import Kind
from tests import small_lab
from tests.exports import ExportedPerson, write_export, zipped

RUBRIC = small_lab.rubric("{total_seconds: 60}")
LATE = "late: {per_day: 10%s}\nchecks:"
MAIN = small_lab.app("hello").encode()
JANE = ExportedPerson("Jane Doe", "jane", 11, {"main.py": MAIN})


def rubric(tmp_path: Path, late: str | None = None) -> Path:
    """A rubric; `late` is what its policy says besides."""
    text = RUBRIC if late is None else RUBRIC.replace("checks:", LATE % late)
    (tmp_path / "small.yaml").write_text(text)
    return tmp_path / "small.yaml"


def batch(tmp_path: Path, source: Path, *more: str, late: str | None = None) -> int:
    asked = ["batch", str(source), "--out", str(tmp_path / "out"), "--rubric", str(rubric(tmp_path, late))]
    return run([*asked, "--jobs", "1", *more])


def rows(tmp_path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((tmp_path / "out/gradebook.csv").read_text("utf-8-sig").splitlines()))


@pytest.mark.slow
def test_a_name_of_several_lines_is_told_on_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class/eve\njane → Jane Doe → attempt 1").mkdir(parents=True)
    (tmp_path / "class/joe\x1b[2J").mkdir()
    assert batch(tmp_path, tmp_path / "class", "--dry-run") == 0
    _, eve, joe = capsys.readouterr().out.splitlines()
    assert eve.startswith("eve\\njane → Jane Doe → attempt 1 → eve jane → Jane Doe → attempt 1 → attempt 1")
    assert joe.startswith("joe\\x1b[2J → joe\ufffd[2J → attempt 1")
    assert batch(tmp_path, tmp_path / "class") == 4
    told = capsys.readouterr().err.splitlines()
    assert not [line for line in told if line.startswith("jane")]


def test_paths_are_told_as_a_manifest_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_export(Kind.GRADESCOPE, tmp_path / "export.zip", [JANE])
    assert batch(tmp_path, source, "--dry-run") == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "→" in line)
    path = line.partition(" → ")[0]
    assert path == "assignment_4567_export/submission_700011"
    (tmp_path / "who.csv").write_text(f"path,person,name\n{path},j,Jane\n")
    assert batch(tmp_path, source, "--dry-run", "--manifest", str(tmp_path / "who.csv")) == 0
    assert f"{path} → Jane → attempt 1\n" in capsys.readouterr().out


def test_who_handed_in_no_file_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ExportedPerson("Max Roe", "max", 12, {}, typed="text")
    source = write_export(Kind.CANVAS, tmp_path / "export.zip", [JANE, typed])
    assert batch(tmp_path, source, "--dry-run") == 0
    assert "\nno file → roemax → attempt 1\n    A text was typed into Canvas" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "late", "told"),
    [
        (
            Kind.CANVAS,
            "",
            "1 came late, and neither the source nor the rubric says by how much: nothing is taken off.",
        ),
        (
            Kind.BLACKBOARD,
            ', deadline: "2024-10-03T20:00+02:00"',
            "Times such as 2024-10-03T22:59:01 cannot",
        ),
        (Kind.GRADESCOPE, ', deadline: "2024-10-03T20:00+02:00"', ""),
        (Kind.BLACKBOARD, "", "and names no deadline: nothing is taken off."),
        (Kind.MOODLE, "", "the source does not say when it came: nothing is taken off."),
    ],
)
def test_lateness_that_nobody_measured_is_said_where_it_would_cost_points(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Kind, late: str, told: str
) -> None:
    people = [ExportedPerson("Max Roe", "max", 12, {"main.py": MAIN}, late=True), JANE]
    source = write_export(kind, tmp_path / "export.zip", people)
    assert batch(tmp_path, source, "--dry-run", late=late) == 0
    out = capsys.readouterr().out
    assert told in out
    assert (": nothing is taken off" in out) == bool(told)
    assert batch(tmp_path, source, "--dry-run") == 0
    assert ": nothing is taken off" not in capsys.readouterr().out


@pytest.mark.slow
def test_another_deadline_gives_other_points_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_export(Kind.GRADESCOPE, tmp_path / "export.zip", [JANE])  # at 23:59:01
    assert batch(tmp_path, source, late=', deadline: "2024-10-03T23:00Z"') == 0
    assert [(row["score"], row["late"]) for row in rows(tmp_path)] == [("9", "59 min")]
    extended = rubric(tmp_path, ', deadline: "2024-10-04T23:00Z"')
    capsys.readouterr()
    assert run(["rescore", str(tmp_path / "out"), "--rubric", str(extended)]) == 0
    assert "9 of 10 → 10 of 10" in capsys.readouterr().out
    assert [(row["score"], row["late"]) for row in rows(tmp_path)] == [("10", "")]
    assert batch(tmp_path, source, late=', deadline: "2024-10-04T23:00Z"') == 0
    assert "1 were done before" in capsys.readouterr().err


@pytest.mark.slow
def test_lateness_that_a_manifest_states_outlives_another_deadline(tmp_path: Path) -> None:
    (tmp_path / "class/jane").mkdir(parents=True)
    (tmp_path / "class/jane/main.py").write_bytes(MAIN)
    manifest = tmp_path / "who.csv"
    manifest.write_text("path,person,late_seconds,submitted_at\njane,jane,90000,2024-10-03T23:00Z\n")
    assert batch(tmp_path, tmp_path / "class", "--manifest", str(manifest), late="") == 0
    other = rubric(tmp_path, ', deadline: "2024-10-04T23:00Z"')
    assert run(["rescore", str(tmp_path / "out"), "--rubric", str(other)]) == 0
    assert [(row["score"], row["late"]) for row in rows(tmp_path)] == [("8", "25.0 hours")]


@pytest.mark.slow
def test_who_is_in_the_gradebook_no_more_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def section(name: str, *users: str) -> Path:
        people = [ExportedPerson(f"{user} Doe", user, 0, {"main.py": MAIN}) for user in users]
        return write_export(Kind.FOLDER, tmp_path / name, people)

    assert batch(tmp_path, section("a", "ann", "ben")) == 0
    assert "of the run before" not in capsys.readouterr().err
    assert batch(tmp_path, section("b", "ben", "cid")) == 0
    assert (
        f"1 of the run before are not in this source, nor in the gradebook any more; {tmp_path}/out/results.db keeps"
        in (told := capsys.readouterr().err)
    )
    assert "their results: ann\n" in told
    assert batch(tmp_path, tmp_path / "a") == 0
    assert "2 were done before" in capsys.readouterr().err
    assert [row["name"] for row in rows(tmp_path)] == ["ann", "ben"]


@pytest.mark.slow
def test_new_points_by_another_labs_rubric_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_export(Kind.FOLDER, tmp_path / "class", [JANE])
    assert batch(tmp_path, source) == 0
    other = tmp_path / "other.yaml"
    other.write_text(RUBRIC.replace("id: small", "id: another"))
    assert run(["rescore", str(tmp_path / "out"), "--rubric", str(other)]) == 2
    assert "holds results by the rubric small (Small), not by another" in " ".join(capsys.readouterr().err.split())
    assert batch(tmp_path, source) == 0


@pytest.mark.slow
def test_one_grade_for_each_person_is_not_made_of_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = ExportedPerson("Max Roe", "max", 12, {"main.py": MAIN}, earlier=({"main.py": b"x"},))
    source = write_export(Kind.BLACKBOARD, tmp_path / "export.zip", [twice])
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("Last Name,First Name,Username,Lab [Total Pts: 10 Score] |66\nRoe,Max,max,\n")
    export = ["export", str(tmp_path / "out"), "--to", "blackboard", "--template", str(theirs)]
    assert batch(tmp_path, source, "--attempts", "all") == 0
    capsys.readouterr()
    assert run(export) == 2
    assert "has a grade for each attempt, and blackboard takes one" in " ".join(capsys.readouterr().err.split())
    assert batch(tmp_path, source, "--attempts", "best") == 0
    assert "2 were done before" in capsys.readouterr().err
    assert run(export) == 0
    assert "1 person matched, 1 grade for theirs.csv." in capsys.readouterr().out
    assert (tmp_path / "out/export-blackboard.csv").read_text().endswith("\nRoe,Max,max,10\n")


@pytest.mark.slow
def test_the_overview_notes_what_a_person_has_to_look_at_and_folds_the_rest(tmp_path: Path) -> None:
    late = ExportedPerson("Max <i>Roe", "max", 12, {}, late=True, typed="text")
    source = write_export(Kind.CANVAS, tmp_path / "export", [JANE, late])
    (source / "notes <b>.txt").write_text("x")
    (tmp_path / "roster.csv").write_text("Student,ID,Section\n'Roe, Max',12,A\n")
    assert batch(tmp_path, source, "--roster", str(tmp_path / "roster.csv"), late="") == 0
    page = (tmp_path / "out/index.html").read_text()
    notes = page.partition('<section class="first"')[2].partition("</section>")[0]
    assert "1 came late, and neither" in notes
    assert "Not in the roster: doejane (11)" in notes
    folded = page.partition('<details class="left-out">')[2].partition("</details>")[0]
    assert "2 files were not taken for work" in folded
    assert "notes &lt;b&gt;.txt</bdi>: its name is not one" in folded


@pytest.mark.slow
def test_the_overview_says_whose_work_it_is_and_when_it_was_graded(tmp_path: Path) -> None:
    (tmp_path / "Web <b>2024").mkdir()
    source = write_export(Kind.CANVAS, tmp_path / "Web <b>2024/submissions.zip", [JANE])
    assert batch(tmp_path, source) == 0
    page = (tmp_path / "out/index.html").read_text()
    assert "Canvas · submissions.zip" in page
    assert " UTC</p>" in page
    assert batch(tmp_path, source) == 0
    assert (tmp_path / "out/index.html").read_text() == page  # nothing was graded since


@pytest.mark.slow
def test_a_zip_of_another_archive_is_listed_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class/jane.rar").write_bytes(b"Rar!")
    (tmp_path / "class/joe.zip").write_bytes(zipped({"main.py": MAIN}))
    assert batch(tmp_path, tmp_path / "class") == 0
    assert "jane: not gradable: jane.rar is an archive of a kind that is not opened" in capsys.readouterr().err
    assert [(row["name"], row["score"]) for row in rows(tmp_path)] == [("jane", ""), ("joe", "10")]
