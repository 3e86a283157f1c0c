"""A class's download is graded, and the gradebook of the same platform filled: it is what its teacher exported, to the
byte, but for the cells of the grades."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli import run
from grader.sources import Kind
from tests import small_lab
from tests.exports import ExportedPerson, write_export

NAMES, WORDS = ("Jane Doe", "José García", "Jane Doe", "Li Ng"), ("hello", "good day", "hello you", "good day")
SCORES = ("10", "4", "10", "4")
PEOPLE = [
    ExportedPerson(name, f"user{n}", 100 + n, {"main.py": small_lab.app(word).encode()}, email=f"user{n}@x.edu")
    for n, (name, word) in enumerate(zip(NAMES, WORDS, strict=True))
]
UNLIKE = [replace(person, name="Janet Doe" if n == 2 else person.name) for n, person in enumerate(PEOPLE)]
# {0} to {3} are the cells that take the grades of these four. What else is there: people who handed in nothing, the
# platform's test student, its own rows and columns, and whatever a cell can hold.
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Old (1),Lab 3 (4711),Current Score,Final Grade\n"
    ",,,,,Manual Posting,,,\n"
    "    Points Possible,,,,,10,10,(read only),(read only)\n"
    '"Doe, Jane",100,s100,user0,"Web ""A"", 1",9,{0},91.20,\n'
    '"García, José",101,s101,user1,"B\nsecond line",,{1},,"A"\n'
    '"Doe, Jane",102,s102,user2,=1+1,"7.50",{2},070.0,B+\n'
    '"Ng, Li",103,s103,user3,"",EX,EX,-,\n'
    '"Else, Nobody",109,s109,user9,A,,,,\n'
    '"Student, Test",999,,b1946ac92492d2347c6235b4d2611184,A,,,,\n'
)
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 100","Jane Doe",user0@x.edu,"Submitted for grading - ",{0},10.00,Yes,'
    '"Thursday, 3 October 2024, 11:59 PM",-,"<p>an ""old""\nword</p>"\n'
    '"Participant 101","José García",user1@x.edu,"Submitted for grading - ",{1},10.00,Yes,-,-,\n'
    '"Participant 102","Jane Doe",user2@x.edu,"Submitted for grading - ",{2},10.00,Yes,-,-,""\n'
    '"Participant 103","Li Ng",user3@x.edu,"Graded - ",7.00,10.00,No,-,-,\n'
    '"Participant 109","Nobody Else",user9@x.edu,"No submission - ",,10.00,Yes,-,-,\n'
)
GERMAN = {
    "Identifier": "Kennung", "Full name": "Vollständiger Name", "Email address": "E-Mail-Adresse",
    "Maximum Grade": "Bestwertung", ",Grade,": ",Bewertung,", "Participant ": "Teilnehmer/in ",
    "Grade can be changed": "Bewertung kann geändert werden", ",Yes,": ",Ja,", ",No,": ",Nein,",
    "Feedback comments": "Feedback als Kommentar",
}  # fmt: skip
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"'
    '\t"Total [Total Pts: up to 10 Score] |1"\t"Lab 3 [Total Pts: 10 Score] |664617"\r\n'
    '"Doe"\t"Jane"\t"user0"\t"007"\t"2024-10-03 23:59:01"\t"Yes"\t"1.00"\t"{0}"\r\n'
    '"García"\t"José"\t"user1"\t""\t""\t"Yes"\t""\t"{1}"\r\n'
    '"Doe"\t"Jane"\t"user2"\t"="\t"a, ""b"""\t"No"\t""\t"{2}"\r\n'
    '"Ng"\t"Li"\t"user3"\t"9"\t""\t"Yes"\t""\t"{3}"\r\n'
    '"Else"\t"Nobody"\t"user9"\t""\t""\t"Yes"\t""\t""\r\n'
    '"PreviewUser"\t"Jane"\t"jane_previewuser"\t""\t""\t"Yes"\t""\t""\r\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,Quiz Points Grade <Numeric MaxPoints:5 Weight:10>,"
    "Lab 3 Points Grade <Numeric MaxPoints:10 Weight:50 Category:Labs CategoryWeight:100>,"
    "Calculated Final Grade Numerator,End-of-Line Indicator\r\n"
    "#0100,#user0,Doe,Jane,user0@x.edu,5,{0},,#\r\n"
    '#0101,#user1,García,José,user1@x.edu,"4,5",{1},"",#\r\n'
    "#0102,#user2,Doe,Janet,user2@x.edu,,{2},,#\r\n"
    "#0103,#user3,Ng,Li,user3@x.edu,,{3},1.50,#\r\n"
    "#0109,#user9,Else,Nobody,user9@x.edu,,,,#\r\n"
    "#,#demo.student,Student,Demo,,,,,#\r\n"
)
ROSTER = "OrgDefinedId,Username,Last Name,First Name\n" + "".join(
    f"#010{n},#user{n},{p.name.split()[1]},{p.name.split()[0]}\n" for n, p in enumerate(UNLIKE)
)


def translated(text: str) -> str:
    for english, german in GERMAN.items():
        text = text.replace(english, german)
    return text


def separated_by(separator: str, text: str) -> str:
    """The same table with another separator; what stands in quotes stays."""
    return re.sub(r'("(?:[^"]|"")*")|[,\t]', lambda found: found[1] or separator, text)


