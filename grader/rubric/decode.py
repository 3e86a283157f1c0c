"""Nodes → frozen dataclasses, driven by the type hints of their fields; every fault is collected.

Understood: str, int, bool, float, Fraction, Json (any value), enums, Literal, `X | None`, tuple[X, ...] (one value
stands for a tuple of one), tuple[tuple[str, X], ...] (a mapping), Check (one of the known types, by its key `type`) and
dataclasses of such fields. A field `from_` is written `from`; metadata "key" names it otherwise, and hides it where it
is None. A dataclass with a SHORTHAND may be written as the value of that one key. None stands for a key that is left
out; it is never written. A ValueError of a dataclass's own checks becomes a fault: at the key that its sentence begins
with, else at the dataclass.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing
from collections.abc import Collection, Iterable
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar, cast

from grader.model import Check, Json
from grader.rubric.compose import Mapping, Node, Scalar, Sequence
from grader.rubric.faults import Faults, closest, shown

T = TypeVar("T")

_NAMES = {str: "text", int: "a whole number", float: "a number", Fraction: "a number", bool: "true or false"}
_YES, _NO = ("yes", "on", "y"), ("no", "off", "n")


class Wrong(Exception):
    """A node could not become a value; why is among the faults."""


class Key(NamedTuple):
    """A dataclass's field as a rubric's author sees it."""

    field: str
    hint: Any
    required: bool


@functools.cache
def keys_of(kind: type) -> dict[str, Key]:
    """The YAML keys of a dataclass, in its order."""
    hints = typing.get_type_hints(kind)
    return {
        name: Key(f.name, hints[f.name], f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING)
        for f in dataclasses.fields(kind)
        if (name := f.metadata.get("key", f.name.removesuffix("_"))) is not None
    }


def shorthand_of(kind: type) -> str:
    """The key whose bare value may stand for the whole dataclass; empty where there is none."""
    return str(getattr(kind, "SHORTHAND", ""))


def decode(kind: type[T], node: Node, faults: Faults, *, what: str, besides: Iterable[str] = ()) -> T:
    """A dataclass from a mapping. `what` names it in messages; keys in `besides` are somebody else's. Raises Wrong."""
    if not isinstance(node, Mapping) and shorthand_of(kind):
        node = Mapping(node.place, {shorthand_of(kind): node}, {})
    if not isinstance(node, Mapping):
        faults.add(node.place, f"{what} is a mapping of keys and values; this is {_shape(node)}.")
        raise Wrong
    known = keys_of(cast("type", kind))
    good = _only_known(node, dict.fromkeys([*known, *besides]), faults, what)
    values: dict[str, Any] = {}
    for name, key in known.items():
        if name in node.items:
            try:
                values[key.field] = value_of(key.hint, node.items[name], faults, name)
            except Wrong:
                good = False
        elif key.required:
            faults.add(node.place, f'{what} lacks the key "{name}".')
            good = False
    if not good:
        raise Wrong
    return _made(kind, values, node, faults)


def _made(kind: type[T], values: dict[str, Any], node: Mapping, faults: Faults) -> T:
    try:
        return kind(**values)
    except ValueError as error:
        first = re.match(r"[^\s:,]+", str(error))
        faults.add(node.key_places.get(first[0] if first else "", node.place), f"{error}.")
        raise Wrong from error


def _only_known(node: Mapping, known: Collection[str], faults: Faults, what: str) -> bool:
    unknown = [name for name in node.items if name not in known]
    for name in unknown:
        advice = closest(name, known) or (f" It has: {', '.join(known)}." if known else " It takes none.")
        faults.add(node.key_places[name], f"{what} has no key {shown(name)}.{advice}")
    return not unknown


