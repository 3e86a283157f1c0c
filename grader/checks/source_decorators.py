"""Decorators as a file writes them, and other ways to say the same: `app.get` is a route, so is `add_url_rule`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from grader.checks.diagnosis.source import UNKNOWN, Module, called_name
from grader.checks.source_names import Meaning, Names
from grader.checks.source_values import Given, given

_METHODS = ("get", "post", "put", "delete", "patch")
_AS_CALLS = {"add_url_rule": "route", "register_error_handler": "errorhandler"}


class Decoration(NamedTuple):
    """What a decorator may stand for, what it is given, and its line."""

    meaning: Meaning
    given: Given
    line: int


def decorations(names: Names, module: Module) -> Iterator[Decoration]:
    """Every decorator of a file, and every call that does what one does."""
    for node in (p.node for p in module.placed):
        for decorator in getattr(node, "decorator_list", ()):
            yield from _of(names, module, decorator, decorator.lineno)
    for call, _ in module.calls:
        if isinstance(call.func, ast.Call) or _takes_a_function(module, call):
            yield from _of(names, module, call.func, call.lineno)
        known = _AS_CALLS.get(called_name(call))
        if known is not None:
            gave = given(names.bindings(module), call)
            for meaning in names.meanings(module, call.func):
                alike = replace(meaning, name=f"{meaning.name.rpartition('.')[0]}.{known}")
                yield from _spread(Decoration(alike, gave, call.lineno))


def _takes_a_function(module: Module, call: ast.Call) -> bool:
    """`app.before_request(check)` is what `@app.before_request` does."""
    alone = call.args[0] if len(call.args) == 1 and not call.keywords else None
    return isinstance(alone, ast.Lambda) or (isinstance(alone, ast.Name) and module.function(alone.id) is not None)


def _of(names: Names, module: Module, decorator: ast.expr, line: int) -> Iterator[Decoration]:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    gave = given(names.bindings(module), decorator) if isinstance(decorator, ast.Call) else Given()
    for meaning in names.meanings(module, called):
        yield from _spread(Decoration(meaning, gave, line))


def _spread(found: Decoration) -> Iterator[Decoration]:
    """A decorator, and what else it is: a route takes GET where it says nothing else; `app.post` is one for POST."""
    owner, _, last = found.meaning.name.rpartition(".")
    if owner and last in _METHODS:
        yield found
        route = replace(found.meaning, name=f"{owner}.route")
        methods = frozenset({last.upper()})
        yield Decoration(route, replace(found.given, named=(*found.given.named, ("methods", methods))), found.line)
    elif owner and last == "route":
        yield from _spread_route(found, owner)
    else:
        yield found


def _spread_route(found: Decoration, owner: str) -> Iterator[Decoration]:
    named = dict(found.given.named)
    methods = _methods(named.get("methods", ["GET"]))
    told = {**named, "methods": named["methods"] if methods is None else methods}
    yield Decoration(found.meaning, replace(found.given, named=(*told.items(),)), found.line)
    rest = tuple((name, value) for name, value in named.items() if name != "methods")
    for method in sorted(methods or ()):
        short = replace(found.meaning, name=f"{owner}.{method.lower()}")
        yield Decoration(short, replace(found.given, named=rest), found.line)


def _methods(given: Any) -> frozenset[str] | None:
    """The methods in capitals, None where the text does not tell."""
    known = given is not UNKNOWN and isinstance(given, list | frozenset) and all(isinstance(m, str) for m in given)
    return frozenset(method.upper() for method in given) if known else None
