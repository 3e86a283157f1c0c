"""What one Python file seems to do, judged from its text: makes an app, starts a server, imports which modules.

Nothing is run. A file with a syntax error is judged by its words: a broken `main.py` is still what its author starts.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.model import SourceFile

FACTORIES = ("create_app", "make_app")
APP_NAMES = ("app", "application")

_PARSED_BYTES, _ALL_PARSED_BYTES = 128 << 10, 1 << 20
_APPS = frozenset(
    "Flask APIFlask OpenAPI FlaskApp Quart FastAPI Starlette Litestar Sanic Bottle Eve Klein Dash Application".split()
)
_STARTABLE = _APPS | {"SocketIO", "Manager", "FlaskGroup", "socket", "Server", "WSGIDispatcher"}
_STARTS = ("run", "run_server", "listen")
_SERVERS = frozenset(
    """
    HTTPServer ThreadingHTTPServer TCPServer ThreadingTCPServer WSGIServer ThreadedWSGIServer WSGIDaemonServer
    make_server create_server start_server run_simple run_app serve_forever
    """.split()
)
_RUNNERS = frozenset({"uvicorn", "hypercorn", "bottle", "waitress", "bjoern", "cherrypy", "serve", "wsgi"})
_ROUTES = frozenset(
    "route get post put delete patch add_url_rule register_blueprint add_resource add_route include_router".split()
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported thing: a whole module (`name` empty), a name in it, or "*"."""

    module: str
    name: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
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
    """A look at every Python file, by path; shorter files first, until a budget is used up, the rest by words alone."""
    looks, left = {}, _ALL_PARSED_BYTES
    for file in sorted(files, key=lambda file: file.size):
        if not file.path.lower().endswith(".py"):
            continue
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

_WORDS_MAKE = re.compile(rf"\b(?:{'|'.join(sorted(_APPS))})\s*\(")
_WORDS_START = re.compile(rf"\b(?:\w+\.run\s*\(|{'|'.join(sorted(_SERVERS))})")
_WORDS_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import|import[ \t]+([\w.]+))", re.MULTILINE)
_WORDS_FACTORY = re.compile(r"^def[ \t]+(create_app|make_app)\b", re.MULTILINE)
_COMMENT = re.compile(r"(?m)^[ \t]*#.*$")


def _by_words(text: str) -> Look:
    text = _COMMENT.sub("", text)
    imports = tuple(Import(m[2] or m[3] or "", "*", len(m[1] or "")) for m in _WORDS_IMPORT.finditer(text))
    makes = bool(_WORDS_MAKE.search(text))
    starts = bool(_WORDS_START.search(text))
    factory = _WORDS_FACTORY.search(text)
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
    """The names of `a.b(...).c` in order, `self` left out; empty for what does not begin with a name."""
    parts: list[str] = []
    while True:
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
                return ()


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _FUNCTIONS)]


