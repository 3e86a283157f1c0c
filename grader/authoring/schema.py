"""The rubric language as a JSON Schema, made from the same dataclasses that the loader fills.

It holds what can be said of one value at its place. What takes the whole file is the loader's alone: ids that other
checks name, captures, sums of points, and whether a pattern, a selector or a path can be read.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from enum import Enum
from fractions import Fraction
from typing import Any

from grader.authoring.rules import LISTS, ONLY_LISTS, RULES, VALUES
from grader.checks import CHECKS
from grader.model import Check, Json
from grader.rubric.decode import keys_of, shorthand_of
from grader.rubric.heads import CheckHead, Head


def schema() -> dict[str, Any]:
    """The whole language, draft 2020-12."""
    made = _Schema()
    root = made.object(Head, besides={"checks": made.checks()}, required=["checks"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weblab-grader rubric",
        **root,
        "$defs": dict(sorted(made.definitions.items())),
    }


class _Schema:
    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}

    def checks(self) -> dict[str, Any]:
        """The list of checks: the keys of every check, and those of its type."""
        kinds = [self._check(name, kind, weighed=True) for name, kind in CHECKS.items()]
        self.definitions["check"] = {"type": "object", "required": ["type"], "oneOf": kinds}
        return {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/$defs/check"}}

    def _check(self, name: str, kind: type, *, weighed: bool) -> dict[str, Any]:
        head = self.object(CheckHead)["properties"] if weighed else {}
        own = self.object(kind)
        typed = {"const": name, "description": _first_sentence(kind)}
        made = {
            **own,
            "properties": {**head, **own["properties"], "type": typed},
            "required": [*(["id", "title"] if weighed else []), "type", *own.get("required", [])],
        }
        rules = [*own.get("allOf", []), *(RULES[CheckHead] if weighed else [])]
        return {**made, "allOf": rules} if rules else made

    def object(
        self, kind: type, *, besides: dict[str, Any] | None = None, required: list[str] | None = None
    ) -> dict[str, Any]:
        """A dataclass as an object with its keys and no others."""
        keys = keys_of(kind)
        properties = {name: self._valued(kind, name, key.hint) for name, key in keys.items()}
        needed = [name for name, key in keys.items() if key.required] + (required or [])
        made: dict[str, Any] = {
            "type": "object",
            "properties": {**properties, **(besides or {})},
            "additionalProperties": False,
        }
        if needed:
            made["required"] = needed
        rules = [rule for base in kind.__mro__ for rule in RULES.get(base, ())]
        return {**made, "allOf": rules} if rules else made

    def _valued(self, owner: type, name: str, hint: Any) -> dict[str, Any]:
        """The schema of a key, with what its value must be."""
        extra = next((VALUES[base, name] for base in owner.__mro__ if (base, name) in VALUES), {})
        hint = _bare(hint)
        if typing.get_origin(hint) is tuple and typing.get_origin(typing.get_args(hint)[0]) is not tuple:
            return self._several(owner, name, {**self.of(typing.get_args(hint)[0]), **extra})
        return {**self.of(hint), **extra}

    def _several(self, owner: type, name: str, item: dict[str, Any]) -> dict[str, Any]:
        """A list, or one value that stands for a list of one."""
        place = next(((base, name) for base in owner.__mro__ if (base, name) in LISTS), None)
        many = {"type": "array", "items": item, **(LISTS[place] if place else {})}
        if place in ONLY_LISTS:
            return many
        return {"anyOf": [many, {"allOf": [item, {"not": {"type": "array"}}]}]}

    def of(self, hint: Any) -> dict[str, Any]:
        """The schema of a type hint of the loader's."""
        hint = _bare(hint)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is tuple and typing.get_origin(arguments[0]) is tuple:
            return {"type": "object", "additionalProperties": self.of(typing.get_args(arguments[0])[1])}
        if origin is typing.Literal:
            return {"enum": list(arguments)}
        if hint is Json:
            return {}
        if hint is Check:
            return self._claim()
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self._reference(hint)
        if issubclass(hint, Enum):
            return {"enum": [member.value for member in hint]}
        return {"type": _TYPES[hint]}

    def _claim(self) -> dict[str, Any]:
        if "claim" not in self.definitions:
            self.definitions["claim"] = {}  # a claim may hold claims
            kinds = [self._check(name, kind, weighed=False) for name, kind in CHECKS.items()]
            self.definitions["claim"] = {"type": "object", "required": ["type"], "oneOf": kinds}
        return {"$ref": "#/$defs/claim"}

    def _reference(self, kind: type) -> dict[str, Any]:
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # predicates hold predicates
            made: dict[str, Any] = self.object(kind)
            short = shorthand_of(kind)
            if short:
                alone = self._valued(kind, short, keys_of(kind)[short].hint)
                made = {"anyOf": [made, {"allOf": [alone, {"not": {"type": "object"}}]}]}
            self.definitions[name] = {"description": _first_sentence(kind), **made}
        return {"$ref": f"#/$defs/{name}"}


_TYPES = {str: "string", int: "integer", float: "number", Fraction: "number", bool: "boolean"}


def _bare(hint: Any) -> Any:
    """A hint without `| None`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (a for a in typing.get_args(hint) if a is not types.NoneType)
    return hint


def _first_sentence(kind: type) -> str:
    text = " ".join((inspect.getdoc(kind) or kind.__name__).split())
    return text.partition(". ")[0].rstrip(".") + "."
