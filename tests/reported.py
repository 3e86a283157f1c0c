"""Stored results for tests of the report page, and a page that holds a report where there is no other yet."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template_string
from playwright.sync_api import Page

from grader.courses import gradings, rubrics
from grader.courses.access import assignment_of
from grader.courses.tables import Attempt, Grading, GradingState, Override
from grader.model import Kept
from grader.web import gates
from grader.web.reports import gather, render_attempt
from grader.web.session import database
from tests.department import Department

_PAGE = """{% extends "web/base.html" %}
{% block title %}Report{% endblock %}
{% block head %}{% include "web/report/head.html" %}{% endblock %}
{% block main %}{{ report }}{% endblock %}
{% block scripts %}{% include "web/report/scripts.html" %}{% endblock %}
"""


def with_pages(department: Department) -> Department:
    """Reports can be looked at under /look/KEY."""
    blueprint = Blueprint("look", __name__)

    @blueprint.get("/look/<key>")
    def look(key: str) -> str:
        with database().reading() as db:
            attempt, role = gates.to_attempt(db, key)
            found = gather(db, attempt, role)
        assert found is not None
        return render_template_string(_PAGE, report=render_attempt(found, title="The lab"))

    department.app.register_blueprint(blueprint)
    return department


def keep(
    department: Department,
    kept: Kept,
    *,
    login: str = "sam",
    late: float = 0.0,
    given: Mapping[str, str] | None = None,
    state: GradingState = GradingState.CURRENT,
    of: str = "",
) -> str:
    """Store a result as that of a new attempt (or `of` one that is there); the attempt's key. `given`: points that ines
    gave, by check."""
    with department.database.writing() as db:
        assignment = assignment_of(db, department.assignment)
        assert assignment is not None
        version = assignment.versions[-1]
        attempt = db.query(Attempt).where(Attempt.key == of).one_or_none()
        if attempt is None:
            attempt = Attempt(
                assignment_id=assignment.id,
                user_id=department.user(login).id,
                number=1 + db.query(Attempt).count(),
                filename="lab.zip",
                late_seconds=late,
            )
            db.add(attempt)
            db.flush()
        values = gradings.prepared(kept, rubrics.parse(version.text))
        db.add(Grading(attempt_id=attempt.id, rubric_id=version.id, state=state.value, **values))
        for check, points in (given or {}).items():
            by = department.user("ines").id
            reason = f"Shown in class, {check or 'all of it'}."
            db.add(Override(attempt_id=attempt.id, check=check, points=points, reason=reason, by_id=by))
        return attempt.key


def let_in(department: Department, page: Page, address: str, login: str) -> None:
    """Sign somebody in without the form."""
    cookie = department.client(login).get_cookie(department.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
