"""A class's export becomes people, attempts and jobs: of every kind, once, whoever is killed meanwhile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from grader.courses import book, disk, importing, rubrics, uploads
from grader.courses.import_files import Keeping
from grader.courses.tables import Assignment, Attempt, Counts, Enrolment, Grading, Import, Job, Role, Upload, User
from grader.sources import Kind
from grader.store.tables import now
from tests.department import BOTH, Department, on_either
from tests.exports import WRITERS, ExportedPerson, class_of, write_export
from tests.imported import QUOTA, begin, brought, read
from tests.small_lab import app, rubric


@pytest.fixture(params=BOTH)
def department(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Department]:
    with on_either(request, tmp_path / "data", rubric("{}")) as made:
        yield made


def files(number: int) -> Mapping[str, bytes]:
    return {"main.py": app(f"hello {number}").encode(), "templates/base.html": b"<h1>hello</h1>"}


def names(department: Department) -> dict[str, int]:
    """Everybody who handed something in, with how many attempts they have."""
    with department.database.reading() as db:
        assignment = db.scalars(select(Assignment)).one()
        return {line.name: line.attempts for line in book.lines(db, assignment) if line.attempts}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(WRITERS))
def test_every_kind_of_export_is_read(department: Department, tmp_path: Path, kind: Kind) -> None:
    export = write_export(kind, tmp_path / "submissions.zip", class_of(6, files))
    made = brought(department, export)
    assert (made.state, made.kind) == ("grading", kind.value), made.told
    with department.database.reading() as db:
        attempts = db.scalars(select(Attempt)).all()
        jobs = db.scalars(select(Job)).all()
        assert len(attempts) == len(jobs) == 6
        assert {entry["attempt"] for entry in made.mapping} == {attempt.key for attempt in attempts}
        for attempt in attempts:
            assert attempt.upload is not None
            kept = uploads.path_of(department.settings.data, attempt.upload.sha256)
            assert any(name.endswith("main.py") for name in zipfile.ZipFile(kept).namelist())


def test_people_without_an_account_are_enrolled_and_nobody_can_sign_in_as_them(
    department: Department, tmp_path: Path
) -> None:
    brought(department, write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(3, files)))
    with department.database.reading() as db:
        made = db.scalars(select(User).where(User.login.is_(None))).all()
        assert len(made) == 3
        assert all(user.password is None and user.subject is None for user in made)
        ids = db.scalars(select(Enrolment.ids).where(Enrolment.user_id.in_([user.id for user in made]))).all()
        assert {one["canvas_id"] for one in ids} == {"1000", "1001", "1002"}


def test_who_has_an_account_is_found_by_it(department: Department, tmp_path: Path) -> None:
    people = [replace(one, user=user) for one, user in zip(class_of(2, files), ("sam", "sue"), strict=True)]
    brought(department, write_export(Kind.BLACKBOARD, tmp_path / "b.zip", people))
    assert names(department) == {"Sam": 1, "Sue": 1}


def test_an_export_uploaded_again_brings_only_what_is_new(department: Department, tmp_path: Path) -> None:
    people = class_of(3, files)
    brought(department, write_export(Kind.MOODLE, tmp_path / "one.zip", people))
    people[1] = replace(people[1], files=files(99))
    second = brought(department, write_export(Kind.MOODLE, tmp_path / "two.zip", people))
    assert sorted(names(department).values()) == [1, 1, 2]
    assert [bool(entry["note"]) for entry in second.mapping] == [True, False, True]


def test_two_who_could_be_the_same_are_nobodys_guess(department: Department, tmp_path: Path) -> None:
    with department.database.writing() as db:
        course = db.scalars(select(Assignment)).one().course_id
        for _ in range(2):
            user = User(name="Jane Doe")
            db.add(user)
            db.flush()
            db.add(Enrolment(user_id=user.id, course_id=course, role=Role.STUDENT.value, ids={}))
    made = brought(
        department, write_export(Kind.MOODLE, tmp_path / "m.zip", [ExportedPerson("Jane Doe", "jd", 7, files(1))] * 1)
    )
    assert any("Jane Doe could be more than one" in sentence for sentence in made.told)
    with department.database.reading() as db:
        assert db.query(User).where(User.name == "Jane Doe").count() == 3


def test_what_holds_nothing_to_grade_is_for_a_person_to_decide(department: Department, tmp_path: Path) -> None:
    people = [*class_of(2, files), replace(class_of(3, files)[2], typed="text")]
    brought(department, write_export(Kind.CANVAS, tmp_path / "c.zip", people))
    with department.database.reading() as db:
        grading = db.scalars(select(Grading)).one()
        assert (grading.status, grading.score) == ("not_gradable", None)
        assert grading.problem
        statuses = [line.status for line in book.lines(db, db.scalars(select(Assignment)).one()) if line.attempts]
    assert sorted(statuses) == ["not_gradable", "waiting", "waiting"]


def test_every_attempt_comes_where_the_best_one_counts(department: Department, tmp_path: Path) -> None:
    with department.database.writing() as db:
        db.scalars(select(Assignment)).one().counts = Counts.BEST.value
    people = [replace(class_of(1, files)[0], earlier=(files(7), files(8)))]
    brought(department, write_export(Kind.BLACKBOARD, tmp_path / "b.zip", people))
    assert list(names(department).values()) == [3]


def test_what_was_killed_in_the_middle_is_read_again_and_nothing_comes_twice(
    department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_FEW", 2)
    key = begin(department, write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(5, files)))

    class Killed(BaseException):
        pass

    calls = 0
    add = importing.import_rows.add

    def dies(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Killed
        add(*args)

    monkeypatch.setattr(importing.import_rows, "add", dies)
    with pytest.raises(Killed):
        read(department)
    assert sum(names(department).values()) == 2
    assert not read(department)  # somebody has it still
    with department.database.writing() as db:
        db.scalars(select(Import).where(Import.key == key)).one().lease = now()
    assert read(department)
    assert list(names(department).values()) == [1] * 5
    with department.database.reading() as db:
        assert len(db.scalars(select(Job)).all()) == 5


def test_whoever_is_overtaken_writes_nothing_more(
    department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = begin(department, write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(2, files)))
    find = importing.find

    def cancelled_meanwhile(*args: object, **how: object) -> object:
        with department.database.writing() as db:
            db.scalars(select(Import).where(Import.key == key)).one().state = "cancelled"
        return find(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "find", cancelled_meanwhile)
    assert read(department)
    assert names(department) == {}


def test_names_that_are_patterns_are_nobody_elses(department: Department, tmp_path: Path) -> None:
    people = [replace(one, user=user) for one, user in zip(class_of(3, files), ("a1b", "a_b", "a%"), strict=True)]
    brought(department, write_export(Kind.FOLDER, tmp_path / "f.zip", people))
    assert names(department) == {"a1b": 1, "a_b": 1, "a%": 1}


def test_two_exports_of_a_course_are_not_read_at_once(
    department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploaded twice by mistake: nobody is enrolled twice by two workers."""
    export = write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(2, files))
    begin(department, export)
    begin(department, export)
    find, others = importing.find, []

    def meanwhile(*args: object, **how: object) -> object:
        monkeypatch.setattr(importing, "find", find)
        others.append(importing.read_next(department.database, Keeping(department.settings.data, QUOTA), "another"))
        return find(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "find", meanwhile)
    assert read(department)
    assert others == [False]
    assert read(department)
    assert list(names(department).values()) == [1, 1]


