"""`${name}`: values that a step captured, or that this grading made up, put into what a rubric says.

Names that begin with `unique` stand for eight letters, those that begin with `number` for four digits. They follow from
the submission and the rubric: the same at every grading, and unknown to a program that was written before. `${dollar}`
is the sign itself, for texts that hold `${`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from enum import Enum
from hashlib import sha256
from typing import Any, TypeVar, cast
from urllib.parse import quote

from grader.model import Json

T = TypeVar("T")

_PLACE = re.compile(r"\$\{([^{}$]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DOLLAR = "dollar"
_MADE_UP = re.compile(rf"(unique|number)(?:_[A-Za-z0-9_]{{1,50}})?|{_DOLLAR}")
_PATTERNS = ("matches", "regex")  # fields in which a value stands for itself, not for a pattern
_ADDRESS = "path"  # the field in which a value is one part of an address, whatever it holds
_NOTE = "names in this dataclass"  # no field can have that name
_LETTERS = "abcdefghijkmnpqrstuvwxyz"

Captures = Mapping[str, Any]


class Unknown(Exception):
    """A name stands for nothing, because the step that captures it found nothing, or for what cannot stand there; a
    sentence for a student."""


def names_in(thing: object) -> tuple[str, ...]:
    """Every name used anywhere in a text, or in the texts of a dataclass."""
    if isinstance(thing, str):
        return tuple(_PLACE.findall(thing)) if "${" in thing else ()
    if isinstance(thing, tuple):
        return tuple(name for item in thing for name in names_in(item))
    if isinstance(thing, Json):
        return names_in(thing.text)
    return _names_in_fields(thing) if dataclasses.is_dataclass(thing) and not isinstance(thing, type) else ()


def _names_in_fields(thing: Any) -> tuple[str, ...]:
    """Noted in the dataclass itself: a rubric's own are asked for with every answer, and cannot change."""
    known = thing.__dict__.get(_NOTE)
    if known is None:
        found = tuple(name for field in dataclasses.fields(thing) for name in names_in(getattr(thing, field.name)))
        known = thing.__dict__[_NOTE] = found
    return cast("tuple[str, ...]", known)


def is_filled_in(value: object) -> bool:
    """Whether it is a text in which something will be put, so that nothing can be said of it before."""
    return isinstance(value, str) and "${" in value


def is_name(text: str) -> bool:
    """Whether a capture may be called so."""
    return _NAME.fullmatch(text) is not None and not is_made_up(text)


def is_made_up(name: str) -> bool:
    """Whether the grading makes this value up."""
    return _MADE_UP.fullmatch(name) is not None


def made_up(name: str, seed: str) -> str:
    """The value of such a name."""
    if name == _DOLLAR:
        return "$"
    digest = sha256(f"{seed}\0{name}".encode()).digest()
    if name.startswith("number"):
        return str(1000 + int.from_bytes(digest[:4], "big") % 9000)
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:8])


def literal(text: str) -> str:
    """A text as a rubric writes it, where nothing is to be put into it."""
    return text.replace("${", f"${{{_DOLLAR}}}{{")


def with_made_up(text: str, seed: str) -> str:
    """A text with the values that the grading makes up; all other names stay as they are written."""
    return _PLACE.sub(lambda place: made_up(place[1], seed) if is_made_up(place[1]) else place[0], text)


def bind(thing: T, captures: Captures) -> T:
    """The same with every `${name}` replaced: a text, or a dataclass with all of its fields. Raises Unknown."""
    return cast("T", _bound(thing, captures)) if names_in(thing) else thing


def _bound(thing: Any, captures: Captures) -> Any:
    if isinstance(thing, Json):
        return Json.of(_plain(thing.value, captures))
    if isinstance(thing, Enum):
        return thing
    if isinstance(thing, str):
        return _text(thing, captures)
    if isinstance(thing, tuple):
        return tuple(_bound(item, captures) for item in thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return _dataclass(thing, captures)
    return thing


def _dataclass(thing: Any, captures: Captures) -> Any:
    fields = {f.name: _field(f.name, getattr(thing, f.name), captures) for f in dataclasses.fields(thing)}
    try:
        return dataclasses.replace(thing, **fields)
    except ValueError as error:  # what was captured came from the student's page, and may be anything
        raise Unknown(f"What an earlier answer brought cannot be used here: {str(error)[:200]}.") from error


def _field(name: str, value: Any, captures: Captures) -> Any:
    if name == _ADDRESS and isinstance(value, str):
        return _address(value, captures)
    if name in _PATTERNS:
        captures = {name: re.escape(_written(value)) for name, value in captures.items()}
    return _bound(value, captures)


def _address(path: str, captures: Captures) -> str:
    """A path with its values: what stands at its beginning is an address itself, everything else is percent-encoded."""
    first = _PLACE.match(path)
    begin = _text(first[0], captures) if first else ""
    rest = path[first.end() :] if first else path
    return begin + _PLACE.sub(lambda place: quote(_written(_look_up(place[1], captures)), safe=""), rest)


def _plain(value: Any, captures: Captures) -> Any:
    """A value; where a text is nothing but one name, the captured value itself, with its type."""
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value)
        return _look_up(whole[1], captures) if whole else _text(value, captures)
    if isinstance(value, list):
        return [_plain(item, captures) for item in value]
    if isinstance(value, dict):
        return {_text(name, captures): _plain(item, captures) for name, item in value.items()}
    return value


def _text(text: str, captures: Captures) -> str:
    return _PLACE.sub(lambda place: _written(_look_up(place[1], captures)), text)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else Json.of(value).text


def _look_up(name: str, captures: Captures) -> Any:
    if name not in captures:
        raise Unknown(f"${{{name}}} is not known: the step that reads it found nothing.")
    return captures[name]
