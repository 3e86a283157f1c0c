"""Exports that no platform makes: each ends with a row for each person, or with a sentence, and leaves nothing."""

from __future__ import annotations

import io
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from grader.courses import imports
from grader.courses.tables import Import, Job, User
from grader.sources.kinds.reader import Gathering
from grader.sources.model import Id, Person
from tests.department import BOTH, Department, on_either
from tests.hostile import odd_archives
from tests.imported import brought
from tests.small_lab import app, rubric

_MAIN = app("hello").encode()
_LINK = (stat.S_IFLNK | 0o777) << 16
_META = "e/submission_metadata.yml"


@pytest.fixture(params=BOTH)
def department(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Department]:
    with on_either(request, tmp_path / "data", rubric("{}")) as made:
        yield made


def zipped(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A zip with names just as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
        for name, target in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = _LINK
            archive.writestr(entry, target)
    return buffer.getvalue()


_NESTED = zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"main.py": _MAIN})})})})
_BLACKBOARD = "Lab_jdoe_attempt_2024-10-03-23-59-01"
_NOTE = (
    "Name: Jane\0 Doe (jdoe)\r\nAssignment: Lab\r\n\r\nFiles:\r\n\tOriginal filename: ../../ma\0in.py\r\n"
    f"\tFilename: {_BLACKBOARD}_main.py\r\n"
)
_SUBMITTERS = (
    'submission_1:\n  :submitters:\n  - :name: "Jane\\0 Doe"\n    :email: "a\\0@b"\n'
    "  :created_at: 2024-10-03 23:59:01 Z\n"
    'submission_2:\n  :submitters:\n  - :name: "Jo\\u202ehn"\n    :sid: "\\0"\n  :created_at: "\\0"\n'
    "submission_3:\n  :submitters:\n  - :name: Kim\n    :email: kim@x\n  :created_at: 9999-99-99 99:99:99\n"
)
_SUE = {"sue/main.py": _MAIN}
_ROWS = {  # what the export is, and what becomes of the works in it
    "a bomb in somebody's zip": (zipped({"sam/lab.zip": zipped({"zeros": bytes(60 << 20)}), **_SUE}), {"queued": 2}),
    "a bomb as a file": (zipped({"sam/zeros.py": bytes(60 << 20), **_SUE}), {"not_gradable": 1, "queued": 1}),
    "a zip in a zip in a zip": (zipped({"sam/lab.zip": _NESTED, **_SUE}), {"not_gradable": 1, "queued": 1}),
    "links": (zipped(_SUE, {"sam/main.py": "/etc/passwd", "otto": "/etc", "sue/x": "../../.."}), {"queued": 1}),
    "links in somebody's zip": (zipped({"sam/lab.zip": zipped({}, {"main.py": "/etc/passwd"})}), {"queued": 1}),
    "paths that lead out": (
        zipped({"../evil.py": _MAIN, "/etc/evil.py": _MAIN, "sam/../../evil.py": _MAIN, "c:\\x.py": _MAIN, **_SUE}),
        {"queued": 2},
    ),
    "paths that lead out of somebody's zip": (
        zipped({"sam/lab.zip": zipped({"../../evil.py": _MAIN, "main.py": _MAIN})}),
        {"queued": 1},
    ),
    "names with a NUL": (zipped({"sa\0m/main.py": _MAIN, "sue/ma\0in.py": _MAIN}), {"queued": 1}),
    "names that mislead": (
        zipped({"\u202esam/main.py": _MAIN, "s\nue/main.py": _MAIN, "\ufdd0/main.py": _MAIN, "x" * 300 + "/a": b""}),
        {"queued": 3},
    ),
    "a NUL in Blackboard's own words": (
        zipped({f"{_BLACKBOARD}.txt": _NOTE.encode(), f"{_BLACKBOARD}_main.py": _MAIN}),
        {"queued": 1},
    ),
    "a NUL in Gradescope's": (
        zipped({_META: _SUBMITTERS.encode(), **{f"e/submission_{n}/main.py": _MAIN for n in (1, 2, 3)}}),
        {"queued": 3},
    ),
}
_REFUSED = {
    "no zip": b"PK nothing",
    "half of one": zipped(_SUE)[:60],
    "metadata without end": zipped({_META: b"[" * 100_000, "e/submission_1/main.py": _MAIN}),
    "metadata that are a program": zipped(
        {_META: b"!!python/object/apply:os.system [exit]", "e/submission_1/main.py": _MAIN}
    ),
    "metadata with half a character": zipped(
        {_META: b'submission_1:\n  :submitters:\n  - :name: "\\uD800"\n', "e/submission_1/main.py": _MAIN}
    ),
}


