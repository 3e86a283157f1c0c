r"""What the loader's dataclasses check about their values, said once more as pieces of JSON Schema.

Patterns are written so that Python and JavaScript read them alike: `_END` is the end of the text, where `$` would let a
line end follow in one of them, and what is no ASCII is named by what it is not, since `\w` means two things.
"""

from __future__ import annotations

import dataclasses
import typing
from itertools import combinations
from typing import Any

from grader.checks.alternatives import AnyOf
from grader.checks.answers import Answers
from grader.checks.asking import Ask, Submit
from grader.checks.dialogue import MOST_REPEATS, FlowStep
from grader.checks.distinct import Distinct
from grader.checks.expectation import QUERIES, Expectation
from grader.checks.flow import Flow
from grader.checks.listens import Listens, PortRange
from grader.checks.page_claims import HtmlClaims
from grader.checks.predicates import Predicates
from grader.checks.reading import ARGUMENTS, OF_ELEMENTS, PLAIN, Argument, Read
from grader.checks.source_calls import CallPattern
from grader.checks.source_code import SourceCode
from grader.checks.static_files import ServesStatic
from grader.checks.templates import Renders
from grader.model import LIMIT_RANGES, Limits
from grader.rubric.decode import keys_of
from grader.rubric.heads import CheckHead, Head, LateKeys, ProvideKeys, RoundingKeys

Piece = dict[str, Any]

# ----------------------------------------------------------------------------------------------------- single values

_END = r"(?![\s\S])"
_ID = {"pattern": f"^[A-Za-z0-9][A-Za-z0-9._-]{{0,63}}{_END}"}
_LINE = {"pattern": rf"^\s*\S[^\n]*\s*{_END}"}
_INSIDE = {"pattern": rf"^(?!/)(?![\s\S]*[\\\0])(?!([\s\S]*/)?\.{{0,2}}(/|{_END}))[\s\S]+"}
_SLASH = {"pattern": "^/"}
_FILLED_IN = r"\$\{"  # ${name}, which the loader cannot look into
_REST = r"[^\x00-/:-@\[-^`{-\x7f]*"  # of a name, after its first letter
_DOTTED = {"pattern": rf"^(\*\.)?[A-Za-z_]{_REST}(\.[A-Za-z_]{_REST})*{_END}"}
_VARIABLE = {"pattern": rf"^[^\x00-@\[-^`{{-\x7f]{_REST}{_END}"}
_TOKEN = rf"^[!#$%&'*+.^_`|~0-9A-Za-z-]+{_END}"
_ONE_LINE_EACH = {
    "propertyNames": {"pattern": _TOKEN},
    "additionalProperties": {"type": "string", "pattern": rf"^[^\r\n\0]*{_END}"},
}
_CAPTURES = {
    "propertyNames": {
        "pattern": f"^[A-Za-z_][A-Za-z0-9_]{{0,63}}{_END}",
        "not": {"pattern": f"^(unique|number)(_[A-Za-z0-9_]{{1,50}})?{_END}"},
    }
}
_PERCENT = {"minimum": 0, "maximum": 100}
_PORT = {"minimum": 0, "maximum": 65535}
_REPEAT = {"minimum": 1, "maximum": MOST_REPEATS}
_NOT_BLANK = {"pattern": r"\S"}
_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _FILLED_IN}]}
_BOUND = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": rf"{_FILLED_IN}|\d"}]}
_READS = {"not": {"pattern": r"\{(?!number\})[^{}]*\}"}}


def _about(number: Piece) -> Piece:
    """What is asked of a value that is such a number."""
    several = {"anyOf": [{"type": "array", "items": number}, {"not": {"type": "array"}, **number}]}
    return {"if": {"type": "object"}, "then": {"properties": {"equals": number, "one_of": several}}, "else": number}


def _whole(**limits: int) -> Piece:
    return {"anyOf": [{"type": "integer", **limits}, {"type": "string", "pattern": _FILLED_IN}]}


_VALUE = {"type": ["string", "number", "boolean", "null"]}
_FILE = {
    "type": "object",
    "properties": dict.fromkeys(("file", "content", "type"), _VALUE),
    "additionalProperties": False,
    "minProperties": 1,
}


def _fields(*values: Piece) -> Piece:
    """What fields are given: one of these values, or a list of them."""
    one = {"anyOf": list(values)}
    return {"additionalProperties": {"anyOf": [one, {"type": "array", "items": one}]}}


