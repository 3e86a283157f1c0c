"""The report of an attempt: as a part of any page, as JSON, and what the student's server sent, in a frame of its own.

Whatever leaves here went through `for_audience` first: what somebody may not see yet is in none of it.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.checks.html import text_of
from grader.courses import gradings
from grader.courses.showing import Showing, showing
from grader.courses.tables import Attempt, Grading, Role
from grader.model import Exchange, Kept, Report, Rubric
from grader.render.audience import for_audience
from grader.render.bodies import readable
from grader.render.cards import is_page
from grader.render.cleaning import clean
from grader.render.framing import inert
from grader.render.json import render as as_json
from grader.store.tables import now
from grader.web import gates
from grader.web.report_page import Gathered, Told, decisions_of, page_of_report, told_of
from grader.web.session import database

__all__ = ["Gathered", "blueprint", "gather", "render_attempt", "render_report"]

blueprint = Blueprint("report", __name__)

_FRAME = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Cross-Origin-Opener-Policy": "unsafe-none",  # beside a sandbox, browsers refuse any other
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "SAMEORIGIN",
}


def gather(db: Session, attempt: Attempt, role: Role, grading_key: str = "") -> Gathered | None:
    """All that a page about an attempt's result shows to somebody of that role; None where there is no result yet.
    `grading_key`: another result than the one that counts, for those who teach."""
    grading = _grading(db, attempt, role, grading_key)
    if grading is None:
        return None
    return Gathered(
        kept=gradings.kept_of(db, grading),
        showing=showing(attempt.assignment, role, now()),
        told=told_of(attempt),
        key=attempt.key,
        grading=grading_key,
        rubric_text=grading.rubric.text if grading.rubric is not None else "",
        decisions=decisions_of(attempt, role),
        effective=gradings.effective(grading, attempt.overrides),
    )


def render_attempt(gathered: Gathered, *, title: str = "") -> Markup:
    """The report to be put into a page. With a `title` it has a heading of the first level."""
    return page_of_report(gathered, title=title)


def render_report(
    kept: Kept,
    *,
    showing: Showing,
    attempt: Attempt | None = None,
    rubric: Rubric | None = None,
    grading: str = "",
    title: str = "",
) -> Markup:
    """The same of a result that need not be stored. `rubric`: its words for each check. `grading`: the key of the
    result, where it is stored and is not the one that counts."""
    told, key = (told_of(attempt), attempt.key) if attempt is not None else (Told(), "")
    return page_of_report(Gathered(kept, showing, told, key, grading), title=title, rubric=rubric)


@blueprint.get("/attempts/<key>/report.json")
def as_document(key: str) -> ResponseReturnValue:
    """The report as JSON, as the viewer may see it."""
    return Response(as_json(_seen(key)), content_type="application/json; charset=utf-8")


@blueprint.get("/attempts/<key>/page/<exchange>")
def page(key: str, exchange: str) -> ResponseReturnValue:
    """What the student's server sent, under a policy that lets it do nothing: in a frame, and opened alone, too."""
    found = next((e for e in _seen(key).exchanges if e.id == exchange), None)
    if found is None or not found.body:
        abort(404)
    kind = "text/html" if is_page(found) else "text/plain"
    return Response(_text(found), headers=_FRAME, content_type=f"{kind}; charset=utf-8")


def _text(exchange: Exchange) -> bytes:
    """The body in UTF-8, read in the charset in which it was judged."""
    if is_page(exchange):
        return inert(text_of(exchange)).encode("utf-8", "replace")
    text = readable(exchange.body, exchange.header("Content-Type") or "")
    if text.count("\ufffd") > len(text) // 20:
        text = f"{len(exchange.body)} bytes that are not text"
    return clean(text).encode("utf-8", "replace")


def _seen(key: str) -> Report:
    """The report as the viewer may see it, or the request ends."""
    with database().reading() as db:
        attempt, role = gates.to_attempt(db, key)
        found = gather(db, attempt, role, request.args.get("grading", ""))
    if found is None or not found.showing.result:
        abort(404)
    return for_audience(found.kept.report, found.audience)


def _grading(db: Session, attempt: Attempt, role: Role, key: str) -> Grading | None:
    if not key or role is not Role.INSTRUCTOR:
        return gradings.current(db, attempt)
    return db.scalars(select(Grading).where(Grading.key == key, Grading.attempt_id == attempt.id)).first()
