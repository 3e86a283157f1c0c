"""Exports of a class, uploaded and read."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from grader.courses import importing, uploads
from grader.courses.access import Viewer
from grader.courses.import_files import Keeping
from grader.courses.packing import Sent
from grader.courses.tables import Assignment, Import, Role
from grader.courses.uploads import Quota
from tests.department import Department

QUOTA = Quota(1 << 30, 1 << 30)


def begin(department: Department, export: Path, kind: str = "") -> str:
    """Upload an export, as an instructor does; its key."""
    ines = department.user("ines")
    with export.open("rb") as stream:
        sent = [Sent(export.name, stream)]
        data = department.settings.data
        with uploads.received(data, sent, 1 << 30, digested=False) as file, department.database.writing() as db:
            upload = uploads.keep(db, data, file, QUOTA, None)
            assignment = db.scalars(select(Assignment)).one()
            viewer = Viewer(ines.id, ines.key, ines.name, Role.INSTRUCTOR)
            return importing.begin(db, assignment, viewer, upload, export.name, kind).key


def read(department: Department) -> bool:
    """Read the next export, as a worker does; whether there was one."""
    return importing.read_next(department.database, Keeping(department.settings.data, QUOTA), "a worker")


def brought(department: Department, export: Path, kind: str = "") -> Import:
    """Upload an export and read it."""
    key = begin(department, export, kind)
    assert read(department)
    with department.database.reading() as db:
        return db.scalars(select(Import).where(Import.key == key)).one()
