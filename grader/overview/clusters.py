"""Failures that are one: messages that differ only in what one student wrote and another did not.

Numbers, ports, paths, addresses and quoted values are replaced; of a quoted error its name stays.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterator

from grader.frozen import dataclass
from grader.model import CheckStatus
from grader.overview.row import Row, RowStatus, Who, who
from grader.render.cleaning import one_line

_MOST_KINDS = 2000  # kept apart while rows come; what is new after that is counted as other
_MOST_CHECKS = 100
_MOST_EXAMPLES = 3
_MOST_TEXT = 300

_QUOTED = re.compile(r"""(`)([^`]*)(`)|(“)([^”]*)(”)|(")([^"]*)(")|(?<!\w)(')([^']*)(')(?!\w)""")
_NAME_OF_ERROR = re.compile(r"\W{0,3}([A-Za-z_.]{0,60}(?:Error|Exception|Warning|Interrupt|Exit|NotFound))\b")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+]{1,10}://[^\s`'\"”]*")
_PATH = re.compile(r"(?<![\w<])(?:[A-Za-z]:)?(?:[\w.+~%-]*[/\\])+[\w.+~%-]*")
_PROGRAM = re.compile(r"(?<![\w.-])[\w-]+\.py\b")  # whichever file a student starts
_NUMBER = re.compile(r"(?<![A-Za-z_])(?:0x[0-9a-fA-F]+|\d+(?:[.,:]\d+)*)")


def normalised(message: str) -> str:
    """What a message has in common with others of its kind."""
    text = _QUOTED.sub(_emptied, one_line(message, _MOST_TEXT))
    for pattern, instead in ((_ADDRESS, "URL"), (_PATH, "/…"), (_PROGRAM, "….py"), (_NUMBER, "N")):
        text = pattern.sub(instead, text)
    return text


def _emptied(found: re.Match[str]) -> str:
    opened, inside, closed = (group for group in found.groups() if group is not None)
    error = _NAME_OF_ERROR.match(inside)
    return f"{opened}{error[1] + ': ' if error else ''}…{closed}"


@dataclass(frozen=True)
class Cluster:
    """Messages of one kind. `count` is that of submissions; `checks` are the ids of those that failed with it, none
    where there is no score at all. `example` is one of the messages as it was, `examples` are whose."""

    message: str
    example: str
    count: int
    checks: tuple[str, ...]
    examples: tuple[Who, ...]


class _Kind:
    def __init__(self) -> None:
        self.count = 0
        self.checks: set[str] = set()
        self.examples: list[tuple[tuple[str, str, int], str, Who]] = []

    def add(self, row: Row, checks: set[str], message: str) -> None:
        self.count += 1
        if len(self.checks) < _MOST_CHECKS:
            self.checks |= checks
        whose = who(row)
        insort(self.examples, (whose.order, message, whose), key=lambda example: example[:2])
        del self.examples[_MOST_EXAMPLES:]

    def done(self, name: str) -> Cluster:
        examples = tuple(whose for _, _, whose in self.examples)
        return Cluster(name, self.examples[0][1], self.count, tuple(sorted(self.checks)), examples)


class ClustersSoFar:
    """What is kept while rows come."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.other = 0  # failures of kinds for which there was no room

    def add(self, row: Row) -> None:
        """Count in a submission, once for each kind of failure."""
        kinds: dict[str, tuple[set[str], list[str]]] = {}
        for check, message in _failures(row):
            checks, messages = kinds.setdefault(normalised(message), (set(), []))
            checks.update((check,) if check else ())
            messages.append(one_line(message, _MOST_TEXT))
        for name, (checks, messages) in kinds.items():
            if name in self._kinds or len(self._kinds) < _MOST_KINDS:
                self._kinds.setdefault(name, _Kind()).add(row, checks, min(messages))
            else:
                self.other += 1

    def done(self) -> tuple[Cluster, ...]:
        """The most frequent first."""
        found = sorted(self._kinds.items(), key=lambda item: (-item[1].count, item[0]))
        return tuple(kind.done(name) for name, kind in found)


def _failures(row: Row) -> Iterator[tuple[str, str]]:
    """Check and message of each. What waits for another check has failed for that one's reason, which is told there."""
    if row.status is RowStatus.GRADED:
        for cell in row.checks:
            if cell.message and cell.status not in (CheckStatus.PASSED, CheckStatus.BLOCKED):
                yield cell.id, cell.message
    elif row.status is not RowStatus.MISSING and row.reason:
        yield "", row.reason
