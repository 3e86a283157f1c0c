"""What an export becomes in the database: people, attempts, jobs that grade them, and a list of what became of what."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.courses import attempts, gradings, import_people, jobs, rubrics, uploads
from grader.courses.import_files import Keeping, Ready
from grader.courses.tables import Assignment, Attempt, Counts, Import, JobKind, RubricVersion, User
from grader.errors import GraderError, NotGradableError
from grader.frozen import dataclass
from grader.model import Kept
from grader.pipeline import not_gradable, ran_by
from grader.sources import Attempt as Handed
from grader.sources import Found, Kind
from grader.store.tables import now
from grader.submission.names import shown

_MOST_LEFT_OUT = 2000
_MOST_TEXT = 300


class NotOurs(Exception):
    """It was cancelled, or somebody else reads it now: nothing more is written."""


@dataclass(frozen=True)
class Reading:
    """An export that `worker` reads."""

    id: int
    key: str
    assignment_id: int
    filename: str
    kind: str
    sha256: str
    counts: Counts
    worker: str


@dataclass(frozen=True)
class Plan:
    """What is in an export, and who of the course is who in it. `listed` in the order of the mapping."""

    kind: Kind
    root: Path
    listed: tuple[Handed, ...]
    accounts: Mapping[str, tuple[int, str]]


def start(db: Session, reading: Reading, found: Found, chosen: Sequence[Handed], lease: datetime) -> Plan:
    """Say what was found. Raises NotOurs."""
    made = own(db, reading)
    assignment = db.get_one(Assignment, reading.assignment_id)
    who = import_people.told_apart(import_people.known(db, assignment), found)
    plan = Plan(found.kind, found.root, tuple(chosen), who.accounts)
    made.kind, made.lease = found.kind.value, lease
    made.told = [found.why, *_earlier(found, chosen), *_times(chosen, assignment), *who.sentences]
    made.left_out = [[left.path, left.reason] for left in found.left_out[:_MOST_LEFT_OUT]]
    made.mapping = [_entry(plan, handed) for handed in plan.listed]
    return plan


def _earlier(found: Found, chosen: Sequence[Handed]) -> Iterator[str]:
    count = len(found.attempts) - len(chosen)
    if count:
        yield f"{count} earlier {'attempt was' if count == 1 else 'attempts were'} left out, for the latest one counts."


def _times(chosen: Sequence[Handed], assignment: Assignment) -> Iterator[str]:
    """What a teacher has to know of late work that cannot be measured."""
    if assignment.due is None:
        return
    open = [one for one in chosen if one.late_seconds is None and _moment(one.submitted_at) is None]
    late, timed = [one for one in open if one.late], [one for one in open if one.submitted_at]
    if late:
        yield f"{len(late)} came late, and the export does not say by how much: nothing is taken off."
    elif timed:
        example = shown(str(timed[0].submitted_at))
        yield f"The export gives times without their time zone, such as {example}: nobody is taken for late by them."


def _entry(plan: Plan, handed: Handed) -> dict[str, Any]:
    account = plan.accounts.get(handed.person.key)
    return {
        "file": _paths(handed, plan.root),
        "name": handed.person.name[:_MOST_TEXT],
        "number": handed.number,
        "by": account[1] if account else "new",
        "attempt": "",
        "note": "",
    }


def _paths(handed: Handed, root: Path) -> str:
    names = [str(path.relative_to(root)) if path.is_relative_to(root) else path.name for path in handed.paths]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(map(shown, names[:3])) + more)[:_MOST_TEXT] or "no file"


def add(db: Session, keeping: Keeping, reading: Reading, plan: Plan, few: Sequence[Ready], lease: datetime) -> None:
    """Attempts, jobs and people of a few. Raises NotOurs."""
    made = own(db, reading)
    assignment = db.get_one(Assignment, reading.assignment_id)
    version = rubrics.in_force(db, assignment)
    by = db.get(User, made.by_id)
    mapping = list(made.mapping)
    for laid in few:
        attempt, note = _attempt(db, keeping, reading, plan, assignment, laid)
        if not note and laid.problem is not None:
            _not_gradable(db, attempt, version, laid.problem)
        elif not note:
            jobs.enqueue(db, attempt, kind=JobKind.GRADE, by=by, import_id=reading.id)
        mapping[laid.place] = {**mapping[laid.place], "attempt": attempt.key, "note": note}
    made.mapping, made.lease = mapping, lease


def _attempt(
    db: Session, keeping: Keeping, reading: Reading, plan: Plan, assignment: Assignment, laid: Ready
) -> tuple[Attempt, str]:
    """The attempt of a work; with a note where it was here before, so that nothing is to be done."""
    person = laid.handed.person
    key = import_people.source_key(plan.kind, person)
    account = plan.accounts.get(person.key, (None, ""))[0] or _made_before(db, reading, key)
    user_id = import_people.enrol(db, assignment, plan.kind, person, account)
    db.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    own_attempts = db.scalars(
        select(Attempt)
        .where(Attempt.assignment_id == assignment.id, Attempt.user_id == user_id)
        .order_by(Attempt.number)
    ).all()
    once = _once(reading, laid.handed)
    for before in own_attempts:
        if before.once == once:
            return before, "read before"
    others = [attempt for attempt in own_attempts if attempt.import_id != reading.id]
    same = [a for a in (others[-1:] if reading.counts is Counts.LATEST else others) if a.digest == laid.digest]
    if same:
        same[-1].source_key, same[-1].ids = key, dict(person.ids)
        return same[-1], "handed in before, unchanged"
    return _new(db, keeping, reading, plan, assignment, laid, user_id, once), ""


def _made_before(db: Session, reading: Reading, key: str) -> int | None:
    """Whom an earlier attempt of this very export made."""
    asked = select(Attempt.user_id).where(Attempt.import_id == reading.id, Attempt.source_key == key)
    return db.scalars(asked.limit(1)).first()


def _new(
    db: Session,
    keeping: Keeping,
    reading: Reading,
    plan: Plan,
    assignment: Assignment,
    laid: Ready,
    user_id: int,
    once: str,
) -> Attempt:
    handed = laid.handed
    upload = uploads.keep(db, keeping.data, laid.file, keeping.quota, None) if laid.file is not None else None
    at = _moment(handed.submitted_at)
    late = (
        handed.late_seconds
        if handed.late_seconds is not None
        else (attempts.late_seconds(assignment, at) if at else 0.0)
    )
    attempt = Attempt(
        assignment_id=assignment.id,
        user_id=user_id,
        number=attempts.next_number(db, assignment, user_id),
        upload_id=upload.id if upload is not None else None,
        filename=_paths(handed, plan.root),
        digest=laid.digest,
        submitted=at or _as_written(handed.submitted_at) or now(),
        late_seconds=max(late, 0.0),
        import_id=reading.id,
        label=handed.label[:_MOST_TEXT],
        source_key=import_people.source_key(plan.kind, handed.person),
        ids={str(kind): value for kind, value in handed.person.ids},
        once=once,
    )
    db.add(attempt)
    db.flush()
    return attempt


def _once(reading: Reading, handed: Handed) -> str:
    """The same attempt of the same export, however often it is read."""
    return hashlib.sha256(f"{reading.key} {handed.person.key} {handed.number}".encode("utf-8", "replace")).hexdigest()


def _not_gradable(db: Session, attempt: Attempt, version: RubricVersion | None, problem: NotGradableError) -> None:
    """The result of what holds nothing to grade: a person decides."""
    if version is None:
        raise GraderError("This assignment has no rubric any more.", "Write one, then upload the export again.")
    rubric = rubrics.parse(version.text)
    kept = Kept(not_gradable(attempt.user.name, rubric, problem), ran_by=ran_by(rubric))
    gradings.add(db, attempt, kept, rubric_id=version.id)


def end(db: Session, reading: Reading) -> None:
    """All of it was read. Raises NotOurs."""
    made = own(db, reading)
    made.state, made.lease = "grading", None


def own(db: Session, reading: Reading) -> Import:
    """The export, as long as it is this reader's. Raises NotOurs."""
    found = db.scalars(select(Import).where(Import.id == reading.id).with_for_update()).first()
    if found is None or found.state != "reading" or found.worker != reading.worker:
        raise NotOurs
    return found


def _moment(submitted: str | None) -> datetime | None:
    """In UTC, where the source says its zone."""
    at = _parsed(submitted)
    return at.astimezone(UTC).replace(tzinfo=None) if at is not None and at.tzinfo is not None else None


def _as_written(submitted: str | None) -> datetime | None:
    at = _parsed(submitted)
    return at.replace(tzinfo=None) if at is not None else None


def _parsed(submitted: str | None) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(submitted) if submitted else None
    return None
