"""Exports of every kind, packed and unpacked: who is found, what is laid out, and that it grades."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.sources import Found, Kind, Which, attempts, digest, find, stage
from tests.exports import ExportedPerson, class_of, write_export, zipped

MAIN = b"from flask import Flask\napp = Flask(__name__)\n"
LAB = {"main.py": MAIN, "templates/base.html": b"<h1>Hello, there!</h1>", "static/x.css": b"h1 {}"}
FLAT = {"main.py": MAIN, "base.html": b"<h1>Hello, there!</h1>"}
NAMES = ("Jane Doe", "José Ñandú", "李 小龍", "محمد علي", "Anne-Marie O'Neill", "=cmd Smith", "jane doe", "Nul Con")
Search = Callable[..., Found]


def people(**how) -> list[ExportedPerson]:
    files = how.pop("files", LAB)
    return [
        ExportedPerson(name, f"user-{n}", 1000 + n, {**files, "main.py": MAIN + b"# %d\n" % n}, **how)
        for n, name in enumerate(NAMES)
    ]


@pytest.fixture
def search(tmp_path: Path) -> Search:
    count = iter(range(1000))

    def search(source: Path, **how) -> Found:
        workspace = tmp_path / f"workspace{next(count)}"
        workspace.mkdir()
        return find(source, workspace=workspace, **{"kind": None, "manifest": None, **how})

    return search


def staged(found: Found, workspace: Path) -> dict[str, dict[str, bytes]]:
    """What lies there for each person; of a zip, its name stands for what it holds."""
    laid = {}
    for number, attempt in enumerate(attempts(found, Which.LATEST)):
        room = workspace / f"room{number}"
        room.mkdir()
        path = stage(attempt, room)
        files = {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}
        laid[attempt.person.key] = files if path.is_dir() else {"": path.read_bytes()}
    return laid


CASES = [
    (Kind.FOLDER, {}, {}, "user-0"),
    (Kind.FOLDER, {}, {"how": "zips"}, "user-0"),
    (Kind.FOLDER, {}, {"how": "programs"}, "user-0"),
    (Kind.CANVAS, {}, {}, "1000"),
    (Kind.CANVAS, {"packed": False, "files": FLAT}, {"again": "-2"}, "1000"),
    (Kind.CANVAS, {"late": True}, {}, "1000"),
    (Kind.CANVAS, {"late": True}, {"anonymous": True}, "anon_FJ111"),
    (Kind.MOODLE, {}, {}, "1000"),
    (Kind.MOODLE, {"packed": False}, {}, "1000"),
    (Kind.MOODLE, {"packed": False}, {"old": True}, "1000"),
    (Kind.MOODLE, {}, {"flat": True}, "1000"),
    (Kind.MOODLE, {"packed": False, "files": FLAT}, {"flat": True}, "1000"),
    (Kind.BLACKBOARD, {}, {}, "user-0"),
    (Kind.BLACKBOARD, {"packed": False, "files": FLAT}, {"mangled": True}, "user-0"),
    (Kind.BRIGHTSPACE, {}, {}, "1000-164537"),
    (Kind.BRIGHTSPACE, {"packed": False, "files": FLAT}, {"flat": True}, "1000-164537"),
    (Kind.GRADESCOPE, {}, {}, "user-0@example.edu"),
    (Kind.GRADESCOPE, {}, {"groups": 2}, "user-0@example.edu"),
    (Kind.GITHUB_CLASSROOM, {}, {}, "user-0"),
    (Kind.GITHUB_CLASSROOM, {}, {"grades": True}, "user-0"),
    (Kind.CLASSROOM50, {}, {}, "user-0"),
    (Kind.REPLIT, {}, {}, "user-0"),
    (Kind.REPLIT, {"packed": False}, {}, "user-0"),
]


@pytest.mark.parametrize("ending", ["", ".zip"], ids=["unpacked", "zip"])
@pytest.mark.parametrize(("kind", "of_people", "how", "key"), CASES)
def test_everybody_is_found_and_laid_out(
    tmp_path: Path, search: Search, kind: Kind, of_people: dict, how: dict, key: str, ending: str
) -> None:
    everybody = people(**of_people)
    source = write_export(kind, tmp_path / f"export{ending}", everybody, **how)
    found = search(source)
    assert found.kind is kind
    assert len(found.attempts) == len(NAMES)
    assert {a.late for a in found.attempts} == {bool(of_people.get("late"))}
    assert all(a.number == 1 and a.label.isprintable() and not a.problem for a in found.attempts)
    assert found.attempts[0].person.key == key
    assert re.search(r"(\d+) of \1 |A folder of 8 ", found.why)
    assert found.why.endswith(".")
    laid = staged(found, tmp_path)
    names = {a.person.key: a.person.name for a in found.attempts}
    leaders = everybody[:: how.get("groups", 1)]
    for person, attempt in zip(everybody, found.attempts, strict=True):
        got = laid[attempt.person.key]
        work = leaders[everybody.index(person) // how.get("groups", 1)].files
        if kind in (Kind.MOODLE, Kind.BLACKBOARD, Kind.BRIGHTSPACE, Kind.GRADESCOPE, Kind.CLASSROOM50):
            assert names[attempt.person.key] == person.name
        if "" in got:
            assert got[""] == zipped(work) or kind is Kind.REPLIT
        elif how.get("how") == "programs":
            assert got == {f"{person.user}.py": work["main.py"]}
        else:
            extra = {".git/HEAD", ".replit", "replit.nix", ".cache/x"}
            assert {name: data for name, data in got.items() if name not in extra} == dict(work)


@pytest.mark.parametrize(("kind", "of_people", "how", "key"), CASES)
def test_packed_and_unpacked_are_the_same_work_and_the_same_people(
    tmp_path: Path, search: Search, kind: Kind, of_people: dict, how: dict, key: str
) -> None:
    everybody = people(**of_people)
    one = search(write_export(kind, tmp_path / "export", everybody, **how))
    two = search(write_export(kind, tmp_path / "export.zip", everybody, **how))
    assert [a.person for a in one.attempts] == [a.person for a in two.attempts]
    assert [digest(a) for a in one.attempts] == [digest(a) for a in two.attempts]
    assert len({digest(a) for a in one.attempts}) == len(NAMES) // how.get("groups", 1)
    assert one.left_out == two.left_out


@pytest.mark.parametrize("kind", [Kind.BLACKBOARD, Kind.BRIGHTSPACE])
def test_attempts_are_numbered_by_time(tmp_path: Path, search: Search, kind: Kind) -> None:
    everybody = people(earlier=({"main.py": b"first"}, {"main.py": b"second"}))
    found = search(write_export(kind, tmp_path / "export", everybody))
    assert [a.number for a in found.attempts] == [1, 2, 3] * len(NAMES)
    assert found.attempts[0].label.endswith(", attempt 1")
    latest = attempts(found, Which.LATEST)
    assert len(latest) == len(NAMES)
    assert {a.submitted_at for a in latest} == {
        "2024-10-03T22:59:01" if kind is Kind.BLACKBOARD else "2024-10-03T22:59:00"
    }
    assert attempts(found, Which.ALL) == found.attempts


def test_one_of_many_that_is_damaged_is_its_own_problem(tmp_path: Path, search: Search) -> None:
    everybody = class_of(300, lambda n: {"main.py": b"# %d\n" % n})
    source = write_export(Kind.CANVAS, tmp_path / "export.zip", everybody)
    data = bytearray(source.read_bytes())
    at = data.find(b"lab.zip") + 7
    data[at + 30 : at + 40] = b"\xff" * 10  # in what the first entry holds
    source.write_bytes(data)
    found = search(source)
    assert len(found.attempts) == 300
    (broken,) = [a for a in found.attempts if a.problem]
    assert "cannot be unpacked: it is damaged" in broken.problem


def test_grades(tmp_path: Path, search: Search, grade, reference: Path) -> None:
    files = {str(p.relative_to(reference)): p.read_bytes() for p in reference.rglob("*") if p.is_file()}
    source = write_export(Kind.MOODLE, tmp_path / "export.zip", [ExportedPerson("Jane Doe", "jane", 7, files)])
    (attempt,) = search(source).attempts
    (tmp_path / "room").mkdir()
    report = grade(stage(attempt, tmp_path / "room"))
    assert (report.score, report.problem) == (100, "")


def test_a_link_is_never_followed(tmp_path: Path, search: Search) -> None:
    source = write_export(Kind.FOLDER, tmp_path / "class", people())
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/main.py").write_bytes(b"secret")
    os.symlink(tmp_path / "secret", source / "mallory")
    os.symlink(tmp_path / "secret/main.py", source / "user-0/stolen.py")
    found = search(source)
    assert "mallory" not in {a.person.key for a in found.attempts}
    assert [(o.path, o.reason) for o in found.left_out] == [("mallory", "it is a link, and links are not followed")]
    before = [digest(a) for a in found.attempts]
    (tmp_path / "secret/main.py").write_bytes(b"other")
    assert [digest(a) for a in found.attempts] == before
    shutil.rmtree(source / "user-1")
    os.symlink(tmp_path / "secret", source / "user-1")
    (tmp_path / "room").mkdir()
    with pytest.raises(Exception, match="neither a file nor a folder"):
        stage(found.attempts[1], tmp_path / "room")
