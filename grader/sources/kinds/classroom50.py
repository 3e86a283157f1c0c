"""What `gh teacher download` of Classroom 50 makes: clones, scores.csv, and results beside the work.

    <classroom>-<assignment>_submissions_2026_11_27_T_10_00_00/
        scores.csv
        <classroom>-<assignment>-<username>/     with result.json and results.json, which are not the student's

Names and columns as in its cli/gh-teacher/internal/download/download.go. Every repository that a student accepted holds
.classroom50.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from grader.frozen import dataclass
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.kinds.repositories import clones, common_start, table_beside
from grader.sources.listing import Entry, Listing
from grader.sources.model import Id, Person
from grader.submission.names import left_out

_AROUND = re.compile(r"(?P<start>.+)_submissions_\d{4}(?:_\d\d){2}_T(?:_\d\d){3}")
_MARKS = frozenset((".classroom50.yaml", ".classroom50.yml"))
_RESULTS = frozenset(("result.json", "results.json"))
_SCORES = "scores.csv"
_COLUMNS = ("username", "submission_tag", "late")


@dataclass(frozen=True)
class _Scored:
    """What scores.csv says of somebody's latest submission."""

    username: str
    name: str
    email: str
    datetime: str
    late: bool


class Classroom50:
    """Classroom 50."""

    title = "Classroom 50"
    shape = "CLASSROOM-ASSIGNMENT-USERNAME, a clone of a repository"
    companions: tuple[str, ...] = (_SCORES,)

    def fits(self, listing: Listing) -> Collection[str]:
        """Repositories with its mark, and all that begin as the folder around them or the table of scores says."""
        start = _start(listing)
        return [e.name for e in listing.folders() if _is_marked(e) or (start and e.name.startswith(start))]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each repository."""
        scored = _scored(listing)
        start = _start(listing) or common_start([entry.name for entry in clones(listing)])
        fits = {*self.fits(listing), *(entry.name for entry in clones(listing))}
        gathering = Gathering()
        for entry in listing.entries:
            if entry.name in fits:
                _gather(gathering, entry, start, scored)
            else:
                gathering.leave_out(entry)
        return gathering.reading()


def _is_marked(entry: Entry) -> bool:
    return not _MARKS.isdisjoint(entry.inside)


def _start(listing: Listing) -> str:
    around = _AROUND.fullmatch(listing.root.name)
    if around:
        return f"{around['start']}-"
    if _scored(listing):
        return common_start([entry.name for entry in clones(listing)])
    return common_start([entry.name for entry in listing.folders() if _is_marked(entry)])


def _scored(listing: Listing) -> Mapping[str, _Scored]:
    table = table_beside(listing, _SCORES, _COLUMNS)
    scored: dict[str, _Scored] = {}
    for row in (table.cells(row) for row in table.rows) if table else ():
        name = f"{row.get('first_name', '')} {row.get('last_name', '')}".strip()
        new = _Scored(
            row["username"], name, row.get("email", ""), row.get("datetime", ""), row["late"].lower() == "true"
        )
        before = scored.get(new.username.lower())
        if before is None or before.datetime <= new.datetime:
            scored[new.username.lower()] = new
    return scored


def _person(known: _Scored, repository: str) -> Person:
    """Whom a repository belongs to; named by it, where nobody else is."""
    ids = ((Id.GITHUB, known.username), (Id.REPOSITORY, repository), (Id.EMAIL, known.email))
    return Person(
        known.username or repository,
        known.name or known.username or repository,
        tuple((kind, id) for kind, id in ids if id),
    )


def _gather(gathering: Gathering, entry: Entry, start: str, scored: Mapping[str, _Scored]) -> None:
    user = entry.name.removeprefix(start) if start and entry.name.startswith(start) else ""
    known = scored.get(user.lower()) or _Scored(user, "", "", "", late=False)
    person = _person(known, entry.name)
    gathering.begin(person, submitted_at=known.datetime or None, late=known.late)
    inside = [name for name in entry.inside if not left_out(name)]
    foreign = _RESULTS | _MARKS
    if foreign.isdisjoint(inside):
        gathering.add(person, entry.path, "")
        return
    for name in inside:
        if name not in foreign:
            gathering.add(person, entry.path / name, name)
