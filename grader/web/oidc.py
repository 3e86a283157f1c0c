"""Signing in with an OpenID provider, where there is one.

The provider says who it is (issuer and subject), and an account that was linked to that is signed in to. The first
time, an account is found by its e-mail address, but only by one that the provider has verified; from then on it has no
password any more, for somebody else may have set it. What comes back is checked by Authlib: state, nonce, PKCE,
signature, issuer, audience, times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.courses import accounts
from grader.courses.database import alone
from grader.courses.tables import User
from grader.errors import UsageError
from grader.web import forms
from grader.web.session import begin_session, database, note
from grader.web.settings import Oidc

blueprint = Blueprint("oidc", __name__, url_prefix="/sign-in/provider")
_TO = "oidc-to"
_ASK = "Ask whoever runs this site."


def _settings() -> Oidc:
    found: Oidc | None = current_app.extensions["settings"].oidc
    if found is None:
        abort(404)
    return found


def _provider() -> Any:
    """Authlib's client; what it learns of the provider is kept for the whole process."""
    settings = _settings()
    if "oidc" not in current_app.extensions:
        try:
            from authlib.integrations.flask_client import OAuth
        except ModuleNotFoundError as error:
            raise UsageError(f"{error.name} is not installed.", "pip install 'weblab-grader[oidc]'") from error
        registry = OAuth(current_app._get_current_object())  # type: ignore[attr-defined]
        current_app.extensions["oidc"] = registry.register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=settings.discovery,
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
        )
    return current_app.extensions["oidc"]


@blueprint.before_request
def _for_nobody_yet() -> ResponseReturnValue | None:
    """Whoever is signed in stays so: a link elsewhere to one of these addresses ends no session, and changes none."""
    return redirect(url_for("home.courses")) if g.viewer is not None else None


@blueprint.get("")
def begin() -> ResponseReturnValue:
    """Off to the provider. All that this changes is what the session expects to come back."""
    provider = _provider()
    session[_TO] = forms.own_address(request.args.get("to", ""))
    try:
        answer: ResponseReturnValue = provider.authorize_redirect(url_for("oidc.back", _external=True))
    except Exception as error:  # noqa: BLE001  # whatever keeps us from the provider, there is the password
        return _refused(f"The provider cannot be reached ({type(error).__name__}).", "Try again in a moment.")
    return answer


@blueprint.get("/back")
def back() -> ResponseReturnValue:
    """Back from the provider, with a code that proves who somebody is."""
    from authlib.common.errors import AuthlibBaseError

    provider, to = _provider(), forms.own_address(str(session.get(_TO, "")))
    try:
        token = provider.authorize_access_token()
        claims: Mapping[str, Any] = token["userinfo"]
        subject = f"{claims['iss']} {claims['sub']}"
    except (AuthlibBaseError, KeyError) as error:
        return _refused(f"The provider did not say who you are ({type(error).__name__}).", "Try again.")
    except Exception as error:  # noqa: BLE001  # a provider that is down, or answers something else
        return _refused(f"The provider did not answer as it should ({type(error).__name__}).", "Try again.")
    try:
        with database().writing() as db:
            user = accounts.was_here(db, _user(db, subject, claims))
            note(db, "account.sign-in", f"user:{user.key}", {"by": "provider"}, who=user.name)
    except UsageError as error:
        return _refused(error.message, error.advice)
    begin_session(user)
    return redirect(to or url_for("home.courses"))


def _refused(what: str, advice: str) -> ResponseReturnValue:
    session.clear()
    flash(f"{what} {advice}", "bad")
    return redirect(url_for("account.sign_in"))


def _user(db: Session, subject: str, claims: Mapping[str, Any]) -> User:
    """The account that is meant. Raises UsageError where nobody is let in."""
    user = accounts.by_subject(db, subject)
    if user is None:
        alone(db, accounts.MADE)  # two tabs of one person make one account
        user = accounts.by_subject(db, subject) or _by_email(db, subject, claims) or _made(db, subject, claims)
    if not user.active:
        raise UsageError("This account is deactivated.", _ASK)
    return user


def _email(claims: Mapping[str, Any]) -> str:
    """Their address, if the provider knows that it is theirs."""
    return str(claims.get("email", "")) if claims.get("email_verified") is True else ""


def _by_email(db: Session, subject: str, claims: Mapping[str, Any]) -> User | None:
    email = _email(claims)
    user = accounts.by_login(db, email) if email else None
    if user is None:
        return None
    if user.subject is not None:  # the address has gone to somebody else at the provider
        raise UsageError("Your address belongs to another account here.", _ASK)
    accounts.link(db, user, subject)
    note(db, "account.link", f"user:{user.key}", {"subject": subject}, who=user.name)
    return user


def _made(db: Session, subject: str, claims: Mapping[str, Any]) -> User:
    if not _settings().create:
        raise UsageError("Nobody has enrolled you yet.", "Give your e-mail address to whoever teaches the course.")
    name = str(claims.get("name") or claims.get("preferred_username") or _email(claims) or "Somebody")[:200]
    user = User(name=name, login=accounts.folded(_email(claims)) or None, subject=subject)
    db.add(user)
    db.flush()
    note(db, "user.create", f"user:{user.key}", {"by": "provider"}, who=name)
    return user
