"""What was handed in: lists, one of them, its report and files; handing in; grading once more."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from grader.courses import histories, regrading
from grader.courses.histories import Entry
from grader.courses.tables import Attempt, Role, User
from grader.errors import RefusedError
from grader.store.tables import now
from grader.web import gates, reports
from grader.web.api.resources import Person, Submission, Submissions
from grader.web.api.routes import operation, page
from grader.web.session import database, viewer
from grader.web.student import assignment as handing_in
from grader.web.student import attempt as attempts

_MOST = 100  # of a page


@operation("GET", "/assignments/<assignment>/submissions", Submissions, paged=True)
def submissions(assignment: str) -> Submissions:
    """Those of the viewer's; for those who teach, everybody's."""
    first, at = (page() - 1) * _MOST, now()
    with database().reading() as db:
        found, role = gates.to_assignment(db, assignment)
        if role is Role.INSTRUCTOR:
            some = list(histories.of_class(db, found, at, first=first, most=_MOST + 1))
        else:
            user = db.get_one(User, viewer().id)
            own = histories.history(db, found, user.id, role, at)
            some = [(user, entry) for entry in own[first : first + _MOST + 1]]
    listed = tuple(_submission(found.key, user, entry) for user, entry in some[:_MOST])
    return Submissions(listed, page() + 1 if len(some) > _MOST else None)


@operation("POST", "/assignments/<assignment>/submissions", Submission, status=201, files=True, faults=(409, 413))
def hand_in(assignment: str) -> Submission:
    """Hand in a zip, or files. The same work once more within seconds is the same submission."""
    handing_in.check_size(assignment)
    key = handing_in.taken(assignment)
    with database().reading() as db:
        found, role = gates.to_attempt(db, key)
        return _of(db, found, role)


@operation("GET", "/submissions/<submission>", Submission)
def submission(submission: str) -> Submission:
    """One of them: its state, and its score once that is shown."""
    with database().reading() as db:
        found, role = gates.to_attempt(db, submission)
        return _of(db, found, role)


@operation("GET", "/submissions/<submission>/report", "application/json")
def report(submission: str) -> Response:
    """The whole report, as the viewer may see it (docs/report.md); 404 while there is none to be seen."""
    found = reports.as_document(submission)
    assert isinstance(found, Response)
    return found


@operation("GET", "/submissions/<submission>/files", "application/zip")
def files(submission: str) -> Response:
    """What was handed in, as a zip."""
    found = attempts.files(submission)
    assert isinstance(found, Response)
    return found


@operation("POST", "/submissions/<submission>/regrade", Submission, status=202, faults=(409,))
def regrade(submission: str) -> Submission:
    """Have it graded once more, for those who teach. What comes of it counts once somebody has accepted it."""
    with database().writing() as db:
        found, role = gates.to_attempt(db, submission, teaching=True)
        if found.upload_id is None:
            raise RefusedError("Its files are deleted: it cannot be run any more.", "Ask for it to be handed in again.")
        regrading.ask(db, found.assignment, viewer(), [found.id], run=True)
        return _of(db, found, role)


def _of(db: Session, found: Attempt, role: Role) -> Submission:
    entries = histories.history(db, found.assignment, found.user_id, role, now())
    return _submission(found.assignment.key, found.user, next(one for one in entries if one.id == found.id))


def _submission(assignment: str, user: User, entry: Entry) -> Submission:
    total = entry.total
    return Submission(
        key=entry.key,
        assignment=assignment,
        person=Person(user.key, user.name),
        number=entry.number,
        filename=entry.filename,
        submitted=entry.submitted,
        late_seconds=entry.late_seconds,
        state=entry.state,
        score=total.score if total is not None else None,
        max_score=total.max_score if total is not None else None,
        passed=total.passed if total is not None else None,
        overridden=entry.overridden,
        counts=entry.counts,
    )
