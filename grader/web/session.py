"""Who asks. A session is a signed cookie with the account's key and its epoch: counting that up ends all of them.

It ends some hours after its last use, and a day after its beginning whatever is done. Its cookie is written again only
now and then, so that an answer that comes late does not bring back a session that was just ended.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from grader.courses import accounts, audit
from grader.courses.access import Viewer
from grader.courses.database import Database
from grader.courses.tables import Role, User

IDLE, LIFETIME = timedelta(hours=3), timedelta(hours=24)
LOCAL = timedelta(days=30)  # both, on one's own machine
_WRITTEN_AGAIN = 300  # seconds
OPEN = frozenset(  # for nobody in particular, too
    {
        "static",
        "account.health",
        "api.openapi",
        "account.sign_in",
        "account.by_password",
        "entering.page",
        "entering.enter",
        "entering.password",
        "entering.set_password",
        "oidc.begin",
        "oidc.back",
    }
)


def database() -> Database:
    """The application's."""
    found: Database = current_app.extensions["database"]
    return found


def recognise(app: Flask) -> None:
    """Put it in front of every view: whoever is not signed in gets to the open ones only."""
    app.before_request(_recognised)


def _recognised() -> Response | None:
    g.viewer = _viewer()
    if g.viewer is None and request.endpoint is not None and request.endpoint not in OPEN:
        if request.blueprint == "api":
            abort(401)
        return redirect(url_for("account.sign_in", to=request.full_path if request.method == "GET" else None))
    return None


def _viewer() -> Viewer | None:
    if request.blueprint == "api" and "Authorization" in request.headers:  # a token, and no cookie beside it
        return _of_token()
    key, epoch = session.get("user"), session.get("epoch")
    if not isinstance(key, str):
        return None
    with database().reading() as db:
        user = db.scalars(select(User).where(User.key == key)).first()
    if user is None or not user.active or user.epoch != epoch or not _is_young():
        session.clear()
        return None
    return viewer_of(user)


def _of_token() -> Viewer | None:
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        return None
    with database().reading() as db:
        user = accounts.user_of_token(db, sent.token)
        stale = user is not None and accounts.is_stale(db, sent.token)
    if stale:
        with database().writing() as db:
            accounts.token_was_used(db, sent.token)
    return viewer_of(user) if user is not None else None


def _is_young() -> bool:
    """Whether neither of its ends has come."""
    began, used = session.get("began"), session.get("used")
    if not isinstance(began, int) or not isinstance(used, int):
        return False
    current, (idle, lifetime) = int(time.time()), lifetimes()
    if current - began > lifetime.total_seconds() or current - used > idle.total_seconds():
        return False
    if current - used > _WRITTEN_AGAIN:
        session["used"] = current
    return True


def lifetimes() -> tuple[timedelta, timedelta]:
    """Since its last use, and as a whole."""
    local = current_app.extensions["settings"].local
    return (LOCAL, LOCAL) if local else (IDLE, LIFETIME)


def viewer_of(user: User) -> Viewer:
    """An account as one who asks."""
    return Viewer(user.id, user.key, user.name, Role(user.role))


def begin_session(user: User) -> None:
    """Sign somebody in: nothing of the session before is left."""
    session.clear()
    session.permanent = True
    session.update(marks(user))


def marks(user: User) -> dict[str, Any]:
    """What a session of theirs holds as it begins."""
    moment = int(time.time())
    return {"user": user.key, "epoch": user.epoch, "began": moment, "used": moment}


def viewer() -> Viewer:
    """Who asks; for views that are not open."""
    found: Viewer = g.viewer
    return found


def note(db: Session, action: str, what: str = "", detail: Mapping[str, Any] | None = None, *, who: str = "") -> None:
    """Write into the audit log what the viewer did, with their address; see `grader.courses.audit.note`."""
    audit.note(db, g.get("viewer"), action, what, detail, who=who, address=request.remote_addr or "")
