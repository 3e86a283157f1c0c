"""Work that was handed in twice: the same files, byte for byte, by different people.

Of each submission eight bytes are kept; whose it is, is read once more for what came twice.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import insort
from collections.abc import Iterable
from itertools import groupby

from grader.frozen import dataclass
from grader.overview.row import Row, Who, who

_MOST_GROUPS = 200
_MOST_NAMED = 12


@dataclass(frozen=True)
class Group:
    """People who handed in the same. `count` is that of submissions; the first few are named."""

    sha256: str
    count: int
    people: tuple[Who, ...]


class TracesSoFar:
    """Eight bytes of each submission."""

    def __init__(self) -> None:
        self._seen = array("Q")

    def add(self, row: Row) -> None:
        """Keep its trace."""
        if row.sha256:
            self._seen.append(_trace(row.sha256))

    def done(self) -> tuple[int, ...]:
        """Those that came more than once, the most frequent first, and no more than can be shown."""
        runs = ((trace, sum(1 for _ in same)) for trace, same in groupby(sorted(self._seen)))
        twice = sorted((-count, trace) for trace, count in runs if count > 1)
        return tuple(trace for _, trace in twice[:_MOST_GROUPS])


def groups(rows: Iterable[Row], traces: Iterable[int]) -> tuple[Group, ...]:
    """Who handed in what came more than once; another attempt of one person is no second one."""
    wanted = frozenset(traces)
    found: dict[str, _Group] = {}
    for row in rows:
        if row.sha256 and _trace(row.sha256) in wanted:
            found.setdefault(row.sha256, _Group(row)).add(row)
    made = (Group(sha256, g.count, tuple(g.people)) for sha256, g in found.items() if g.several)
    return tuple(sorted(made, key=lambda group: (-group.count, group.sha256)))


class _Group:
    def __init__(self, row: Row) -> None:
        self._first = row.key
        self.several = False
        self.count = 0
        self.people: list[Who] = []

    def add(self, row: Row) -> None:
        self.several |= row.key != self._first
        self.count += 1
        insort(self.people, who(row), key=lambda person: person.order)
        del self.people[_MOST_NAMED:]


def _trace(sha256: str) -> int:
    return int.from_bytes(hashlib.blake2b(sha256.encode("utf-8", "replace"), digest_size=8).digest())
