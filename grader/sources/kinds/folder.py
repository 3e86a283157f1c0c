"""A folder of folders, zips and Python files: each is one person's work, and its name is the person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from grader.sources.kinds.reader import Gathering, Reading, is_work
from grader.sources.listing import Entry, Listing, is_table
from grader.sources.model import Person

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
        stems = Counter(_stem(entry) for entry in listing.entries if is_work(entry))
        gathering = Gathering()
        for entry in listing.entries:
            if not is_work(entry):
                gathering.leave_out(entry, "" if is_table(entry) else _NO_WORK)
                continue
            stem = _stem(entry)
            key = stem if stem and stems[stem] == 1 else entry.name  # jane beside jane.zip: nobody says they are one
            person = Person(key, key)
            gathering.begin(person)
            gathering.add(person, entry.path, "" if entry.folder else entry.name)
        return gathering.reading()


def _stem(entry: Entry) -> str:
    return entry.name if entry.folder else entry.name.rpartition(".")[0].removesuffix(".tar")
