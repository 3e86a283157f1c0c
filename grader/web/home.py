"""What somebody sees first: their courses."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from grader.courses.tables import Course, Enrolment
from grader.web.session import database, viewer

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def courses() -> ResponseReturnValue:
    """Every course of the viewer's; an admin sees all."""
    asked = select(Course).order_by(Course.archived, Course.title)
    if not viewer().is_admin:
        asked = asked.join(Course.enrolments).where(Enrolment.user_id == viewer().id)
    with database().reading() as db:
        found = db.scalars(asked).all()
    return render_template("web/courses.html", courses=found)
