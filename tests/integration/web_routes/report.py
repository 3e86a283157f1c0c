"""The report as JSON, and what the student's server sent."""

from tests.department import Department
from tests.integration.web_routes import MEMBERS

ROUTES = {
    ("GET", "report.as_document"): MEMBERS.or_else(404),  # nothing was ever graded
    ("GET", "report.page"): MEMBERS.or_else(404),
}


def values(department: Department) -> dict[str, str]:
    return {"exchange": "s1.1"}
