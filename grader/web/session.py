"""Who asks. A session is a signed cookie with the account's key and its epoch: counting that up ends all of them."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, abort, g, redirect, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from grader.courses.access import Viewer
from grader.courses.database import Database
from grader.courses.tables import Role, User

LIFETIME = timedelta(hours=12)
OPEN = frozenset({"static", "account.sign_in", "account.enter", "account.health"})  # for nobody in particular, too


def database() -> Database:
    """The application's."""
    from flask import current_app

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
    key, epoch = session.get("user"), session.get("epoch")
    if not isinstance(key, str):
        return None
    with database().reading() as db:
        user = db.scalars(select(User).where(User.key == key)).first()
    if user is None or not user.active or user.epoch != epoch:
        session.clear()
        return None
    return viewer_of(user)


def viewer_of(user: User) -> Viewer:
    """An account as one who asks."""
    return Viewer(user.id, user.key, user.name, Role(user.role))


def begin_session(user: User) -> None:
    """Sign somebody in: nothing of the session before is left."""
    session.clear()
    session.permanent = True
    session["user"], session["epoch"] = user.key, user.epoch


def viewer() -> Viewer:
    """Who asks; for views that are not open."""
    found: Viewer = g.viewer
    return found