Results = Callable[[Kind, str], Path]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What `grade batch` made of the download of a platform; graded once."""
    made: dict[tuple[Kind, str], Path] = {}

    def graded(kind: Kind, roster: str = "") -> Path:
        if (kind, roster) not in made:
            where = tmp_path_factory.mktemp(kind.value)
            (where / "small.yaml").write_text(small_lab.rubric("{total_seconds: 60}"))
            (where / "roster.csv").write_text(roster)
            people = UNLIKE if kind is Kind.BRIGHTSPACE else PEOPLE  # whose download says nothing but names
            source, out = write_export(kind, where / "export.zip", people), where / "out"
            more = ["--roster", str(where / "roster.csv")] if roster else []
            asked = ["batch", str(source), "--out", str(out), "--rubric", str(where / "small.yaml"), "--jobs", "2"]
            assert run([*asked, *more]) == 0
            made[kind, roster] = out
        return made[kind, roster]

    return graded


CASES = {
    "canvas": (Kind.CANVAS, CANVAS, "utf-8", ["--column", "Lab 3"], ""),
    "canvas, with a mark and semicolons": (
        *(Kind.CANVAS, separated_by(";", CANVAS), "utf-8-sig", ["--column", "4711"], ""),
    ),
    "canvas, saved by Windows": (
        *(Kind.CANVAS, CANVAS.replace("\n", "\r\n"), "cp1252", ["--column", "Lab 3 (4711)"], ""),
    ),
    "canvas, without a last line end": (Kind.CANVAS, CANVAS.rstrip("\n"), "utf-8", ["--column", "Lab 3"], ""),
    "moodle": (Kind.MOODLE, MOODLE, "utf-8-sig", [], ""),
    "moodle, in German": (
        *(Kind.MOODLE, separated_by(";", translated(MOODLE)), "utf-8", ["--column", "Bewertung"], ""),
    ),
    "blackboard": (Kind.BLACKBOARD, BLACKBOARD, "utf-16", [], ""),
    "blackboard, with commas": (Kind.BLACKBOARD, separated_by(",", BLACKBOARD), "utf-8-sig", [], ""),
    "brightspace": (Kind.BRIGHTSPACE, BRIGHTSPACE, "utf-8-sig", ["--column", "Lab 3"], ""),
    "brightspace, by a roster's identifiers": (Kind.BRIGHTSPACE, BRIGHTSPACE, "utf-8", ["--column", "Lab 3"], ROSTER),
}


@pytest.mark.parametrize(("kind", "text", "encoding", "options", "roster"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("before", ["", "3.5"], ids=["empty", "graded before"])
def test_a_gradebook_comes_back_to_the_byte_with_the_grades_in_it(
    tmp_path: Path, results: Results, capsys: pytest.CaptureFixture[str],
    kind: Kind, text: str, encoding: str, options: list[str], roster: str, before: str,
) -> None:  # fmt: skip
    out = results(kind, roster)
    template, filled = tmp_path / "theirs.csv", tmp_path / "filled.csv"
    exported = text.format(*[before] * 4).encode(encoding)
    template.write_bytes(exported)
    capsys.readouterr()
    asked = ["export", str(out), "--to", kind.value, "--template", str(template), "--output", str(filled), *options]
    assert run(asked) == 0
    said = capsys.readouterr().out
    assert filled.read_bytes() == text.format(*SCORES).encode(encoding)
    assert template.read_bytes() == exported
    written = text.count("{")
    assert f"4 people matched, {written} grades for theirs.csv." in said
    assert ("left as it is" in said) == (written < 4)
    assert said.count(f" had {before} and gets ") == (written if before else 0)
    without = re.search(r"(\d) in theirs\.csv without results:\n((?:  .*\n)+)", said)
    assert without, said
    assert "Else" in without[2]
    assert ("matched by name alone" in said) == (kind is Kind.BRIGHTSPACE and not roster)


def test_a_file_that_was_filled_is_filled_again_to_the_same_bytes(tmp_path: Path, results: Results) -> None:
    template = tmp_path / "theirs.csv"
    template.write_bytes(BLACKBOARD.format(*SCORES).encode("utf-16"))
    asked = ["export", str(results(Kind.BLACKBOARD, "")), "--to", "blackboard", "--template", str(template)]
    assert run([*asked, "--output", str(template)]) == 0
    assert template.read_bytes() == BLACKBOARD.format(*SCORES).encode("utf-16")


def test_where_a_name_is_all_that_tells_and_two_have_it_nothing_is_written(
    tmp_path: Path, results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    template, filled = tmp_path / "theirs.csv", tmp_path / "filled.csv"
    template.write_text(BRIGHTSPACE.format(*[""] * 4).replace("Janet", "Jane"))
    asked = ["export", str(results(Kind.BRIGHTSPACE, "")), "--to", "brightspace", "--template", str(template)]
    assert run([*asked, "--column", "Lab 3", "--output", str(filled)]) == 2
    assert "It is not certain who is who in theirs.csv, so nothing was written: Jane Doe" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not filled.exists()


def test_gradescope_gets_the_result_of_each_submission_that_it_gave_out(tmp_path: Path, results: Results) -> None:
    assert (
        run(["export", str(results(Kind.GRADESCOPE, "")), "--to", "gradescope", "--output", str(tmp_path / "r.zip")])
        == 0
    )
    with zipfile.ZipFile(tmp_path / "r.zip") as archive:
        told = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    found = sorted((name.partition("_")[0], one["score"]) for name, one in told.items())
    assert found == [(f"user{n}", int(score)) for n, score in enumerate(SCORES)]
    for one in told.values():
        assert one["score"] == sum(test["score"] for test in one["tests"])
        assert [(test["name"], test["max_score"]) for test in one["tests"]] == [("It starts", 4), ("It says hello", 6)]
        assert all(test["output"] for test in one["tests"] if test["status"] == "failed")
