"""What a batch is told of: an instructor's source and roster as works and people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.batch.model import Work
from grader.frozen import dataclass
from grader.sources import Kind, digest, find, match, read_roster, stage
from grader.sources import attempts as some_of
from grader.sources.model import Which
from grader.store.values import Whose

if TYPE_CHECKING:
    from grader.model import Rubric
    from grader.sources import Attempt, Enrolled, Found, Match, Person


@dataclass(frozen=True)
class Class:
    """A source, with the people of a roster where one was given."""

    found: Found
    matched: Match | None
    people: dict[str, Whose]  # of the source, by their keys there
    missing: tuple[Whose, ...]


def read_class(source: Path, kind: str | None, manifest: Path | None, roster: Path | None, workspace: Path) -> Class:
    """What a source and a roster hold. Raises UsageError."""
    found = find(source, kind=Kind(kind) if kind else None, manifest=manifest, workspace=workspace)
    people = {attempt.person.key: _whose(attempt.person) for attempt in found.attempts}
    if roster is None:
        return Class(found, None, people, ())
    matched = match(read_roster(roster), found)
    for one in matched.matched:
        people[one.person.key] = _whose(one.person, one.enrolled)
    return Class(found, matched, people, tuple(map(_absent, matched.missing)))


def _whose(person: Person, enrolled: Enrolled | None = None) -> Whose:
    """The identifiers of both, and the class's own spelling of a name."""
    ids = dict(person.ids) | (dict(enrolled.ids) if enrolled else {})
    return Whose(person.key, (enrolled.name if enrolled else "") or person.name, ids)


def _absent(enrolled: Enrolled) -> Whose:
    known = next((f"{kind}={value}" for kind, value in enrolled.ids), f"name={enrolled.name}")
    return Whose(f"roster {known}", enrolled.label, dict(enrolled.ids))


def works_of(whole: Class, rubric: Rubric, *, latest: bool) -> Iterator[Work]:
    """The attempts to grade, one after the other: to read each for its hash takes time."""
    for attempt in some_of(whole.found, Which.LATEST if latest else Which.ALL):
        yield Work(
            key=f"{attempt.person.key} #{attempt.number}",
            person=whole.people[attempt.person.key],
            attempt=attempt.number,
            sha256=digest(attempt),
            stage=partial(stage, attempt),
            late_seconds=late_seconds(attempt, rubric),
            late=attempt.late,
            submitted=attempt.submitted_at or "",
            label=attempt.label,
        )


def late_seconds(attempt: Attempt, rubric: Rubric) -> float:
    """As the source says, else by the rubric's deadline where both times are known."""
    if attempt.late_seconds is not None:
        return max(attempt.late_seconds, 0.0)
    if rubric.late is None or not rubric.late.deadline or not attempt.submitted_at:
        return 0.0
    try:
        beyond = datetime.fromisoformat(attempt.submitted_at) - datetime.fromisoformat(rubric.late.deadline)
    except (ValueError, TypeError):  # TypeError: one of them does not say its zone
        return 0.0
    return max(beyond.total_seconds(), 0.0)


def mapping(whole: Class) -> Iterator[str]:
    """File → person → attempt, and what was left out, a line each."""
    yield whole.found.why
    for attempt in whole.found.attempts:
        name = whole.people[attempt.person.key].name
        more = f" (late by {attempt.late_seconds:.0f} s)" if attempt.late_seconds else " (late)" if attempt.late else ""
        yield f"{', '.join(path.name for path in attempt.paths)} → {name} → attempt {attempt.number}{more}"
        if attempt.problem:
            yield f"    {attempt.problem}"
    for left in whole.found.left_out:
        yield f"left out: {left.path}: {left.reason}"
    yield from notes(whole)
    for who in whole.missing:
        yield f"no submission: {who.name}"


def notes(whole: Class) -> Sequence[str]:
    """What a person has to look at: who could be two, and whom the roster does not have."""
    if whole.matched is None:
        return ()
    unknown = [f"not in the roster: {person.name}" for person in whole.matched.unknown]
    return [*(one.sentence for one in whole.matched.ambiguous), *unknown]
