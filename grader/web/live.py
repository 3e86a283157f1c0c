"""How far the grading of an attempt is, as it goes: server-sent events, and the same for pages that ask now and then.

A step's number, by which a browser that comes back says what it has seen, counts only what its reader may see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses import gradings, jobs, progress
from grader.courses.progress import CHECK, ENDS, STATE
from grader.courses.showing import Showing, showing
from grader.courses.tables import Attempt, Job, JobState, Role
from grader.frozen import dataclass
from grader.model import Visibility
from grader.store.tables import now
from grader.web import gates
from grader.web.session import database, viewer
from grader.web.settings import Settings
from grader.web.streams import News, Pace, Streams, waited

blueprint = Blueprint("live", __name__)

_BEAT_SECONDS = 5.0
_MOST_SECONDS = 300.0  # then the browser comes again
_ASK_SECONDS = 15.0  # between questions whether its reader may still see what is told
_RETRY_SECONDS = 2
WAITS = "waiting"  # of a check: nobody has looked at it yet
_WORDS = {
    WAITS: "waiting",
    "looking": "looking …",
    "passed": "passed",
    "partial": "partly passed",
    "failed": "not passed",
    "blocked": "not reached",
    "error": "not judged",
}


@dataclass(frozen=True)
class Row:
    """A check, and how far it is."""

    id: str
    title: str
    status: str
    hidden: bool

    @property
    def words(self) -> str:
        """Its status for people."""
        return _WORDS.get(self.status, self.status)


@dataclass(frozen=True)
class Live:
    """What a page shows of a job that is being graded. `now`: what is being done. `seen`: how many steps that is."""

    job: str
    state: str
    headline: str
    now: str
    rows: tuple[Row, ...]
    seen: int
    checks: bool  # whether verdicts are shown at all

    @property
    def judged(self) -> int:
        """How many checks have a verdict."""
        return sum(row.status not in (WAITS, "looking") for row in self.rows)


@blueprint.record_once
def _prepared(state: object) -> None:
    app: Flask = state.app  # type: ignore[attr-defined]
    settings: Settings = app.extensions["settings"]
    app.extensions["streams"] = Streams(app.extensions["database"], settings.most_streams)
    app.jinja_env.globals["live_of"] = _live_of


# -------------------------------------------------------------------------------------------------------------- events


@blueprint.get("/attempts/<key>/events")
def events(key: str) -> ResponseReturnValue:
    """The steps of its job as they come; those that were seen already are left out."""
    with database().reading() as db:
        job, role, may = _asked(db, key)
        all = _news_of(db, job)  # at one moment
    steps, last = _visible(all, may), all[-1].id if all else 0
    seen = _seen()
    ended = job.state in ENDS
    if ended and request.headers.get("Last-Event-ID") and seen >= len(steps):
        return "", 204  # so that a browser comes no more
    streams: Streams = current_app.extensions["streams"]
    stream = None if ended else streams.open(viewer().id, job.id, last)
    if stream is None and not ended:
        return "Too many pages are being told.\n", 503, {"Retry-After": str(_RETRY_SECONDS)}
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    still = partial(gates.still_lets, database(), viewer().id, session["epoch"], job.attempt_id, (role, may))
    pace = Pace(_BEAT_SECONDS, _MOST_SECONDS, _ASK_SECONDS)
    coming = waited(stream, pace, gone, still) if stream is not None else iter(())
    response = Response(_told(steps, seen, coming, may), mimetype="text/event-stream")
    response.headers.update({"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
    if stream is not None:
        response.call_on_close(partial(streams.close, stream))
    return response


def _told(steps: Sequence[News], seen: int, coming: Iterator[News | None], may: Showing) -> Iterator[str]:
    yield f": ok\nretry: {_RETRY_SECONDS * 1000}\n\n"
    for number, step in enumerate(steps, 1):
        if number > seen:
            yield _event(number, step)
    number = len(steps)
    if steps and steps[-1].kind == STATE and steps[-1].status in ENDS:
        yield _end(steps[-1])
        return
    for news in coming:
        if news is None:
            yield ": still here\n\n"
        elif progress.visible(news.kind, may, hidden=news.hidden):
            number += 1
            yield _event(number, news)
            if news.kind == STATE and news.status in ENDS:
                yield _end(news)
                return


def _event(number: int, step: News) -> str:
    return f"id: {number}\nevent: step\ndata: {json.dumps(_as_json(step))}\n\n"


def _end(step: News) -> str:
    return f"event: end\ndata: {json.dumps({'state': step.status})}\n\n"


def _as_json(step: News) -> dict[str, str]:
    found = {"kind": step.kind, "text": step.text}
    if step.kind == CHECK:
        found |= {"check": step.check, "words": _WORDS.get(step.status, step.status)}
    return found | ({"status": step.status} if step.status else {})


# ------------------------------------------------------------------------------------------------------------- polling


@blueprint.get("/attempts/<key>/progress")
def now_and_then(key: str) -> ResponseReturnValue:
    """The same for a page that asks: a part of a page, or JSON with the steps behind `after`."""
    with database().reading() as db:
        job, _, may = _asked(db, key)
        steps = _visible(_news_of(db, job), may)
        live, attempt = _live(db, job, may, steps), job.attempt
    if request.accept_mimetypes.best == "application/json":
        behind = [_as_json(step) for step in steps[_seen() :]]
        return {"state": live.state, "now": live.now, "steps": behind, "seen": len(steps), "ended": live.state in ENDS}
    return render_template("web/attempts/progress.html", attempt=attempt, live=live)


# -------------------------------------------------------------------------------------------------------------- common


def _asked(db: Session, key: str) -> tuple[Job, Role, Showing]:
    """The job that is watched, the last one unless those who teach name another; as whom, and what of it is shown."""
    attempt, role = gates.to_attempt(db, key)
    named = request.args.get("job")
    if named is not None and role is Role.INSTRUCTOR:
        job = db.scalars(select(Job).where(Job.key == named, Job.attempt_id == attempt.id)).first()
    else:
        job = jobs.latest(db, attempt)
    if job is None or (named is not None and job.key != named):
        abort(404)
    return job, role, showing(attempt.assignment, role, now())


def _seen() -> int:
    """How many steps the reader has seen; nothing where that is no number."""
    said = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def _news_of(db: Session, job: Job) -> Sequence[News]:
    return [
        News(step.id, step.job_id, step.kind, step.text, step.check, step.status, step.hidden)
        for step in progress.steps_after(db, job.id, hidden=True)
    ]


def _visible(steps: Sequence[News], may: Showing) -> Sequence[News]:
    return [step for step in steps if progress.visible(step.kind, may, hidden=step.hidden)]


def _live_of(attempt: Attempt, role: Role) -> Live | None:
    """For templates: how far an attempt's last job is; None where it has none."""
    with database().reading() as db:
        here = db.get_one(Attempt, attempt.id)
        job = jobs.latest(db, here)
        if job is None:
            return None
        may = showing(here.assignment, role, now())
        return _live(db, job, may, _visible(_news_of(db, job), may))


