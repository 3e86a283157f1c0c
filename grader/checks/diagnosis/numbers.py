"""The number of the page: outside of its range, no whole number, or the same at every request."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from grader.checks.diagnosis.finding import Finding, short
from grader.checks.diagnosis.program import Draw, draws, is_draw, runs, spot, views
from grader.checks.diagnosis.source import UNKNOWN, Function, Module, called_name, last_name, literal, modules, shown
from grader.checks.diagnosis.templates import line_with
from grader.model import Evidence

_DRAW = "random_num = random.randint(1, 100000)"
_FRACTIONS = {"random", "uniform", "gauss", "normalvariate", "triangular", "betavariate", "expovariate"}
_CACHES = {"cache", "lru_cache", "cached", "memoize"}


def page_draws(evidence: Evidence) -> tuple[Draw, ...]:
    """The draws that can be the page's number, those inside of views first; not those of a run call."""
    in_runs = {id(n) for r in runs(evidence) for n in ast.walk(r.call)}
    ports = {
        id(n)
        for r in runs(evidence)
        for value in r.module.assigned.get(last_name(r.port) if r.port else "", [])
        for n in ast.walk(value)
    }
    every = [d for d in draws(evidence) if id(d.call) not in in_runs | ports]
    return tuple(sorted(every, key=lambda d: d.function is None))


def seed_call(evidence: Evidence, inside: bool | None = None) -> tuple[Module, ast.Call] | None:
    """A call that fixes the random numbers; `inside` asks for one inside of a function, or outside of all."""
    for module in modules(evidence):
        for call, placed in module.calls:
            fixes = called_name(call) in {"seed", "Random", "default_rng"} and bool(call.args)
            constant = fixes and literal(call.args[0]) is not UNKNOWN and literal(call.args[0]) is not None
            if constant and (inside is None or inside == (placed.function is not None)):
                return module, call
    return None


def number(evidence: Evidence, seen: str) -> Finding | None:
    """Why the page's number is outside of the range, or not whole."""
    draw = next(iter(page_draws(evidence)), None)
    if draw is None:
        return _shown_literal(evidence, seen)
    at = spot(evidence, draw.module, draw.call)
    hint = f"Write `{_DRAW}`."
    if called_name(draw.call) in _FRACTIONS:
        return Finding(f"{at}: {shown(draw.call)} does not give whole numbers from 1 to 100000.", hint, at)
    if draw.bounds is not None or re.fullmatch(r"-?\d{1,12}", seen):
        source = draw.call if draw.can_give(seen) else draw.whole
        return Finding(f"{at}: {shown(source)} can give {short(seen, 40)}.", hint, at)
    return None


def constant_number(evidence: Evidence, seen: str) -> Finding:
    """Why every request shows the same number."""
    for recognise in _CONSTANT:
        finding = recognise(evidence, seen)
        if finding:
            return finding
    return Finding(
        "The number is the same at every request.",
        f"Draw it inside the view, so for every request anew: `{_DRAW}`.",
    )


def _seeded_in_view(evidence: Evidence, _seen: str) -> Finding | None:
    found = seed_call(evidence, inside=True)
    if found is None:
        return None
    at = spot(evidence, *found)
    return Finding(
        f"{at} begins the same random numbers again at every request: {shown(found[1])}.",
        "Take the fixed seed out.",
        at,
    )


def _cached(evidence: Evidence, _seen: str) -> Finding | None:
    for module in modules(evidence):
        for function in module.functions:
            decorators = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
            if any(last_name(d) in _CACHES for d in decorators):
                at = spot(evidence, module, function)
                return Finding(
                    f"{at}: {function.name}() is cached, so it runs only once.", "Take the cache decorator out.", at
                )
    return None


def _default_argument(evidence: Evidence, _seen: str) -> Finding | None:
    for module in modules(evidence):
        for function in module.functions:
            default = next((d for d in [*function.args.defaults, *function.args.kw_defaults] if d and is_draw(d)), None)
            if default is not None:
                at = spot(evidence, module, default)
                return Finding(
                    f"{at} draws the number as a default of {function.name}(), once for all requests.",
                    f"Draw it inside {function.name}(): `{_DRAW}`.",
                    at,
                )
    return None


def _drawn_at_import(evidence: Evidence, _seen: str) -> Finding | None:
    draw = next((d for d in page_draws(evidence) if d.function is None), None)
    if draw is None or any(d.function is not None for d in page_draws(evidence)):
        return None
    at = spot(evidence, draw.module, draw.call)
    view = next((f.name for _, f in views(evidence)), "the view")
    return Finding(
        f"{at} draws the number once, when the file is read, and every request shows it again.",
        f"Move this line into {view}(), so that it runs at every request.",
        at,
    )


def _single_value(evidence: Evidence, _seen: str) -> Finding | None:
    draw = next((d for d in page_draws(evidence) if d.bounds and d.bounds[0] == d.bounds[1]), None)
    if draw is None:
        return None
    at = spot(evidence, draw.module, draw.call)
    return Finding(f"{at}: {shown(draw.call)} can give only one number.", f"Write `{_DRAW}`.", at)


def _shown_literal(evidence: Evidence, seen: str) -> Finding | None:
    """The number stands in the template or in the view as it is shown."""
    if not re.fullmatch(r"[-+]?[\d.,]{1,40}", seen):
        return None
    found = line_with(evidence, rf"(?<![\w.]){re.escape(seen)}(?![\w.])")
    if found:
        return Finding(
            f"{found[0]} holds the number {seen} itself.",
            "Write `{{ random_number }}` in its place, and pass the variable.",
            found[0],
        )
    return next(_literals(evidence, seen), None) if seen.isdigit() else None


def _literals(evidence: Evidence, seen: str) -> Iterator[Finding]:
    for module, view in views(evidence):
        yield from _literal_in(evidence, module, view, seen)


def _literal_in(evidence: Evidence, module: Module, view: Function, seen: str) -> Iterator[Finding]:
    for node in module.within(view):
        if isinstance(node, ast.Constant) and str(node.value) == seen:
            at = spot(evidence, module, node)
            yield Finding(f"{at} gives the number {seen} itself.", f"Draw it in {view.name}(): `{_DRAW}`.", at)


_CONSTANT: tuple[Callable[[Evidence, str], Finding | None], ...] = (
    _seeded_in_view,
    _cached,
    _default_argument,
    _single_value,
    _drawn_at_import,
    _shown_literal,
)
