"""JSON of an answer: read with bounds, queried by JSONPath (RFC 9535), compared with a JSON Schema."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

from grader.checks.patterns import found
from grader.checks.remembering import remembered
from grader.checks.schema_steps import TooMuch, errors_of, schema_validator
from grader.model import Json

_MOST_NODES = 10_000
_MOST_DEPTH = 100
_MOST_COMPARED = 50_000  # values, with a schema
_MOST_ERRORS = 20
_MOST_DIGITS = 308  # of a whole number: what has more is more than any reader of JSON takes for a number
_LONE = re.compile("[\ud800-\udfff]")
_MAY_BE_LONE = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """A text is no JSON; why, in words for a student."""


@remembered
def parsed(text: str) -> Any:
    """The value that a text holds, of equal names in an object the last, as browsers take it. Raises NotJson.

    Half of a surrogate pair is no character, and could be compared with nothing: it is replaced.
    """
    try:
        value = json.loads(
            text.removeprefix("\ufeff"), parse_constant=_refuse, parse_int=_whole, parse_float=_fractional
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"the answer is not JSON: {error.msg[:1].lower()}{error.msg[1:]} at {place}") from error
    except ValueError as error:
        raise NotJson(f"the answer is not JSON: {error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if _depth(value) > _MOST_DEPTH:
        raise _too_deep()
    return _whole_characters(value) if _MAY_BE_LONE.search(text) else value


def is_json(text: str) -> bool:
    """Whether a text is JSON that can be read."""
    try:
        parsed(text)
    except NotJson:
        return False
    return True


def _too_deep() -> NotJson:
    return NotJson(f"the JSON is nested more than {_MOST_DEPTH} deep")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it holds a number of {len(digits):,} digits, {digits[:10]}…")
    return int(digits)


def _fractional(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"it holds {digits[:20]}, which is too large for a number")
    return number


def _whole_characters(value: Any) -> Any:
    """The value with each half of a surrogate pair replaced."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(item) for name, item in value.items()}
    return value


def _depth(value: Any) -> int:
    """How deep it is nested, one more than the limit at most."""
    level, depth = [value], 0
    while level and depth <= _MOST_DEPTH:
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth


@lru_cache(maxsize=256)
def _compiled(path: str) -> Any:
    from jsonpath_rfc9535 import JSONPathEnvironment
    from jsonpath_rfc9535.exceptions import JSONPathError
    from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

    class Search(FilterFunction):
        """As RFC 9535 has it, but on RE2: a student's text cannot make it run forever."""

        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - as the library has it
        return_type = ExpressionType.LOGICAL

        def __init__(self, whole: bool) -> None:
            self.whole = whole

        def __call__(self, text: object, pattern: object) -> bool:
            if not isinstance(text, str) or not isinstance(pattern, str):
                return False
            try:
                return found(f"^(?:{pattern})$" if self.whole else pattern, text)
            except ValueError:
                return False

    environment = JSONPathEnvironment()
    environment.function_extensions["search"] = Search(whole=False)
    environment.function_extensions["match"] = Search(whole=True)
    try:
        return environment.compile(path)
    except (JSONPathError, RecursionError) as error:
        raise ValueError(f"{path!r} is no JSONPath such as $.items[0].name: {str(error)[:200]}") from error


_AS_THEY_ARE = ("enum", "const", "default", "examples")  # which hold values, and no schema


def check(path: str) -> None:
    """Raise ValueError, in words for a rubric's author, for what is no JSONPath."""
    _compiled(path)


def query(text: str, path: str) -> Iterator[Any]:
    """The values at a path; none where the text is no JSON."""
    from jsonpath_rfc9535.exceptions import JSONPathError

    try:
        for count, node in enumerate(_compiled(path).finditer(parsed(text))):
            if count >= _MOST_NODES:
                return
            yield node.value
    except (NotJson, JSONPathError, RecursionError):
        return


def check_schema(schema: Json) -> None:
    """Raise ValueError, in words for a rubric's author, for what is no JSON Schema."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema.value, Mapping):
        raise ValueError("schema is a JSON Schema: a mapping such as {type: object}")
    if "${" in schema.text:  # what will stand there is not known yet
        return
    for pattern in _patterns(schema.value):
        try:
            found(pattern, "")
        except ValueError as error:
            raise ValueError(f"schema: {error}") from error
    try:
        schema_validator(schema.text).check_schema(schema.value)
    except SchemaError as error:
        where = "/".join(map(str, error.path))
        raise ValueError(
            f"schema is no JSON Schema: {error.message[:200]}{f', at {where}' if where else ''}"
        ) from error
    _examine_references(schema)


def schema_faults(text: str, schema: Json) -> list[str]:
    """Why a text does not satisfy a schema, each in a sentence; nothing where it does."""
    return _schema_faults(text, schema.text)


@remembered
def _schema_faults(text: str, schema: str) -> list[str]:
    from jsonschema.exceptions import ValidationError
    from referencing.exceptions import Unresolvable

    try:
        value = parsed(text)
        if _holds_too_much(value):
            return [f"the JSON holds more than {_MOST_COMPARED:,} values, too many to be compared with a schema"]
        errors: list[ValidationError] = list(islice(errors_of(schema_validator(schema), value), _MOST_ERRORS))
    except (NotJson, TooMuch) as error:
        return [str(error)]
    except (Unresolvable, RecursionError) as error:
        return [f"the schema cannot be applied: {str(error)[:200]}"]
    return [f"{error.json_path}: {error.message[:200]}" for error in sorted(errors, key=lambda e: e.json_path)]


def _holds_too_much(value: Any) -> bool:
    """Whether there are more values in it than may be compared: each one takes the library as long as a whole query."""
    left, waiting = _MOST_COMPARED, [value]
    while waiting and left >= 0:
        outer = waiting.pop()
        inner = list(outer.values()) if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
        left -= len(inner)
        waiting += (item for item in inner if isinstance(item, list | dict))
    return left < 0


def _examine_references(schema: Json) -> None:
    """Raise ValueError for a reference that leads nowhere, or back to itself."""
    from referencing import Registry, Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    whole: Any = Resource.from_contents(schema.value, default_specification=DRAFT202012)
    resolver = Registry().with_resource("", whole).resolver()
    for reference in _references(schema.value):
        try:
            resolver.lookup(reference)
        except Unresolvable as error:
            raise ValueError(f"schema: $ref {reference!r} leads nowhere in it") from error
    try:
        next(errors_of(schema_validator(schema.text), None), None)
    except RecursionError as error:
        raise ValueError("schema refers to itself without an end") from error
    except Unresolvable as error:
        raise ValueError(f"schema: {str(error)[:200]}") from error


def _references(schema: Any) -> Iterator[str]:
    """Every reference that a schema holds, where none of its parts has an address of its own."""
    if isinstance(schema, list):
        for item in schema:
            yield from _references(item)
    elif isinstance(schema, dict) and "$id" not in schema:
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for name, inner in schema.items():
            if name not in _AS_THEY_ARE:
                yield from _references(inner)


def _patterns(schema: Any) -> Iterator[str]:
    """Every pattern that a schema holds."""
    if isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)
    elif isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from schema["patternProperties"]
        for name, inner in schema.items():
            if name not in _AS_THEY_ARE:
                yield from _patterns(inner)
