"""Accounts, courses, people, admins."""

from sqlalchemy import select

from grader.courses.tables import Token
from tests.department import Department
from tests.integration.web_routes import ADMINS, ALL, MAKERS, MEMBERS, SIGNED_IN, TEACHERS, only

ROUTES = {
    ("GET", "static"): ALL,
    ("GET", "account.health"): ALL,
    ("GET", "account.sign_in"): ALL,
    ("POST", "account.by_password"): ALL.or_else(401),
    ("POST", "account.sign_out"): SIGNED_IN,
    ("GET", "entering.page"): ALL.or_else(404),  # a department has no such link
    ("POST", "entering.enter"): ALL.or_else(404),
    ("GET", "entering.password"): ALL.or_else(410),
    ("POST", "entering.set_password"): ALL.or_else(400),
    ("GET", "oidc.begin"): ALL.or_else(404),  # nor a provider
    ("GET", "oidc.back"): ALL.or_else(404),
    ("GET", "home.courses"): SIGNED_IN,
    ("GET", "home.new"): MAKERS,
    ("POST", "home.create"): MAKERS,
    ("GET", "home.course"): MEMBERS,
    ("GET", "home.edit"): TEACHERS,
    ("POST", "home.save"): TEACHERS,
    ("POST", "home.archive"): TEACHERS,
    ("GET", "people.page"): TEACHERS,
    ("POST", "people.add"): TEACHERS,
    ("POST", "people.preview"): TEACHERS,
    ("POST", "people.apply"): TEACHERS,
    ("POST", "people.change_role"): TEACHERS,
    ("POST", "people.remove"): TEACHERS,
    ("POST", "people.invite"): TEACHERS,
    ("POST", "people.invite_all"): TEACHERS,
    ("GET", "assigning.new"): TEACHERS,
    ("POST", "assigning.create"): TEACHERS.or_else(400),
    ("GET", "assigning.edit"): TEACHERS,
    ("POST", "assigning.save"): TEACHERS.or_else(400),
    ("GET", "profile.page"): SIGNED_IN,
    ("POST", "profile.rename"): SIGNED_IN,
    ("POST", "profile.change_password"): SIGNED_IN,
    ("POST", "profile.end_sessions"): SIGNED_IN,
    ("GET", "profile.tokens"): SIGNED_IN,
    ("POST", "profile.create_token"): SIGNED_IN,
    ("POST", "profile.revoke_token"): only("sam"),  # whose it is
    ("GET", "admin.users"): ADMINS,
    ("POST", "admin.create_user"): ADMINS,
    ("GET", "admin.user"): ADMINS,
    ("POST", "admin.change_user"): ADMINS,
    ("POST", "admin.switch"): ADMINS,
    ("POST", "admin.end_sessions"): ADMINS,
    ("POST", "admin.revoke_tokens"): ADMINS,
    ("POST", "admin.link"): ADMINS,
    ("POST", "admin.forget"): ADMINS,
    ("GET", "admin.log"): ADMINS,
}


def values(department: Department) -> dict[str, str]:
    sue = department.user("sue")
    with department.database.writing() as db:
        if db.scalars(select(Token.key)).first() is None:
            db.add(Token(user_id=department.user("sam").id, label="a script", sha256="0" * 64))
            db.flush()
        token = db.scalars(select(Token.key)).one()
    return {
        "filename": "web.css",
        "courses/key": department.course,
        "assignments/key": department.assignment,
        "users/key": sue.key,
        "people/user": sue.key,
        "tokens/token": token,
    }
