"""The student's own Python files as syntax trees: what they import, define, route, draw and run.

Only text that the grader itself read is parsed; nothing is imported or executed. Whatever cannot be parsed is an empty
tree with a `fault`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from grader.frozen import dataclass
from grader.model import Evidence, SourceFile

PARSED_BYTES = 512 << 10
_MODULES_LIMIT = 20
_IMPORTS_LIMIT = 100

Function = ast.FunctionDef | ast.AsyncFunctionDef
UNKNOWN = object()


@dataclass(frozen=True)
class Fault:
    """Why a text is no Python: the kind and words of this interpreter's own parser, and the line (0: unknown)."""

    kind: str
    message: str
    line: int


@dataclass(frozen=True)
class Placed:
    """A node and where it stands: the innermost function around it, and the innermost `if` that looks like a guard."""

    node: ast.AST
    function: Function | None = None
    guard: ast.If | None = None


@dataclass(frozen=True)
class Import:
    """One imported name. `name` is None for `import module`; "*" for everything."""

    module: str
    name: str | None
    bound: str
    line: int
    level: int = 0


@dataclass(frozen=True)
class Module:
    """One parsed file of the student."""

    path: str
    tree: ast.Module
    fault: Fault | None = None

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every node in the order of the text."""
        return tuple(_placed(self.tree))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every name that an import statement binds, wherever it stands."""
        return tuple(i for p in self.placed for i in _imports(p.node))

    @cached_property
    def defined(self) -> dict[str, int]:
        """Every name that the file binds anywhere, with the first line that does."""
        names: dict[str, int] = {}
        for found in self.placed:
            for name in _bound(found.node):
                names.setdefault(name, getattr(found.node, "lineno", 0))
        return names

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function of the file."""
        return tuple(p.node for p in self.placed if isinstance(p.node, Function))

    @cached_property
    def calls(self) -> tuple[tuple[ast.Call, Placed], ...]:
        """Every call, with where it stands."""
        return tuple((p.node, p) for p in self.placed if isinstance(p.node, ast.Call))

    def function(self, name: str) -> Function | None:
        """The last function of that name: it is the one that counts."""
        return next((f for f in reversed(self.functions) if f.name == name), None)

    def imported(self, bound: str) -> Import | None:
        """The import that binds a name."""
        return next((i for i in self.imports if i.bound == bound), None)

    @cached_property
    def bodies(self) -> dict[Function, list[ast.AST]]:
        """The nodes of every function's own body, in the order of the text."""
        found: dict[Function, list[ast.AST]] = {}
        for placed in self.placed:
            if placed.function is not None:
                found.setdefault(placed.function, []).append(placed.node)
        return found

    @cached_property
    def assigned(self) -> dict[str, list[ast.expr]]:
        """Every value that a plain name is assigned."""
        found: dict[str, list[ast.expr]] = {}
        for node in (p.node for p in self.placed):
            for target in node.targets if isinstance(node, ast.Assign) else ():
                if isinstance(target, ast.Name) and isinstance(node, ast.Assign):
                    found.setdefault(target.id, []).append(node.value)
        return found

    @cached_property
    def uses(self) -> dict[str, set[Function | None]]:
        """Every name or attribute that is read, with the functions in which it is."""
        found: dict[str, set[Function | None]] = {}
        for placed in self.placed:
            if isinstance(placed.node, ast.Name | ast.Attribute) and isinstance(placed.node.ctx, ast.Load):
                found.setdefault(last_name(placed.node), set()).add(placed.function)
        return found

    def within(self, function: Function) -> Sequence[ast.AST]:
        """Every node of a function's own body, in the order of the text."""
        return self.bodies.get(function, [])

    def value(self, node: ast.AST | None) -> object:
        """The plain value of an expression, or UNKNOWN: a literal, or a name that is bound once, to a literal."""
        if isinstance(node, ast.Name):
            values = self.assigned.get(node.id, [])
            node = values[0] if len(values) == 1 else None
        return literal(node)


def literal(node: ast.AST | None) -> object:
    """The value of a literal number, text, True, False or None; else UNKNOWN."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, int | float) else UNKNOWN
    return UNKNOWN


def called_name(call: ast.Call) -> str:
    """The last part of what is called: "run" for `app.run()`, "Flask" for `flask.Flask()`."""
    return last_name(call.func)


def last_name(node: ast.AST) -> str:
    """The last part of a name or attribute, or an empty text."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """The expression that is passed under a name, or at a position."""
    named = next((k.value for k in call.keywords if k.arg == name), None)
    if named is not None or position is None or position >= len(call.args):
        return named
    return None if isinstance(call.args[position], ast.Starred) else call.args[position]


def shown(node: ast.AST, limit: int = 60) -> str:
    """An expression as Python writes it, cut."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError):
        text = "…"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def modules(evidence: Evidence) -> tuple[Module, ...]:
    """The entry file and, after it, the student's own files that it imports, near ones first."""
    return _modules(evidence.entry, evidence.home, evidence.files)


