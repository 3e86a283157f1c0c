"""A JSON Schema held against a value, in a number of steps that no value can drive up.

The library takes as long as the schema lets it: it tries every branch of `anyOf` on each of 49,000 values to its end,
and writes out the value in an error for each, which no deadline ends.
"""

from __future__ import annotations

import json
import reprlib
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Any

from grader.checks.dates import is_date
from grader.checks.patterns import found

MOST_STEPS = 200_000  # keywords held against one value each: 2 s; 2,000 objects of ten fields take 30,000
_SHOWN = reprlib.Repr()
_SHOWN.maxlist = _SHOWN.maxdict = 20
_SHOWN.maxstring = _SHOWN.maxother = 200

Keyword = Callable[[Any, Any, Any, Any], Any]


class TooMuch(Exception):
    """The value is not compared to its end; why, in words for a student."""


class _Budget(threading.local):
    """How many steps are left, in each thread: a validator is shared by all of them."""

    left = 0


_BUDGET = _Budget()


def errors_of(validator: Any, value: Any) -> Iterator[Any]:
    """What is wrong with a value, error by error. Raises TooMuch."""
    _BUDGET.left = MOST_STEPS
    yield from validator.iter_errors(value)


@lru_cache(maxsize=32)
def schema_validator(schema: str) -> Any:
    """A validator that fetches nothing, matches patterns on RE2, and counts its steps for `errors_of`."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend
    from referencing import Registry

    formats = FormatChecker(("date", "email", "ipv4", "ipv6", "uuid"))
    formats.checks("date-time")(lambda text: not isinstance(text, str) or ("T" in text.upper() and is_date(text)))
    keywords = Draft202012Validator.VALIDATORS | {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
        "type": _type,
        "anyOf": _any_of,
        "oneOf": _one_of,
    }
    counted = {name: _counted(keyword) for name, keyword in keywords.items()}
    kind: Any = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    return kind(json.loads(schema), registry=Registry(), format_checker=formats)


def _counted(keyword: Keyword) -> Keyword:
    @wraps(keyword)
    def counting(validator: Any, wanted: Any, instance: Any, schema: Any) -> Any:
        _BUDGET.left -= 1
        if _BUDGET.left < 0:
            raise TooMuch(f"the JSON takes more than {MOST_STEPS:,} steps to be compared with the schema; answer less")
        return keyword(validator, wanted, instance, schema)

    return counting


def _error(message: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError(message)


def _pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not found(wanted, instance):
        yield _error(f"{instance[:80]!r} does not match {wanted!r}")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
    for expression, inner in wanted.items() if isinstance(instance, dict) else ():
        for name in (n for n in instance if found(expression, n)):
            yield from validator.descend(instance[name], inner, path=name, schema_path=expression)


def _unique_items(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[Any]:
    if wanted and isinstance(instance, list) and len({_key(item) for item in instance}) < len(instance):
        yield _error("an item of the list is there twice")


def _type(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
    """The library's writes the whole value out, also in a branch that nobody is told of."""
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(validator.is_type(instance, name) for name in names):
        yield _error(f"{_SHOWN.repr(instance)} is not of type {', '.join(map(repr, names))}")


def _any_of(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
    if not any(_fits(validator, instance, inner) for inner in wanted):
        yield _error(f"{_SHOWN.repr(instance)} is not valid under any of the given schemas")


def _one_of(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
    fitting = sum(_fits(validator, instance, inner) for inner in wanted)
    if fitting != 1:
        which = "more than one" if fitting else "any"
        yield _error(f"{_SHOWN.repr(instance)} is {'' if fitting else 'not '}valid under {which} of the given schemas")


def _fits(validator: Any, instance: Any, schema: Any) -> bool:
    """Known from its first error; nobody is told the others of a branch."""
    return next(iter(validator.descend(instance, schema)), None) is None


def _key(value: Any) -> Any:
    """The same for equal values alone, as JSON Schema has it: 1 is 1.0, and no true. The library compares every item
    with every other, which takes minutes for the list that fits into an answer."""
    if isinstance(value, list):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return frozenset((name, _key(item)) for name, item in value.items())
    return (bool, value) if isinstance(value, bool) else value
