"""People who may sign in: passwords (argon2), personal tokens, sessions that can be ended from here."""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from grader.composing import composed
from grader.courses.database import alone
from grader.courses.tables import Role, Token, User
from grader.errors import UsageError
from grader.store.tables import now

LEAST_PASSWORD = 10  # characters
MADE = "accounts"  # whoever makes some does so alone, so that no name is taken twice
_MOST_PASSWORD = 1000
_MOST_LOGIN = 1000  # of what is typed; no account has so long a name
_MOST_TOKENS = 50
_NOTED_AGAIN = timedelta(minutes=10)
_AT_ONCE = threading.BoundedSemaphore(4)  # a hash takes 64 MB: many tries at once would take all there is
_TOKEN_PREFIX = "wlg_"  # noqa: S105  # so that a scanner for leaked secrets knows one


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password has, so that an unknown name takes as long as a known one."""
    return _hashed(secrets.token_hex(16))


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(password)


def folded(login: str) -> str:
    """A name as it is compared: no two that look alike by case or Unicode form."""
    return composed(login[:_MOST_LOGIN], "NFKC").strip().casefold()


def create_user(
    session: Session, login: str, name: str, role: Role = Role.STUDENT, password: str | None = None
) -> User:
    """An account. Raises UsageError where the name is taken or empty, or the password too short."""
    wanted = folded(login)
    if not wanted:
        raise UsageError("An account needs a name to sign in with.", "Give one, such as an e-mail address.")
    alone(session, MADE)
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
    if len(password) < LEAST_PASSWORD:
        raise UsageError(f"A password has at least {LEAST_PASSWORD} characters.", "Choose a longer one.")
    if len(password) > _MOST_PASSWORD:
        raise UsageError(f"A password has at most {_MOST_PASSWORD} characters.", "Choose a shorter one.")
    user.password = _hashed(password)
    end_sessions(user)


def end_sessions(user: User) -> None:
    """Whoever is signed in as them, anywhere, is so no more."""
    user.epoch = (user.epoch or 0) + 1


def fits(user: User | None, password: str) -> bool:
    """Whether that is their password. Takes the same time whether there is such an account or not; so hold no
    transaction meanwhile that writes."""
    stored = user.password if user is not None and user.active else None
    wanted = stored or _nobody()
    try:
        with _AT_ONCE:
            _hasher().verify(wanted, password[:_MOST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def by_login(session: Session, login: str) -> User | None:
    """The account with this name."""
    return session.scalars(select(User).where(User.login == folded(login))).first()


def by_key(session: Session, key: str) -> User | None:
    """The account of this key."""
    return session.scalars(select(User).where(User.key == key)).first()


def by_subject(session: Session, subject: str) -> User | None:
    """The account that is linked to somebody at an OpenID provider."""
    return session.scalars(select(User).where(User.subject == subject)).first()


def link(session: Session, user: User, subject: str) -> None:
    """From now on a provider says who signs in. A password that was set before may be somebody else's, and goes; so do
    the tokens that were made with it."""
    user.subject, user.password = subject, None
    session.execute(delete(Token).where(Token.user_id == user.id))
    end_sessions(user)


def was_here(session: Session, user: User, password: str | None = None) -> User:
    """Note that somebody has signed in; a password whose hash is of an older kind is hashed anew."""
    found = session.get_one(User, user.id)
    found.seen = now()
    if password is not None and found.password and _hasher().check_needs_rehash(found.password):
        found.password = _hashed(password)
    return found


def can_sign_in(user: User) -> bool:
    """Whether somebody has a way in at all."""
    return user.active and (user.password is not None or user.subject is not None)


def admins(session: Session) -> int:
    """How many may administer, and sign in."""
    return len(
        [u for u in session.scalars(select(User).where(User.role == Role.ADMIN.value, User.active)) if can_sign_in(u)]
    )


def local_admin(session: Session, name: str) -> User:
    """The one account of somebody's own machine: without a password, for it is entered by a link."""
    found = by_login(session, "local")
    if found is None:
        return create_user(session, "local", name, Role.ADMIN)
    found.role, found.active = Role.ADMIN.value, True
    return found


def create_token(session: Session, user: User, label: str, expires: datetime | None = None) -> str:
    """A new personal token; it is shown once, for only its hash is kept. Raises UsageError."""
    alone(session, f"tokens {user.id}")
    if len(tokens_of(session, user)) >= _MOST_TOKENS:
        raise UsageError(f"You have {_MOST_TOKENS} tokens already.", "Revoke one that is not used any more.")
    text = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(Token(user_id=user.id, label=label, sha256=_hash(text), expires=expires))
    session.flush()
    return text


def tokens_of(session: Session, user: User) -> list[Token]:
    """Somebody's tokens, the newest first."""
    return list(session.scalars(select(Token).where(Token.user_id == user.id).order_by(Token.id.desc())))


def revoke_token(session: Session, user: User, key: str) -> bool:
    """Take one of somebody's tokens away; whether they had it."""
    token = session.scalars(select(Token).where(Token.user_id == user.id, Token.key == key)).first()
    if token is not None:
        session.delete(token)
    return token is not None


def user_of_token(session: Session, text: str) -> User | None:
    """Whose token it is, if it is one that is still good."""
    token = session.scalars(select(Token).where(Token.sha256 == _hash(text))).first()
    if token is None or (token.expires is not None and token.expires <= now()) or not token.user.active:
        return None
    return token.user


def is_stale(session: Session, text: str) -> bool:
    """Whether it is a while since it was noted that a token was used."""
    used = session.scalars(select(Token.used).where(Token.sha256 == _hash(text))).first()
    return used is None or now() - used > _NOTED_AGAIN


def token_was_used(session: Session, text: str) -> None:
    """Note it, so that who has forgotten what a token is for sees whether anything still uses it."""
    session.execute(update(Token).where(Token.sha256 == _hash(text)).values(used=now()))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def user_called(session: Session, name: str) -> User | None:
    """The person of that name to sign in with, or of that key."""
    asked = select(User).where(or_(User.login == folded(name), User.key == name))
    return session.scalars(asked).first()