# What the value of a key must be beside its type, or each of its values where it takes several.
VALUES: dict[tuple[type, str], Piece] = {
    (Head, "id"): _ID,
    (Head, "title"): _LINE,
    (Head, "pass_mark"): _PERCENT,
    (Head, "entry"): _INSIDE,
    (Head, "packages"): _ID,
    (CheckHead, "id"): _ID,
    (CheckHead, "title"): _LINE,
    (CheckHead, "points"): {"minimum": 0, "maximum": 1_000_000},
    (CheckHead, "tags"): _ID,
    (RoundingKeys, "to"): {"exclusiveMinimum": 0, "maximum": 100},
    (LateKeys, "per_day"): _PERCENT,
    (LateKeys, "most"): _PERCENT,
    (LateKeys, "grace_minutes"): {"minimum": 0, "maximum": 10080},
    (ProvideKeys, "file"): _INSIDE,
    (ProvideKeys, "to"): _INSIDE,
    **{(Limits, name): {"minimum": least, "maximum": most} for name, (least, most) in LIMIT_RANGES.items()},
    (Ask, "path"): {"pattern": rf"^(/|{_FILLED_IN})"},
    (Ask, "method"): {"pattern": f"^[A-Z]+{_END}"},
    (Ask, "query"): _fields(_VALUE),
    (Ask, "form"): _fields(_VALUE),
    (Ask, "files"): _fields(_VALUE, _FILE),
    (Submit, "fill"): _fields(_VALUE, _FILE),
    (Ask, "headers"): _ONE_LINE_EACH,
    (Ask, "cookies"): _ONE_LINE_EACH,
    (Answers, "repeat"): _REPEAT,
    (FlowStep, "repeat"): _REPEAT,
    (FlowStep, "capture"): _CAPTURES,
    **{(Argument, name): _NOT_BLANK for name in ARGUMENTS},
    (Predicates, "reads"): _READS,
    (Distinct, "reads"): _READS,
    (Predicates, "contains"): {"not": {"const": ""}},
    (Predicates, "starts_with"): {"minLength": 1},
    (Predicates, "ends_with"): {"minLength": 1},
    (Predicates, "between"): _BOUND,
    **{(Predicates, name): _BOUND for name in (">", "<", ">=", "<=")},
    (Expectation, "status"): _about(_whole(minimum=100, maximum=599)),
    (Expectation, "duration"): _about(_NUMBER),
    (Predicates, "count"): _about(_whole(minimum=0)),
    (Expectation, "schema"): {"type": "object"},
    (Renders, "path"): _SLASH,
    (Renders, "variables"): _VARIABLE,
    (HtmlClaims, "path"): _SLASH,
    (ServesStatic, "url"): {"pattern": rf"^/([\s\S]*/)?{_END}"},
    (PortRange, "from"): _PORT,
    (PortRange, "to"): _PORT,
    (CallPattern, "name"): _DOTTED,
    **{(SourceCode, name): _DOTTED for name in ("imports", "functions", "uses")},
    (SourceCode, "file"): {"pattern": rf"^(?!/)(?!([\s\S]*/)?\.\.(/|{_END}))"},
}
# What lists must be; where a list must have two items, one value cannot stand for it.
LISTS: dict[tuple[type, str], Piece] = {
    (Head, "packages"): {"minItems": 1},
    (Flow, "steps"): {"minItems": 1},
    (AnyOf, "solutions"): {"minItems": 2},
    (HtmlClaims, "claims"): {"minItems": 1, "uniqueItems": True},
    (Predicates, "between"): {"anyOf": [{"maxItems": 0}, {"minItems": 2, "maxItems": 2}]},
}
ONLY_LISTS = {(AnyOf, "solutions"), (Predicates, "between")}

# ---------------------------------------------------------------------------------------------------- keys together


def _given(kind: type, name: str) -> Piece:
    """A key that says something: it is there, with something else than what stands for its absence."""
    key = keys_of(kind)[name]
    default = next(f.default for f in dataclasses.fields(kind) if f.name == key.field)
    piece: Piece = {"required": [name]}
    if default in ((), False):
        pairs = default == () and typing.get_origin(typing.get_args(key.hint)[0]) is tuple
        piece["properties"] = {name: {"not": {"const": False if default is False else {} if pairs else []}}}
    return piece


def _some(kind: type, *names: str) -> Piece:
    return {"anyOf": [_given(kind, name) for name in names]}


def _exactly_one(kind: type, *names: str) -> Piece:
    return {"oneOf": [_given(kind, name) for name in names]}


def _is(name: str, value: Piece) -> Piece:
    return {"required": [name], "properties": {name: value}}


def _only_where(condition: Piece, then: Piece) -> Piece:
    return {"if": condition, "then": then}


def _never(*pieces: Piece) -> Piece:
    return {"not": {"allOf": list(pieces)}}


def _asks_something(name: str) -> Piece:
    """Predicates under a key are some."""
    asked = _only_where({"type": "object"}, _some(Predicates, *keys_of(Predicates)))
    return {"properties": {name: asked}}


