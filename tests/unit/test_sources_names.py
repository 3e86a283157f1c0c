"""What names in exports say: of every system as it writes them, and of people with every kind of name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.sources import Attempt, Found, Kind, digest, find
from grader.sources.kinds import READERS
from grader.sources.kinds.dates import read_date
from grader.sources.kinds.gradescope_metadata import read_metadata
from grader.submission.names import left_out, misleads
from tests.exports import ExportedPerson, write_export, zipped

MAIN = b"print()\n"


def found_in(folder: Path, files: dict[str, bytes], kind: Kind | None = None, around: str = "export") -> Found:
    """What is found where these files lie. A name that ends in "/" is an empty folder."""
    root = folder / around
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True) if name.endswith("/") else path.write_bytes(data)
    return find(root, kind=kind, manifest=None, workspace=folder)


def only(found: Found) -> Attempt:
    (attempt,) = found.attempts
    return attempt


def said(attempt: Attempt) -> tuple[str, str, bool, tuple[str, ...]]:
    return attempt.person.key, attempt.person.name, attempt.late, attempt.names


# --------------------------------------------------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("doejane_12345_67890_lab.zip", ("12345", "doejane", False, ("lab.zip",))),
        ("doejane_LATE_12345_67890_lab-1.zip", ("12345", "doejane", True, ("lab.zip",))),
        ("doejane_late_123_456_main.py", ("123", "doejane", True, ("main.py",))),
        ("doejane_12345_67890_main-12.py", ("12345", "doejane", False, ("main.py",))),
        ("doejane_12345_67890_1_2_main.py", ("12345", "doejane", False, ("1_2_main.py",))),
        ("李小龍_5_6_main.py", ("5", "李小龍", False, ("main.py",))),
        ("_5_6_main.py", ("5", "5", False, ("main.py",))),  # a name of symbols only
        ("anon_Ab3dE_991_x.py", ("anon_Ab3dE", "anon_Ab3dE", False, ("x.py",))),
        ("LATE_anon_Ab3dE_991_x.py", ("anon_Ab3dE", "anon_Ab3dE", True, ("x.py",))),
    ],
)
def test_canvas(tmp_path: Path, name: str, expected: tuple) -> None:
    found = found_in(tmp_path, {name: MAIN})
    assert found.kind is Kind.CANVAS
    assert said(only(found)) == expected


def test_canvas_numbers_stay_where_two_files_would_become_one(tmp_path: Path) -> None:
    found = found_in(tmp_path, {f"d_1_{n}_{name}": MAIN for n, name in enumerate(("a.py", "a-1.py", "b-2.py"), 5)})
    assert only(found).names == ("a-1.py", "a.py", "b.py")


def test_canvas_a_later_upload_of_one_name_counts(tmp_path: Path) -> None:
    found = found_in(tmp_path, {"d_1_9_main.py": b"old", "d_1_10_main.py": b"new"})
    assert [path.read_bytes() for path in only(found).paths] == [b"new"]
    assert [(one.path, one.reason) for one in found.left_out] == [("d_1_9_main.py", "a later upload has the same name")]


@pytest.mark.parametrize("what", ["text", "link"])
def test_canvas_what_was_typed_is_no_file(tmp_path: Path, what: str) -> None:
    found = found_in(tmp_path, {f"a_1_{what}.html": b"x", "b_2_3_main.py": MAIN, f"b_2_{what}.html": b"x"})
    one, two = found.attempts
    assert what in one.problem
    assert not two.problem
    assert two.names == ("main.py",)
    assert len(found.left_out) == 2


@pytest.mark.parametrize(
    ("name", "key", "person"),
    [
        ("Jane Doe_123456_assignsubmission_file", "123456", "Jane Doe"),
        ("Jane Doe_123456_assignsubmission_file_", "123456", "Jane Doe"),
        ("Participant_123456_assignsubmission_file", "123456", "Participant"),
        ("Default group_assignsubmission_file", "Default group", "Default group"),
        ("Jane_van_Doe_7_assignsubmission_file", "7", "Jane_van_Doe"),
        ("محمد\u200f علي_8_assignsubmission_file_", "8", "محمد\u200f علي"),
    ],
)
def test_moodle(tmp_path: Path, name: str, key: str, person: str) -> None:
    found = found_in(tmp_path, {f"{name}/main.py": MAIN})
    assert found.kind is Kind.MOODLE
    assert said(only(found)) == (key, person, False, ("",))
    assert not misleads(only(found).label)


def test_moodle_text_beside_files_and_alone(tmp_path: Path) -> None:
    files = {
        "A_1_assignsubmission_file/main.py": MAIN,
        "A_1_assignsubmission_onlinetext/onlinetext.html": b"x",
        "B_2_assignsubmission_onlinetext_onlinetext.html": b"x",
        "C_3_assignsubmission_file_a.py": MAIN,
        "C_3_assignsubmission_file_b.py": MAIN,
    }
    one, two, three = found_in(tmp_path, files).attempts
    assert not one.problem
    assert two.problem == "A text was typed into Moodle, and no file was handed in."
    assert three.names == ("a.py", "b.py")


def test_blackboard_a_username_may_hold_an_underscore(tmp_path: Path) -> None:
    stem = "Lab_3 part_jane_doe_attempt_2024-10-03-23-59-01"
    note = "Naam: Jane Doe (jane_doe)\nOpdracht: x\n\nBestanden:\n\tOriginele bestandsnaam: my app.py\n"
    found = found_in(
        tmp_path, {f"{stem}.txt": f"{note}\tBestandsnaam: {stem}_my_app.py\n".encode(), f"{stem}_my_app.py": MAIN}
    )
    assert found.kind is Kind.BLACKBOARD
    assert said(only(found)) == ("jane_doe", "Jane Doe", False, ("my app.py",))
    assert only(found).submitted_at == "2024-10-03T23:59:01"


def test_blackboard_without_notes_and_without_files(tmp_path: Path) -> None:
    found = found_in(
        tmp_path, {"L_a_attempt_2024-10-03-23-59-01_m.py": MAIN, "L_b_attempt_2024-10-03-23-59-01.txt": b"\xff (\n"}
    )
    one, two = found.attempts
    assert said(one) == ("a", "a", False, ("m.py",))
    assert "no file" in two.problem


def test_blackboard_a_note_cannot_make_somebody_another_person(tmp_path: Path) -> None:
    stem = "L_mallory_attempt_2024-10-03-23-59-01"
    found = found_in(tmp_path, {f"{stem}.txt": b"Name: Jane (jane)\n", f"{stem}_m.py": MAIN})
    assert only(found).person.key == "mallory"


def test_blackboard_a_file_named_as_somebody_elses_attempt_stays_its_authors(tmp_path: Path) -> None:
    stem = "L_mallory_attempt_2024-10-03-22-00-00"
    claimed = "x_jane_attempt_2024-10-04-23-59-01"
    files = {f"{stem}.txt": b"Name: M (mallory)\n", f"{stem}_{claimed}_main.py": b"evil", f"{stem}_{claimed}.txt": b"x"}
    found = found_in(tmp_path, {**files, "L_jane_attempt_2024-10-03-23-59-01_main.py": MAIN})
    assert [(a.person.key, a.number, a.names) for a in found.attempts] == [
        ("jane", 1, ("main.py",)),
        ("mallory", 1, (f"{claimed}.txt", f"{claimed}_main.py")),
    ]


def test_blackboard_a_comment_renames_nobody_elses_file(tmp_path: Path) -> None:
    jane, mallory = (f"L_{user}_attempt_2024-10-03-23-59-01" for user in ("jane", "mallory"))
    comment = f"Name: M (mallory)\nComments:\n a: notes.txt\n b: {jane}_main.py\n"
    found = found_in(tmp_path, {f"{jane}_main.py": MAIN, f"{mallory}.txt": comment.encode(), f"{mallory}_m.py": MAIN})
    assert [a.names for a in found.attempts] == [("main.py",), ("m.py",)]


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("Oct 3, 2024 1159 PM", "2024-10-03T23:59:00"),
        ("Jan 25, 2025 204 PM", "2025-01-25T14:04:00"),
        ("October 3, 2024 12 AM", "2024-10-03T00:00:00"),
        ("Oct 3, 2024 1205 PM", "2024-10-03T12:05:00"),
        ("3 oct. 2024 2359", "2024-10-03T23:59:00"),
        ("3 août 2024 959", "2024-08-03T09:59:00"),
        ("3. Dezember 2024 23.59 Uhr", "2024-12-03T23:59:00"),
        ("3 de mayo de 2024 0905", "2024-05-03T09:05:00"),
        ("3 xyz 2024 0905", None),
        ("31 Feb 2024 0905", None),
        ("Oct 3, 2024 1359 PM", None),
        ("Oct 3, 2024", None),
    ],
)
def test_dates(date: str, iso: str | None) -> None:
    assert read_date(date) == iso


@pytest.mark.parametrize("date", ["Oct 3, 2024 1159 PM", "3 oct. 2024 2359", "3 de mayo de 2024 0905"])
@pytest.mark.parametrize("name", ["Jane Doe", "Anne - Marie - Doe", "李 小龍"])
def test_brightspace(tmp_path: Path, name: str, date: str) -> None:
    found = found_in(tmp_path, {f"12-34 - {name} - {date}/main.py": MAIN, "index.html": b"x"})
    assert found.kind is Kind.BRIGHTSPACE
    assert said(only(found)) == ("12-34", name, False, ("",))
    assert only(found).submitted_at == read_date(date)
    assert [one.reason for one in found.left_out] == ["it is Brightspace's overview"]


def test_brightspace_nobodys_latest_is_guessed(tmp_path: Path) -> None:
    names = ("12-34 - A - Xyz 3, 2024 1159 PM", "12-34 - A - Xyw 4, 2024 1159 PM", "13-34 - B - Xyz 3, 2024 1159 PM")
    found = found_in(tmp_path, {f"{name}/main.py": MAIN for name in names})
    assert ["cannot be read" in a.problem for a in found.attempts] == [True, True, False]


def test_gradescope_groups_strangers_and_who_is_missing(tmp_path: Path) -> None:
    metadata = """---
