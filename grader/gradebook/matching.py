"""Who in a teacher's file is who in the results: by identifiers, in the system's own order; never by a guess."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence

from grader.frozen import dataclass
from grader.gradebook.entry import Entry
from grader.gradebook.layout import Identity, Layout
from grader.gradebook.sheet import Sheet

_ONLY_NUMBER = ("moodle",)  # "Participant 123456"


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
    pairs: dict[int, tuple[Entry, str]] = {}
    ambiguous: list[str] = []
    taken: dict[str, int] = {}
    known = {kind for identity in layout.identities for kind in identity.kinds}
    by_id = _rows_by_id(sheet, layout)
    by_name = _rows_by_name(sheet, layout)
    names: dict[str, int] = defaultdict(int)
    for entry in entries:
        names[plain(entry.name)] += 1
    for entry in entries:
        rows, how = _rows_of(entry, layout, by_id)
        if not rows and not any(kind in known and value for kind, value in entry.ids):
            rows, how = set(by_name.get(plain(entry.name), ())), "name"
            if rows and names[plain(entry.name)] > 1:
                ambiguous.append(f"{entry.name} ({entry.key}): several submissions have this name, and nothing else")
                continue
        if len(rows) > 1:
            ambiguous.append(f"{entry.name} ({entry.key}): rows {_numbers(rows)} have the same {how}")
        elif rows:
            (row,) = rows
            if row in pairs:
                ambiguous.append(
                    f"row {row + 1}: {pairs[row][0].name} ({taken_by(pairs, row)}) and {entry.name} ({entry.key})"
                )
            pairs[row] = (entry, how)
            taken[entry.key] = row
    return Match(
        tuple((row, entry, how) for row, (entry, how) in sorted(pairs.items())),
        tuple(shown(sheet, layout, row) for row in layout.rows if row not in pairs),
        tuple(f"{entry.name} ({entry.key})" for entry in entries if entry.key not in taken),
        tuple(ambiguous),
    )


def taken_by(pairs: Mapping[int, tuple[Entry, str]], row: int) -> str:
    """The key of who has a row."""
    return pairs[row][0].key


def shown(sheet: Sheet, layout: Layout, row: int) -> str:
    """A row for people: its name and its first identifier."""
    name = " ".join(filter(None, (sheet.value(row, n) for n in layout.name)))
    id = next(filter(None, (sheet.value(row, identity.column) for identity in layout.identities)), "")
    return f"{name} ({id})" if name and id else name or id or f"row {row + 1}"


def plain(name: str) -> str:
    """A name for comparison: one form of every letter, no case, single spaces, first name first."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    last, comma, first = folded.partition(",")
    return " ".join((f"{first} {last}" if comma else folded).split())


def _rows_of(entry: Entry, layout: Layout, by_id: Mapping[tuple[str, str], set[int]]) -> tuple[set[int], str]:
    """The rows that the first telling identifier names, and its kind."""
    for identity in layout.identities:
        for kind in identity.kinds:
            values = [value for own, value in entry.ids if own == kind and value]
            rows = {row for value in values for row in by_id.get((kind, _id(kind, value)), ())}
            if rows:
                return rows, kind
    return set(), ""


def _rows_by_id(sheet: Sheet, layout: Layout) -> Mapping[tuple[str, str], set[int]]:
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in layout.rows:
        for identity in layout.identities:
            _note(found, identity, sheet.value(row, identity.column), row)
    return found


def _note(found: Mapping[tuple[str, str], set[int]], identity: Identity, value: str, row: int) -> None:
    for kind in identity.kinds if value else ():
        found[kind, _id(kind, value)].add(row)


def _rows_by_name(sheet: Sheet, layout: Layout) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row in layout.rows:
        name = plain(" ".join(filter(None, (sheet.value(row, n) for n in layout.name))))
        if name:
            found[name].append(row)
    return found


def _id(kind: str, value: str) -> str:
    """An identifier for comparison. Brightspace writes a # before it; Moodle writes "Participant" before a number."""
    value = unicodedata.normalize("NFC", value.strip().removeprefix("#"))
    if kind in _ONLY_NUMBER:
        numbers = re.findall(r"\d+", value)
        return numbers[-1].lstrip("0") if numbers else value
    return value.casefold()


def _numbers(rows: set[int]) -> str:
    return " and ".join(str(row + 1) for row in sorted(rows))
