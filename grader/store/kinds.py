"""Which classes a stored document may hold, and what their fields may hold: the grader's own frozen values alone."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import grader.checks
import grader.model

_PACKAGES = (grader.model, grader.checks)


@cache
def kinds() -> Mapping[str, type]:
    """Every frozen dataclass and enum of the model and the checks, by its name in a document."""
    return {name_of(cls): cls for cls in _classes()}


def name_of(cls: type) -> str:
    """What a class is called in a document: "model.evidence.Start"."""
    return f"{cls.__module__.removeprefix('grader.')}.{cls.__qualname__}"


def _classes() -> Iterator[type]:
    for package in _PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if cls.__module__ == module.name and (issubclass(cls, Enum) or _is_frozen(cls)):
                    yield cls


def _is_frozen(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) and "__setattr__" in cls.__dict__


def hints(cls: Any) -> Mapping[str, Any]:
    """What each field of a dataclass may hold."""
    return _hints(cls)


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    known = get_type_hints(cls)
    return {field.name: known[field.name] for field in dataclasses.fields(cls)}


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what an annotation says. A protocol is satisfied by any of the grader's own values."""
    origin = get_origin(hint)
    if origin in _GENERIC:
        return _GENERIC[origin](value, get_args(hint))
    return hint is Any or _is_a(value, hint)


def _is_a(value: Any, hint: Any) -> bool:
    if hint is None or hint is type(None):
        return value is None
    if getattr(hint, "_is_protocol", False):
        return kinds().get(name_of(type(value))) is type(value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _fits_tuple(value: Any, of: tuple[Any, ...]) -> bool:
    if not isinstance(value, tuple):
        return False
    if len(of) == 2 and of[1] is ...:
        return all(fits(item, of[0]) for item in value)
    return len(value) == len(of) and all(map(fits, value, of))


def _fits_any(value: Any, of: tuple[Any, ...]) -> bool:
    return any(fits(value, one) for one in of)


def _fits_mapping(value: Any, of: tuple[Any, ...]) -> bool:
    return isinstance(value, dict) and all(fits(k, of[0]) and fits(v, of[1]) for k, v in value.items())


def _fits_set(value: Any, of: tuple[Any, ...]) -> bool:
    return isinstance(value, frozenset) and all(fits(item, of[0]) for item in value)


_GENERIC: Mapping[Any, Callable[[Any, tuple[Any, ...]], bool]] = {
    tuple: _fits_tuple,
    Union: _fits_any,
    types.UnionType: _fits_any,
    Literal: lambda value, of: value in of,
    dict: _fits_mapping,
    Mapping: _fits_mapping,
    frozenset: _fits_set,
    AbstractSet: _fits_set,
}
