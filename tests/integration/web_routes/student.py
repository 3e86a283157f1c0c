"""A student's pages: the assignment, attempts, comparisons."""

from sqlalchemy import select

from grader.courses.tables import Assignment, Attempt
from tests.department import Department
from tests.integration.web_routes import MEMBERS, STUDENTS

ROUTES = {
    ("GET", "student.assignment"): MEMBERS,
    ("POST", "student.hand_in"): STUDENTS.or_else(400),
    ("GET", "student.attempt"): MEMBERS,
    ("GET", "student.files"): MEMBERS.or_else(404),  # none are kept
    ("GET", "student.compare"): MEMBERS,
}


def values(department: Department) -> dict[str, str]:
    """Sam has handed in twice."""
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        sam = department.user("sam")
        made = [
            Attempt(assignment_id=assignment.id, user_id=sam.id, number=number, filename="lab") for number in (1, 2)
        ]
        db.add_all(made)
        db.flush()
        return {"assignments/key": assignment.key, "attempts/key": made[0].key, "other": made[1].key}
