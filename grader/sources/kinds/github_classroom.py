"""Clones made by `gh classroom clone student-repos`: <assignment>-submissions/<assignment>-<username>/.

The folder's name is made in gh-classroom's student-repos.go. GitHub Classroom closed in August 2026; clones stay. Its
grades.csv, where it stands beside them, says whose each repository is. Without it and without the folder's name, the
username is what the clones' names do not have in common.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.kinds.repositories import clones, common_start, table_beside
from grader.sources.listing import Entry, Listing
from grader.sources.model import Id, Person

_AROUND = "-submissions"
_GRADES = "grades.csv"
_COLUMNS = ("github_username", "student_repository_name")


class GitHubClassroom:
    """GitHub Classroom."""

    title = "GitHub Classroom"
    shape = "ASSIGNMENT-USERNAME, a clone of a repository"
    companions: tuple[str, ...] = (_GRADES,)

    def fits(self, listing: Listing) -> Collection[str]:
        """Clones whose names begin alike, and folders that begin as they do."""
        start = _start(listing)
        if not start:
            return ()
        return [e.name for e in listing.folders() if e.name.startswith(start) and e.name != start]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each repository."""
        grades = _grades(listing)
        start = _start(listing) or common_start([entry.name for entry in listing.folders()])
        gathering = Gathering()
        for entry in listing.entries:
            if entry.folder and (".git" in entry.inside or entry.name.startswith(start) or entry.name in grades):
                person = _person(entry, start, grades)
                gathering.begin(person)
                gathering.add(person, entry.path, "")
            else:
                gathering.leave_out(entry)
        return gathering.reading()


def _start(listing: Listing) -> str:
    """With what the repositories' names begin; "" where this does not look like a class's clones."""
    folders = [entry.name for entry in listing.folders()]
    cloned = [entry.name for entry in clones(listing)]
    around = listing.root.name
    start = f"{around.removesuffix(_AROUND)}-"
    if around.endswith(_AROUND) and any(name.startswith(start) for name in folders):
        return start
    return common_start(cloned) or (common_start(folders) if _grades(listing) else "")


def _grades(listing: Listing) -> Mapping[str, tuple[str, str]]:
    """For each repository, username and roster identifier."""
    table = table_beside(listing, _GRADES, _COLUMNS)
    if table is None:
        return {}
    rows = [table.cells(row) for row in table.rows]
    return {row["student_repository_name"]: (row["github_username"], row.get("roster_identifier", "")) for row in rows}


def _person(entry: Entry, start: str, grades: Mapping[str, tuple[str, str]]) -> Person:
    user, identifier = grades.get(entry.name, ("", ""))
    user = user or (entry.name.removeprefix(start) if start and entry.name.startswith(start) else "")
    ids = ((Id.GITHUB, user), (Id.REPOSITORY, entry.name), (Id.OTHER, identifier))
    return Person(user or entry.name, identifier or user or entry.name, tuple((kind, id) for kind, id in ids if id))
