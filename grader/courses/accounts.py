"""People who may sign in: passwords (argon2), personal tokens, sessions that can be ended from here."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses.tables import Role, Token, User
from grader.errors import UsageError
from grader.store.tables import now

LEAST_PASSWORD = 10  # characters
_MOST_PASSWORD = 1000
_TOKEN_PREFIX = "wlg_"  # noqa: S105  # so that a scanner for leaked secrets knows one


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password has, so that an unknown name takes as long as a known one."""
    return _hasher().hash(secrets.token_hex(16))


def folded(login: str) -> str:
    """A name as it is compared: no two that look alike by case or Unicode form."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def create_user(
    session: Session, login: str, name: str, role: Role = Role.STUDENT, password: str | None = None
) -> User:
    """An account. Raises UsageError where the name is taken or empty, or the password too short."""
    wanted = folded(login)
    if not wanted:
        raise UsageError("An account needs a name to sign in with.", "Give one, such as an e-mail address.")
    if session.scalars(select(User.id).where(User.login == wanted)).first() is not None:
        raise UsageError(f"There is an account {wanted} already.", "Choose another name, or change that account.")
    user = User(login=wanted, name=name.strip() or wanted, role=role.value)
    if password is not None:
        set_password(user, password)
    session.add(user)
    session.flush()
    return user


def set_password(user: User, password: str) -> None:
    """Another password; every session of the account ends. Raises UsageError."""
    if not LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        raise UsageError(f"A password has at least {LEAST_PASSWORD} characters.", "Choose a longer one.")
    user.password = _hasher().hash(password)
    user.epoch = (user.epoch or 0) + 1


def signed_in(session: Session, login: str, password: str) -> User | None:
    """The account whose name and password these are. Takes the same time whether the name is known or not."""
    user = session.scalars(select(User).where(User.login == folded(login))).first()
    stored = user.password if user is not None and user.active else None
    try:
        _hasher().verify(stored or _nobody(), password[:_MOST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    if user is not None and stored and _hasher().check_needs_rehash(stored):
        user.password = _hasher().hash(password)
    return user if stored else None


def create_token(session: Session, user: User, label: str, expires: datetime | None = None) -> str:
    """A new personal token; it is shown once, for only its hash is kept."""
    text = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(Token(user_id=user.id, label=label, sha256=_hash(text), expires=expires))
    return text


def user_of_token(session: Session, text: str) -> User | None:
    """Whose token it is, if it is one that is still good."""
    token = session.scalars(select(Token).where(Token.sha256 == _hash(text))).first()
    if token is None or (token.expires is not None and token.expires <= now()) or not token.user.active:
        return None
    return token.user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
