"""Results are released, and what students see then is said before."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from grader.courses import book, book_asked, releasing
from grader.courses.tables import Audit
from grader.store.tables import now
from grader.web.assigning import SHOWN
from grader.web.session import database, viewer
from grader.web.teaching.routes import blueprint, taught


@blueprint.get("/assignments/<key>/release")
def release_page(key: str) -> ResponseReturnValue:
    """What students see now, and what they would."""
    moment = now()
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
        lines = book.lines(db, assignment)
        asked = select(Audit).where(
            Audit.what == f"assignment:{key}", Audit.action.in_(("assignment.release", "assignment.unrelease"))
        )
        trail = db.scalars(asked.order_by(Audit.id.desc()).limit(50)).all()
    return render_template(
        "web/teaching/release.html",
        assignment=assignment,
        course=course,
        seen=releasing.seen(assignment, moment, released=assignment.released is not None),
        then=releasing.seen(assignment, moment, released=assignment.released is None),
        tally=book_asked.tally(lines),
        shown=SHOWN,
        history=trail,
    )


@blueprint.post("/assignments/<key>/release")
def release(key: str) -> ResponseReturnValue:
    """Release the results."""
    with database().writing() as db:
        done = releasing.release(db, taught(db, key), viewer())
    flash("The results are released." if done else "They were released before.")
    return redirect(url_for("teaching.release_page", key=key))


@blueprint.post("/assignments/<key>/unrelease")
def unrelease(key: str) -> ResponseReturnValue:
    """Take the release back."""
    with database().writing() as db:
        done = releasing.unrelease(db, taught(db, key), viewer())
    flash("The release is taken back." if done else "They are not released.")
    return redirect(url_for("teaching.release_page", key=key))
