"""How the class did: the statistics of a batch's overview, from what counts at this moment."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.courses import book, classes
from grader.courses.tables import Assignment
from grader.model import Rubric
from grader.overview import drawing
from grader.overview.page import drawn, words
from grader.overview.row import Who
from grader.overview.statistics import Statistics, statistics
from grader.overview.twins import Group, groups
from grader.web.session import database
from grader.web.teaching.routes import blueprint, taught

_MOST_KEPT = 32
_kept: OrderedDict[tuple[object, ...], tuple[Statistics, tuple[Group, ...]]] = OrderedDict()
_lock = threading.Lock()


@blueprint.get("/assignments/<key>/statistics")
def statistics_page(key: str) -> ResponseReturnValue:
    """Charts, each with its table; nothing for a page that asks whether its own are still right, if they are."""
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
        rubric = classes.rubric_of(db, assignment)
        stamp = (*classes.stamp(db, assignment), rubric.sha256 if rubric else "")
        since = hashlib.sha256(repr(stamp).encode()).hexdigest()[:16]
        if request.args.get("since") == since:
            return "", 204
        found, twins = _found(db, assignment, rubric, stamp)
    return render_template(
        "web/teaching/statistics.html",
        assignment=assignment,
        course=course,
        since=since,
        who_at=_at(key),
        **drawn(found, twins, rubric.pass_mark if rubric else None),
    )


def _found(
    db: Session, assignment: Assignment, rubric: Rubric | None, stamp: tuple[object, ...]
) -> tuple[Statistics, tuple[Group, ...]]:
    """As long as nothing changes in a class, as `stamp` says, its statistics are worked out once."""
    with _lock:
        known = _kept.get(stamp)
    if known is None:
        lines = book.with_cells(db, book.lines(db, assignment))
        rows = list(classes.rows(lines, classes.titles(rubric)))
        found = statistics(rows, rubric.pass_mark if rubric else None)
        known = found, groups(rows, found.repeated) if found.repeated else ()
        with _lock:
            _kept[stamp] = known
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return known


def _at(key: str) -> Any:
    """The address of somebody's page."""
    return lambda who: url_for("teaching.person", key=key, user=who.key) if isinstance(who, Who) else ""


blueprint.add_app_template_filter(drawing.percent, "percent")
blueprint.add_app_template_filter(drawing.bin_words, "bin")
blueprint.add_app_template_filter(words, "words")
