"""Where the routes of a student's pages are gathered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("student", __name__)
