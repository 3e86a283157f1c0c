"""What the names of a student's file stand for, as far as its text tells: imports, aliases, instances."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.checks.diagnosis.source import Module, argument, called_name, literal
from grader.frozen import dataclass

_ROUTING = ("get", "post", "put", "delete", "patch")
_BUILTINS = ("builtins", "__builtins__")
_MOST_NESTED = 20  # attributes of attributes


@dataclass(frozen=True)
class Meaning:
    """One thing that an expression may stand for: a dotted name, and whether it begins with what an import binds."""

    name: str
    imported: bool

    def fits(self, pattern: str) -> bool:
        """Whether a rubric that says `pattern` means it. `*.run` is a method of anything; `Flask.run` fits
        `flask.Flask.run`; a bare name fits a bare name, or one that is imported from anywhere."""
        if pattern.startswith("*."):
            return self.name.endswith(pattern[1:])
        if self.name == pattern:
            return True
        return self.name.endswith(f".{pattern}") and (self.imported or "." in pattern)


def meanings(module: Module, node: ast.AST, depth: int = 0) -> Iterator[Meaning]:
    """All that an expression may stand for."""
    if isinstance(node, ast.Name):
        yield from _of_name(module, node.id)
    elif isinstance(node, ast.Attribute) and depth < _MOST_NESTED:
        for owner in meanings(module, node.value, depth + 1):
            yield Meaning(f"{owner.name}.{node.attr}", owner.imported)
        if isinstance(node.value, ast.Name):
            for kind in _instance_of(module, node.value.id, depth):
                yield Meaning(f"{kind.name}.{node.attr}", kind.imported)
        elif not isinstance(node.value, ast.Attribute):
            yield Meaning(f"?.{node.attr}", imported=False)  # of the value of a call, a subscript, a text
    elif isinstance(node, ast.Call) and called_name(node) == "getattr" and len(node.args) > 1:
        named = literal(node.args[1])
        if isinstance(named, str) and isinstance(node.args[0], ast.Name) and node.args[0].id in _BUILTINS:
            yield Meaning(named, imported=False)


def _of_name(module: Module, name: str) -> Iterator[Meaning]:
    yield Meaning(name, imported=False)
    for found in module.imports:
        if found.bound == name:
            if found.name is None and found.bound != found.module.split(".")[0]:
                yield Meaning(found.module, imported=True)  # import module as name
            else:
                yield Meaning(f"{found.module}.{found.name}" if found.name else name, imported=True)
        elif found.name == "*":
            yield Meaning(f"{found.module}.{name}", imported=True)


def _instance_of(module: Module, name: str, depth: int) -> Iterator[Meaning]:
    """The classes whose instances a name is bound to: `app = Flask(...)`."""
    for value in module.assigned.get(name, [])[:10]:
        if isinstance(value, ast.Call) and depth < _MOST_NESTED:
            yield from meanings(module, value.func, depth + 1)


def decorations(module: Module) -> Iterator[tuple[Meaning, int]]:
    """Every decorator with its line. Flask's shorter forms, and `add_url_rule`, are routes, too."""
    for node in (p.node for p in module.placed):
        for decorator in getattr(node, "decorator_list", ()):
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            for meaning in meanings(module, called):
                yield meaning, decorator.lineno
                owner, _, last = meaning.name.rpartition(".")
                if owner and last in _ROUTING:
                    yield Meaning(f"{owner}.route", meaning.imported), decorator.lineno
    for call, _ in module.calls:
        if called_name(call) == "add_url_rule":
            for meaning in meanings(module, call.func):
                yield Meaning(f"{meaning.name.rpartition('.')[0]}.route", meaning.imported), call.lineno


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Every module, and every name of one, that is imported in any way, with its line."""
    for found in module.imports:
        yield found.module, found.line
        if found.name not in (None, "*"):
            yield f"{found.module}.{found.name}".lstrip("."), found.line
    for call, _ in module.calls:
        name = literal(argument(call, "name", 0))
        if called_name(call) in ("import_module", "__import__") and isinstance(name, str):
            yield name, call.lineno


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Every function, method and named lambda, with its line."""
    for function in module.functions:
        yield function.name, function.lineno
    for name, values in module.assigned.items():
        for value in values:
            if isinstance(value, ast.Lambda):
                yield name, value.lineno


def uses(module: Module) -> Iterator[tuple[Meaning, int]]:
    """Every name and attribute that is read, imported or called by getattr, with its line."""
    for node in (p.node for p in module.placed):
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            for meaning in meanings(module, node):
                yield meaning, node.lineno
    for name, line in imports(module):
        yield Meaning(name, imported=True), line
