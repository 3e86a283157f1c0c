"""What somebody does with their own account: name, password, sessions, personal tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from grader.courses import accounts, enrolments, throttle
from grader.courses.tables import User
from grader.errors import UsageError
from grader.store.tables import now
from grader.web import forms
from grader.web.session import begin_session, database, note, viewer

blueprint = Blueprint("profile", __name__, url_prefix="/account")
_DAYS = {"30": 30, "90": 90, "365": 365}


def _back(**_: Any) -> str:
    return url_for("profile.page")


def _back_to_tokens(**_: Any) -> str:
    return url_for("profile.tokens")


@blueprint.get("")
def page() -> ResponseReturnValue:
    """The account."""
    with database().reading() as db:
        user = db.get_one(User, viewer().id)
        count, named = len(accounts.tokens_of(db, user)), enrolments.learns(db, user.id)
    return render_template(
        "web/account/account.html", user=user, count=count, named=named, least=accounts.LEAST_PASSWORD
    )


@blueprint.post("")
@forms.back_with_faults(_back)
def rename() -> ResponseReturnValue:
    """Another name; of a student it is what exports, and those who teach, tell people apart by, and stays."""
    name = forms.text("name", most=100, called="Your name")
    with database().writing() as db:
        if enrolments.learns(db, viewer().id):
            raise UsageError("Your courses know you by this name.", "Ask whoever runs this site to correct it.")
        db.get_one(User, viewer().id).name = name
        note(db, "account.rename", f"user:{viewer().key}", {"name": name})
    flash("Your name is saved.")
    return redirect(_back())


@blueprint.post("/password")
@forms.back_with_faults(_back)
def change_password() -> ResponseReturnValue:
    """Another password, by whoever knows the old one; all other sessions end."""
    with database().reading() as db:
        user = db.get_one(User, viewer().id)
    if user.password is None:
        raise UsageError("This account has no password.", "You sign in another way.")
    _require_few_tries(user)
    if not accounts.fits(user, request.form.get("old", "")):
        raise UsageError("The old password is another one.", "Type it again.")
    if request.form.get("password", "") != request.form.get("again", ""):
        raise UsageError("The two new passwords differ.", "Write the same one twice.")
    accounts.set_password(user, request.form["password"])  # of a copy: to hash takes long
    with database().writing() as db:
        stored = db.get_one(User, viewer().id)
        stored.password = user.password
        throttle.forgive(db, user.login or "", request.remote_addr or "", f"change {user.key}")
        accounts.end_sessions(stored)
        note(db, "account.password", f"user:{stored.key}")
    begin_session(stored)
    flash("The password is changed. Wherever else you were signed in, you are no more.")
    return redirect(_back())


def _require_few_tries(user: User) -> None:
    """Whoever finds a browser open does not find the password out. Raises UsageError."""
    with database().writing() as db:
        wait = throttle.admit(db, user.login or "", request.remote_addr or "", f"change {user.key}")
    if wait:
        raise UsageError("There were too many wrong passwords.", f"Try again in {-(-wait // 60)} minutes.")


@blueprint.post("/sessions")
def end_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    with database().writing() as db:
        user = db.get_one(User, viewer().id)
        accounts.end_sessions(user)
        note(db, "account.end-sessions", f"user:{user.key}")
    begin_session(user)
    flash("Wherever else you were signed in, you are no more.")
    return redirect(_back())


@blueprint.get("/tokens")
def tokens() -> ResponseReturnValue:
    """The personal tokens."""
    return _tokens("")


def _tokens(made: str) -> str:
    with database().reading() as db:
        found = accounts.tokens_of(db, db.get_one(User, viewer().id))
    return render_template("web/account/tokens.html", tokens=found, made=made, now=now())


@blueprint.post("/tokens")
@forms.back_with_faults(_back_to_tokens)
def create_token() -> ResponseReturnValue:
    """A new one. It is shown in this very answer, which no cache keeps, and never again."""
    label = forms.text("label", most=80, called="What the token is for")
    days = _DAYS.get(request.form.get("days", ""))
    expires = now() + timedelta(days=days) if days is not None else None
    with database().writing() as db:
        made = accounts.create_token(db, db.get_one(User, viewer().id), label, expires)
        note(db, "token.create", f"user:{viewer().key}", {"label": label})
    return _tokens(made)


@blueprint.post("/tokens/<token>/revoke")
def revoke_token(token: str) -> ResponseReturnValue:
    """Take one away."""
    with database().writing() as db:
        if not accounts.revoke_token(db, db.get_one(User, viewer().id), token):
            abort(404)
        note(db, "token.revoke", f"user:{viewer().key}")
    flash("The token is revoked: it works no more.")
    return redirect(url_for("profile.tokens"))
