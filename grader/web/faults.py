"""What goes wrong, as a page or as JSON: what happened, and what to do next."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from grader.errors import GraderError, RefusedError, StoreError, TooLargeError, UsageError
from grader.web import forms

_WORDS = {
    400: ("This could not be understood.", "Go back, and try again."),
    401: ("Nobody is signed in.", "Sign in first."),
    403: ("This is not yours to see or change.", "Ask whoever teaches the course."),
    404: ("There is nothing here.", "The address may be wrong, or what was here is not yours to see."),
    405: ("That cannot be done with this address.", "Go back, and use the page's own buttons."),
    413: ("This is more than may be uploaded.", "Leave out what the lab does not ask for, such as .venv or .git."),
    429: ("Too many tries.", "Wait a few minutes."),
    500: ("The grader itself failed.", "Nothing was lost. Try again; if it stays so, report it."),
    503: ("The grader is busy.", "Nothing was lost. Try again in a minute."),
}
_CODES = ((TooLargeError, 413), (RefusedError, 409), (UsageError, 400), (StoreError, 503))


def translate(app: Flask) -> None:
    """Turn every error into an answer."""
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(GraderError, _of_ours)


def _of_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if isinstance(error, SecurityError):  # under a name that is not this site's: no page of it is shown there
        return "This server is not known by that name.\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    code = error.code or 500
    what, advice = _WORDS.get(code, (error.name + ".", ""))
    if isinstance(error, CSRFError):
        what, advice = "This page was open for too long.", "Load it again, and repeat what you did."
    return _answer(code, what, advice)


def _of_ours(error: GraderError) -> ResponseReturnValue:
    return _answer(code_of(error), error.message, error.advice)


def code_of(error: GraderError) -> int:
    """The status of an answer that tells of it."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 500)


def _answer(code: int, what: str, advice: str) -> ResponseReturnValue:
    if request.path.startswith("/api/"):
        return {"error": {"status": code, "message": what, "advice": advice}}, code
    return render_template("web/fault.html", code=code, what=what, advice=advice, back=_back()), code


def _back() -> str:
    """The page whose form was sent, if it is one of this site."""
    parts = urlsplit(request.referrer or "")
    if request.method != "POST" or parts.netloc != request.host:
        return ""
    return forms.own_address(parts.path + (f"?{parts.query}" if parts.query else ""))