def pages_stand(department: Department, made: Import) -> None:
    ines = department.client("ines")
    for path in (
        f"/imports/{made.key}",
        f"/imports/{made.key}/state?rows=0,1,2",
        f"/assignments/{department.assignment}/import",
        f"/assignments/{department.assignment}/gradebook",
    ):
        assert ines.get(path).status_code == 200, path


def nothing_is_left(department: Department) -> None:
    data = department.settings.data
    assert not list((data / "reading").iterdir())
    assert not list((data / "uploads/incoming").iterdir())
    assert not list(data.parent.rglob("evil*"))


@pytest.mark.slow
@pytest.mark.parametrize("what", list(_ROWS))
def test_each_work_has_a_row_whatever_the_others_are(department: Department, tmp_path: Path, what: str) -> None:
    data, rows = _ROWS[what]
    (tmp_path / "class.zip").write_bytes(data)
    made = brought(department, tmp_path / "class.zip")
    with department.database.reading() as db:
        found = imports.watched(db, db.get_one(Import, made.id))
        assert (found.state, {str(at): count for at, count in found.counts.items()}) == ("grading", rows), made.told
        assert all(row.reason for row in found.rows if row.at is imports.At.NOT_GRADABLE)
        assert not [name for name in db.scalars(select(User.name)) if "\0" in name]
    pages_stand(department, made)
    nothing_is_left(department)


@pytest.mark.slow
@pytest.mark.parametrize("what", list(_REFUSED))
def test_what_is_no_export_is_refused_in_words(department: Department, tmp_path: Path, what: str) -> None:
    (tmp_path / "class.zip").write_bytes(_REFUSED[what])
    made = brought(department, tmp_path / "class.zip")
    assert made.state == "failed"
    assert "The grader itself" not in made.told[0]
    with department.database.reading() as db:
        assert not db.scalar(select(func.count(Job.id)))
    pages_stand(department, made)
    nothing_is_left(department)


@pytest.mark.slow
def test_a_hundred_thousand_people_are_refused_in_words(department: Department, tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(zipped({f"p{number}/main.py": b"" for number in range(100_000)}))
    made = brought(department, tmp_path / "class.zip")
    assert made.state == "failed"
    assert "more than 50,000 names" in made.told[0]
    nothing_is_left(department)


@pytest.mark.slow
def test_archives_that_nobody_packs_by_accident(department: Department, tmp_path: Path) -> None:
    """As the work of some of the class, and each as an export of its own."""
    works = {f"p{seed}/lab.zip": odd_archives.made(seed) for seed in range(40)}
    (tmp_path / "class.zip").write_bytes(zipped(works))
    made = brought(department, tmp_path / "class.zip")
    assert (made.state, len(made.mapping)) == ("grading", 40)
    assert all(entry["attempt"] for entry in made.mapping)
    states = Counter[str]()
    for seed in range(10_000, 10_040):
        (tmp_path / "class.zip").write_bytes(odd_archives.made(seed))
        made = brought(department, tmp_path / "class.zip")
        assert "The grader itself" not in "".join(made.told)
        states[made.state] += 1
    assert set(states) == {"grading", "failed"}
    pages_stand(department, made)
    nothing_is_left(department)


def test_a_person_is_known_by_what_any_database_can_keep() -> None:
    gathering = Gathering()
    person = Person("k\0", "Jo\ud800hn \udcff", ((Id.EMAIL, "a\0@b"),))
    gathering.begin(person)
    gathering.add(person, Path("x"), "x")
    (attempt,) = gathering.reading().attempts
    assert attempt.person.key == "k\ufffd"
    assert attempt.person.ids == ((Id.EMAIL, "a\ufffd@b"),)
    assert attempt.paths == (Path("x"),)
    attempt.person.name.encode()
