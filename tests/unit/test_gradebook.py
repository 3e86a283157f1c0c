"""A teacher's own file, filled: the cells that are meant, no other, and never the wrong person."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.gradebook import (
    CheckEntry,
    Entry,
    Target,
    feedback_zip,
    fill,
    gradescope_zip,
    write_csv,
    write_json,
    write_xlsx,
)
from grader.gradebook.sheet import Sheet

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework (1),Lab 3 (4711),Current Score\r\n"
    "    Points Possible,,,,,10,100,(read only)\r\n"
    '"Doe, Jane",101,s1,jane@x.edu,"A ""1""",9,,91.2\r\n'
    '"García, José",102,s2,jose,B,8,EX,70\r\n'
    '"Ng, Li",103,s3,li,B,7,55.5,70\r\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (grade),Feedback comments\n"
    "Participant 77,Jane Doe,Submitted,,100.00,Yes,-,\n"
    "Participant 78,José García,Submitted,12.00,100.00,No,-,\n"
)
BLACKBOARD = (
    '\ufeff"Last Name"\t"First Name"\t"Username"\t"Lab 3 [Total Pts: 50 Score] |664617"\r\n'
    '"Doe"\t"Jane"\t"jdoe"\t""\r\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Lab 3 Points Grade <Numeric MaxPoints:100 Category:Lab>,End-of-Line Indicator\r\n"
    "#0012,#jdoe,,#\r\n#0013,#jg,4,#\r\n"
)


def entry(name: str, score: float | None, *ids: tuple[str, str]) -> Entry:
    earned = None if score is None else Fraction(score)
    checks = (CheckEntry("home", "The home page", Fraction(1), Fraction(10), "it says <b>Hi</b>"),)
    return Entry(
        name.lower(), name, ids, "graded" if earned is not None else "ungraded", earned, Fraction(100), checks=checks
    )


JANE = entry(
    "Jane Doe",
    82.5,
    ("canvas_id", "101"),
    ("moodle_participant_id", "77"),
    ("username", "jdoe"),
    ("student_id", "0012"),
)


def changed(before: bytes, after: bytes) -> dict[tuple[int, int], str]:
    """Every cell that differs, by row and column; all else has to be the same to the byte."""
    old, new = Sheet(before, "before"), Sheet(after, "after")
    assert [len(row) for row in old.rows] == [len(row) for row in new.rows]
    found = {}
    for n, (row, other) in enumerate(zip(old.rows, new.rows, strict=True)):
        for place, (cell, now) in enumerate(zip(row, other, strict=True)):
            if cell.raw != now.raw:
                found[n, place] = now.value
                now.raw = cell.raw
    assert new.write() == before
    return found


@pytest.mark.parametrize(
    ("target", "text", "encoding", "column", "cells"),
    [
        (Target.CANVAS, CANVAS, "utf-8", "Lab 3", {(2, 6): "82.5"}),
        (Target.CANVAS, CANVAS, "utf-8", "4711", {(2, 6): "82.5"}),
        (Target.CANVAS, CANVAS, "utf-8", "Lab 3 (4711)", {(2, 6): "82.5"}),
        (Target.MOODLE, MOODLE, "utf-8", None, {(1, 3): "82.5"}),
        (Target.MOODLE, MOODLE.replace("Identifier", "Kennung"), "utf-8", None, {(1, 3): "82.5"}),
        (Target.BLACKBOARD, BLACKBOARD, "utf-16-le", None, {(1, 3): "82.5"}),
        (Target.BRIGHTSPACE, BRIGHTSPACE, "utf-8", None, {(1, 2): "82.5"}),
        (Target.BRIGHTSPACE, BRIGHTSPACE.replace(",", ";"), "utf-8", None, {(1, 2): "82.5"}),
    ],
)
def test_only_the_cell_of_the_grade_changes(
    target: Target, text: str, encoding: str, column: str | None, cells: dict[tuple[int, int], str]
) -> None:
    before = text.encode(encoding)
    filled = fill(target, before, "grades.csv", [JANE], column=column)
    assert changed(before, filled.data) == cells
    assert filled.written == 1


def test_comments_are_filled_where_they_are_asked_for_and_hold_no_markup() -> None:
    hostile = replace(JANE, checks=(CheckEntry("x", "<script>", Fraction(0), Fraction(5)),))
    filled = fill(Target.MOODLE, MOODLE.encode(), "grades.csv", [hostile], comments=True)
    assert changed(MOODLE.encode(), filled.data)[1, 7] == "82.5 of 100 points. &lt;script&gt;: 0 of 5."


def test_points_of_hidden_checks_are_not_told() -> None:
    hidden = replace(JANE, checks=(replace(JANE.checks[0], hidden=True),))
    filled = fill(Target.MOODLE, MOODLE.encode(), "grades.csv", [hidden], comments=True)
    assert changed(MOODLE.encode(), filled.data)[1, 7] == "82.5 of 100 points."