submission_1:
  :submitters:
  - :name: A
    :sid: '1'
    :email: a@x
  - :name: B
    :email: b@x
  :created_at: 2024-10-03 23:59:01.123 Z
submission_2:
  :submitters: []
submission_3:
  :submitters:
  - :name: 7
    :sid: ~
  :created_at: soon
submission_4: 12
"""
    files = {"submission_metadata.yml": metadata.encode(), "submission_1/m.py": MAIN, "submission_2/m.py": MAIN}
    found = found_in(tmp_path, files | {"submission_9/m.py": MAIN})
    assert [(a.person.key, a.person.name, a.submitted_at) for a in found.attempts] == [
        ("a@x", "A", "2024-10-03T23:59:01Z"),
        ("b@x", "B", "2024-10-03T23:59:01Z"),
        ("submission_2", "submission_2", None),
        ("submission_3", "7", None),
        ("submission_9", "submission_9", None),
    ]
    assert [a.person.key for a in found.attempts if a.problem] == ["submission_3"]


def test_gradescope_nobody_becomes_another_by_that_ones_number(tmp_path: Path) -> None:
    files = {f"submission_{n}/m.py": MAIN for n in (1, 2)}
    said = "".join(
        f"submission_{n}:\n  :submitters:\n  - :name: {who}\n    :sid: '7'\n    :email: {who}@x\n"
        for n, who in enumerate(("jane", "mallory"), 1)
    )
    found = found_in(tmp_path, {"submission_metadata.yml": said.encode(), **files})
    assert [(a.person.name, a.number) for a in found.attempts] == [("jane", 1), ("mallory", 1)]


@pytest.mark.parametrize("text", ["a: [", "- a", "", "a: {b", "&a [*a", "a: " + "[" * 5000, "\x00"])
def test_gradescope_metadata_that_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "submission_metadata.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"^submission_metadata\.yml.* is not as Gradescope writes it: .*manifest\.$"):
        read_metadata(path)


def test_gradescope_tags_and_aliases_make_nothing(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.yml"
    path.write_text("a: &a !!python/object/apply:os.system [x]\nb: {':submitters': *a, ':created_at': !!binary x}\n")
    assert read_metadata(path)["b"].submitters == ()


def test_gradescope_deep_nesting_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.yml"
    path.write_text("a:\n  :submitters: " + "[" * 500 + "]" * 500)
    with pytest.raises(UsageError, match="nested too deeply"):
        read_metadata(path)


def test_github_usernames_come_from_the_folder_around(tmp_path: Path) -> None:
    names = ("lab-jane-doe", "lab-jane-roe")  # alone they would share "lab-jane-"
    files = {f"{name}/{file}": MAIN for name in names for file in ("main.py", ".git/HEAD")}
    found = found_in(tmp_path, files, around="lab-submissions")
    assert found.kind is Kind.GITHUB_CLASSROOM
    assert [a.person.key for a in found.attempts] == ["jane-doe", "jane-roe"]


def test_classroom50_results_are_not_the_students(tmp_path: Path) -> None:
    people = [ExportedPerson("Jane Doe", "Jane", 1, {"main.py": MAIN}, late=True)]
    (attempt,) = find(write_export(Kind.CLASSROOM50, tmp_path / "x", people), workspace=tmp_path).attempts
    assert said(attempt) == ("Jane", "Jane Doe", True, ("main.py",))
    before = digest(attempt)
    (result,) = tmp_path.rglob("result.json")
    result.write_text("changed")
    assert digest(attempt) == before


def test_folder_the_same_stem_twice_stays_two(tmp_path: Path) -> None:
    files = {"jane/main.py": MAIN, "jane.zip": zipped({"main.py": MAIN}), "Jane.py": MAIN, "notes.txt": b"x"}
    found = found_in(tmp_path, files)
    assert found.kind is Kind.FOLDER
    assert [a.person.key for a in found.attempts] == ["Jane", "jane", "jane.zip"]
    assert [one.path for one in found.left_out] == ["notes.txt"]


# ---------------------------------------------------------------------------------------------------------- all people

_CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="/\\\0")
NAMES = (
    st.text(_CHARACTERS, min_size=1, max_size=40)
    .map(str.strip)
    .filter(lambda name: name and not set(name) <= {"."} and not left_out(name) and len(name.encode()) < 120)
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _names_of(kind: Kind, names: list[str], ending: str, **how) -> dict[str, str]:
    people = [ExportedPerson(name, f"u{n}", 1000 + n, {"main.py": MAIN}) for n, name in enumerate(names)]
    with tempfile.TemporaryDirectory() as folder:
        source = write_export(kind, Path(folder) / f"export{ending}", people, **how)
        found = find(source, kind=kind, workspace=Path(folder))
        assert not any(misleads(a.label) for a in found.attempts)
        return {a.person.key: a.person.name for a in found.attempts}


@pytest.mark.slow
@QUICK
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["", ".zip"]))
def test_names_come_back_from_moodle(names: list[str], ending: str) -> None:
    assume("\n" not in "".join(names))
    expected = {str(1000 + n): name for n, name in enumerate(names)}
    assert _names_of(Kind.MOODLE, names, ending) == expected


@pytest.mark.slow
@QUICK
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["", ".zip"]), st.booleans())
def test_names_come_back_from_brightspace(names: list[str], ending: str, flat: bool) -> None:
    assume(not any(name.endswith("-") for name in names))
    expected = {f"{1000 + n}-164537": name for n, name in enumerate(names)}
    assert _names_of(Kind.BRIGHTSPACE, names, ending, flat=flat) == expected


@pytest.mark.slow
@QUICK
@given(st.lists(NAMES, min_size=2, max_size=5, unique=True), st.randoms())
def test_folders_are_people_and_their_order_does_not_matter(names: list[str], random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "class"
        for name in names:
            (root / name / "inner").mkdir(parents=True)
            (root / name / "inner/main.py").write_bytes(name.encode())
        first = find(root, kind=Kind.FOLDER, workspace=Path(folder))
        files = {f"{name}/inner/main.py": name.encode() for name in names}
        shuffled = list(files.items())
        random.shuffle(shuffled)
        packed = Path(folder) / "class.zip"
        packed.write_bytes(zipped(dict(shuffled)))
        second = find(packed, kind=Kind.FOLDER, workspace=Path(folder))
        assert sorted(names) == [a.person.key for a in first.attempts] == [a.person.key for a in second.attempts]
        assert [digest(a) for a in first.attempts] == [digest(a) for a in second.attempts]


def test_names_that_differ_only_in_case_or_form_stay_different_people(tmp_path: Path) -> None:
    names = ["Jose\u0301", "José", "JOSÉ", "CON", "=1+1", "a\nb", "\u202eevil"]
    found = found_in(tmp_path, {f"{name}/main.py": MAIN for name in names})
    assert sorted(a.person.key for a in found.attempts) == sorted(names)
    assert all("\n" not in a.label and "\u202e" not in a.label for a in found.attempts)


def test_every_kind_has_its_reader() -> None:
    assert set(READERS) == set(Kind)


@pytest.mark.parametrize(
    "name",
    ["doejane_1_2_lab", "Lab 3_1_attempt_2024-10-03-23-59-01_lab", "1-5 - Jane Doe - Oct 3, 2024 1159 PM - lab"],
)
def test_zips_that_a_teacher_unpacked_are_the_work(tmp_path: Path, name: str) -> None:
    found = found_in(tmp_path, {f"{name}/main.py": MAIN})
    assert found.kind is not Kind.FOLDER
    assert only(found).names == ("",)
    found = found_in(tmp_path, {f"{name}/main.py": MAIN, f"{name}.zip": zipped({"main.py": MAIN})})
    assert only(found).names == ("lab", "lab.zip")


def test_bytes_that_are_no_characters_can_be_stored(tmp_path: Path) -> None:
    found = found_in(tmp_path, {"jos\udce9/main.py": MAIN, "joe/main.py": MAIN})
    assert [a.person.key for a in found.attempts] == ["joe", r"jos\xe9"]
    assert all(a.paths for a in found.attempts)


def test_classroom50_the_latest_of_several_scores_counts(tmp_path: Path) -> None:
    people = [ExportedPerson(f"N {n}", f"u{n}", n, {"main.py": MAIN}) for n in range(3)]
    root = write_export(Kind.CLASSROOM50, tmp_path / "x", people)
    (table,) = root.rglob("scores.csv")
    head, first, *rest = table.read_text().splitlines()
    later = first.replace("2024-10-03", "2024-10-05").replace("false", "true")
    table.write_text("\n".join([head, later, first, *rest]))
    found = find(root, workspace=tmp_path)
    assert [(a.late, (a.submitted_at or "")[:10]) for a in found.attempts] == [
        (True, "2024-10-05"),
        (False, "2024-10-03"),
        (False, "2024-10-03"),
    ]


def test_gradescope_members_without_identifiers_stay_apart(tmp_path: Path) -> None:
    metadata = (
        "submission_1:\n  :submitters:\n  - :name: A\n  - :name: B\nsubmission_2:\n  :submitters:\n  - :name: A\n"
    )
    files = {"submission_metadata.yml": metadata.encode(), "submission_1/m.py": MAIN, "submission_2/m.py": MAIN}
    people = [(a.person.key, a.person.name) for a in found_in(tmp_path, files).attempts]
    assert people == [("submission_1 A", "A"), ("submission_1 B", "B"), ("submission_2", "A")]


def test_moodle_other_plugins_are_no_work(tmp_path: Path) -> None:
    found = found_in(tmp_path, {"A_1_assignsubmission_file/m.py": MAIN, "A_1_assignsubmission_maharaviews/x": MAIN})
    assert only(found).names == ("",)
    assert [one.reason for one in found.left_out] == ["it is Moodle's maharaviews, not a file"]
