"""Ways in that need no password: the link that `grade serve` prints on somebody's own machine, and a link with which
an account gets its (first, or next) password. Each works once, and for a while. To open it changes nothing, for
browsers and mail programs look at links before people do: the page has a button.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from grader.courses import accounts
from grader.courses.tables import User
from grader.errors import UsageError
from grader.web.session import begin_session, database, note

blueprint = Blueprint("entering", __name__)
MINUTES = 15  # that the link of a start works
_DAYS = 7  # that a link for a password works


class Door:
    """Opens once, for whoever has its token. Of one process: the one that printed it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._until = time.monotonic() + MINUTES * 60
        self._lock = threading.Lock()
        self._used = False

    def is_open(self) -> bool:
        """Whether it would still let somebody in."""
        return not self._used and time.monotonic() < self._until

    def enter(self, token: str) -> bool:
        """Whether that is its token, and the first time."""
        with self._lock:
            fits = self.is_open() and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())
            self._used = self._used or fits
            return fits


def _door() -> Door:
    """Where somebody works on their own machine; elsewhere there is no such address."""
    found = current_app.extensions.get("door")
    if not isinstance(found, Door) or not current_app.extensions["settings"].local:
        abort(404)
    return found


@blueprint.get("/enter")
def page() -> ResponseReturnValue:
    """Where the printed link leads."""
    if g.viewer is not None:
        return redirect(url_for("home.courses"))
    return _page()


def _page(status: int = 200) -> ResponseReturnValue:
    usable = _door().is_open() and status == 200
    return render_template(
        "web/enter.html", token=request.args.get("token", "") if usable else "", usable=usable
    ), 200 if usable else 410


@blueprint.post("/enter")
def enter() -> ResponseReturnValue:
    """Come in, once."""
    if not _door().enter(request.form.get("token", "")):
        return _page(status=410)
    with database().writing() as db:
        user = accounts.was_here(db, accounts.local_admin(db, "You"))
        note(db, "account.enter", f"user:{user.key}", who=user.name)
    begin_session(user)
    return redirect(url_for("home.courses"))


def _links() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or b"", salt="password")


def password_link(user: User) -> str:
    """An address where somebody sets the password of that account: once, for setting one ends what the link names."""
    token = _links().dumps([user.key, user.epoch])
    return url_for("entering.password", token=token, _external=True)


@blueprint.get("/password")
def password() -> ResponseReturnValue:
    """Where a link for a password leads."""
    token = request.args.get("token", "")
    user = _named_by(token)
    return render_template("web/password.html", user=user, token=token), 200 if user else 410


@blueprint.post("/password")
def set_password() -> ResponseReturnValue:
    """Set it, and come in."""
    token = request.form.get("token", "")
    user, given = _named_by(token), request.form.get("password", "")
    try:
        if user is None:
            raise UsageError("This link was used already, or is too old.", "Ask for a new one.")
        if given != request.form.get("again", ""):
            raise UsageError("The two passwords differ.", "Write the same one twice.")
        accounts.set_password(user, given)  # of a copy: to hash takes long
    except UsageError as error:
        return render_template("web/password.html", user=user, token=token, fault=str(error)), 400
    with database().writing() as db:
        stored = accounts.by_key(db, user.key)
        if stored is None or stored.epoch != user.epoch - 1 or not stored.active:
            abort(410)
        stored.password = user.password
        accounts.end_sessions(stored)
        accounts.was_here(db, stored)
        note(db, "account.password-by-link", f"user:{stored.key}", who=stored.name)
    begin_session(stored)
    flash("The password is set.")
    return redirect(url_for("home.courses"))


def _named_by(token: str) -> User | None:
    """Whose password a link may set."""
    try:
        key, epoch = _links().loads(token, max_age=_DAYS * 86400)
    except (BadSignature, ValueError, TypeError):
        return None
    with database().reading() as db:
        user = accounts.by_key(db, str(key))
    return user if user is not None and user.active and user.epoch == epoch else None
