"""Where the routes of a teacher's pages are gathered, and what all of them need."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app
from sqlalchemy.orm import Session

from grader.courses import book
from grader.courses.tables import Assignment
from grader.web import gates
from grader.web.settings import Settings

blueprint = Blueprint("teaching", __name__)

WORDS = {
    book.Status.GRADED: ("graded", "good"),
    book.Status.NOT_GRADABLE: ("not gradable", "part"),
    book.Status.UNGRADED: ("ungraded", "part"),
    book.Status.WAITING: ("waiting", ""),
    book.Status.RUNNING: ("being graded", "now"),
    book.Status.MISSING: ("nothing handed in", ""),
}


@blueprint.app_context_processor
def _known() -> dict[str, Any]:
    """Which pages there are, for tabs that lead to other parts."""
    return {"known_pages": current_app.view_functions}


def settings() -> Settings:
    """The application's."""
    found: Settings = current_app.extensions["settings"]
    return found


def taught(db: Session, key: str) -> Assignment:
    """The assignment, with its course, for whoever teaches that; else the request ends."""
    assignment, _ = gates.to_assignment(db, key, teaching=True)
    assert assignment.course is not None  # loaded, for pages that are made after the session
    return assignment


def file_name(assignment: Assignment, ending: str) -> str:
    """What a download about an assignment is called."""
    plain = re.sub(r"[^\w.-]+", "-", assignment.title).strip("-.")[:60]
    return f"{plain or 'assignment'}{ending}"
