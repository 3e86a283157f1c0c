"""Replit's "Download as zip", one for each person, packed or not: what tells them is Replit's own files in them.

A zip bears the name of the Repl, not of a person, so that what people are called is what their teacher called the zips.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from grader.sources.kinds.folder import Folder
from grader.sources.kinds.reader import Reading
from grader.sources.listing import Entry, Listing
from grader.sources.unpacking import BROKEN, WORK_BYTES, entry_name, open_zip

_MARKS = frozenset((".replit", "replit.nix", ".pythonlibs", ".upm"))
_MOST_LOOKED_AT = 2_000  # entries of one zip


class Replit:
    """Replit."""

    title = "Replit"
    shape = "a folder or a zip with a .replit in it for each person"
    companions: tuple[str, ...] = ()

    def fits(self, listing: Listing) -> Collection[str]:
        """What holds a file of Replit's, right in it or in the one folder that it holds."""
        return [entry.name for entry in listing.entries if not _MARKS.isdisjoint(_inside(entry))]

    def read(self, listing: Listing) -> Reading:
        """As any folder is read."""
        return Folder().read(listing)


def _inside(entry: Entry) -> Iterator[str]:
    if entry.folder:
        yield from entry.inside
    elif entry.name.lower().endswith(".zip"):
        yield from _zipped(entry)


def _zipped(entry: Entry) -> list[str]:
    try:
        with open_zip(entry.path, WORK_BYTES) as archive:
            paths = [entry_name(info).split("/") for info in archive.infolist()[:_MOST_LOOKED_AT]]
    except BROKEN:
        return []
    return [part for path in paths for part in path[:2]]
