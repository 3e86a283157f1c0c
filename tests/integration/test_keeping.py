"""What a department keeps: all of it in one file and back, old work made thin, a person forgotten."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from grader.cli import run
from grader.courses import backup, gradings, jobs, overriding, retention, uploads
from grader.courses.access import Viewer
from grader.courses.accounts import user_called
from grader.courses.audit import note
from grader.courses.database import Database, url_in
from grader.courses.tables import Attempt, Audit, Enrolment, Grading, Import, Job, Role, Step, Table, Upload, User
from grader.errors import UsageError
from grader.model import Kept
from grader.sources import Kind
from grader.store.codec import encode
from grader.store.tables import now
from tests import queued
from tests.department import Department
from tests.exports import class_of, write_export
from tests.imported import brought
from tests.postgresql import Server, postgresql
from tests.small_lab import rubric

__all__ = ["postgresql"]

ODD = "Ünï \ud7ff \u202e 名前 'quoted' \\ \x00".replace("\x00", "")


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "data", rubric("{}"))
    yield made
    made.close()


@pytest.fixture
def graded(department: Department, kept: Kept) -> Department:
    """sam and sue have handed in and have points; ines gave sam others."""
    data = department.settings.data
    with department.database.writing() as db:
        for login in ("sam", "sue"):
            job = queued.queued(db, data, {"main.py": f"# {login} {ODD}"}, login)
            claim = jobs.take(db, "a worker")
            assert claim is not None
            assert gradings.save(db, job, claim.fence, kept) is not None
        found = attempt_of(db, "sam")
        overriding.give(db, found, viewer(db, "ines"), "home", "1", ODD)
        note(db, viewer(db, "sam"), "attempt.submit", f"attempt:{found.key}", {"file": "sam.zip"}, address="127.0.0.1")
    return department


def attempt_of(db: Session, login: str) -> Attempt:
    return db.scalars(select(Attempt).join(Attempt.user).where(User.login == login)).one()


def viewer(db: Session, login: str) -> Viewer:
    user = db.scalars(select(User).where(User.login == login)).one()
    return Viewer(user.id, user.key, user.name, Role(user.role))


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in Table.metadata.sorted_tables
        }


# ------------------------------------------------------------------------------------------------------ backup, restore


@pytest.mark.slow
def test_a_backup_brings_every_row_and_file_back(graded: Department, tmp_path: Path) -> None:
    data = graded.settings.data
    assert run(["backup", str(tmp_path / "all.zip"), "--data", str(data)]) == 0
    assert run(["restore", str(tmp_path / "all.zip"), "--data", str(tmp_path / "new")]) == 0
    restored = Database.open(url_in(tmp_path / "new"))
    assert everything(restored) == everything(graded.database)
    with restored.reading() as db:
        for upload in db.scalars(select(Upload)):
            new, old = uploads.path_of(tmp_path / "new", upload.sha256), uploads.path_of(data, upload.sha256)
            assert new.read_bytes() == old.read_bytes()
    restored.close()


@pytest.mark.slow
def test_a_backup_of_sqlite_is_restored_into_postgresql_and_back(
    graded: Department, tmp_path: Path, postgresql: Server
) -> None:
    url = postgresql.new()
    file, again = tmp_path / "sqlite.zip", tmp_path / "postgresql.zip"
    assert run(["backup", str(file), "--data", str(graded.settings.data)]) == 0
    assert run(["restore", str(file), "--data", str(tmp_path / "there"), "--database", url]) == 0
    there = Database.open(url)
    with there.writing() as db:  # PostgreSQL counts on from the rows that are there
        db.add(User(name="New", login="new"))
    with there.writing() as db:
        db.delete(db.scalars(select(User).where(User.login == "new")).one())
    there.close()
    assert run(["backup", str(again), "--data", str(tmp_path / "there"), "--database", url]) == 0
    assert run(["restore", str(again), "--data", str(tmp_path / "back")]) == 0
    back = Database.open(url_in(tmp_path / "back"))
    assert everything(back) == everything(graded.database)
    back.close()


def test_a_backup_takes_the_place_of_nothing(graded: Department, tmp_path: Path) -> None:
    file, before = tmp_path / "all.zip", everything(graded.database)
    backup.back_up(graded.database.engine, graded.settings.data, file)
    assert run(["restore", str(file), "--data", str(graded.settings.data)]) == 2
    assert everything(graded.database) == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["a file", "a row", "an end", "nothing of it"])
def test_a_damaged_backup_restores_nothing(graded: Department, tmp_path: Path, damage: str) -> None:
    file, bad = tmp_path / "all.zip", tmp_path / "bad.zip"
    backup.back_up(graded.database.engine, graded.settings.data, file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if damage == "a file" and name.startswith("uploads/"):
                content += b"more"
            if damage == "a row" and name == "tables/gradings.jsonl":
                content = content.partition(b"\n")[2]
            new.writestr(name, content)
    if damage == "an end":
        bad.write_bytes(file.read_bytes()[:-200])
    if damage == "nothing of it":
        bad.write_text("a letter")
    assert run(["restore", str(bad), "--data", str(tmp_path / "new")]) == 2
    opened = Database.open(url_in(tmp_path / "new"))
    with opened.reading() as db:
        assert db.scalar(select(func.count(User.id))) == 0
    opened.close()


def test_a_backup_of_a_newer_version_says_so(graded: Department, tmp_path: Path) -> None:
    file, newer = tmp_path / "all.zip", tmp_path / "newer.zip"
    backup.back_up(graded.database.engine, graded.settings.data, file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(newer, "w") as new:
        about = json.loads(old.read("backup.json")) | {"revision": "9999"}
        new.writestr("backup.json", json.dumps(about))
    opened = Database.open(url_in(tmp_path))
    with pytest.raises(UsageError, match="written by another version"):
        backup.restore(opened.engine, tmp_path, newer)
    opened.close()


def test_a_file_that_is_not_on_the_disk_is_told(graded: Department, tmp_path: Path) -> None:
    data = graded.settings.data
    with graded.database.reading() as db:
        sha256 = db.scalars(select(Upload.sha256)).first()
    assert sha256 is not None
    uploads.path_of(data, sha256).unlink()
    assert backup.back_up(graded.database.engine, data, tmp_path / "all.zip").missing == (sha256,)


# ------------------------------------------------------------------------------------------------------------- old work


def test_old_work_keeps_its_points_alone(graded: Department, kept: Kept) -> None:
    data, tomorrow = graded.settings.data, now() + timedelta(days=1)
    assert run(["purge", "--data", str(data), "--before", f"{tomorrow:%Y-%m-%d}", "--dry-run"]) == 0
    assert len(list(data.glob("uploads/??/*"))) == 2
    with graded.database.reading() as db:
        before = [(g.score, g.marks) for g in db.scalars(select(Grading))]
    assert run(["purge", "--data", str(data), "--before", f"{tomorrow:%Y-%m-%d}"]) == 0
    assert not list(data.glob("uploads/??/*"))
    with graded.database.reading() as db:
        found = db.scalars(select(Grading)).all()
        assert [(g.score, g.marks) for g in found] == before
        for grading in found:
            thin = gradings.kept_of(db, grading)
            assert (thin.evidence, thin.report.exchanges, thin.report.starts) == (None, (), ())
            assert thin.report.score == kept.report.score
        assert not retention.old_attempts(db, tomorrow)


def test_what_is_not_old_or_still_runs_is_left(graded: Department) -> None:
    with graded.database.writing() as db:
        assert not retention.old_attempts(db, now() - timedelta(days=1))
        queued.queued(db, graded.settings.data, {"main.py": "#"})
        running = db.scalars(select(Attempt.id).order_by(Attempt.id.desc())).first()
        assert running not in retention.old_attempts(db, now() + timedelta(days=1))


def test_a_thinned_report_can_still_be_read(graded: Department) -> None:
    with graded.database.reading() as db:
        key, ids = attempt_of(db, "sue").key, retention.old_attempts(db, now() + timedelta(days=1))
    retention.thin(graded.database, ids)
    page = graded.client("sue").get(f"/attempts/{key}")
    assert page.status_code == 200
    assert "It says hello" in page.text


def two_exports(department: Department, tmp_path: Path) -> list[Import]:
    """The same two works, uploaded twice: the second time they are no news."""
    made = []
    for name, again in (("one.zip", ""), ("two.zip", "-1")):
        people = class_of(2, lambda number: {"main.py": f"x = {number}".encode()})
        made.append(brought(department, write_export(Kind.CANVAS, tmp_path / name, people, again=again)))
    return made


def test_the_export_that_old_work_came_in_goes_with_it(department: Department, tmp_path: Path) -> None:
    two_exports(department, tmp_path)
    data, tomorrow = department.settings.data, now() + timedelta(days=1)
    with department.database.writing() as db:
        db.execute(update(Job).values(state="done"))
        assert not retention.old_exports(db, now() - timedelta(days=1))
    assert len(list(data.glob("uploads/??/*"))) == 4
    assert run(["purge", "--data", str(data), "--before", f"{tomorrow:%Y-%m-%d}"]) == 0
    assert not list(data.glob("uploads/??/*"))
    with department.database.reading() as db:
        assert [len(made.mapping) for made in db.scalars(select(Import))] == [2, 2]


def test_work_goes_with_its_export_though_that_is_younger(department: Department, tmp_path: Path) -> None:
    two_exports(department, tmp_path)
    with department.database.reading() as db:
        ids = db.scalars(select(Attempt.id)).all()
    retention.thin(department.database, ids)
    with department.database.reading() as db:
        assert [made.upload_id is None for made in db.scalars(select(Import).order_by(Import.id))] == [True, False]


# ------------------------------------------------------------------------------------------------------------- a person


@pytest.mark.slow
def test_every_export_that_somebody_is_in_goes_with_them(department: Department, tmp_path: Path) -> None:
    two_exports(department, tmp_path)
    data = department.settings.data
    with department.database.writing() as db:
        gone = db.scalars(select(User).where(User.name.like("%0000%"))).one()
        key, name = gone.key, gone.name
    assert run(["forget", key, "--data", str(data), "--yes"]) == 0
    with department.database.reading() as db:
        assert [(made.upload_id, made.mapping) for made in db.scalars(select(Import))] == [(None, [])] * 2
    assert name not in str(everything(department.database))
    assert len(list(data.glob("uploads/??/*"))) == 1


def test_of_a_person_nothing_is_left(graded: Department) -> None:
    assert run(["forget", "sam", "--data", str(graded.settings.data), "--yes"]) == 0
    with graded.database.reading() as db:
        assert user_called(db, "sam") is None
        assert {a.user.login for a in db.scalars(select(Attempt))} == {"sue"}
        for table in (Grading, Job):
            assert db.scalar(select(func.count(table.id))) == 1
        assert {s.job_id for s in db.scalars(select(Step))} <= set(db.scalars(select(Job.id)))
        told = [(a.who, a.address, a.detail) for a in db.scalars(select(Audit)) if a.action == "attempt.submit"]
        assert told == [("somebody whose data was deleted", "", {})]
        assert "Sam" not in str(everything(graded.database))
    assert len(list(graded.settings.data.glob("uploads/??/*"))) == 1


def test_what_a_teacher_decided_stays_without_their_name(graded: Department) -> None:
    with graded.database.writing() as db:
        ines = user_called(db, "ines")
        assert ines is not None
        assert retention.forget(db, ines, viewer(db, "ada")).stays
    with graded.database.reading() as db:
        (override,) = attempt_of(db, "sam").overrides
        assert (override.by.name, override.by.login, override.by.active) == (
            "somebody whose data was deleted",
            None,
            False,
        )
        assert db.scalars(select(Enrolment).where(Enrolment.user_id == override.by_id)).first() is None
    assert graded.client().post("/sign-in").status_code == 400


def test_the_only_admin_is_not_forgotten(graded: Department) -> None:
    assert run(["forget", "ada", "--data", str(graded.settings.data), "--yes"]) == 2
    assert run(["forget", "nobody", "--data", str(graded.settings.data), "--yes"]) == 2


@pytest.fixture(scope="session")
def kept() -> Kept:
    """A result of a real grading."""
    from grader.launch.launcher import Launcher
    from grader.pipeline import How, grade_kept
    from grader.rubric import parse_rubric
    from tests.conftest import Lent
    from tests.small_lab import app

    loaded = parse_rubric(rubric("{}").encode(), "small.yaml")
    with tempfile.TemporaryDirectory() as folder, Launcher(Lent(packages=loaded.packages)) as launcher:
        Path(folder, "main.py").write_text(app("hello"))
        found = grade_kept(Path(folder), loaded, launcher, How(boxes=1))
    assert encode(found)
    return found
