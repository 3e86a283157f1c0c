"""How far a job is, for whoever watches it: states, starts, requests and verdicts, each as a step.

Who may see which of them is said by `Showing` alone. What a viewer sees is counted from 1 for them: the ids of steps
would tell how many hidden ones lie between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from grader.courses.showing import Showing
from grader.courses.tables import Job, JobState, Step
from grader.frozen import dataclass
from grader.model.told import Judged, Sending, Starting, Told, words_of
from grader.render.cleaning import one_line
from grader.store.tables import now

STATE, START, REQUEST, CHECK = "state", "start", "request", "check"
ENDS = frozenset({JobState.DONE.value, JobState.FAILED.value, JobState.CANCELLED.value})
_MOST_TEXT = 200
_STATES = {
    JobState.QUEUED: "Waiting to be graded.",
    JobState.RUNNING: "Grading has begun.",
    JobState.DONE: "Graded.",
    JobState.FAILED: "This could not be graded, through no fault of yours. No score was given.",
    JobState.CANCELLED: "The grading was cancelled.",
}
_AGAIN = "The grader itself failed. It will be tried again."


@dataclass(frozen=True)
class Moment:
    """A step that is not written yet."""

    kind: str
    text: str
    check: str = ""
    status: str = ""
    hidden: bool = False


def moments_of(told: Told) -> Iterable[Moment]:
    """What a grading tells, as steps. The checks that a start is made for come one by one."""
    if isinstance(told, Starting):
        yield Moment(START, words_of(told.condition, told.occurrence), hidden=told.hidden)
        for check in told.checks:
            yield Moment(CHECK, "", check, "looking", told.hidden)
    elif isinstance(told, Sending):
        text = one_line(f"{told.request.method} {told.request.path}", _MOST_TEXT)
        yield Moment(REQUEST, text, hidden=told.hidden)
    elif isinstance(told, Judged):
        yield Moment(CHECK, one_line(told.title, _MOST_TEXT), told.check, told.status.value, told.hidden)


def note_state(db: Session, job: Job) -> None:
    """Tell the state that a job has come to."""
    state = JobState(job.state)
    text = _AGAIN if state is JobState.QUEUED and job.reason else _STATES[state]
    db.add(Step(job_id=job.id, kind=STATE, text=text, status=state.value))
    db.flush()


def note(db: Session, job: Job, moments: Iterable[Moment]) -> None:
    """Write steps of a job that is locked. What is equal to the one before is no news."""
    rows = [{"job_id": job.id, **vars(moment)} for moment, _ in groupby(moments)]
    if rows:
        db.execute(insert(Step), rows)


def steps_after(db: Session, job_id: int, last_id: int = 0, *, hidden: bool) -> Sequence[Step]:
    """The steps of a job behind one of them; `hidden`: those of hidden checks, too."""
    asked = select(Step).where(Step.job_id == job_id, Step.id > last_id).order_by(Step.id)
    return db.scalars(asked if hidden else asked.where(~Step.hidden)).all()


def visible(kind: str, showing: Showing, *, hidden: bool) -> bool:
    """Whether somebody may see a step: of a result that is not shown yet, only that the program is being looked at."""
    if hidden and not showing.hidden:
        return False
    return showing.result or kind in (STATE, START)


def clear(db: Session, *, older: timedelta) -> None:
    """Forget the steps of jobs that ended long ago. The last step of all stays: no id is given out twice."""
    ended = select(Job.id).where(Job.finished < now() - older)
    last = select(func.max(Step.id)).scalar_subquery()
    old = delete(Step).where(Step.job_id.in_(ended), Step.id < last)
    db.execute(old, execution_options={"synchronize_session": False})
