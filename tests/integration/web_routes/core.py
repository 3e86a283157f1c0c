"""Accounts, courses, people, admins."""

from tests.department import Department
from tests.integration.web_routes import ADMINS, ALL, MAKERS, MEMBERS, SIGNED_IN, TEACHERS

ROUTES = {
    ("GET", "static"): ALL,
    ("GET", "account.health"): ALL,
    ("GET", "account.sign_in"): ALL,
    ("POST", "account.sign_in"): ALL.or_else(401),
    ("POST", "account.sign_out"): SIGNED_IN,
    ("GET", "home.courses"): SIGNED_IN,
}


def values(department: Department) -> dict[str, str]:
    return {"filename": "web.css"}