def test_what_is_no_export_is_said(department: Department, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    (tmp_path / "empty.zip").write_bytes(buffer.getvalue())
    made = brought(department, tmp_path / "empty.zip")
    assert made.state == "failed"
    assert "nobody's work" in made.told[0]
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    assert brought(department, tmp_path / "broken.zip").state == "failed"


def test_equal_work_makes_equal_bytes(department: Department, tmp_path: Path) -> None:
    people = [replace(one, packed=False) for one in class_of(3, lambda _: files(1))]
    brought(department, write_export(Kind.MOODLE, tmp_path / "m.zip", people))
    with department.database.reading() as db:
        assert len(set(db.scalars(select(Attempt.upload_id)))) == 1
        assert len(db.scalars(select(Upload)).all()) == 2  # and the export


def test_what_the_disk_does_for_an_export_keeps_nobody_from_writing(
    department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(department, write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(3, files)))
    synced, really = [], disk._sync

    def slow(folder: Path) -> None:
        with department.database.engine.connect().execution_options(reads=True) as another:
            if department.database.engine.dialect.name == "sqlite":
                another.exec_driver_sql("PRAGMA busy_timeout=0")
                another.exec_driver_sql("UPDATE users SET epoch = epoch")  # raises where somebody writes
                another.rollback()
                another.exec_driver_sql("PRAGMA busy_timeout=30000")
        synced.append(folder)
        really(folder)

    monkeypatch.setattr(disk, "_sync", slow)
    assert read(department)
    assert list(names(department).values()) == [1, 1, 1]
    assert len(synced) >= 3


def test_without_a_rubric_nothing_is_taken(department: Department, tmp_path: Path) -> None:
    from grader.courses.tables import RubricVersion
    from grader.errors import UsageError

    with department.database.writing() as db:
        db.query(RubricVersion).delete()
    with pytest.raises(UsageError, match="no rubric"):
        begin(department, write_export(Kind.CANVAS, tmp_path / "c.zip", class_of(1, files)))
    assert rubrics is not None
