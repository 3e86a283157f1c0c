"""Who did what, to what, and when. What is written here is never changed; a person's deletion takes their id out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from grader.courses.access import Viewer
from grader.courses.tables import Audit
from grader.frozen import dataclass

PAGE = 50
_MOST_WHO = 200


@dataclass(frozen=True)
class Sought:
    """What somebody looks for; an empty text is anything. `who` is part of a name, `what` begins as said."""

    who: str = ""
    action: str = ""
    what: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One page of it, the newest first; `count` is of all pages."""

    entries: Sequence[Audit]
    count: int
    page: int
    pages: int


def note(
    session: Session,
    viewer: Viewer | None,
    action: str,
    what: str = "",
    detail: Mapping[str, Any] | None = None,
    *,
    who: str = "",
    address: str = "",
) -> None:
    """Write down that somebody did something, in the transaction that did it.

    `action` is a verb with its kind, as "grade.override"; `what` kind and key of the object, as "attempt:Xy12".
    `who` names somebody who is not signed in, and `address` where they are. Nothing secret belongs into `detail`.
    """
    session.add(
        Audit(
            user_id=None if viewer is None else viewer.id,
            who=(who if viewer is None else viewer.name)[:_MOST_WHO],
            action=action[:40],
            what=what,
            detail=dict(detail or {}),
            address=address[:64],
        )
    )


def look(session: Session, sought: Sought, page: int = 1) -> Found:
    """What was written down, a page at a time."""
    wanted = _conditions(sought)
    count = session.scalar(select(func.count(Audit.id)).where(*wanted)) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    asked = select(Audit).where(*wanted).order_by(Audit.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return Found(session.scalars(asked).all(), count, page, pages)


def actions(session: Session) -> list[str]:
    """Every kind of thing that was ever done."""
    return list(session.scalars(select(Audit.action).distinct().order_by(Audit.action)))


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sought.who:
        wanted.append(or_(Audit.who.icontains(sought.who, autoescape=True), Audit.address == sought.who))
    if sought.action:
        wanted.append(Audit.action == sought.action)
    if sought.what:
        wanted.append(Audit.what.startswith(sought.what, autoescape=True))
    if sought.since is not None:
        wanted.append(Audit.at >= sought.since)
    return wanted
