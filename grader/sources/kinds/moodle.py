"""Moodle's "Download all submissions", with or without a folder for each person.

Names are made in mod/assign/classes/downloader.php and read back in mod/assign/feedback/file/importziplib.php: full
name, the participant's id in this assignment (not the user's), the plug-in. A folder ends in "_" before Moodle 4.1.
Without folders, "_" and the file's name follow. Blind marking puts "Participant" in the name's place; work of a group
without members has no id ("Default group").
"""

from __future__ import annotations

import re
from collections.abc import Collection

from grader.frozen import dataclass
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.listing import Entry, Listing
from grader.sources.model import Id, Person

_NAME = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
_NO_FILE = "A text was typed into Moodle, and no file was handed in."


@dataclass(frozen=True)
class _Part:
    person: Person
    plugin: str
    file: str


def _parse(entry: Entry) -> _Part | None:
    found = _NAME.fullmatch(entry.name)
    if not found or (not entry.folder and not found["file"]):
        return None
    name, id = found["name"], found["id"]
    person = Person(id or name, name, ((Id.PARTICIPANT, id),) if id else ())
    return _Part(person, found["plugin"], found["file"] or "")


class Moodle:
    """Moodle."""

    title = "Moodle"
    shape = "NAME_PARTICIPANT_assignsubmission_file"
    companions: tuple[str, ...] = ()

    def fits(self, listing: Listing) -> Collection[str]:
        """What has "_assignsubmission_" in its name."""
        return [entry.name for entry in listing.entries if _parse(entry)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each participant: Moodle exports the last."""
        gathering = Gathering()
        for entry in listing.entries:
            part = _parse(entry)
            if part is None:
                gathering.leave_out(entry)
                continue
            gathering.begin(part.person, problem="" if part.plugin == "file" else _NO_FILE)
            if part.plugin == "onlinetext":
                gathering.leave_out(entry, "it is what was typed into Moodle, not a file")
            elif part.plugin != "file":
                gathering.leave_out(entry, f"it is Moodle's {part.plugin}, not a file")
            else:
                gathering.add(part.person, entry.path, "" if entry.folder else part.file)
        return gathering.reading()
