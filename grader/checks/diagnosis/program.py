"""What a student's program is made of, in the lab's words: apps, routes, run calls, guards, draws, templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.checks.diagnosis.finding import place
from grader.checks.diagnosis.source import (
    UNKNOWN,
    Function,
    Module,
    Placed,
    argument,
    called_name,
    guard_like,
    last_name,
    literal,
    modules,
)
from grader.frozen import dataclass
from grader.model import Evidence, Location

_VERBS = {"get", "post", "put", "delete", "patch"}
_SERVERS = {"serve", "run_simple", "make_server", "serve_forever", "run_app"}
_NOT_SERVERS = {"asyncio", "subprocess", "unittest", "trio", "anyio"}
_DRAWS = {
    "randint", "randrange", "random", "uniform", "choice", "choices", "sample", "randbelow", "getrandbits", "gauss",
    "normalvariate", "triangular", "betavariate", "expovariate", "integers", "randbits",
}  # fmt: skip
RENDERERS = {"render_template", "render"}


@dataclass(frozen=True)
class Route:
    """One route decorator (or `add_url_rule`) and the view below it. `called` is False for `@app.route` alone;
    `decorator` is its name, such as route or get."""

    module: Module
    line: int
    rule: str | None
    methods: tuple[str, ...]
    view: Function | None
    called: bool = True
    decorator: str = "route"


@dataclass(frozen=True)
class Run:
    """A call that starts a server."""

    module: Module
    call: ast.Call
    placed: Placed
    host: ast.expr | None
    port: ast.expr | None

    @property
    def words(self) -> str:
        """What is called: "app.run"."""
        func = self.call.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            return f"{func.value.id}.{func.attr}"
        return last_name(func)


@dataclass(frozen=True)
class Draw:
    """A call that draws a random number."""

    module: Module
    call: ast.Call
    function: Function | None

    @property
    def whole(self) -> ast.expr:
        """The expression that the draw is a part of."""
        statements = (p.node for p in self.module.placed if isinstance(p.node, ast.Assign | ast.keyword))
        return next((s.value for s in statements if any(n is self.call for n in ast.walk(s.value))), self.call)

    def can_give(self, seen: str) -> bool:
        """Whether the call by itself can give what was seen, as far as its bounds are known."""
        if self.bounds is None or not re.fullmatch(r"-?\d{1,18}", seen):
            return True
        return self.bounds[0] <= int(seen) <= self.bounds[1]

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The lowest and highest value of a `randint` or `randrange` with plain numbers."""
        values = [self.module.value(a) for a in self.call.args]
        numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        if len(numbers) != len(values) or not 1 <= len(numbers) <= 2:
            return None
        if called_name(self.call) == "randint" and len(numbers) == 2:
            return numbers[0], numbers[1]
        if called_name(self.call) == "randrange":
            low, high = numbers if len(numbers) == 2 else (0, numbers[0])
            return low, high - 1
        return None


def spot(evidence: Evidence, module: Module, node: ast.AST | int) -> Location:
    """The line of a node (or a line number) in a module, quoted."""
    return place(evidence, module.path, node if isinstance(node, int) else getattr(node, "lineno", 0))


def apps(evidence: Evidence) -> Iterator[tuple[Module, ast.Call]]:
    """Every call that makes a Flask app."""
    for module in modules(evidence):
        yield from ((module, call) for call, _ in module.calls if called_name(call) == "Flask")


def runs(evidence: Evidence) -> Iterator[Run]:
    """Every call that starts a server, in the order of the text, the entry file first."""
    for module in modules(evidence):
        for call, placed in module.calls:
            if _starts_server(module, call):
                first = 1 if called_name(call) == "serve" else 0
                spread = next((k.value for k in call.keywords if k.arg is None), None)
                host = argument(call, "host", first) or argument(call, "hostname") or spread
                yield Run(module, call, placed, host, argument(call, "port", first + 1) or spread)


def _starts_server(module: Module, call: ast.Call) -> bool:
    name = called_name(call)
    if name == "run" and isinstance(call.func, ast.Attribute):
        base = last_name(call.func.value)
        bound = module.imported(base)
        return base not in _NOT_SERVERS and not (bound and bound.module in _NOT_SERVERS)
    return name in _SERVERS


