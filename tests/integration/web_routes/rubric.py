"""The rubric of an assignment, for those who teach it."""

from tests.department import Department
from tests.integration.web_routes import TEACHERS

ROUTES = {
    ("GET", "rubric.edit"): TEACHERS,
    ("POST", "rubric.save"): TEACHERS.or_else(422),
    ("POST", "rubric.check"): TEACHERS,
    ("GET", "rubric.compare"): TEACHERS,
    ("POST", "trying.begin"): TEACHERS.or_else(404),  # without an attempt
    ("GET", "trying.look"): TEACHERS.or_else(404),
}


def values(department: Department) -> dict[str, str]:
    return {"number": "1", "job": "nothing"}
