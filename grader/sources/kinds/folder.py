"""A folder of folders, zips and Python files: each is one person's work, and its name is the person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from grader.sources.kinds.reader import Gathering, Reading, is_work
from grader.sources.listing import Entry, Listing, is_table, why_no_work
from grader.sources.model import LeftOut, Person
from grader.submission.names import shown

_NO_WORK = "it is neither a folder nor a zip nor a Python file"


class Folder:
    """Any folder."""

    title = "folder"
    shape = "a folder, a zip or a Python file for each person"
    companions: tuple[str, ...] = ()

    def fits(self, listing: Listing) -> Collection[str]:
        """Everything that can be graded."""
        return [entry.name for entry in listing.entries if is_work(entry)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each entry."""
        work = [entry for entry in listing.entries if is_work(entry)]
        stems = Counter(map(_stem, work))
        gathering = Gathering()
        for entry in work:
            stem = _stem(entry)
            key = stem if stem and stems[stem] == 1 else entry.name  # jane beside jane.zip: nobody says they are one
            person = Person(key, key)
            gathering.begin(person)
            gathering.add(person, entry.path, "" if entry.folder else entry.name)
        return Reading(gathering.attempts(), tuple(_left_out(e) for e in listing.entries if not is_work(e)))


def _left_out(entry: Entry) -> LeftOut:
    return LeftOut(shown(entry.name), why_no_work(entry) if is_table(entry) else _NO_WORK)


def _stem(entry: Entry) -> str:
    return entry.name if entry.folder else entry.name.rpartition(".")[0].removesuffix(".tar")