def test_who_is_excused_locked_or_without_a_grade_is_left_and_named() -> None:
    jose = entry("José García", 50, ("canvas_id", "102"), ("moodle_participant_id", "78"))
    li = replace(entry("Li Ng", None, ("canvas_id", "103")), reason="the machine was full")
    filled = fill(Target.CANVAS, CANVAS.encode(), "g.csv", [jose, li], column="Lab 3")
    assert filled.data == CANVAS.encode()
    assert filled.notes == (
        "García, José (102) is excused (EX): left as it is.",
        "Ng, Li (103) has no grade (ungraded: the machine was full): left as it is.",
    )
    filled = fill(Target.MOODLE, MOODLE.encode(), "g.csv", [jose])
    assert filled.data == MOODLE.encode()
    assert filled.notes == ("José García (Participant 78) has a grade that cannot be changed: left as it is.",)


def test_a_grade_that_is_replaced_is_told() -> None:
    filled = fill(Target.CANVAS, CANVAS.encode(), "g.csv", [entry("Li", 60, ("canvas_id", "103"))], column="Lab 3")
    assert filled.notes == ("Ng, Li (103) had 55.5 and gets 60.",)


def test_another_number_of_points_is_told_and_converted_on_request() -> None:
    unscored = replace(entry("Nobody Else", None), max_score=Fraction(1))  # of whom nothing was counted
    told = fill(Target.BLACKBOARD, BLACKBOARD.encode("utf-16-le"), "g.csv", [JANE, unscored])
    assert told.notes == ("The column counts 50 points, the rubric 100; they are converted only on request (--scale).",)
    scaled = fill(Target.BLACKBOARD, BLACKBOARD.encode("utf-16-le"), "g.csv", [JANE], scale=True)
    assert changed(BLACKBOARD.encode("utf-16-le"), scaled.data) == {(1, 3): "41.25"}
    assert not scaled.notes


def test_who_is_on_one_side_only_is_listed() -> None:
    nobody = entry("Nobody", 3, ("canvas_id", "9"))
    filled = fill(Target.CANVAS, CANVAS.encode(), "g.csv", [JANE, nobody], column="Lab 3")
    assert filled.match.unmatched_entries == ("Nobody (nobody)",)
    assert filled.match.unmatched_rows == ("García, José (102)", "Ng, Li (103)")


@pytest.mark.parametrize("name", ["Jose\u0301 Garci\u0301a", "GARCÍA,  José", "José García"])
def test_a_name_tells_where_nothing_else_can(name: str) -> None:
    filled = fill(Target.CANVAS, CANVAS.replace(",EX,", ",,").encode(), "g.csv", [entry(name, 7)], column="Lab 3")
    assert [how for _, _, how in filled.match.pairs] == ["name"]
    assert filled.written == 1


def test_a_name_tells_nothing_of_who_has_another_identifier() -> None:
    filled = fill(Target.CANVAS, CANVAS.encode(), "g.csv", [entry("Jane Doe", 7, ("canvas_id", "999"))], column="Lab 3")
    assert filled.data == CANVAS.encode()
    assert filled.match.unmatched_entries == ("Jane Doe (jane doe)",)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry("Jane Doe", 7), replace(entry("Jane Doe", 8), key="other")], "several submissions have this name"),
        ([entry("A", 7, ("canvas_id", "101")), entry("B", 8, ("canvas_id", "101"))], "row 3: A (a) and B (b)"),
    ],
)
def test_nothing_is_written_where_it_is_not_certain_who_is_who(entries: list[Entry], said: str) -> None:
    with pytest.raises(UsageError, match=r"not certain.*nothing was written") as error:
        fill(Target.CANVAS, CANVAS.encode(), "g.csv", entries, column="Lab 3")
    assert said in error.value.message


def test_two_rows_of_one_name_are_ambiguous() -> None:
    twice = CANVAS + '"Doe, Jane",104,s4,jane2,B,7,,1\r\n'
    with pytest.raises(UsageError, match="rows 3 and 6 have the same name"):
        fill(Target.CANVAS, twice.encode(), "g.csv", [entry("Jane Doe", 7)], column="Lab 3")


