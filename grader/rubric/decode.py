"""Nodes → frozen dataclasses, driven by the type hints of their fields; every fault is collected.

Understood: str, int, bool, float, Fraction, enums, Literal, `X | None`, tuple[X, ...] (one value stands for a tuple of
one) and dataclasses of such fields. A field `from_` is written `from`. None stands for a key that is left out; it is
never written. A ValueError of a dataclass's own checks becomes a fault: at the key that its sentence begins with, else
at the dataclass.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Iterable
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar, cast

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
        f.name.removesuffix("_"): Key(
            f.name, hints[f.name], f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        )
        for f in dataclasses.fields(kind)
    }


def decode(kind: type[T], node: Node, faults: Faults, *, what: str, besides: Iterable[str] = ()) -> T:
    """A dataclass from a mapping. `what` names it in messages; keys in `besides` are somebody else's. Raises Wrong."""
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
        first = re.match(r"\w+", str(error))
        faults.add(node.key_places.get(first[0] if first else "", node.place), f"{error}.")
        raise Wrong from error


def _only_known(node: Mapping, known: Iterable[str], faults: Faults, what: str) -> bool:
    unknown = [name for name in node.items if name not in known]
    for name in unknown:
        advice = closest(name, known) or f" It has: {', '.join(known)}."
        faults.add(node.key_places[name], f"{what} has no key {shown(name)}.{advice}")
    return not unknown


def value_of(hint: Any, node: Node, faults: Faults, what: str) -> Any:
    """A value of the hinted type; `what` names it in messages. Raises Wrong."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = (a for a in arguments if a is not types.NoneType)
        return value_of(hint, node, faults, what)
    if origin is tuple:
        return _each(arguments[0], node.items if isinstance(node, Sequence) else [node], faults, what)
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


def _scalar(hint: type, node: Node, faults: Faults, what: str) -> Any:
    value = node.value if isinstance(node, Scalar) else None
    if hint in (Fraction, float) and type(value) in (int, float) and isinstance(node, Scalar):
        return hint(node.text)  # from its text, so that a fraction is exact
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
