"""Gradescope's "Export Submissions": a folder `submission_ID` for each submission, and submission_metadata.yml.

The metadata name who handed in what, and when; the keys are those that published scripts read (otter-grader's
otter/grade/metadata.py among others). A group's submission counts for each of its members.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from grader.sources.kinds.gradescope_metadata import METADATA, Submitted, read_metadata
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.listing import Entry, Listing
from grader.sources.model import Id, Person

_NAME = re.compile(r"submission_\d+")
_MISSING = "Gradescope's metadata name this submission, but its folder is not in the export."


class Gradescope:
    """Gradescope."""

    title = "Gradescope"
    shape = "submission_ID"
    companions: tuple[str, ...] = (METADATA,)

    def fits(self, listing: Listing) -> Collection[str]:
        """Folders that Gradescope names."""
        return [entry.name for entry in listing.folders() if _NAME.fullmatch(entry.name)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each member of each submission."""
        file = listing.file(METADATA)
        submitted = read_metadata(file.path) if file else {}
        fits = self.fits(listing)
        folders = {entry.name: entry for entry in listing.entries if entry.name in fits or entry.name in submitted}
        gathering = Gathering()
        for name in sorted(folders.keys() | submitted.keys()):
            _gather(gathering, name, folders.get(name), submitted)
        for entry in listing.entries:
            if entry.name not in folders:
                gathering.leave_out(entry, "it says who handed in what" if entry is file else "")
        return gathering.reading()


def _gather(gathering: Gathering, name: str, folder: Entry | None, submitted: Mapping[str, Submitted]) -> None:
    about = submitted.get(name) or Submitted()
    when = f"{about.created_at or ''} {name}"
    for person in _people(name, about):
        gathering.begin(person, when, submitted_at=about.created_at, problem="" if folder else _MISSING)
        if folder:
            gathering.add(person, folder.path, "", when)


def _people(name: str, about: Submitted) -> Iterator[Person]:
    """Who handed it in; where nobody is named, the submission itself stands for that."""
    for member in about.submitters:
        # Who signs in has an address of their own; a student's number may have been typed by anybody.
        ids = ((Id.EMAIL, member.get(":email", "")), (Id.STUDENT, member.get(":sid", "")))
        known = tuple((kind, value) for kind, value in ids if value)
        if known or len(about.submitters) == 1:
            yield Person(known[0][1] if known else name, member.get(":name") or name, known)
        elif member.get(":name"):
            yield Person(f"{name} {member[':name']}", member[":name"])
    if not about.submitters:
        yield Person(name, name)