@pytest.mark.parametrize(
    ("target", "text", "column", "said"),
    [
        (Target.CANVAS, CANVAS, None, r"has 2 columns that could take the grade.*Lab 3 \(4711\)"),
        (Target.CANVAS, CANVAS, "Lab 4", "has no columns named Lab 4"),
        (Target.CANVAS, "Name,Lab (1)\nx,\n", None, "has no column ID or SIS User ID or SIS Login ID"),
        (Target.CANVAS, "Student,ID,Notes\nx,1,\n", None, "has no column for the grade"),
        (Target.MOODLE, "Full name,Grade\nJane,\n", None, "has no column Identifier"),
        (Target.BLACKBOARD, "Last Name,Lab [Total Pts: 5] |1\nx,\n", None, "has no column Username"),
        (Target.BRIGHTSPACE, "Username,Lab\nx,\n", None, "has no column for the grade"),
        (Target.CANVAS, "", None, "is empty"),
        (Target.CANVAS, 'Student,ID,"Lab (1)\nx,1,\n', None, r"g.csv:1: a quote is opened and never closed"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_it_has(
    target: Target, text: str, column: str | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        fill(target, text.encode(), "g.csv", [JANE], column=column)


def test_rows_of_posting_rules_are_nobody() -> None:
    with_rule = CANVAS.replace("    Points", ",,,,,Manual Posting,Manual Posting,\r\n    Points", 1)
    filled = fill(Target.CANVAS, with_rule.encode(), "g.csv", [JANE], column="Lab 3")
    assert changed(with_rule.encode(), filled.data) == {(3, 6): "82.5"}
    assert len(filled.match.unmatched_rows) == 2


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_sheet_reads_what_csv_wrote_and_gives_it_back_to_the_byte(
    rows: list[list[str]], delimiter: str, end: str, quoting: int
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["a", "b", "c", "d"], *rows])
    data = file.getvalue().encode()
    sheet = Sheet(data, "x")
    assert sheet.write() == data
    assert [[cell.value for cell in row] for row in sheet.rows[1:]] == rows


@given(st.binary(max_size=60))
def test_any_bytes_come_back_or_are_refused(data: bytes) -> None:
    try:
        sheet = Sheet(data, "x")
    except UsageError:
        return
    assert sheet.write() == data


HOSTILE = replace(
    entry('=HYPERLINK("http://x")', 5, ("username", "+49")), key="@x", reason="::set-output name=x::y", late="2 hours"
)


def test_the_table_for_people_holds_no_formula() -> None:
    file = io.BytesIO()
    write_csv(lambda: iter([HOSTILE, JANE]), ["home", "other"], file)
    heading, hostile, jane = csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    assert heading == [
        *("canvas_id", "moodle_participant_id", "student_id", "username"),
        *("name", "attempt", "status", "score", "max_score", "late", "home", "other", "problem"),
    ]
    assert hostile[3:5] == ["'+49", '\'=HYPERLINK("http://x")']
    assert not any(cell.startswith(("=", "+", "-", "@", "::")) for row in (heading, hostile, jane) for cell in row)
    told = dict(zip(heading, jane, strict=True))
    assert (told["score"], told["home"], told["other"]) == ("82.5", "1", "")


def test_a_spreadsheet_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    file = io.BytesIO()
    write_xlsx(lambda: iter([HOSTILE, JANE]), ["home"], file)
    with zipfile.ZipFile(file) as book:
        sheet, texts = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "HYPERLINK" in texts
    assert "<v>82.5</v>" in sheet


def test_json_tells_everything_and_no_grade_is_null() -> None:
    file = io.BytesIO()
    write_json(lambda: iter([HOSTILE, replace(JANE, score=None, status="missing")]), file)
    told = json.loads(file.getvalue())
    assert told["people"][0]["name"] == HOSTILE.name
    assert told["people"][1]["score"] is None
    assert told["people"][1]["ids"][0] == {"kind": "canvas_id", "value": "101"}


def test_a_feedback_zip_holds_each_report_in_the_folder_of_its_work() -> None:
    file = io.BytesIO()
    odd = replace(JANE, name="~../a_b", ids=(("moodle_participant_id", "9"),), report="x")
    people = [replace(JANE, report="reports/jane.html"), odd, replace(JANE, ids=(), report="x"), JANE]
    assert feedback_zip(people, lambda e: e.report.encode(), file) == 2
    with zipfile.ZipFile(file) as archive:
        folders = [name.removesuffix("/report.html") for name in archive.namelist()]
        assert folders == ["Jane Doe_77_assignsubmission_file", "a b_9_assignsubmission_file"]
        assert archive.read(archive.namelist()[0]) == b"reports/jane.html"
    with pytest.raises(UsageError, match="Nobody has a participant's number"):
        feedback_zip([JANE], lambda _: b"", io.BytesIO())


def test_gradescope_s_results_are_plain_text_and_hide_what_is_hidden() -> None:
    file = io.BytesIO()
    hidden = CheckEntry("secret", "Secret", Fraction(3), Fraction(3), hidden=True)
    there = replace(JANE, checks=(*JANE.checks, hidden))
    twins = [replace(there, key="../a"), replace(there, key="../A"), replace(there, key="..:a")]
    assert gradescope_zip([there, replace(JANE, score=None), *twins], file) == 4
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist()[0] == "jane doe/results.json"
        assert len({name.casefold() for name in archive.namelist()}) == 4
        assert not any(".." in name for name in archive.namelist())
        told = json.loads(archive.read("jane doe/results.json"))
    assert told["score"] == 82.5
    assert [(t["name"], t["status"], t["visibility"]) for t in told["tests"]] == [
        ("The home page", "failed", "visible"),
        ("Secret", "passed", "hidden"),
    ]
    assert told["output_format"] == told["test_output_format"] == "text"
