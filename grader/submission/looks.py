"""What one Python file seems to do, judged from its text: makes an app, starts a server, imports which modules.

Nothing is run. A file with a syntax error is judged by its words: a broken `main.py` is still what its author starts.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from grader.frozen import dataclass
from grader.model import SourceFile

FACTORIES = ("create_app", "make_app")
APP_NAMES = ("app", "application")

_PARSED_BYTES, _ALL_PARSED_BYTES = 128 << 10, 1 << 20
# Enough for any work, and what keeps the cost of a hostile one in bounds.
_MOST_FILES, _MOST_IMPORTS, _MOST_NAMES, _MOST_STEPS = 300, 200, 20, 10
_APPS_WORDS = """
    Flask APIFlask OpenAPI FlaskApp Quart FastAPI Starlette Litestar Sanic Bottle Eve Klein Dash Application
"""
_APPS = frozenset(_APPS_WORDS.split())
_STARTABLE = _APPS | {"SocketIO", "socket", "Server", "WSGIDispatcher"}
_STARTS = ("run", "run_server", "listen")
_SERVERS_WORDS = """
    HTTPServer ThreadingHTTPServer TCPServer ThreadingTCPServer WSGIServer ThreadedWSGIServer WSGIDaemonServer
    make_server create_server start_server run_simple run_app serve_forever
"""
_SERVERS = frozenset(_SERVERS_WORDS.split())
_RUNNERS = frozenset({"uvicorn", "hypercorn", "bottle", "waitress", "bjoern", "cherrypy", "serve", "wsgi"})
_ROUTES_WORDS = """
    route get post put delete patch add_url_rule register_blueprint add_resource add_route include_router
"""
_ROUTES = frozenset(_ROUTES_WORDS.split())
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One imported thing: a whole module (`name` empty), a name in it, or "*"."""

    module: str
    name: str = ""
    level: int = 0


@dataclass(frozen=True)
class Look:
    """What one file seems to do.

    `ready`: once it is imported, an app object is there. `factory`: the function that makes one. `serves`: running the
    file starts a server by its own means; `runs_imported` are the imports that it starts something of, with the name
    of the function called (`site.main()`, `app.run()`: "run"); `runners` its own functions that start a server.
    `mentions`: it imports Flask, whatever it then does.
    """

    makes: bool = False
    ready: bool = False
    factory: str = ""
    serves: bool = False
    routes: bool = False
    mentions: bool = False
    empty: bool = False
    imports: tuple[Import, ...] = ()
    runs_imported: tuple[tuple[Import, str], ...] = ()
    runners: frozenset[str] = frozenset()

    @property
    def relative(self) -> bool:
        """Whether it has relative imports, which work only inside a package."""
        return any(i.level for i in self.imports)


def look_at(files: Iterable[SourceFile]) -> dict[str, Look]:
    """A look at the Python files nearest to the top, by path; once a budget is used up, at their words alone."""
    looks, left = {}, _ALL_PARSED_BYTES
    sources = [file for file in files if file.path.lower().endswith(".py")]
    for file in sorted(sources, key=lambda file: (file.path.count("/"), file.size))[:_MOST_FILES]:
        tree = _parsed(file.text or "") if file.size <= min(left, _PARSED_BYTES) else None
        left -= file.size
        looks[file.path] = _Reading(tree).look() if tree else _by_words(file.text or "")
    return looks


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes like "\d" are the student's business
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


# -------------------------------------------------------------------------------------------------------- by its words

# Texts, not compiled ones: they are seldom needed, and compiling them costs every grading some milliseconds.
_WORDS_MAKE = rf"\b(?:{'|'.join(sorted(_APPS))})\s*\("
_WORDS_START = rf"\b(?:\w+\.run\s*\(|{'|'.join(sorted(_SERVERS))})"
_WORDS_IMPORT = r"(?m)^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import|import[ \t]+([\w.]+))"
_WORDS_FACTORY = rf"(?m)^def[ \t]+({'|'.join(FACTORIES)})\b"
_WORDS_COMMENT = r"(?m)^[ \t]*#.*$"


def _by_words(text: str) -> Look:
    text = re.sub(_WORDS_COMMENT, "", text)
    found = islice(re.finditer(_WORDS_IMPORT, text), _MOST_IMPORTS)
    imports = tuple(Import(m[2] or m[3] or "", "*", len(m[1] or "")) for m in found)
    makes = bool(re.search(_WORDS_MAKE, text))
    starts = bool(re.search(_WORDS_START, text))
    factory = re.search(_WORDS_FACTORY, text)
    return Look(
        makes=makes,
        ready=makes and not factory,
        factory=factory[1] if factory else "",
        serves=starts and makes,
        routes="route(" in text,
        mentions=any(i.module.split(".")[0].lower() == "flask" for i in imports),
        imports=imports,
        runs_imported=tuple((i, "run") for i in imports if starts),
    )


# ------------------------------------------------------------------------------------------------- by its syntax tree


def _dotted(node: ast.AST) -> tuple[str, ...]:
    """The names of `a.b(...).c` in order, `self` left out; empty for what does not begin with a name, or is no name
    that anybody would write."""
    parts: list[str] = []
    for _ in range(_MOST_NAMES):
        match node:
            case ast.Attribute(value=value, attr=attr):
                parts.append(attr)
                node = value
            case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
                node = inner
            case ast.Name(id=name):
                parts += [] if name in ("self", "cls") else [name]
                return tuple(reversed(parts))
            case _:
                break
    return ()


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _Function | ast.Lambda)]


