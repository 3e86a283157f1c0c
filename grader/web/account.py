"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from grader.courses import accounts
from grader.web.session import begin_session, database

blueprint = Blueprint("account", __name__)


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """For whatever watches the service."""
    return {"status": "ok"}


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """By name and password."""
    wrong = False
    if request.method == "POST":
        with database().writing() as db:
            user = accounts.signed_in(db, request.form.get("login", ""), request.form.get("password", ""))
        if user is not None:
            begin_session(user)
            return redirect(_own(request.form.get("to", "")) or url_for("home.courses"))
        wrong = True
    return render_template(
        "web/sign_in.html", wrong=wrong, to=_own(request.values.get("to", ""))
    ), 401 if wrong else 200


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return redirect(url_for("account.sign_in"))


def _own(address: str) -> str:
    """An address on this very site, or nothing."""
    parts = urlsplit(address)
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if own else ""
