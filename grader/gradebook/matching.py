"""Who in a teacher's file is who in the results: by identifiers, in the system's own order; never by a guess."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from grader.composing import composed
from grader.frozen import dataclass
from grader.gradebook.entry import Entry
from grader.gradebook.layout import Layout
from grader.gradebook.sheet import Sheet

_ONLY_NUMBER = ("moodle_participant_id",)  # "Participant 123456"


@dataclass(frozen=True)
class Match:
    """`pairs` of row and entry, each with the kind of identifier that told. What is ambiguous is said in sentences."""

    pairs: tuple[tuple[int, Entry, str], ...]
    unmatched_rows: tuple[str, ...]
    unmatched_entries: tuple[str, ...]
    ambiguous: tuple[str, ...]


def match(sheet: Sheet, layout: Layout, entries: Sequence[Entry]) -> Match:
    """Pair rows and entries.

    An identifier goes before a name. A name tells only where one row and one entry have it, and where no identifier of
    the entry could have told: else two people of one name could be taken for each other.
    """
    index = _Index(sheet, layout, entries)
    pairs: dict[int, tuple[Entry, str]] = {}
    ambiguous: list[str] = []
    for entry in entries:
        rows, how = index.rows_of(entry)
        doubt = index.doubt(entry, rows, how)
        if not doubt and (row := next(iter(rows), None)) is not None:
            if row in pairs:
                doubt = f"row {row + 1}: {pairs[row][0].label} and {entry.label}"
            pairs[row] = (entry, how)
        ambiguous += [doubt] if doubt else []
    taken = {entry.key for entry, _ in pairs.values()}
    return Match(
        tuple((row, entry, how) for row, (entry, how) in sorted(pairs.items())),
        tuple(shown(sheet, layout, row) for row in layout.rows if row not in pairs),
        tuple(entry.label for entry in entries if entry.key not in taken),
        tuple(ambiguous),
    )


class _Index:
    """The rows of a file by what they say of somebody."""

    def __init__(self, sheet: Sheet, layout: Layout, entries: Sequence[Entry]) -> None:
        self._layout = layout
        self._kinds = {kind for identity in layout.identities for kind in identity.kinds}
        self._ids: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._names: dict[str, set[int]] = defaultdict(set)
        self._bearers = Counter(plain(entry.name) for entry in entries)
        for row in layout.rows:
            self._note(sheet, row)

    def _note(self, sheet: Sheet, row: int) -> None:
        for identity in self._layout.identities:
            value = sheet.value(row, identity.column)
            for kind in identity.kinds if value else ():
                self._ids[kind, _id(kind, value)].add(row)
        name = plain(" ".join(filter(None, (sheet.value(row, n) for n in self._layout.name))))
        self._names[name].update({row} if name else ())

    def rows_of(self, entry: Entry) -> tuple[set[int], str]:
        """The rows that could be an entry's, and what tells so."""
        for kind in (kind for identity in self._layout.identities for kind in identity.kinds):
            told = [self._ids.get((kind, _id(kind, value)), set()) for own, value in entry.ids if own == kind and value]
            if rows := set().union(*told):
                return rows, kind
        if any(kind in self._kinds and value for kind, value in entry.ids):
            return set(), ""
        return set(self._names.get(plain(entry.name), ())), "name"

    def doubt(self, entry: Entry, rows: set[int], how: str) -> str:
        """Why it is not certain that a row is an entry's; empty where it is."""
        if how == "name" and rows and self._bearers[plain(entry.name)] > 1:
            return f"{entry.label}: several submissions have this name, and nothing else"
        if len(rows) > 1:
            return f"{entry.label}: rows {' and '.join(str(row + 1) for row in sorted(rows))} have the same {how}"
        return ""


def shown(sheet: Sheet, layout: Layout, row: int) -> str:
    """A row for people: its name and its first identifier."""
    name = " ".join(filter(None, (sheet.value(row, n) for n in layout.name)))
    id = next(filter(None, (sheet.value(row, identity.column) for identity in layout.identities)), "")
    return f"{name} ({id})" if name and id else name or id or f"row {row + 1}"


def plain(name: str) -> str:
    """A name for comparison: one form of every letter, no case, single spaces, first name first."""
    folded = composed(composed(name, "NFKC").casefold())
    last, comma, first = folded.partition(",")
    return " ".join((f"{first} {last}" if comma else folded).split())


def _id(kind: str, value: str) -> str:
    """An identifier for comparison. Brightspace writes a # before it; Moodle writes "Participant" before a number."""
    value = composed(value.strip().removeprefix("#"))
    if kind in _ONLY_NUMBER:
        numbers = re.findall(r"\d+", value)
        return numbers[-1].lstrip("0") if numbers else value
    return value.casefold()
