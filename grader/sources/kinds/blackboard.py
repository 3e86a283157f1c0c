"""Blackboard's "Assignment File Download" (gradebook_COURSE_ASSIGNMENT_DATE.zip): one flat folder.

Names as BBGradebookOrganiser's utils/organiser.py takes them apart: assignment, username, "attempt", date, file. Beside
the files of every attempt stands one `.txt` without a file's name. In it, in the language of the site:

    Name: Jane Doe (jdoe)
    ...
    Files:
        Original filename: main.py
        Filename: Lab 3_jdoe_attempt_2024-10-03-23-59-01_main.py

A username may hold "_", so that only the `.txt` tells where it begins. What stands behind the first "_attempt_" with a
date, and most of the `.txt`, was written by the student: nobody becomes another person by it, and it renames no file of
another attempt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from grader.frozen import dataclass
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.listing import Entry, Listing, read_start
from grader.sources.model import Id, Person

_NAME = re.compile(
    r"(?P<before>.+?_(?P<user>[^_]+))_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
_WHO = re.compile(r"[^:\n]{1,60}:[ \t]*(?P<name>[^\n]*?)[ \t]*\((?P<user>[^()\n]+)\)[ \t]*(?:\n|$)")
_LINE = re.compile(r"[ \t]+[^:\n]{1,60}:[ \t]*(?P<value>[^\n]+)")
_NOTE_BYTES = 1 << 20
_NO_FILE = "A text was typed into Blackboard, or nothing; no file was handed in."


@dataclass(frozen=True)
class _Part:
    before: str
    user: str
    when: str
    file: str


@dataclass(frozen=True)
class _Note:
    """What the `.txt` of an attempt says."""

    name: str
    user: str
    originals: Mapping[str, str]


def _parse(entry: Entry) -> _Part | None:
    found = _NAME.fullmatch(entry.name)
    if not found or (entry.folder and not found["file"]):
        return None
    return _Part(found["before"], found["user"], found["when"], found["file"] or "")


def _note(entry: Entry) -> _Note:
    text = read_start(entry.path, _NOTE_BYTES).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    who = _WHO.match(text)
    values = [line["value"].strip() for line in map(_LINE.fullmatch, text.split("\n")) if line]
    pairs = zip(values[1:], values, strict=False)
    own = entry.name.removesuffix(".txt") + "_"
    originals = {new: old.replace("\\", "/").rpartition("/")[2] for new, old in pairs if new.startswith(own)}
    return _Note(who["name"] if who else "", who["user"].strip() if who else "", originals)


class Blackboard:
    """Blackboard."""

    title = "Blackboard"
    shape = "ASSIGNMENT_USER_attempt_DATE_FILE"
    companions: tuple[str, ...] = ()

    def fits(self, listing: Listing) -> Collection[str]:
        """Files of an attempt."""
        return [entry.name for entry in listing.entries if _parse(entry)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each user and date."""
        gathering = Gathering()
        parts: list[tuple[Entry, _Part]] = []
        notes: dict[str, _Note] = {}
        originals: dict[str, str] = {}
        for entry in listing.entries:
            part = _parse(entry)
            if part is None:
                gathering.leave_out(entry)
                continue
            parts.append((entry, part))
            if not part.file:
                note = _note(entry)
                originals |= note.originals
                if f"_{part.before}".endswith(f"_{note.user}") and note.user:
                    notes[part.before] = note
                gathering.leave_out(entry, "it is what Blackboard says about the attempt")
        for entry, part in parts:
            _gather(gathering, entry, part, notes.get(part.before), originals)
        return gathering.reading()


def _gather(gathering: Gathering, entry: Entry, part: _Part, note: _Note | None, originals: Mapping[str, str]) -> None:
    user = note.user if note else part.user
    person = Person(user, (note.name if note else "") or user, ((Id.USERNAME, user),))
    day, clock = part.when[:10], part.when[11:].replace("-", ":")
    gathering.begin(person, part.when, submitted_at=f"{day}T{clock}", problem="" if part.file else _NO_FILE)
    if part.file:
        called = originals.get(entry.name) or part.file
        gathering.add(person, entry.path, called, part.when, folder=entry.folder)