@dataclass
class _Reading:
    """One pass over a tree: what each name stands for, then what is made and started."""

    tree: ast.Module
    bound: dict[str, Import] = field(default_factory=dict)
    stars: list[Import] = field(default_factory=list)
    assigned: dict[str, tuple[str, ...]] = field(default_factory=dict)
    apps: set[str] = field(default_factory=lambda: set(_APPS))

    def __post_init__(self) -> None:
        self.nodes = tuple(ast.walk(self.tree))
        for node in self.nodes:
            self._note(node)
        self.functions = [n for n in self.tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.bound[name] = Import(alias.name)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    found = Import(module or "", alias.name, level)
                    if alias.name == "*":
                        self.stars.append(found)
                    self.bound[alias.asname or alias.name] = found
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
                self.assigned.setdefault(name, _dotted(value))
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                self.assigned.setdefault(name, _dotted(value))
            case ast.ClassDef(name=name, bases=bases) if any(set(_dotted(base)) & _APPS for base in bases):
                self.apps.add(name)

    def look(self) -> Look:
        """The whole judgement."""
        started = [start for node in self.nodes if (start := self._started(node)) is not None]
        factory = self._factory()
        return Look(
            makes=self._makes(self.nodes),
            ready=self._makes(_outside_functions(self.tree)) or self._calls_own(factory),
            factory=factory,
            serves=any(start is True for start in started),
            routes=any(isinstance(n, ast.Attribute) and n.attr in _ROUTES for n in self.nodes),
            mentions=any(self._origin((name,))[-1] in _APPS for name in self.bound) or self._imports_flask(),
            empty=not self.tree.body,
            imports=tuple(dict.fromkeys(self.bound.values())),
            runs_imported=tuple(s for s in started if not isinstance(s, bool)) + tuple(self._calls_imported()),
            runners=frozenset(f.name for f in self.functions if any(self._started(n) is not None for n in ast.walk(f))),
        )

    def _origin(self, parts: Sequence[str]) -> tuple[str, ...]:
        """The names with the first one traced to what was assigned to it or imported as it."""
        seen: set[str] = set()
        parts = tuple(parts)
        while parts and parts[0] in self.assigned and parts[0] not in seen:
            seen.add(parts[0])
            parts = self.assigned[parts[0]] + parts[1:]
        if parts and parts[0] in self.bound:
            found = self.bound[parts[0]]
            return (*found.module.split("."), *([found.name] if found.name else []), *parts[1:])
        return parts

    def _import_of(self, parts: Sequence[str]) -> Import | None:
        seen: set[str] = set()
        while parts and parts[0] in self.assigned and parts[0] not in seen:
            seen.add(parts[0])
            parts = self.assigned[parts[0]]
        return self.bound.get(parts[0]) if parts else None

    def _makes(self, nodes: Iterable[ast.AST]) -> bool:
        return any(isinstance(n, ast.Call) and self._origin(_dotted(n.func))[-1:] and self._is_app(n) for n in nodes)

    def _is_app(self, call: ast.Call) -> bool:
        return self._origin(_dotted(call.func))[-1] in self.apps

    def _calls_own(self, factory: str) -> bool:
        calls = (n.func for n in _outside_functions(self.tree) if isinstance(n, ast.Call))
        return bool(factory) and any(isinstance(f, ast.Name) and f.id == factory for f in calls)

    def _imports_flask(self) -> bool:
        return any(i.module == "flask" and i.name in ("", "*") for i in self.bound.values())

    def _factory(self) -> str:
        """The function that makes an app without being told anything: one of the usual names first."""
        able = [f for f in self.functions if not _needs_values(f)]
        usual = [f.name for name in FACTORIES for f in able if f.name == name]
        others = [
            f.name
            for f in able
            if self._makes(ast.walk(f)) and any(isinstance(n, ast.Return) and n.value for n in ast.walk(f))
        ]
        return next(iter(usual + others), "")

    def _started(self, node: ast.AST) -> tuple[Import, str] | bool | None:
        """True where the node starts a server by itself, the import where it starts something of it, else None."""
        if isinstance(node, ast.Call):
            called = self._origin(_dotted(node.func))
            return True if _SERVERS & set(called[-1:]) or _runner(called) else None
        if not (isinstance(node, ast.Attribute) and node.attr in _STARTS):
            return None
        parts = _dotted(node.value)
        if set(self._origin(parts)) & (self.apps | _STARTABLE):
            return True
        found = self._import_of(parts)
        if found:
            return found, "run"
        if parts and self.stars:
            return self.stars[0], "run"
        return True if parts and set(parts) & set(APP_NAMES) and self._makes(self.nodes) else None

    def _calls_imported(self) -> Iterator[tuple[Import, str]]:
        for node in self.nodes:
            if isinstance(node, ast.Call) and (parts := _dotted(node.func)):
                found = self.bound.get(parts[0])
                if found:
                    yield found, parts[-1] if len(parts) > 1 else found.name
                for star in self.stars:
                    yield star, parts[-1]


def _runner(called: Sequence[str]) -> bool:
    """Whether it is `uvicorn.run`, `waitress.serve`, `eventlet.wsgi.server` or the like."""
    return len(called) > 1 and called[-2] in _RUNNERS and called[-1] in ("run", "serve", "server")


def _needs_values(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = function.args
    required = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    return required > 0 or any(default is None for default in given.kw_defaults)


def by_likelihood(looks: Mapping[str, Look]) -> list[str]:
    """Files that make nothing and start nothing, those that at least mention Flask first, empty ones last."""
    return sorted(looks, key=lambda path: (not looks[path].mentions, looks[path].empty))
