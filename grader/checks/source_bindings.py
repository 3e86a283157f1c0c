"""What a file binds its names to: values, annotations, bases of classes, what functions return."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from grader.checks.diagnosis.source import Function, Import, Module


class Bindings:
    """The bindings of one file. Names are dotted where they are attributes of a name: `self.app`."""

    def __init__(self, module: Module) -> None:
        self.values: dict[str, list[ast.expr]] = defaultdict(list)
        self.annotated: dict[str, list[ast.expr]] = defaultdict(list)
        self.bases: dict[str, list[ast.expr]] = defaultdict(list)
        self.returned: dict[Function, list[ast.expr]] = defaultdict(list)
        self._bound: dict[Function | None, set[str]] = defaultdict(set)
        self._around: dict[Function, Function | None] = {}
        self._scopes: dict[int, Function | None] = {}
        self.imports: dict[str, list[Import]] = defaultdict(list)
        for found in module.imports:
            self.imports[found.bound].append(found)
        for placed in module.placed:
            self._add(placed.node, placed.function)

    def scope(self, node: ast.AST) -> Function | None:
        """The function that a name stands in."""
        return self._scopes.get(id(node))

    def binds(self, name: str, scope: Function | None) -> bool:
        """Whether the file binds a name, as seen from inside a function."""
        while scope is not None:
            if name in self._bound[scope]:
                return True
            scope = self._around.get(scope)
        return name in self._bound[None]

    def _add(self, node: ast.AST, scope: Function | None) -> None:
        if isinstance(node, ast.Name):
            self._scopes[id(node)] = scope
        elif isinstance(node, Function):
            self._add_function(node, scope)
        elif isinstance(node, ast.ClassDef):
            self.bases[node.name] += node.bases
            self._bound[scope].add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._bound[scope] |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Return) and node.value is not None and scope is not None:
            self.returned[scope].append(node.value)
        else:
            for target, value in _assigned(node):
                self._bind(target, value, scope)
        if isinstance(node, ast.AnnAssign):
            self.annotated[dotted(node.target)].append(node.annotation)

    def _add_function(self, node: Function, scope: Function | None) -> None:
        self._bound[scope].add(node.name)
        self._around[node] = scope
        given = node.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                self._bound[node].add(argument.arg)
                if argument.annotation is not None:
                    self.annotated[argument.arg].append(argument.annotation)

    def _bind(self, target: ast.expr, value: ast.expr | None, scope: Function | None) -> None:
        """`a, b = x, y` binds each to its own."""
        if isinstance(target, ast.Tuple | ast.List):
            each = value.elts if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts) else ()
            for index, one in enumerate(target.elts):
                self._bind(one, each[index] if each else None, scope)
            return
        name = dotted(target)
        if name and value is not None:
            self.values[name].append(value)
        # `eval = eval` makes it no name of the file's own.
        if isinstance(target, ast.Name) and not _mentions(value, name):
            self._bound[scope].add(name)


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, None


def _mentions(value: ast.expr | None, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name


def dotted(node: ast.AST) -> str:
    """A name, or an attribute of one, as it is written; empty for everything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""
