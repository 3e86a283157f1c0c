"""Frozen dataclasses that are cheap to define.

The standard library writes six methods of every class as source text and compiles them, 0.6 ms a class: half of all
that importing the model, the checks and the rubric language costs a cold `grade` (`benchmarks/rubric.py`). Here every
class gets the same few functions. Type checkers see the standard library's own `dataclass`, and `fields`, `replace` and
`is_dataclass` work as with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

__all__ = ["dataclass"]

T = TypeVar("T")
_Fields = tuple["dataclasses.Field[Any]", ...]


def _quick(cls: type[T]) -> type[T]:
    """The class as a dataclass, with whatever methods it does not define itself."""
    cls = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # it has become one
    methods = {
        "__init__": _init(cls, fields),
        "__repr__": _repr(fields),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        **_comparison(fields),
    }
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


def _init(cls: type, fields: _Fields) -> Callable[..., None]:
    names = tuple(f.name for f in fields)
    defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    factories = {f.name: f.default_factory for f in fields if f.default_factory is not dataclasses.MISSING}
    known = frozenset(names)
    then = hasattr(cls, "__post_init__")

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        if args:
            given = _with_positional(cls, names, args, given)
        values = {**defaults, **given}
        for name, make in factories.items():
            if name not in values:
                values[name] = make()
        if len(values) != len(known) or not values.keys() <= known:
            raise TypeError(_misfit(cls, known, values))
        self.__dict__.update(values)
        if then:
            self.__post_init__()

    return __init__


def _with_positional(cls: type, names: tuple[str, ...], args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    """What was given by position and by name. Raises TypeError."""
    if len(args) > len(names):
        raise TypeError(f"{cls.__name__} takes {len(names)} values; {len(args)} were given")
    positional = dict(zip(names, args, strict=False))
    twice = positional.keys() & given.keys()
    if twice:
        raise TypeError(f"{cls.__name__} was given {min(twice)} twice")
    return positional | given


def _misfit(cls: type, known: frozenset[str], values: dict[str, Any]) -> str:
    unknown, missing = values.keys() - known, known - values.keys()
    return f"{cls.__name__} has no {min(unknown)}" if unknown else f"{cls.__name__} lacks {', '.join(sorted(missing))}"


def _repr(fields: _Fields) -> Callable[[Any], str]:
    names = tuple(f.name for f in fields if f.repr)

    def __repr__(self: Any) -> str:  # noqa: N807
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return __repr__


def _comparison(fields: _Fields) -> dict[str, Callable[..., Any]]:
    names = tuple(f.name for f in fields if f.compare)
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: Any) -> bool:  # noqa: N807
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _refuse(self: Any, name: str, *_: Any) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__} is frozen: {name} cannot be changed")


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool) -> Callable[[type[T]], type[T]]:
        """Like `dataclasses.dataclass(frozen=True)`."""
        assert frozen, "what can change is a dataclass of the standard library"
        return _quick