def guards(evidence: Evidence) -> Iterator[tuple[Module, ast.If]]:
    """Every `if` that is meant as the main guard, right or wrong."""
    for module in modules(evidence):
        for placed in module.placed:
            if isinstance(placed.node, ast.If) and guard_like(placed.node):
                yield module, placed.node


def right_guard(guard: ast.If) -> bool:
    """Whether a guard compares `__name__` with "__main__" for equality."""
    return any(_compares_main(node) for node in ast.walk(guard.test))


def _compares_main(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)):
        return False
    sides = (node.left, node.comparators[0])
    return any(last_name(s) == "__name__" for s in sides) and any(literal(s) == "__main__" for s in sides)


def draws(evidence: Evidence) -> Iterator[Draw]:
    """Every call that draws a random number."""
    for module in modules(evidence):
        for call, placed in module.calls:
            if called_name(call) in _DRAWS:
                yield Draw(module, call, placed.function)


def is_draw(node: ast.AST) -> bool:
    """Whether a random number is drawn somewhere in an expression."""
    return any(isinstance(n, ast.Call) and called_name(n) in _DRAWS for n in ast.walk(node))


def routes(evidence: Evidence) -> tuple[Route, ...]:
    """Every route that the student's files declare."""
    return tuple(r for module in modules(evidence) for r in _module_routes(module))


def _module_routes(module: Module) -> Iterator[Route]:
    for function in module.functions:
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            what = call.func if call else decorator
            name = last_name(what)
            if name == "route" or (isinstance(what, ast.Attribute) and name in _VERBS):
                yield Route(module, decorator.lineno, *_rule(module, call, name), function, call is not None, name)
    for call, _ in module.calls:
        if called_name(call) == "add_url_rule":
            view = argument(call, "view_func", 2)
            target = module.function(last_name(view)) if view else None
            yield Route(module, call.lineno, *_rule(module, call, "route"), target)


def _rule(module: Module, call: ast.Call | None, name: str) -> tuple[str | None, tuple[str, ...]]:
    if call is None:
        return None, ("GET",)
    rule = module.value(argument(call, "rule", 0))
    listed = argument(call, "methods")
    methods: tuple[str, ...] = ("GET",) if name == "route" else (name.upper(),)
    if isinstance(listed, ast.List | ast.Tuple | ast.Set):
        methods = tuple(str(module.value(e)).upper() for e in listed.elts if module.value(e) is not UNKNOWN)
    return (rule if isinstance(rule, str) else None), methods


def route_of(evidence: Evidence, path: str) -> Route | None:
    """The route that serves a path, by its text or by its pattern."""
    path = path.split("?")[0]
    every = [r for r in routes(evidence) if r.rule is not None]
    exact = [r for r in every if r.rule is not None and r.rule.rstrip("/") == path.rstrip("/")]
    return next(iter(exact + [r for r in every if _fits(r.rule or "", path)]), None)


def _fits(rule: str, path: str) -> bool:
    if "<" not in rule:
        return False
    literals = re.split(r"<[^<>]*>", rule)
    pattern = "[^/]+".join(re.escape(part) for part in literals)
    return len(literals) < 10 and re.fullmatch(pattern, path[:500]) is not None


def views(evidence: Evidence) -> Iterator[tuple[Module, Function]]:
    """Every function that answers a route."""
    for route in routes(evidence):
        if route.view is not None:
            yield route.module, route.view


def renders(module: Module, function: Function | None = None) -> Iterator[ast.Call]:
    """Every call of `render_template` in a function, or in the whole file."""
    for call, placed in module.calls:
        if called_name(call) in RENDERERS and (function is None or placed.function is function):
            yield call


def called_anywhere(evidence: Evidence, function: Function) -> bool:
    """Whether anything outside of a function calls it, or hands it on, by its name."""
    return any(module.uses.get(function.name, set()) - {function} for module in modules(evidence))


def top_level(evidence: Evidence) -> Iterator[tuple[Module, Placed]]:
    """Every node of the program that runs when it is started, outside of any function."""
    for module in modules(evidence):
        yield from ((module, p) for p in module.placed if p.function is None)