def _live(db: Session, job: Job, may: Showing, steps: Sequence[News]) -> Live:
    """From the last beginning on: what was tried before does not count."""
    begun = max((at for at, step in enumerate(steps) if step.kind == STATE), default=0)
    current = steps[begun:]
    rows = {row.id: row for row in _rows(job, may)}
    for step in current:
        if step.kind == CHECK and step.check in rows:
            rows[step.check] = replace(rows[step.check], status=step.status)
    doing = [step.text for step in current if step.kind not in (STATE, CHECK)]
    return Live(
        job.key,
        job.state,
        next((step.text for step in reversed(steps) if step.kind == STATE), ""),
        doing[-1] if doing else _place(db, job),
        tuple(rows.values()),
        len(steps),
        may.result,
    )


def _rows(job: Job, may: Showing) -> Iterator[Row]:
    if may.result:
        for check in gradings.rubric_of(job).checks:
            hidden = check.visibility is Visibility.HIDDEN
            if may.hidden or not hidden:
                yield Row(check.id, check.title, WAITS, hidden)


def _place(db: Session, job: Job) -> str:
    if job.state != JobState.QUEUED.value:
        return ""
    ahead = jobs.before(db, job)
    return f"{ahead} {'is' if ahead == 1 else 'are'} graded before this one." if ahead else "It is next."
