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

from grader.checks import CHECKS
from grader.model import Check, Json
from grader.rubric.decode import keys_of, shorthand_of
from grader.rubric.heads import CheckHead, Head

_ID = {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_LINE = {"pattern": r"^\s*\S[^\n]*\s*$"}
_INSIDE = {"pattern": r"^(?!/)(?!.*\\)(?!(.*/)?\.{0,2}(/|$)).+$"}
_PERCENT = {"minimum": 0, "maximum": 100}
_SECONDS = {"exclusiveMinimum": 0, "maximum": 3600}
_BYTES = {"exclusiveMinimum": 0, "maximum": 64 << 20}
_HUNDREDTHS = {"multipleOf": 0.01}
_REPEAT = {"minimum": 1, "maximum": 200}
_PATH = {"pattern": r"^(/|\$\{)"}
_METHOD = {"pattern": "^[A-Z]+$"}

# What a key's value must be beside its type; under "*", of every class that has the key.
_VALUES: dict[tuple[str, str], dict[str, Any]] = {
    ("Head", "id"): _ID,
    ("Head", "title"): _LINE,
    ("Head", "pass_mark"): _PERCENT,
    ("Head", "entry"): _INSIDE,
    ("Head", "packages"): _ID,
    ("CheckHead", "id"): _ID,
    ("CheckHead", "title"): _LINE,
    ("CheckHead", "points"): {"minimum": 0, "maximum": 1_000_000, **_HUNDREDTHS},
    ("CheckHead", "tags"): _ID,
    ("RoundingKeys", "to"): {"exclusiveMinimum": 0, "maximum": 100, **_HUNDREDTHS},
    ("LateKeys", "per_day"): _PERCENT,
    ("LateKeys", "most"): _PERCENT,
    ("LateKeys", "grace_minutes"): {"minimum": 0, "maximum": 10080},
    ("ProvideKeys", "file"): _INSIDE,
    ("ProvideKeys", "to"): _INSIDE,
    ("Limits", "start_seconds"): _SECONDS,
    ("Limits", "request_seconds"): _SECONDS,
    ("Limits", "routes_seconds"): _SECONDS,
    ("Limits", "total_seconds"): _SECONDS,
    ("Limits", "body_bytes"): _BYTES,
    ("Limits", "log_bytes"): _BYTES,
    ("Answers", "path"): _PATH,
    ("Answers", "method"): _METHOD,
    ("Answers", "repeat"): _REPEAT,
    ("FlowStep", "path"): _PATH,
    ("FlowStep", "method"): _METHOD,
    ("FlowStep", "repeat"): _REPEAT,
    ("Renders", "path"): {"pattern": "^/"},
    ("PortRange", "from"): {"minimum": 0, "maximum": 65535},
    ("PortRange", "to"): {"minimum": 0, "maximum": 65535},
}
# Lists that must hold something.
_FILLED = {("Flow", "steps"): 1, ("AnyOf", "solutions"): 2, ("Head", "packages"): 1}


def _one_of_keys(*names: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [name]} for name in names]}


def _any_of_keys(*names: str) -> dict[str, Any]:
    return {"anyOf": [{"required": [name]} for name in names]}


# What keys there must be together.
_RULES: dict[str, list[dict[str, Any]]] = {
    "Answers": [_any_of_keys("expect", "distinct")],
    "FlowStep": [_one_of_keys("path", "submit", "follow")],
    "Listens": [_any_of_keys("host", "port", "varies")],
    "Renders": [_any_of_keys("file", "variables")],
    "ProvideKeys": [_one_of_keys("file", "content"), {"if": {"required": ["content"]}, "then": {"required": ["to"]}}],
}


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
        if weighed:
            flagged = {"properties": {"flag": {"const": True}}, "required": ["flag"]}
            worth = {"if": flagged, "then": {"properties": {"points": {"const": 0}}}, "else": {"required": ["points"]}}
            pairs = [("bonus", "penalty"), ("bonus", "flag"), ("penalty", "flag")]
            excluded = [{"not": _both_true(one, other)} for one, other in pairs]
            made["allOf"] = [*own.get("allOf", []), worth, *excluded]
        return made

    def object(
        self, kind: type, *, besides: dict[str, Any] | None = None, required: list[str] | None = None
    ) -> dict[str, Any]:
        """A dataclass as an object with its keys and no others."""
        keys = keys_of(kind)
        properties = {name: self._valued(kind.__name__, name, key.hint) for name, key in keys.items()}
        needed = [name for name, key in keys.items() if key.required] + (required or [])
        made: dict[str, Any] = {
            "type": "object",
            "properties": {**properties, **(besides or {})},
            "additionalProperties": False,
        }
        if needed:
            made["required"] = needed
        rules = _RULES.get(kind.__name__)
        return {**made, "allOf": rules} if rules else made

    def _valued(self, owner: str, name: str, hint: Any) -> dict[str, Any]:
        """The schema of a key, with what its value must be."""
        extra = _VALUES.get((owner, name), {})
        hint = _bare(hint)
        if typing.get_origin(hint) is tuple and typing.get_origin(typing.get_args(hint)[0]) is not tuple:
            item = {**self.of(typing.get_args(hint)[0]), **extra}
            least = _FILLED.get((owner, name), 0)
            many = {"type": "array", "items": item, **({"minItems": least} if least else {})}
            if least > 1:
                return many
            alone = {"allOf": [item, {"not": {"type": "array"}}]} if item == {} else item
            return {"anyOf": [many, alone]}
        return {**self.of(hint), **extra}

    def of(self, hint: Any) -> dict[str, Any]:
        """The schema of a type hint of the loader's."""
        hint = _bare(hint)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is tuple and typing.get_origin(arguments[0]) is tuple:
            return {"type": "object", "additionalProperties": self.of(typing.get_args(arguments[0])[1])}
        if origin is tuple:
            return {"anyOf": [{"type": "array", "items": self.of(arguments[0])}, self.of(arguments[0])]}
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
                alone = self._valued(name, short, keys_of(kind)[short].hint)
                made = {"anyOf": [made, {"allOf": [alone, {"not": {"type": "object"}}]}]}
            self.definitions[name] = {"description": _first_sentence(kind), **made}
        return {"$ref": f"#/$defs/{name}"}


_TYPES = {str: "string", int: "integer", float: "number", Fraction: "number", bool: "boolean"}


def _bare(hint: Any) -> Any:
    """A hint without `| None`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (a for a in typing.get_args(hint) if a is not types.NoneType)
    return hint


def _both_true(one: str, other: str) -> dict[str, Any]:
    return {"properties": {one: {"const": True}, other: {"const": True}}, "required": [one, other]}


def _first_sentence(kind: type) -> str:
    text = " ".join((inspect.getdoc(kind) or kind.__name__).split())
    return text.partition(". ")[0].rstrip(".") + "."
