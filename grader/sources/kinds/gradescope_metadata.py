"""Reads Gradescope's submission_metadata.yml.

The file holds every result and the whole history of each submission, megabytes of it. It is read as a stream of events:
nothing is constructed, aliases and tags are not followed, and only what is needed is kept.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from grader.errors import UsageError
from grader.frozen import dataclass
from grader.sources.listing import read_start
from grader.submission.names import shown

METADATA = "submission_metadata.yml"
_MOST_BYTES = 64 << 20
_MOST_DEPTH = 100
_WANTED = (":submitters", ":created_at")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML can be built without libyaml
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")
_Events = Iterator[yaml.Event]


@dataclass(frozen=True)
class Submitted:
    """Who handed in one submission, each with `:name`, `:sid` and `:email` as far as known, and when."""

    submitters: tuple[Mapping[str, str], ...] = ()
    created_at: str | None = None


def read_metadata(path: Path) -> dict[str, Submitted]:
    """Every submission that the file names. Raises UsageError."""
    data = read_start(path, _MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{shown(path.name)} has more than {_MOST_BYTES >> 20} MB.", "Say who is who in a manifest.")
    try:
        return _submissions(yaml.parse(io.BytesIO(data), Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise _unreadable(path, where, error.problem or "it cannot be understood") from error
    except (yaml.YAMLError, UnicodeError, _OddError) as error:
        raise _unreadable(path, "", str(error).partition("\n")[0]) from error


class _OddError(Exception):
    pass


def _unreadable(path: Path, where: str, why: str) -> UsageError:
    return UsageError(
        f"{shown(path.name)}{where} is not as Gradescope writes it: {shown(why)}.",
        "Download the export again, or say who is who in a manifest.",
    )


def _submissions(events: _Events) -> dict[str, Submitted]:
    top = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
    if not isinstance(top, yaml.MappingStartEvent):
        raise _OddError("it holds no submissions")
    found: dict[str, Submitted] = {}
    for name, event in _pairs(events):
        if isinstance(event, yaml.MappingStartEvent):
            kept = {key: _value(e, events, 0) for key, e in _pairs(events, _WANTED)}
            members = kept.get(":submitters")
            found[name] = Submitted(_members(members), _time(kept.get(":created_at")))
        else:
            _skip(event, events)
    return found


def _pairs(events: _Events, wanted: tuple[str, ...] = ()) -> Iterator[tuple[str, yaml.Event]]:
    """The keys of an open mapping with the first event of each value; what is not wanted is passed over."""
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        key = _skip(event, events)
        value = next(events)
        if key and (not wanted or key in wanted):
            yield key, value
        else:
            _skip(value, events)


def _skip(event: yaml.Event, events: _Events) -> str:
    """Pass over a whole node; what it says, where it is a scalar."""
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    depth = 1 if isinstance(event, yaml.CollectionStartEvent) else 0
    while depth:
        inner = next(events)
        depth += isinstance(inner, yaml.CollectionStartEvent) - isinstance(inner, yaml.CollectionEndEvent)
    return ""


def _value(event: yaml.Event, events: _Events, depth: int) -> Any:
    """A small node as lists, dictionaries and text."""
    if depth > _MOST_DEPTH:
        raise _OddError("it is nested too deeply")
    if isinstance(event, yaml.MappingStartEvent):
        return {key: _value(inner, events, depth + 1) for key, inner in _pairs(events)}
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            items.append(_value(inner, events, depth + 1))
        return items
    return _text(event) if isinstance(event, yaml.ScalarEvent) else ""


def _text(event: yaml.ScalarEvent) -> str:
    null = event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")
    return "" if null else str(event.value).strip()


def _members(value: Any) -> tuple[Mapping[str, str], ...]:
    found = [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []
    return tuple({key: text for key, text in member.items() if isinstance(text, str)} for member in found)


def _time(value: Any) -> str | None:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    zone = "Z" if found[3] in ("Z", "UTC") else found[3] or ""
    return f"{found[1]}T{found[2]}{zone}"