def value_of(hint: Any, node: Node, faults: Faults, what: str) -> Any:
    """A value of the hinted type; `what` names it in messages. Raises Wrong."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = (a for a in arguments if a is not types.NoneType)
        return value_of(hint, node, faults, what)
    if origin is tuple and typing.get_origin(arguments[0]) is tuple:
        return _pairs(typing.get_args(arguments[0])[1], node, faults, what)
    if origin is tuple:
        return _each(arguments[0], node.items if isinstance(node, Sequence) else [node], faults, what)
    if hint is Json:
        return Json.of(plain(node, faults, what))
    if hint is Check:
        return _claim(node, faults, what)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, node, faults, what=what)
    if origin is typing.Literal:
        return _choice({str(a): a for a in arguments}, node, faults, what)
    if issubclass(hint, Enum):
        return _choice({str(m.value): m for m in hint}, node, faults, what)
    return _scalar(hint, node, faults, what)


def _each(hint: Any, items: Iterable[Node], faults: Faults, what: str) -> tuple[Any, ...]:
    values: list[Any] = []
    good = True
    for item in items:
        try:
            values.append(value_of(hint, item, faults, what))
        except Wrong:
            good = False
    if not good:
        raise Wrong
    return tuple(values)


def _pairs(hint: Any, node: Node, faults: Faults, what: str) -> tuple[tuple[str, Any], ...]:
    """A mapping of names to values."""
    if not isinstance(node, Mapping):
        raise _refusal(node, faults, f"{what} is a mapping of names and values", "")
    values = _each(hint, node.items.values(), faults, what)
    return tuple(zip(node.items, values, strict=True))


def plain(node: Node, faults: Faults, what: str) -> Any:
    """Any value as Python's own: None, bool, int, float, str, list, dict. Raises Wrong for what JSON cannot hold."""
    if isinstance(node, Sequence):
        return [plain(item, faults, what) for item in node.items]
    if isinstance(node, Mapping):
        return {name: plain(item, faults, what) for name, item in node.items.items()}
    value = node.value
    if isinstance(value, float) and not math.isfinite(value):
        raise _refusal(node, faults, f"{what} is a value that JSON can hold", "")
    return value


def type_of(node: Node, faults: Faults) -> type[Check] | None:
    """The known check type that the key `type` names; an unknown one is a fault."""
    name = text_under(node, "type")
    if name is not None and name not in faults.types and isinstance(node, Mapping):
        known = f" Known: {', '.join(faults.types)}."
        sentence = f"there is no check type {shown(name)}.{closest(name, faults.types)}{known}"
        faults.add(node.items["type"].place, sentence)
    return faults.types.get(name or "")


def _claim(node: Node, faults: Faults, what: str) -> Check:
    """A check without what weighs it: its type and the keys of that type."""
    if not isinstance(node, Mapping) or "type" not in node.items:
        faults.add(node.place, f'{what} holds checks by their type and its keys, such as "- type: starts".')
        raise Wrong
    kind = type_of(node, faults)
    if kind is None:
        if text_under(node, "type") is None:
            _refusal(node.items["type"], faults, "type is text", "")
        raise Wrong
    rest = node._replace(items={name: item for name, item in node.items.items() if name != "type"})
    return decode(kind, rest, faults, what=f"a check of type {text_under(node, 'type')}")


def text_under(node: Node, key: str) -> str | None:
    """The text under a key, where there is one."""
    found = node.items.get(key) if isinstance(node, Mapping) else None
    return found.text if isinstance(found, Scalar) and isinstance(found.value, str) else None


def _scalar(hint: type, node: Node, faults: Faults, what: str) -> Any:
    value = node.value if isinstance(node, Scalar) else None
    if hint in (Fraction, float) and type(value) in (int, float) and isinstance(node, Scalar):
        return hint(node.text)  # from its text, so that a fraction is exact
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)  # 5.0 is the whole number 5, as in JSON
    if type(value) is hint:
        return value
    raise _refusal(node, faults, f"{what} is {_NAMES[hint]}", _advice(hint, node) if isinstance(node, Scalar) else "")


def _choice(choices: dict[str, Any], node: Node, faults: Faults, what: str) -> Any:
    text = node.text if isinstance(node, Scalar) else ""
    if text in choices:
        return choices[text]
    raise _refusal(node, faults, f"{what} is {' or '.join(map(shown, choices))}", closest(text, choices))


def _refusal(node: Node, faults: Faults, wanted: str, advice: str) -> Wrong:
    faults.add(node.place, f"{wanted}; this is {_shape(node)}.{advice}")
    return Wrong()


def _advice(hint: type, node: Scalar) -> str:
    word = node.text.lower()
    if hint is str and node.value is not None:
        return f" Write {shown(node.text)} with quotation marks."
    if hint is bool and word in (*_YES, *_NO):
        return f" Write {'true' if word in _YES else 'false'}."
    unquoted = Scalar(node.place, node.text, plain=True).value
    if not node.plain and unquoted is not None and not isinstance(unquoted, str):
        return " Take the quotation marks away."
    return ""


def _shape(node: Node) -> str:
    if not isinstance(node, Scalar):
        return "a mapping" if isinstance(node, Mapping) else "a list"
    if node.value is None:
        return "empty"
    return shown(node.text) if isinstance(node.value, str) else node.text