class _Reading:
    """One pass over a tree: what each name stands for, then what is made and started."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.bound: dict[str, Import] = {}
        self.assigned: dict[str, tuple[str, ...]] = {}
        self.apps = set(_APPS)
        self.nodes = tuple(ast.walk(self.tree))
        for node in self.nodes:
            self._note(node)
        self.makes = any(map(self._makes, self.nodes))
        self.outside = tuple(_outside_functions(self.tree))
        self.functions = [n for n in self.tree.body if isinstance(n, _Function)]

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    self.bound[alias.asname or alias.name.partition(".")[0]] = Import(alias.name)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    found = Import(module or "", alias.name, level)
                    self.bound[f"*{module}" if alias.name == "*" else alias.asname or alias.name] = found
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case ast.withitem(context_expr=value, optional_vars=ast.Name() as target):
                self._assign([target], value)
            case ast.ClassDef(name=name, bases=bases) if any(_APPS.intersection(_dotted(base)) for base in bases):
                self.apps.add(name)

    def _assign(self, targets: Iterable[ast.AST], value: ast.expr) -> None:
        for target in targets:
            if parts := _dotted(target):
                self.assigned.setdefault(parts[-1], _dotted(value))

    def look(self) -> Look:
        """The whole judgement."""
        starts = dict.fromkeys(start for node in self.nodes for start in self._starts(node))
        factory, runners = self._factory(), self._runners()
        return Look(
            makes=self.makes,
            ready=any(self._makes(n) or _calls(n, factory) for n in self.outside),
            factory=factory,
            serves=any(None in self._starts(n) or (isinstance(n, ast.Name) and n.id in runners) for n in self.outside),
            routes=any(isinstance(n, ast.Attribute) and n.attr in _ROUTES for n in self.nodes),
            mentions=any(i.name in _APPS or i == Import("flask") for i in self.bound.values()),
            empty=all(isinstance(n, ast.Expr | ast.Pass) for n in self.tree.body),
            imports=tuple(dict.fromkeys(self.bound.values()))[:_MOST_IMPORTS],
            runs_imported=tuple(start for start in starts if start)[:_MOST_IMPORTS],
            runners=frozenset(runners),
        )

    def _traced(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The names, the first one replaced by what was assigned to it: `app.run` by `create_app.run`."""
        for _ in range(_MOST_STEPS):
            if not parts or parts[0] not in self.assigned:
                break
            parts = self.assigned[parts[0]] + parts[1:]
        return parts

    def _origin(self, node: ast.AST) -> tuple[str, ...]:
        """The names of an expression in full: traced, and under the names that they have where they come from."""
        parts = self._traced(_dotted(node))
        found = self.bound.get(parts[0]) if parts else None
        if found is None or found.name == "*":
            return parts
        return (*found.module.split("."), *([found.name] if found.name else []), *parts[1:])

    def _makes(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and not self.apps.isdisjoint(self._origin(node.func)[-1:])

    def _factory(self) -> str:
        """The function that makes an app without being told anything: one of the usual names first."""
        able = [f for f in self.functions if not _needs_values(f)]
        usual = [name for name in FACTORIES if any(f.name == name for f in able)]
        others = [f.name for f in able if _returns(f) and any(map(self._makes, ast.walk(f)))]
        return next(iter(usual + others), "")

    def _runners(self) -> set[str]:
        """The functions and classes that start a server, by themselves or by way of each other."""
        inner = {n.name: tuple(ast.walk(n)) for n in self.nodes if isinstance(n, _Function | ast.ClassDef)}
        uses = {name: {n.id for n in nodes if isinstance(n, ast.Name)} for name, nodes in inner.items()}
        runners = {name for name, nodes in inner.items() if any(None in self._starts(n) for n in nodes)}
        for _ in range(_MOST_STEPS):
            runners |= {name for name, used in uses.items() if used & runners}
        return runners

    def _starts(self, node: ast.AST) -> Iterator[tuple[Import, str] | None]:
        """None where the node starts a server by itself; where it may start something imported, that."""
        if isinstance(node, ast.Call):
            called = self._origin(node.func)
            if not _SERVERS.isdisjoint(called[-1:]) or _is_runner(called):
                yield None
            yield from self._imported(self._traced(_dotted(node.func)))
        elif isinstance(node, ast.Attribute) and node.attr in _STARTS:
            parts = self._traced(_dotted(node.value))
            if not (self.apps | _STARTABLE).isdisjoint(self._origin(node.value)):
                yield None
            elif parts and parts[0] in APP_NAMES and parts[0] not in self.bound and self.makes:
                yield None  # a parameter, or a name that exists nowhere
            else:
                yield from self._imported((*parts, node.attr))

    def _imported(self, parts: tuple[str, ...]) -> Iterator[tuple[Import, str]]:
        if not parts:
            return
        if parts[0] in self.bound:
            yield self.bound[parts[0]], parts[-1] if len(parts) > 1 else self.bound[parts[0]].name
        else:
            yield from ((found, parts[-1]) for found in self.bound.values() if found.name == "*")


def _calls(node: ast.AST, function: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function


def _returns(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Return) and node.value for node in ast.walk(function))


def _is_runner(called: Sequence[str]) -> bool:
    """Whether it is `uvicorn.run`, `waitress.serve`, `eventlet.wsgi.server` or the like."""
    return len(called) > 1 and called[-2] in _RUNNERS and called[-1] in ("run", "serve", "server")


def _needs_values(function: _Function) -> bool:
    given = function.args
    required = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    return required > 0 or any(default is None for default in given.kw_defaults)
