"""A teacher's pages: imports, the gradebook, points by hand, re-grading, release, statistics, export."""

from sqlalchemy import select

from grader.courses.tables import Assignment, Import
from tests.department import Department
from tests.integration.web_routes import TEACHERS

ROUTES = {
    ("GET", "teaching.import_page"): TEACHERS,
    ("POST", "teaching.take_export"): TEACHERS.or_else(400),
    ("GET", "teaching.watch"): TEACHERS,
    ("GET", "teaching.state"): TEACHERS,
    ("POST", "teaching.cancel_import"): TEACHERS,
    ("POST", "teaching.retry_import"): TEACHERS,
    ("GET", "teaching.gradebook"): TEACHERS,
    ("GET", "teaching.person"): TEACHERS,
    ("POST", "teaching.override"): TEACHERS,
    ("POST", "teaching.withdraw"): TEACHERS,
    ("GET", "teaching.regrade"): TEACHERS,
    ("POST", "teaching.ask_regrade"): TEACHERS,
    ("POST", "teaching.decide_regrade"): TEACHERS,
    ("GET", "teaching.release_page"): TEACHERS,
    ("POST", "teaching.release"): TEACHERS,
    ("POST", "teaching.unrelease"): TEACHERS,
    ("GET", "teaching.statistics_page"): TEACHERS,
    ("GET", "teaching.export_page"): TEACHERS,
    ("POST", "teaching.export"): TEACHERS.or_else(400),
}


def values(department: Department) -> dict[str, str]:
    """An export that has not been read yet."""
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        made = Import(assignment_id=assignment.id, by_id=department.user("ines").id, filename="class.zip")
        db.add(made)
        db.flush()
        return {"imports/key": made.key}
