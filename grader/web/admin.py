"""For admins: accounts, and the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from grader.courses import accounts, administration, audit, retention, uploads
from grader.courses.tables import Enrolment, Role, User
from grader.errors import UsageError
from grader.web import forms
from grader.web.entering import password_link
from grader.web.session import database, note, viewer

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


def _back(**_: str) -> str:
    return url_for("admin.users")


def _back_to(key: str) -> str:
    return url_for("admin.user", key=key)


@blueprint.before_request
def _only_admins() -> None:
    if not viewer().is_admin:
        abort(403)


@blueprint.get("/users")
def users() -> ResponseReturnValue:
    """All accounts, a page at a time."""
    sought, role = request.args.get("q", "").strip()[:100], request.args.get("role", "")
    with database().reading() as db:
        found = administration.look(db, sought, role, forms.page())
    return render_template(
        "web/admin/users.html", found=found, q=sought, role=role, roles=list(Role), can_sign_in=accounts.can_sign_in
    )


@blueprint.post("/users")
@forms.back_with_faults(_back)
def create_user() -> ResponseReturnValue:
    """A new account. Its password is set by whoever gets the link."""
    login, role = forms.text("login", called="The name to sign in with"), forms.choice("role", Role)
    with database().writing() as db:
        made = accounts.create_user(db, login, forms.text("name"), role)
        note(db, "user.create", f"user:{made.key}", {"login": made.login, "role": role.value})
    return render_template("web/admin/link.html", person=made, link=password_link(made), made=True)


@blueprint.get("/users/<key>")
def user(key: str) -> ResponseReturnValue:
    """One account."""
    with database().reading() as db:
        found = _found(db, key)
        asked = select(Enrolment).options(joinedload(Enrolment.course)).where(Enrolment.user_id == found.id)
        enrolments = db.scalars(asked.order_by(Enrolment.id)).all()
        count = len(accounts.tokens_of(db, found))
    return render_template(
        "web/admin/user.html",
        person=found,
        enrolments=enrolments,
        tokens=count,
        roles=list(Role),
        can_sign_in=accounts.can_sign_in(found),
    )


@blueprint.post("/users/<key>")
@forms.back_with_faults(_back_to)
def change_user(key: str) -> ResponseReturnValue:
    """Another name or role; what the form does not hold stays."""
    with database().writing() as db:
        found = _found(db, key)
        before = [found.name, found.role]
        name = forms.text("name", called="The name") if "name" in request.form else found.name
        role = forms.choice("role", Role) if "role" in request.form else Role(found.role)
        administration.set_role(db, found, role)
        found.name = name
        note(db, "user.edit", f"user:{key}", {"before": before, "after": [name, role.value]})
    flash("The account is saved.")
    return redirect(_back_to(key))


@blueprint.post("/users/<key>/active")
@forms.back_with_faults(_back_to)
def switch(key: str) -> ResponseReturnValue:
    """Deactivate an account, or activate it again."""
    with database().writing() as db:
        found = _found(db, key)
        if found.id == viewer().id:
            raise UsageError("This is your own account.", "Ask another admin.")
        administration.set_active(db, found, active=not found.active)
        note(db, "user.activate" if found.active else "user.deactivate", f"user:{key}")
        words = "may sign in again" if found.active else "is signed out, and may not sign in any more"
    flash(f"{found.name} {words}.")
    return redirect(_back_to(key))


@blueprint.post("/users/<key>/sessions")
def end_sessions(key: str) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    with database().writing() as db:
        found = _found(db, key)
        accounts.end_sessions(found)
        note(db, "user.end-sessions", f"user:{key}")
    flash(f"{found.name} is signed out everywhere.")
    return redirect(_back_to(key))


@blueprint.post("/users/<key>/tokens")
def revoke_tokens(key: str) -> ResponseReturnValue:
    """Take all personal tokens of an account away."""
    with database().writing() as db:
        found = _found(db, key)
        for token in accounts.tokens_of(db, found):
            db.delete(token)
        note(db, "user.revoke-tokens", f"user:{key}")
    flash(f"{found.name} has no personal tokens any more.")
    return redirect(_back_to(key))


@blueprint.post("/users/<key>/link")
@forms.back_with_faults(_back_to)
def link(key: str) -> ResponseReturnValue:
    """A link with which somebody sets a new password, once. Their sessions, and earlier links, end."""
    with database().writing() as db:
        found = _found(db, key)
        if found.login is None or not found.active:
            raise UsageError("Nobody can sign in to this account.", "It has no name for that, or is deactivated.")
        accounts.end_sessions(found)
        note(db, "user.link", f"user:{key}")
    return render_template("web/admin/link.html", person=found, link=password_link(found), made=False)


@blueprint.post("/users/<key>/forget")
@forms.back_with_faults(_back_to)
def forget(key: str) -> ResponseReturnValue:
    """Delete a person with all that is theirs."""
    with database().writing() as db:
        found = _found(db, key)
        if found.id == viewer().id:
            raise UsageError("This is your own account.", "Ask another admin.")
        name = found.name
        gone = retention.forget(db, found, viewer())
    uploads.clear(database(), current_app.extensions["settings"].data)
    flash(f"{name} is forgotten, with {gone.attempts} attempt{'' if gone.attempts == 1 else 's'}.")
    return redirect(url_for("admin.users"))


def _found(db: Session, key: str) -> User:
    found = accounts.by_key(db, key)
    if found is None:
        abort(404)
    return found


@blueprint.get("/audit")
def log() -> ResponseReturnValue:
    """Who did what."""
    given = {name: request.args.get(name, "").strip()[:200] for name in ("who", "action", "what", "since")}
    since = _day(given["since"])
    with database().reading() as db:
        found = audit.look(db, audit.Sought(given["who"], given["action"], given["what"], since), forms.page())
        actions = audit.actions(db)
    details = {one.id: json.dumps(one.detail, ensure_ascii=False) if one.detail else "" for one in found.entries}
    return render_template("web/admin/audit.html", found=found, given=given, actions=actions, details=details)


def _day(given: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
    return at.astimezone(UTC).replace(tzinfo=None) if at is not None and at.tzinfo is not None else at
