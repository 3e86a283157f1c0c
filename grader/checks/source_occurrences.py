"""Where a program has what a rubric names: imports, calls, decorators, functions, uses."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from grader.checks.diagnosis.source import Function, Module, argument, called_name, literal
from grader.checks.source_calls import CallPattern, Found
from grader.checks.source_decorators import decorations
from grader.checks.source_names import Meaning, Names, Origin
from grader.checks.source_program import Program
from grader.checks.source_values import Given, given, parameters

# What is given to these is looked at, and not called.
_LOOKING = ("isinstance", "issubclass", "print", "repr", "type", "id", "cast", "hasattr", "callable")


class Occurrences:
    """Looks through the files of a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._names = Names(program)

    def of(self, key: str, thing: Any) -> Iterator[Found]:
        """Each place, a line once, the entry's first."""
        for module in self._program.modules:
            lines = getattr(self, f"_{key}")(module, thing)
            yield from ((module.path, line) for line in dict.fromkeys(lines))

    def _calls(self, module: Module, pattern: CallPattern) -> Iterator[int]:
        for call, _ in module.calls:
            if self._fit(module, call.func, pattern, lambda call=call: given(self._names.bindings(module), call)):  # type: ignore[misc]
                yield call.lineno
            yield from self._handed_on(module, call, pattern)
        for node in (p.node for p in module.placed):
            for decorator in getattr(node, "decorator_list", ()):
                if not isinstance(decorator, ast.Call) and self._fit(module, decorator, pattern, Given):
                    yield decorator.lineno

    def _handed_on(self, module: Module, call: ast.Call, pattern: CallPattern) -> Iterator[int]:
        """A function that another one is given will be called by it; `partial` says with what. One of the file's own is
        a view or a callback: what calls it is Flask."""
        name = called_name(call)
        for index, handed in enumerate((*call.args, *(k.value for k in call.keywords))):
            if name in _LOOKING or not isinstance(handed, ast.Name | ast.Attribute):
                continue
            rest: Callable[[], Given] = Given
            if name in ("partial", "partialmethod") and index == 0:
                whole = given(self._names.bindings(module), call)
                rest = partial(Given, whole.positional[1:], whole.named)
            if self._fit(module, handed, pattern, rest, own=False):
                yield handed.lineno

    def _fit(
        self, module: Module, node: ast.expr, pattern: CallPattern, gave: Callable[[], Given], *, own: bool = True
    ) -> bool:
        for meaning in self._names.meanings(module, node):
            if meaning.fits(pattern.name) and (own or meaning.origin is not Origin.OWN):
                names = parameters(module, meaning.name) or parameters(module, pattern.name)
                if not pattern.asks or gave().fits(pattern.arguments, pattern.keywords, names):
                    return True
        return False

    def _decorators(self, module: Module, pattern: CallPattern) -> Iterator[int]:
        for found in decorations(self._names, module):
            names = parameters(module, found.meaning.name)
            if found.meaning.fits(pattern.name) and found.given.fits(pattern.arguments, pattern.keywords, names):
                yield found.line

    def _imports(self, module: Module, name: str) -> Iterator[int]:
        """Modules and names of modules; `import random; random.randint` imports that name in effect."""
        for found, line in imports(module):
            if found == name or found.startswith(f"{name}.") or found == f"{name.rpartition('.')[0]}.*":
                yield line
        if "." in name:
            for meaning, line in self._used(module):
                if meaning.origin is Origin.MEMBER and meaning.name == name:
                    yield line

    def _functions(self, module: Module, name: str) -> Iterator[int]:
        yield from (line for found, line in functions(module) if found == name)

    def _uses(self, module: Module, name: str) -> Iterator[int]:
        yield from (line for meaning, line in self._used(module) if meaning.fits(name))
        yield from (line for found, line in imports(module) if Meaning(found, Origin.MEMBER, imported=True).fits(name))

    def _used(self, module: Module) -> Iterator[tuple[Meaning, int]]:
        """Every name and attribute that is read, or asked for by getattr and its like, with its line."""
        for node in (p.node for p in module.placed):
            if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
                yield from ((meaning, node.lineno) for meaning in self._names.meanings(module, node))


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Every module, and every name of one, that is imported in any way, with its line."""
    for found in module.imports:
        yield found.module, found.line
        if found.name is not None:
            yield f"{found.module}.{found.name}".lstrip("."), found.line
    for call, _ in module.calls:
        name = literal(argument(call, "name", 0))
        if called_name(call) in ("import_module", "__import__") and isinstance(name, str):
            yield name, call.lineno


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Every function, method and named lambda, with its line; a method also as `Class.method`."""
    for function in module.functions:
        yield function.name, function.lineno
    for node in (p.node for p in module.placed if isinstance(p.node, ast.ClassDef)):
        for child in node.body:
            if isinstance(child, Function):
                yield f"{node.name}.{child.name}", child.lineno
    for name, values in module.assigned.items():
        yield from ((name, value.lineno) for value in values if isinstance(value, ast.Lambda))
