"""Canvas's "Download Submissions": one flat folder, several files for one person.

Names are made in Canvas's own lib/content_zipper.rb: the sortable name in lower case without what is no word character
(so `doejane`, not `doe_jane`), LATE, the user's id, the attachment's id, the file's name. An attachment's id is not the
attempt's number: Canvas exports the last attempt only. While names are hidden, `anon_` and five characters stand in the
places of name and id. A file that was handed in before comes with `-1`, `-2`, ... before its ending. Some teachers
unpack all zips: a folder is as good as a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from grader.frozen import dataclass
from grader.sources.kinds.reader import Gathering, Reading
from grader.sources.listing import Entry, Listing
from grader.sources.model import Id, Person

_REST = r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
_ANONYMOUS = re.compile(rf"(?:(?P<late>LATE|late)_)?(?P<user>anon_[1-9A-HJ-NP-Za-km-z]{{5}})_{_REST}", re.DOTALL)
_NAMED = re.compile(rf"(?P<name>.*?)_(?:(?P<late>LATE|late)_)?(?P<user>\d+)_{_REST}", re.DOTALL)
_AGAIN = re.compile(r"-\d{1,3}(?=\.\w+$)")
_TYPED = {
    "text": "A text was typed into Canvas, and no file was handed in.",
    "link": "A link was handed in, and no file.",
}


@dataclass(frozen=True)
class _File:
    entry: Entry
    person: Person
    late: bool
    attachment: int
    file: str
    typed: str


def _parse(entry: Entry) -> _File | None:
    found = _ANONYMOUS.fullmatch(entry.name) or _NAMED.fullmatch(entry.name)
    if not found or (entry.folder and not found["file"]):
        return None
    user, parts = found["user"], found.groupdict()
    if "name" in parts:
        person = Person(user, parts["name"] or user, ((Id.CANVAS, user),))
    else:
        person = Person(user, user, ((Id.ANONYMOUS, user),))
    return _File(
        entry, person, bool(found["late"]), int(found["attachment"] or 0), found["file"] or "", found["typed"] or ""
    )


class Canvas:
    """Canvas."""

    title = "Canvas"
    shape = "NAME_USER_ATTACHMENT_FILE"
    companions: tuple[str, ...] = ()

    def fits(self, listing: Listing) -> Collection[str]:
        """Files with a user's and an attachment's id."""
        return [entry.name for entry in listing.entries if _parse(entry)]

    def read(self, listing: Listing) -> Reading:
        """One attempt for each user."""
        gathering = Gathering()
        people: dict[str, list[_File]] = {}
        for entry in listing.entries:
            file = _parse(entry)
            if file is None:
                gathering.leave_out(entry)
                continue
            gathering.begin(file.person, late=file.late, problem=_TYPED.get(file.typed, ""))
            if file.typed:
                gathering.leave_out(entry, "it is what was typed into Canvas, not a file")
            else:
                people.setdefault(file.person.key, []).append(file)
        for files in people.values():
            kept = {file.file: file for file in sorted(files, key=lambda f: f.attachment)}
            for file in files:
                if kept[file.file] is not file:
                    gathering.leave_out(file.entry, "a later upload has the same name")
            for file, called in zip(kept.values(), _restored(list(kept)), strict=True):
                gathering.add(file.person, file.entry.path, called, folder=file.entry.folder)
        return gathering.reading()


def _restored(names: list[str]) -> list[str]:
    """The names as their author knows them: without Canvas's numbers, unless two would then be one."""
    bare = [_AGAIN.sub("", name) for name in names]
    return [new if bare.count(new) == 1 else name for name, new in zip(names, bare, strict=True)]
