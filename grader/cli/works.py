"""What a batch is told of: an instructor's source and roster as works and people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.batch.lateness import beyond, in_words
from grader.batch.model import Work
from grader.frozen import dataclass
from grader.sources import Kind, digest, find, match, read_roster, stage
from grader.sources import attempts as some_of
from grader.sources.kinds import READERS
from grader.sources.model import Which
from grader.store.values import Whose
from grader.submission.names import shown

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
    return beyond(attempt.submitted_at, rubric.late.deadline if rubric.late else None) or 0.0


def title(kind: Kind, source: Path) -> str:
    """What a class is called in its overview: where its work came from."""
    name = READERS[kind].title
    return f"{name[:1].upper()}{name[1:]} · {shown(source.resolve().name)}"


def mapping(whole: Class, rubric: Rubric) -> Iterator[str]:
    """File → person → attempt, and what was left out, a line each."""
    yield whole.found.why
    for attempt in whole.found.attempts:
        name = whole.people[attempt.person.key].name
        files = ", ".join(_path(path, whole.found.root) for path in attempt.paths) or "no file"
        yield f"{files} → {name} → attempt {attempt.number}{_late(attempt, rubric)}"
        if attempt.problem:
            yield f"    {attempt.problem}"
    for left in whole.found.left_out:
        yield f"left out: {left.path}: {left.reason}"
    yield from notes(whole, rubric)
    for who in whole.missing:
        yield f"no submission: {who.name}"


def _path(path: Path, root: Path) -> str:
    """As a manifest names it."""
    return shown(str(path.relative_to(root)) if path.is_relative_to(root) else path.name)


def _late(attempt: Attempt, rubric: Rubric) -> str:
    seconds = late_seconds(attempt, rubric)
    return f" (late by {in_words(seconds)})" if seconds else " (late)" if attempt.late else ""


def notes(whole: Class, rubric: Rubric) -> list[str]:
    """What a person has to look at: who could be two, whom the roster does not have, and whose lateness costs nothing
    because nobody says how much it is."""
    matched = whole.matched
    ambiguous = [one.sentence for one in matched.ambiguous] if matched else []
    unknown = [f"Not in the roster: {_named(person)}" for person in matched.unknown] if matched else []
    return [*ambiguous, *_not_measured(whole.found, rubric), *unknown]


def _named(person: Person) -> str:
    return person.name if person.name == person.key else f"{person.name} ({person.key})"


def _not_measured(found: Found, rubric: Rubric) -> Iterator[str]:
    """Where the rubric has a policy for late work, and how late somebody was cannot be told."""
    if rubric.late is None:
        return
    deadline = rubric.late.deadline
    open = [a for a in found.attempts if a.late_seconds is None and beyond(a.submitted_at, deadline) is None]
    timed = next((attempt.submitted_at for attempt in open if attempt.submitted_at), None)
    late = sum(attempt.late for attempt in open)
    if timed and deadline:
        why = f"Times such as {shown(timed)} cannot be compared with the deadline {deadline}, for one names no zone"
    elif timed:
        why = "The rubric takes points off for late work, and names no deadline"
    elif late:
        why = f"{late} came late, and neither the source nor the rubric says by how much"
    elif open and found.kind is not Kind.CANVAS:  # which marks what is late
        why = "The rubric takes points off for late work, and the source does not say when it came"
    else:
        return
    yield f"{why}: nothing is taken off. A manifest can say it, as late_seconds."
