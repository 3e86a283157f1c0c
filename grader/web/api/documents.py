"""Frozen dataclasses as JSON, and their types as JSON Schema (2020-12, as OpenAPI 3.1 has it)."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

_PLAIN: Mapping[type, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Fraction: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
}


def document(value: Any) -> Any:
    """As JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return [document(one) for one in value]
    if isinstance(value, dict):
        return {key: document(one) for key, one in value.items()}
    return value


class Schemas:
    """The schemas of dataclasses and of whatever they are made of, each by its name."""

    def __init__(self) -> None:
        self.named: dict[str, dict[str, Any]] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """Of a type; a dataclass or an enumeration becomes a reference."""
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            self.named.setdefault(kind.__name__, {"type": "string", "enum": [one.value for one in kind]})
            return _reference(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            self._of_dataclass(kind)
            return _reference(kind)
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is tuple:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if origin in (types.UnionType, typing.Union):
            return {"anyOf": [{"type": "null"} if one is type(None) else self.of(one) for one in arguments]}
        raise TypeError(f"{kind} has no schema")

    def _of_dataclass(self, kind: type) -> None:
        if kind.__name__ in self.named:
            return
        schema: dict[str, Any] = {}
        self.named[kind.__name__] = schema  # before its fields, which may name it again
        hints = typing.get_type_hints(kind)
        schema |= {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {field.name: self.of(hints[field.name]) for field in fields(kind)},
            "required": [field.name for field in fields(kind)],
            "additionalProperties": False,
        }


def _reference(kind: type) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