_BODIES = ("form", "json", "body", "files")
_A_BODY = _some(Ask, *_BODIES)
_SAFE = {"enum": ["GET", "HEAD", "OPTIONS"]}
_HOLDS_NUMBER = {"type": "string", "pattern": r"\{number\}"}
_READS_NUMBER = _is("reads", {"anyOf": [_HOLDS_NUMBER, {"type": "array", "contains": _HOLDS_NUMBER}]})
_MANY_EXPECTED = _is("expect", {"type": "array", "minItems": 2})
_REPEATED = _is("repeat", {"minimum": 2})


def _steps(alone: Piece, **several: Any) -> Piece:
    """One step that satisfies a piece, alone or among several; `several` says more about how many."""
    return {"anyOf": [_is("steps", {"type": "object", **alone}),
                      _is("steps", {"type": "array", "contains": {"type": "object", **alone}, **several})]}  # fmt: skip


_EXCLUDED = [pair for pair in combinations(_BODIES, 2) if pair != ("form", "files")]
_WAYS = ("bonus", "penalty", "flag")
_PARTS = {"const": "expectations"}
_TIMES = {"const": "repeats"}

# What a class asks of its keys together.
RULES: dict[type, list[Piece]] = {
    CheckHead: [
        {"if": _given(CheckHead, "flag"), "then": {"properties": {"points": {"const": 0}}},
         "else": {"required": ["points"]}},
        *(_never(_given(CheckHead, one), _given(CheckHead, other)) for one, other in combinations(_WAYS, 2)),
    ],
    ProvideKeys: [
        _exactly_one(ProvideKeys, "file", "content"),
        _only_where(_given(ProvideKeys, "content"), _given(ProvideKeys, "to")),
    ],
    Ask: [
        *(_never(_given(Ask, one), _given(Ask, other)) for one, other in _EXCLUDED),
        _never(_A_BODY, _is("method", {"enum": ["GET", "HEAD"]})),
    ],
    Answers: [
        _some(Answers, "expect", "distinct"),
        _only_where(_is("partial", _TIMES), _REPEATED),
        _only_where(_is("partial", _PARTS), _MANY_EXPECTED),
        _only_where(
            _given(Answers, "pinned"),
            {"not": {"anyOf": [_given(Ask, "headers"), _given(Ask, "cookies"), _given(Answers, "after"),
                               _is("state", {"const": "fresh"})]},
             "anyOf": [_is("method", _SAFE), {"not": {"anyOf": [{"required": ["method"]}, _A_BODY]}}]},
        ),
    ],
    FlowStep: [
        _exactly_one(FlowStep, "path", "submit", "follow"),
        {"anyOf": [{"required": ["path"]}, {"not": _some(FlowStep, "method", "query", "cookies", *_BODIES)}]},
        _only_where(_given(FlowStep, "distinct"), _REPEATED),
    ],
    Flow: [
        {"anyOf": [{"required": ["after"]},
                   _is("steps", {"anyOf": [{"type": "object", "required": ["path"]},
                                           {"type": "array", "prefixItems": [{"required": ["path"]}]}]})]},
        _only_where(_is("partial", _TIMES), _steps(_REPEATED)),
        _only_where(
            _is("partial", _PARTS),
            {"anyOf": [_steps(_MANY_EXPECTED), _steps(_given(FlowStep, "expect"), minContains=2)["anyOf"][1]]},
        ),
    ],
    Argument: [
        _only_where(_is("part", {"not": {"const": "value"}}), _given(Argument, "cookie")),
        _only_where(_given(Argument, "attribute"), _some(Argument, *OF_ELEMENTS)),
        _only_where(_given(Argument, "row"), _given(Argument, "table")),
    ],
    Predicates: [
        _only_where(_some(Predicates, "integer", "from", "to"), _READS_NUMBER),
        *(_asks_something(name) for name in ("count", "each", "not")),
    ],
    Expectation: [
        *(_asks_something(name) for name in PLAIN),
        _exactly_one(Expectation, *QUERIES),
        {"anyOf": [_some(Expectation, *ARGUMENTS),
                   {"not": _some(Predicates, *keys_of(Predicates))}]},
    ],
    Read: [_exactly_one(Read, "of", *ARGUMENTS)],
    Distinct: [
        _exactly_one(Distinct, "of", *ARGUMENTS),
        _only_where(_given(Distinct, "reads"), {"allOf": [_given(Distinct, "css"), _READS_NUMBER]}),
    ],
    Listens: [_some(Listens, "host", "port", "varies")],
    Renders: [{"anyOf": [_is("file", {"not": {"const": ""}}), _given(Renders, "variables")]}],
    SourceCode: [_some(SourceCode, "imports", "calls", "decorators", "functions", "uses")],
}  # fmt: skip
