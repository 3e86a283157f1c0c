"""The gradebook: a line for each person, a cell for each check. All of it is done here, so that it needs no script."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from grader.courses import book, book_asked, classes
from grader.courses.book_asked import FAILED, OVERRIDDEN, PROPOSED, Asked
from grader.web.session import database
from grader.web.teaching.routes import WORDS, blueprint, taught

STATUSES = {
    **{status.value: words for status, (words, _) in WORDS.items()},
    FAILED: "below the pass mark",
    OVERRIDDEN: "points by hand",
    PROPOSED: "re-grading to look at",
}


@blueprint.get("/assignments/<key>/gradebook")
def gradebook(key: str) -> ResponseReturnValue:
    """Some of its lines, as the address asks for them."""
    asked = asked_for(request.args)
    with database().reading() as db:
        assignment = taught(db, key)
        course = assignment.course
        lines = book.lines(db, assignment)
        page = book_asked.page(db, lines, asked)
        rubric = classes.rubric_of(db, assignment)
    return render_template(
        "web/teaching/gradebook.html",
        assignment=assignment,
        course=course,
        asked=asked,
        page=page,
        tally=book_asked.tally(lines),
        mean=book_asked.mean(lines),
        rubric=rubric,
        titles=classes.titles(rubric),
        checks=checks_of(page.lines, classes.titles(rubric)),
        words=WORDS,
        statuses=STATUSES,
        late=classes.late,
    )


def asked_for(given: object) -> Asked:
    """What an address or a form asks for."""
    get = given.get  # type: ignore[attr-defined]
    page = str(get("page", "1"))
    return Asked(
        words=str(get("q", ""))[:200].strip(),
        status=value if (value := str(get("status", ""))) in STATUSES else "",
        late=value if (value := str(get("late", ""))) in ("yes", "no") else "",
        lost=str(get("lost", ""))[:200],
        sort=str(get("sort", "") or "name")[:200],
        down=bool(get("down", "")),
        page=int(page[:6]) if page.isascii() and page.isdigit() else 1,
    )


def checks_of(lines: object, titles: dict[str, str]) -> list[str]:
    """The ids of all checks: those of the rubric in force, then what older results have besides."""
    found = dict.fromkeys(titles)
    for line in lines:  # type: ignore[attr-defined]
        found.update(dict.fromkeys(cell.id for cell in line.cells))
    return list(found)
