"""What the names of a student's file stand for, as far as the text tells: imports, aliases, instances."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from enum import Enum
from itertools import islice

from grader.checks.diagnosis.source import Function, Import, Module, argument, called_name, literal
from grader.checks.source_bindings import Bindings, dotted
from grader.checks.source_program import Program
from grader.frozen import dataclass

_MOST_NESTED = 20  # attributes of attributes, aliases of aliases
_MOST_BINDINGS = 10  # of one name
_MOST_MEANINGS = 50  # of one expression
_BUILT_IN = frozenset(name for name in dir(builtins) if not name.startswith("_"))
# Classes whose methods are what a module's functions are.
_SAME = {"random.Random.": "random.", "random.SystemRandom.": "random.", "flask.app.Flask": "flask.Flask"}


class Origin(Enum):
    """Where a name comes from."""

    MODULE = "module"  # it is an imported module
    MEMBER = "member"  # it is what an imported module holds
    FREE = "free"  # nothing in the file binds it: a name that Python has built in
    OWN = "own"  # the file binds it
    PART = "part"  # it is an attribute of something else


@dataclass(frozen=True)
class Meaning:
    """One thing that an expression may stand for: a dotted name, and whether that begins with an imported module."""

    name: str
    origin: Origin
    imported: bool = False

    def fits(self, pattern: str) -> bool:
        """Whether a rubric that says `pattern` means it. `*.run` is a method of anything; `Flask.run` fits
        `flask.Flask.run`; what begins with a module of the standard library is that module's; a bare name is one that
        Python has built in, else what the file or an imported module calls so."""
        if pattern.startswith("*."):
            return self.name.endswith(pattern[1:])
        if "." in pattern:
            if pattern.partition(".")[0] in sys.stdlib_module_names:
                return self.imported and self.name == pattern
            return self.name == pattern or self.name.endswith(f".{pattern}")
        if pattern in _BUILT_IN:
            return self.name == f"builtins.{pattern}" or (self.origin is Origin.FREE and self.name == pattern)
        return self.name == pattern or (self.origin is Origin.MEMBER and self.name.endswith(f".{pattern}"))


class Names:
    """Resolves expressions of a program's files."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[object, ...], tuple[Meaning, ...]] = {}
        self._asked: set[tuple[object, ...]] = set()
        self._bindings: dict[str, Bindings] = {}
        self._own: dict[tuple[str, Import], Module | None] = {}

    def meanings(self, module: Module, node: ast.AST, depth: int = 0) -> tuple[Meaning, ...]:
        """All that an expression may stand for."""
        return self._found(module, node, depth, instance=False)

    def classes(self, module: Module, node: ast.AST, depth: int = 0) -> tuple[Meaning, ...]:
        """The classes that the value of an expression may be an instance of."""
        return self._found(module, node, depth, instance=True)

    def _found(self, module: Module, node: ast.AST, depth: int, *, instance: bool) -> tuple[Meaning, ...]:
        """Each expression is looked at once, so that names that stand for each other come to an end; what is written
        alike in one function means the same."""
        key = (*self._key(module, node), instance)
        if key in self._known:
            return self._known[key]
        if key in self._asked or depth > _MOST_NESTED:
            return ()
        self._asked.add(key)
        found = self._classes(module, node, depth + 1) if instance else self._meanings(module, node, depth + 1)
        self._known[key] = tuple(dict.fromkeys(islice(found, _MOST_MEANINGS)))
        self._asked.discard(key)
        return self._known[key]

    def _key(self, module: Module, node: ast.AST) -> tuple[object, ...]:
        """What tells an expression from others: how it is written and in which function, where it is a dotted name."""
        names: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            return (module.path, self.bindings(module).scope(inner), inner.id, *names)
        return (id(node),)

    def bindings(self, module: Module) -> Bindings:
        """What a file binds."""
        if module.path not in self._bindings:
            self._bindings[module.path] = Bindings(module)
        return self._bindings[module.path]

    def _own_module(self, module: Module, found: Import) -> Module | None:
        """The student's own file that an import reads."""
        if (module.path, found) not in self._own:
            self._own[module.path, found] = self._program.imported(module, found)
        return self._own[module.path, found]

    def _modules_named(self, module: Module, node: ast.AST) -> list[Import]:
        """The imports that a name stands for."""
        return self.bindings(module).imports.get(node.id, []) if isinstance(node, ast.Name) else []

    def _imports_of(self, module: Module, name: str) -> tuple[Import, ...]:
        """The imports that may bind a name."""
        known = self.bindings(module).imports
        return (*known.get(name, ()), *known.get("*", ())[:_MOST_BINDINGS])

    # ------------------------------------------------------------------------------------------------------- naming

    def _meanings(self, module: Module, node: ast.AST, depth: int) -> Iterator[Meaning]:
        if isinstance(node, ast.Name):
            yield from self._of_name(module, node.id, self.bindings(module).scope(node), depth)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(module, node.value, node.attr, depth)
            for value in self.bindings(module).values.get(dotted(node), [])[:_MOST_BINDINGS]:
                yield from self.meanings(module, value, depth) if isinstance(value, ast.Name | ast.Attribute) else ()
        elif isinstance(node, ast.Call):
            yield from self._of_call(module, node, depth)
        elif isinstance(node, ast.Subscript):
            yield from self._of_item(module, node, depth)

    def _of_call(self, module: Module, node: ast.Call, depth: int) -> Iterator[Meaning]:
        """getattr(x, "name") is x.name, __import__("name") is that module."""
        name, named = called_name(node), literal(argument(node, "name", 1))
        if name == "getattr" and isinstance(named, str) and node.args:
            yield from self._attribute(module, node.args[0], named, depth)
        named = literal(argument(node, "name", 0))
        if name in ("__import__", "import_module") and isinstance(named, str):
            yield Meaning(named, Origin.MODULE, imported=True)

    def _of_item(self, module: Module, node: ast.Subscript, depth: int) -> Iterator[Meaning]:
        """x.__dict__["name"] and vars(x)["name"] are x.name; `__builtins__` is a dict as well as a module."""
        held, key = node.value, literal(node.slice)
        if not isinstance(key, str):
            return
        if isinstance(held, ast.Attribute) and held.attr == "__dict__":
            yield from self._attribute(module, held.value, key, depth)
        elif isinstance(held, ast.Call) and called_name(held) == "vars" and held.args:
            yield from self._attribute(module, held.args[0], key, depth)
        elif isinstance(held, ast.Name) and held.id == "__builtins__":
            yield Meaning(f"builtins.{key}", Origin.MEMBER, imported=True)

    def _attribute(self, module: Module, owner: ast.expr, name: str, depth: int) -> Iterator[Meaning]:
        known = False
        for meaning in self.meanings(module, owner, depth):
            known = True
            yield from self._member(module, meaning, name)
        for kind in self.classes(module, owner, depth):
            known = True
            yield Meaning(_same(f"{kind.name}.{name}"), Origin.PART, kind.imported)
        for found in self._modules_named(module, owner):
            inner = self._own_module(module, found)
            if inner is not None:
                yield from self._of_name(inner, name, None, depth)
        if not known:
            yield Meaning(f"?.{name}", Origin.PART)  # of the value of a call, a subscript, a text

    def _member(self, module: Module, owner: Meaning, name: str) -> Iterator[Meaning]:
        whole = f"{'builtins' if owner.name == '__builtins__' else owner.name}.{name}"
        is_module = owner.origin is Origin.MODULE or owner.name == "__builtins__"
        if is_module and any(i.module == whole for i in self.bindings(module).imports.get(whole.partition(".")[0], ())):
            yield Meaning(whole, Origin.MODULE, imported=True)
        elif is_module:
            yield Meaning(whole, Origin.MEMBER, imported=True)
        else:
            yield Meaning(whole, Origin.PART, owner.imported)

    def _of_name(self, module: Module, name: str, scope: Function | None, depth: int) -> Iterator[Meaning]:
        bindings = self.bindings(module)
        yield Meaning(name, Origin.OWN if bindings.binds(name, scope) else Origin.FREE)
        for found in self._imports_of(module, name):
            yield from self._of_import(module, found, name, depth)
        for value in bindings.values.get(name, [])[:_MOST_BINDINGS]:
            if isinstance(value, ast.Name | ast.Attribute | ast.Subscript) or _is_getting(value):
                yield from self.meanings(module, value, depth)
        # What one does with a class, one does with those that it is made from.
        for base in bindings.bases.get(name, ()):
            yield from self.meanings(module, base, depth)

    def _of_import(self, module: Module, found: Import, name: str, depth: int) -> Iterator[Meaning]:
        if found.name == "*":
            yield Meaning(f"{found.module}.{name}".lstrip("."), Origin.MEMBER, imported=True)
        elif found.name is None:
            # import a.b binds a; import a.b as c binds a.b
            whole = found.module if found.bound != found.module.split(".")[0] else name
            yield Meaning(whole, Origin.MODULE, imported=True)
        else:
            yield Meaning(_same(f"{found.module}.{found.name}".lstrip(".")), Origin.MEMBER, imported=True)
        inner = self._own_module(module, found) if found.name is not None and depth < _MOST_NESTED else None
        wanted = name if found.name == "*" else found.name
        if inner is not None and inner is not module and wanted and self.bindings(inner).binds(wanted, None):
            yield from self._of_name(inner, wanted, None, depth + 1)

    # ---------------------------------------------------------------------------------------------------- instances

    def _classes(self, module: Module, node: ast.AST, depth: int) -> Iterator[Meaning]:
        if isinstance(node, ast.Call):
            yield from self.meanings(module, node.func, depth)
            made = module.function(node.func.id) if isinstance(node.func, ast.Name) else None
            for returned in self.bindings(module).returned.get(made, ()) if made is not None else ():
                yield from self.classes(module, returned, depth)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield from self._classes_of(module, dotted(node), depth)
            for found in self._modules_named(module, node.value) if isinstance(node, ast.Attribute) else ():
                inner = self._own_module(module, found)
                yield from self._classes_of(inner, node.attr, depth) if inner is not None else ()  # type: ignore[union-attr]
        elif isinstance(node, ast.NamedExpr | ast.Await):
            yield from self.classes(module, node.value, depth)
        elif isinstance(node, ast.IfExp):
            yield from (*self.classes(module, node.body, depth), *self.classes(module, node.orelse, depth))

    def _classes_of(self, module: Module, name: str, depth: int) -> Iterator[Meaning]:
        bindings = self.bindings(module)
        for value in bindings.values.get(name, [])[:_MOST_BINDINGS]:
            yield from self.classes(module, value, depth)
        for annotation in bindings.annotated.get(name, [])[:_MOST_BINDINGS]:
            yield from self.meanings(module, annotation, depth)
        for found in self._imports_of(module, name):
            inner = self._own_module(module, found)
            if inner is not None and inner is not module and found.name and depth < _MOST_NESTED:
                yield from self._classes_of(inner, name if found.name == "*" else found.name, depth + 1)


def _is_getting(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and called_name(value) in ("getattr", "__import__", "import_module")


def _same(name: str) -> str:
    prefix = next((p for p in _SAME if name.startswith(p)), None)
    return _SAME[prefix] + name[len(prefix) :] if prefix else name
