"""Clones of repositories, one for each person, and whose each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import takewhile

from grader.errors import UsageError
from grader.sources.listing import Entry, Listing
from grader.sources.tabular import Table, read_table


def clones(listing: Listing) -> list[Entry]:
    """The folders that git made."""
    return [entry for entry in listing.folders() if ".git" in entry.inside]


def common_start(names: Collection[str]) -> str:
    """What the names have in common up to a hyphen, where there are several: "flask-lab-" of all students' clones."""
    if len(names) < 2:
        return ""
    least, greatest = min(names), max(names)
    alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(least, greatest, strict=False))))
    return least[: least.rfind("-", 0, alike) + 1]


def table_beside(listing: Listing, name: str, columns: Iterable[str]) -> Table | None:
    """The table of this name that stands beside the clones and has these columns; it is but a help."""
    entry = listing.file(name)
    try:
        table = read_table(entry.path) if entry else None
    except UsageError:
        return None
    return table if table and set(columns) <= set(table.columns) else None
