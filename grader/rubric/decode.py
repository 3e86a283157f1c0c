"""Nodes → frozen dataclasses, driven by the type hints of their fields; every fault is collected.

Understood: str, int, bool, float, Fraction, enums, Literal, `X | None`, tuple[X, ...] (one value stands for a tuple of
one) and dataclasses of such fields. A field `from_` is written `from`. A ValueError of a dataclass's own checks becomes
a fault at its place.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from grader.rubric.compose import Mapping, Node, Scalar, Sequence
from grader.rubric.faults import Faults, closest

T = TypeVar("T")


class Wrong(Exception):
    """A node could not become a value; why is among the faults."""


_NAMES = {str: "text", int: "a whole number", float: "a number", Fraction: "a number", bool: "true or false"}


@functools.cache
def fields_of(kind: Any) -> MappingABC[str, tuple[str, Any, bool]]:
    """YAML key → (field name, type, whether it is required) of a dataclass."""
    hints = typing.get_type_hints(kind)
    return {
        f.name.rstrip("_"): (
            f.name,
            hints[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(kind)
    }


def decode(kind: type[T], node: Node, faults: Faults, *, what: str, besides: tuple[str, ...] = ()) -> T:
    """A dataclass from a mapping. `what` names it in messages; keys in `besides` are somebody else's. Raises Wrong."""
    if not isinstance(node, Mapping):
        faults.add(node.place, f"{what} is a mapping of keys and values; this is {_shape(node)}.")
        raise Wrong
    known: MappingABC[str, tuple[str, Any, bool]] = fields_of(typing.cast(Any, kind))
    good = _known_keys(node, tuple(known), faults, what, besides)
    values: dict[str, Any] = {}
    for key, (name, hint, required) in known.items():
        if key in node.items:
            try:
                values[name] = value_of(hint, node.items[key], faults, key)
            except Wrong:
                good = False
        elif required:
            faults.add(node.place, f'{what} lacks the key "{key}".')
            good = False
    if not good:
        raise Wrong
    try:
        return kind(**values)
    except ValueError as error:
        faults.add(node.place, f"{error}.")
        raise Wrong from error


def _known_keys(node: Mapping, known: tuple[str, ...], faults: Faults, what: str, besides: tuple[str, ...]) -> bool:
    unknown = [key for key in node.items if key not in known and key not in besides]
    everything = [*known, *besides]
    for key in unknown:
        advice = closest(key, everything) or f" Known: {', '.join(everything)}."
        faults.add(node.key_places[key], f'{what} has no key "{key}".{advice}')
    return not unknown


def value_of(hint: Any, node: Node, faults: Faults, what: str) -> Any:
    """A value of the hinted type. Raises Wrong."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if isinstance(node, Scalar) and node.value is None:
            return None
        (hint,) = [a for a in arguments if a is not type(None)]
        return value_of(hint, node, faults, what)
    if origin is tuple:
        items = node.items if isinstance(node, Sequence) else [node]
        return tuple(_each(arguments[0], items, faults, what))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, node, faults, what=what)
    if not isinstance(node, Scalar):
        faults.add(node.place, f"{what} is {_name(hint)}; this is {_shape(node)}.")
        raise Wrong
    return _scalar(hint, node, faults, what)


def _each(hint: Any, items: Iterable[Node], faults: Faults, what: str) -> list[Any]:
    values, good = [], True
    for item in items:
        try:
            values.append(value_of(hint, item, faults, what))
        except Wrong:
            good = False
    if not good:
        raise Wrong
    return values


def _scalar(hint: Any, node: Scalar, faults: Faults, what: str) -> Any:
    value = node.value
    if typing.get_origin(hint) is typing.Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return _choice(hint, node, faults, what)
    if hint is str and isinstance(value, str):
        return value
    if hint is Fraction and isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(node.text)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint in (int, bool) and type(value) is hint:
        return value
    faults.add(node.place, f"{what} is {_name(hint)}; this is {_shown(node)}.{_advice(hint, node)}")
    raise Wrong


def _choice(hint: Any, node: Scalar, faults: Faults, what: str) -> Any:
    is_enum = isinstance(hint, type)
    choices = {str(m.value): m for m in hint} if is_enum else {str(a): a for a in typing.get_args(hint)}
    if node.text in choices:
        return choices[node.text]
    near = closest(node.text, choices)
    faults.add(node.place, f"{what} is one of {', '.join(choices)}; this is {_shown(node)}.{near}")
    raise Wrong


def _advice(hint: Any, node: Scalar) -> str:
    if hint is str and node.plain and node.text:
        return f' Write "{node.text}" with quotation marks.'
    if hint is bool and node.text.lower() in ("yes", "no", "on", "off", "y", "n"):
        return f" Write {'true' if node.text.lower() in ('yes', 'on', 'y') else 'false'}."
    if hint in (int, float, Fraction) and not node.plain:
        return " Take the quotation marks away."
    return ""


def _name(hint: Any) -> str:
    return _NAMES.get(hint, "a single value")


def _shown(node: Scalar) -> str:
    if node.plain and node.value is None:
        return "empty"
    text = node.text if len(node.text) <= 60 else node.text[:57] + "..."
    return f'"{text}"' if isinstance(node.value, str) else text


def _shape(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    return "a list" if isinstance(node, Sequence) else _shown(node)
