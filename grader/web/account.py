"""Signing in and out."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from grader.courses import accounts, throttle
from grader.courses.tables import User, new_key
from grader.web import forms
from grader.web.session import begin_session, database, note

blueprint = Blueprint("account", __name__)
_YEAR = 365 * 86400
_MOST_KNOWN = 5  # accounts that a browser is remembered for


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """For whatever watches the service."""
    return {"status": "ok"}


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form."""
    to = forms.own_address(request.args.get("to", ""))
    if g.viewer is not None:
        return redirect(to or url_for("home.courses"))
    return _form(to)


@blueprint.post("/sign-in")
def by_password() -> ResponseReturnValue:
    """By name and password."""
    to = forms.own_address(request.form.get("to", ""))
    login, password = request.form.get("login", ""), request.form.get("password", "")
    address, db = request.remote_addr or "", database()
    with db.reading() as reading:
        user = accounts.by_login(reading, login)
    device = _device_for(user)
    with db.writing() as writing:
        wait = throttle.admit(writing, login, address, device)
    if wait:
        return _form(to, wait=wait)
    if user is None or not accounts.fits(user, password):
        with db.writing() as writing:
            note(writing, "account.refused", f"user:{user.key}" if user else "", who=user.name if user else "unknown")
        return _form(to, wrong=True)
    with db.writing() as writing:
        throttle.forgive(writing, login, address, device)
        user = accounts.was_here(writing, user, password)
        note(writing, "account.sign-in", f"user:{user.key}", who=user.name)
    begin_session(user)
    return _remembered(make_response(redirect(to or url_for("home.courses"))), user)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return redirect(url_for("account.sign_in"))


def _form(to: str, *, wrong: bool = False, wait: int = 0) -> ResponseReturnValue:
    settings = current_app.extensions["settings"]
    page = render_template(
        "web/sign_in.html", wrong=wrong, to=to, minutes=-(-wait // 60), oidc=settings.oidc, local=settings.local
    )
    if wait:
        return page, 429, {"Retry-After": str(wait)}
    return page, 401 if wrong else 200


def _marks() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="device")


def _known() -> tuple[str, list[str]]:
    """What this browser is called, and the accounts that were signed in to with it."""
    try:
        name, keys = _marks().loads(request.cookies.get(_cookie(), ""))
    except (BadSignature, ValueError, TypeError):
        return new_key(), []
    return str(name), list(keys)


def _device_for(user: User | None) -> str:
    name, keys = _known()
    return name if user is not None and user.key in keys else ""


def _remembered(response: Response, user: User) -> Response:
    """The browser is known by this account from now on, and so is not kept out by what others try."""
    name, keys = _known()
    known = [user.key, *(key for key in keys if key != user.key)][:_MOST_KNOWN]
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    value = str(_marks().dumps([name, known]))
    response.set_cookie(_cookie(), value, max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
    return response


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"
