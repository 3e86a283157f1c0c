"""The main guard: missing, misspelt, or with nothing behind it that starts a server."""

from __future__ import annotations

import ast

from grader.checks.diagnosis.finding import Finding
from grader.checks.diagnosis.program import (
    Run,
    called_anywhere,
    guards,
    right_guard,
    runs,
    spot,
    top_level,
)
from grader.checks.diagnosis.source import Module, called_name, last_name, literal, modules, shown
from grader.model import Evidence

GUARD = 'if __name__ == "__main__":'
_RUN = "app.run(...)"
_EXITS = {"exit", "quit", "_exit", "abort"}


def missing_guard(evidence: Evidence) -> Finding:
    """Why importing the file starts the server."""
    wrong = _open_guard(evidence)
    if wrong:
        return wrong
    run = next((r for r in runs(evidence) if r.placed.function is None and not _inside_right_guard(r)), None)
    if run is not None:
        right = next((g for m, g in guards(evidence) if m is run.module and right_guard(g)), None)
        at = spot(evidence, run.module, run.call)
        if right is not None:
            return Finding(
                f"{at} starts the server outside of the main guard in line {right.lineno}, so an import starts it.",
                f"Indent {run.words}(...) by four spaces, below `{GUARD}`.",
                at,
            )
        return Finding(
            f"{at} calls {run.words}() without a main guard, so importing the file starts the server.",
            f"Put `{GUARD}` above it, and indent {run.words}(...) by four spaces.",
            at,
        )
    return _unguarded_call(evidence) or Finding(
        "Importing the file starts a server.", f"Start the server only below `{GUARD}`."
    )


def _inside_right_guard(run: Run) -> bool:
    return run.placed.guard is not None and right_guard(run.placed.guard)


def _unguarded_call(evidence: Evidence) -> Finding | None:
    """`main()` at the top level, where main() holds the run call."""
    starting = {r.placed.function.name for r in runs(evidence) if r.placed.function is not None}
    for module, placed in top_level(evidence):
        if isinstance(placed.node, ast.Call) and called_name(placed.node) in starting and placed.guard is None:
            at = spot(evidence, module, placed.node)
            name = called_name(placed.node)
            return Finding(
                f"{at} calls {name}(), which starts the server, without a main guard.",
                f"Put `{GUARD}` above {name}(), and indent the call.",
                at,
            )
    return None


def _open_guard(evidence: Evidence) -> Finding | None:
    """A condition that looks like a guard and is true for an import too."""
    starting = {r.placed.guard for r in runs(evidence)}
    for module, guard in guards(evidence):
        if guard in starting and not right_guard(guard):
            return _wrong(evidence, module, guard, "so importing the file starts the server too")
    return None


def wrong_guard(evidence: Evidence) -> Finding:
    """Why running the file starts nothing although there may be a guard."""
    for module, guard in guards(evidence):
        if not right_guard(guard):
            return _wrong(evidence, module, guard, "so it is never true when the file is run")
    return _no_run(evidence)


def no_run(evidence: Evidence) -> Finding:
    """Why running the file comes to its end without having started a server."""
    starting = {r.placed.guard for r in runs(evidence)}
    for module, guard in guards(evidence):
        if guard in starting and not right_guard(guard):
            return _wrong(evidence, module, guard, "so it is never true when the file is run")
    return _no_run(evidence)


def wrong_guard_at(evidence: Evidence, module: Module, line: int) -> Finding | None:
    """What is wrong with the guard in a line, if there is one that is wrong."""
    guard = next((g for m, g in guards(evidence) if m is module and g.lineno == line), None)
    if guard is None or right_guard(guard):
        return None
    return _wrong(evidence, module, guard, "and Python knows no such name")


def _wrong(evidence: Evidence, module: Module, guard: ast.If, effect: str) -> Finding:
    at = spot(evidence, module, guard)
    why = _fault_of(guard.test)
    return Finding(f"The main guard in {at} {why}, {effect}.", f"Write `{GUARD}`.", at)


def _fault_of(test: ast.expr) -> str:
    """What is wrong with a guard's condition, to be read after "The main guard in main.py:12"."""
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
    names = [last_name(s) for s in sides]
    texts = [v for v in map(literal, sides) if isinstance(v, str)]
    if isinstance(test, ast.Compare) and not isinstance(test.ops[0], ast.Eq):
        return f"reads `{shown(test)}` and does not compare with =="
    if texts and "__name__" in names:
        return f'compares __name__ with "{texts[0]}" instead of "__main__"'
    if texts:
        return f"uses {next(filter(None, names), 'something else')} instead of __name__"
    if "__name__" in names:
        return f'compares __name__ with {_other(sides)} instead of the text "__main__" in quotes'
    return f"reads `{shown(test)}`"


def _other(sides: list[ast.expr]) -> str:
    return next((shown(s) for s in sides if last_name(s) != "__name__"), "itself")


def _no_run(evidence: Evidence) -> Finding:
    for recognise in (_exits, _named_not_called, _uncalled, _elsewhere):
        finding = recognise(evidence)
        if finding:
            return finding
    if any(True for _ in runs(evidence)):
        return Finding(f"{evidence.entry} comes to its end without starting a server.", f"Call {_RUN} below `{GUARD}`.")
    return Finding(
        f"{evidence.entry} never calls app.run(), so no server starts.",
        f"End the file with `{GUARD}` and, indented below it, `{_RUN}`.",
    )


def _exits(evidence: Evidence) -> Finding | None:
    for module, placed in top_level(evidence):
        if isinstance(placed.node, ast.Call) and called_name(placed.node) in _EXITS:
            at = spot(evidence, module, placed.node)
            return Finding(
                f"{at} ends the program with {shown(placed.node)} before a server is started.",
                "Take this line out.",
                at,
            )
    return None


def _named_not_called(evidence: Evidence) -> Finding | None:
    """`app.run` or `main` as a line of its own, without parentheses."""
    for module in modules(evidence):
        for placed in module.placed:
            value = placed.node.value if isinstance(placed.node, ast.Expr) else None
            is_run = isinstance(value, ast.Attribute) and value.attr == "run"
            is_main = isinstance(value, ast.Name) and module.function(value.id) is not None
            if value is not None and (is_run or is_main):
                at = spot(evidence, module, placed.node)
                name = shown(value)
                return Finding(f"{at} only names {name} and does not call it.", f"Add parentheses: `{name}()`.", at)
    return None


def _uncalled(evidence: Evidence) -> Finding | None:
    for run in runs(evidence):
        function = run.placed.function
        if function is not None and not called_anywhere(evidence, function):
            at = spot(evidence, run.module, run.call)
            return Finding(
                f"{at} starts the server inside {function.name}(), and nothing calls {function.name}().",
                f"Call {function.name}() at the end of the file, below `{GUARD}`.",
                at,
            )
    return None


def _elsewhere(evidence: Evidence) -> Finding | None:
    """The run call stands in another file, below that file's own guard."""
    for run in runs(evidence):
        if run.module.path != evidence.entry and run.placed.guard is not None:
            at = spot(evidence, run.module, run.call)
            return Finding(
                f"{at} starts the server only when {run.module.path} itself is run, not when {evidence.entry} is.",
                f"Call app.run() in {evidence.entry}, below `{GUARD}`.",
                at,
            )
    return None
