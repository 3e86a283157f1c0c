"""How values that a query read are compared with those that a rubric asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from grader.checks.text import is_number, tokens, value
from grader.frozen import dataclass
from grader.model import Json


class Kind(Enum):
    """How values are compared."""

    PAGE = "page"  # text that a person reads: white space and case do not matter
    TEXT = "text"  # exactly
    DATA = "data"  # exactly, and by type: 5 is not "5"


@dataclass(frozen=True)
class Values:
    """What a query read, in its order."""

    kind: Kind
    items: tuple[Any, ...] = ()


def normal(kind: Kind, text: str) -> str:
    """The text as it is compared."""
    return " ".join(text.split()).casefold() if kind is Kind.PAGE else text


def text(item: Any) -> str:
    """A value as text: what is none is written as JSON."""
    return item if isinstance(item, str) else Json.of(item).text


def is_plain_number(item: Any) -> bool:
    """Whether it is an int or a float, and no bool."""
    return isinstance(item, int | float) and not isinstance(item, bool)


def number_of(kind: Kind, item: Any) -> Decimal | None:
    """What a value is worth as a number where it counts as one: in JSON, a text that holds a number does not."""
    return None if kind is Kind.DATA and isinstance(item, str) else number_in(item)


def number_in(item: Any) -> Decimal | None:
    """What a value is worth as a number; a text, where it is one but for signs such as $, and nothing else."""
    try:
        if is_plain_number(item):
            return Decimal(str(item)) if math.isfinite(item) else None
        held = tokens(item) if isinstance(item, str) else ()
        if len(held) != 1 or not is_number(held[0]):
            return None
        worth = value(held[0])
    except InvalidOperation:
        return None
    return -worth if worth > 0 and item.lstrip()[:1] in ("-", "\u2212") else worth


def equal(kind: Kind, item: Any, wanted: Json) -> bool:
    """Whether a value is the one that is wanted; a wanted number is compared by its worth."""
    want = wanted.value
    if is_plain_number(want) and (is_plain_number(item) or kind is not Kind.DATA):
        return number_in(item) == Decimal(str(want))
    if kind is Kind.DATA:
        return canonical(item) == canonical(want)
    return normal(kind, text(item)) == normal(kind, text(want))


def contains(kind: Kind, item: Any, part: Json) -> bool:
    """Whether a text holds a text, a list a value, or an object a key."""
    if isinstance(item, list):
        return any(equal(Kind.DATA, each, part) for each in item)
    if isinstance(item, dict):
        return isinstance(part.value, str) and part.value in item
    return normal(kind, text(part.value)) in normal(kind, text(item))


def is_empty(item: Any) -> bool:
    """Whether there is nothing in it but white space."""
    return item is None or item in ([], {}) or (isinstance(item, str) and not item.strip())


def comparable(kind: Kind, item: Any) -> str:
    """What two values share where they are the same."""
    return normal(kind, item) if isinstance(item, str) and kind is not Kind.DATA else canonical(item)


def canonical(item: Any) -> str:
    """A value as JSON writes it, whole numbers in one way: 1.0 is 1."""
    return Json.of(_whole(item)).text


def _whole(item: Any) -> Any:
    if isinstance(item, float) and item.is_integer():
        return int(item)
    if isinstance(item, list):
        return [_whole(inner) for inner in item]
    if isinstance(item, dict):
        return {name: _whole(inner) for name, inner in item.items()}
    return item


def in_order(items: Sequence[Any], order: str) -> bool:
    """Numbers by their worth, where all are numbers; else texts, without regard to case. What holds more than one value
    has no place in an order."""
    if any(isinstance(item, list | dict) for item in items):
        return False
    worths = [number_in(item) for item in items]
    keys: list[Any] = worths if all(w is not None for w in worths) else [text(item).casefold() for item in items]
    return keys == sorted(keys, reverse=order == "descending")
