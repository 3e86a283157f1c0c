"""The API: who gets what as JSON."""

from sqlalchemy import select

from grader.courses.tables import Assignment, Attempt
from tests.department import Department
from tests.integration.web_routes import ALL, MEMBERS, SIGNED_IN, STUDENTS, TEACHERS

ROUTES = {
    ("GET", "api.openapi"): ALL,
    ("GET", "api.me"): SIGNED_IN,
    ("GET", "api.courses"): SIGNED_IN,
    ("GET", "api.course"): MEMBERS,
    ("GET", "api.assignments"): MEMBERS,
    ("GET", "api.assignment"): MEMBERS,
    ("GET", "api.gradebook"): TEACHERS,
    ("GET", "api.submissions"): MEMBERS,
    ("POST", "api.hand_in"): STUDENTS.or_else(400),
    ("GET", "api.submission"): MEMBERS,
    ("GET", "api.report"): MEMBERS.or_else(404),  # there is none yet
    ("GET", "api.files"): MEMBERS.or_else(404),
    ("POST", "api.regrade"): TEACHERS.or_else(409),  # its files are deleted
}


def values(department: Department) -> dict[str, str]:
    with department.database.writing() as db:
        assignment = db.scalars(select(Assignment)).one()
        sam = department.user("sam")
        made = Attempt(assignment_id=assignment.id, user_id=sam.id, number=100, filename="lab")
        db.add(made)
        db.flush()
        return {
            "courses/course": department.course,
            "assignments/assignment": department.assignment,
            "submissions/submission": made.key,
        }