@lru_cache(maxsize=2)
def _modules(entry: str, home: str, files: tuple[SourceFile, ...]) -> tuple[Module, ...]:
    evidence = Evidence(nonce="", entry=entry, home=home, files=files)
    found: dict[str, Module] = {}
    queue, left = [entry], PARSED_BYTES
    while queue and len(found) < _MODULES_LIMIT and left > 0:
        path = queue.pop(0)
        module = None if path in found else module_at(evidence, path)
        if module is not None:
            found[path] = module
            left -= sum(f.size for f in files if f.path == path)
            queue += [p for i in module.imports[:_IMPORTS_LIMIT] for p in own_paths(evidence, i, path)]
    return tuple(found.values())


def module_at(evidence: Evidence, path: str) -> Module | None:
    """The parsed file at a path relative to the root, or None where there is no such Python text."""
    file = evidence.file(path)
    if file is None or file.text is None or not path.endswith(".py"):
        return None
    return parse(path, file.text)


def own_paths(evidence: Evidence, imported: Import, importer: str) -> tuple[str, ...]:
    """The student's own files that an import statement reads."""
    folder = PurePosixPath(evidence.home)
    if imported.level:
        parents = PurePosixPath(importer).parents
        folder = parents[min(imported.level, len(parents)) - 1]
    base = folder.joinpath(*[part for part in imported.module.split(".") if part])
    candidates = [base.with_suffix(".py") if base.name else base, base / "__init__.py"]
    if imported.name not in {None, "*"}:
        candidates += [base / f"{imported.name}.py", base / str(imported.name) / "__init__.py"]
    return tuple(str(c) for c in candidates if evidence.file(str(c)))


def own_module(evidence: Evidence, name: str) -> str | None:
    """The student's own file that `import name` would read instead of a library."""
    return next(iter(own_paths(evidence, Import(name, None, name, 0), evidence.entry)), None)


@lru_cache(maxsize=32)
def parse(path: str, text: str) -> Module:
    """The file as a tree; an empty tree with a fault where it is no Python, or too large to be worth it."""
    empty = ast.Module(body=[], type_ignores=[])
    if len(text) > PARSED_BYTES:
        return Module(path, empty, Fault("ValueError", "the file is too large", 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Module(path, ast.parse(text.removeprefix("\ufeff"), path))
    except SyntaxError as error:
        return Module(path, empty, Fault(type(error).__name__, error.msg, error.lineno or 0))
    except (ValueError, RecursionError, MemoryError) as error:
        return Module(path, empty, Fault(type(error).__name__, str(error), 0))


def _placed(tree: ast.Module) -> Iterator[Placed]:
    """Every node with its surroundings; a stack instead of recursion, so that depth costs nothing."""
    stack = [Placed(child) for child in reversed(tree.body)]
    while stack:
        here = stack.pop()
        yield here
        function, guard = _surroundings(here)
        for field, child in reversed(list(_children(here.node))):
            body = field == "body"
            stack.append(Placed(child, function if body else here.function, guard if body else here.guard))


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield field, child


def _surroundings(here: Placed) -> tuple[Function | None, ast.If | None]:
    """What surrounds the body of a node."""
    function = here.node if isinstance(here.node, Function) else here.function
    guard = here.node if isinstance(here.node, ast.If) and guard_like(here.node) else here.guard
    return function, guard


def guard_like(node: ast.If) -> bool:
    """Whether an `if` is meant as the main guard, right or wrong."""
    names = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
    texts = [n.value for n in ast.walk(node.test) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if "__name__" in names or any(text.strip(" _.py").casefold() == "main" for text in texts):
        return True
    name_misspelt = any(name.strip("_") in {"name", "main"} and name != "main" for name in names)
    return name_misspelt and "main" in {name.strip("_") for name in names}


def _imports(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, None, alias.asname or alias.name.split(".")[0], node.lineno)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield Import(node.module or "", alias.name, alias.asname or alias.name, node.lineno, node.level)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    else:
        yield from (i.bound for i in _imports(node) if i.bound != "*")
