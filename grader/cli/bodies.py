"""How much of a request is taken in before any view is asked: waitress has all of a body on the disk by then. So nobody
fills the disk who is not signed in, and only who teaches there sends the export of a class."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from itsdangerous import BadSignature
from sqlalchemy.orm import Session
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from werkzeug.http import parse_cookie

from grader.courses import access, accounts
from grader.courses.tables import Role, User
from grader.errors import StoreError
from grader.web.session import viewer_of

if TYPE_CHECKING:
    from flask import Flask

FORM = 4 << 20  # bytes: forms without files, and what surrounds those with
_MORE = 4  # times what may be uploaded: who sends somewhat too much is told so by a page
_EXPORT = re.compile(r"/assignments/([^/]+)/import")


class Door:
    """Says how much may come."""

    def __init__(self, app: Flask) -> None:
        self._app, self._settings = app, app.extensions["settings"]
        self._signed = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]

    def most(self, path: str, headers: dict[str, str]) -> int:
        """Bytes, for a request with that path and these headers (in capitals, as waitress has them)."""
        try:
            with self._app.extensions["database"].reading() as db:
                user = self._who(db, path, headers)
                if user is None:
                    return FORM
                export = _EXPORT.fullmatch(path)
                if export is not None and self._teaches(db, user, export[1]):
                    return int(self._settings.most_export) + FORM
        except StoreError:
            return FORM
        return int(self._settings.most_upload) * _MORE + FORM

    def _who(self, db: Session, path: str, headers: dict[str, str]) -> User | None:
        """Whose session or token that is: one that has ended, or is made up, is nobody's."""
        if path.startswith("/api/") and "AUTHORIZATION" in headers:
            kind, _, token = headers["AUTHORIZATION"].partition(" ")
            return accounts.user_of_token(db, token.strip()) if kind.lower() == "bearer" else None
        session = self._session(headers.get("COOKIE", ""))
        user = accounts.by_key(db, str(session["user"])) if "user" in session else None
        return user if user is not None and user.active and user.epoch == session.get("epoch") else None

    def _session(self, cookies: str) -> dict[str, Any]:
        sent = parse_cookie(cookies).get(self._app.config["SESSION_COOKIE_NAME"], "")
        try:
            found = self._signed.loads(sent, max_age=int(self._app.permanent_session_lifetime.total_seconds()))
        except BadSignature:
            return {}
        return found if isinstance(found, dict) else {}

    def _teaches(self, db: Session, user: User, key: str) -> bool:
        assignment = access.assignment_of(db, key.replace("\0", ""))
        return assignment is not None and access.role_in(db, viewer_of(user), assignment.course) is Role.INSTRUCTOR


def channel_of(app: Flask) -> type[HTTPChannel]:
    """What waitress makes of a connection, with a limit for each request."""
    door = Door(app)

    class Parser(HTTPRequestParser):
        """Knows how much may come once it has read the headers."""

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)  # type: ignore[no-untyped-call]
            if self.content_length > FORM or self.chunked:
                self.adj = copy.copy(self.adj)  # of this request alone
                self.adj.max_request_body_size = door.most(self.path, self.headers)

    class Channel(HTTPChannel):
        """One whose requests are limited so."""

        parser_class = Parser

    return Channel
