"""Running the file starts no server: why."""

from __future__ import annotations

import ast
from collections.abc import Callable

from grader.checks.diagnosis.addresses import cannot_bind
from grader.checks.diagnosis.exceptions import explain
from grader.checks.diagnosis.finding import Finding, place, short
from grader.checks.diagnosis.guards import no_run
from grader.checks.diagnosis.limits import over_limit
from grader.checks.diagnosis.program import called_anywhere, spot
from grader.checks.diagnosis.source import Module, Placed, called_name, modules, shown
from grader.checks.diagnosis.syntax import broken_file
from grader.model import Evidence, Start, StartState

_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM",
            24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS"}  # fmt: skip
_WAITS = {"sleep", "join", "wait", "accept", "recv", "run_forever"}


def start_failure(evidence: Evidence, start: Start) -> Finding:
    """Why running the entry file starts no server that answers."""
    for recognise in _RECOGNISERS:
        finding = recognise(evidence, start)
        if finding:
            return finding
    return Finding(f"Running {evidence.entry} starts no server.", "Run it yourself, and read what it prints.")


def _not_started(evidence: Evidence, start: Start) -> Finding | None:
    if start.state is not StartState.FAILED:
        return None
    return Finding(f"{evidence.entry} could not be started: {short(start.problem) or 'no reason is known'}.")


def _crashed(evidence: Evidence, start: Start) -> Finding | None:
    return explain(evidence, start.traceback) if start.traceback and not start.listening else None


def _unbound(evidence: Evidence, start: Start) -> Finding | None:
    return cannot_bind(evidence, start) if start.state is StartState.ENDED else None


def _killed(evidence: Evidence, start: Start) -> Finding | None:
    number = start.exit.signal if start.exit and start.state is StartState.ENDED else None
    if number is None:
        return None
    name = _SIGNALS.get(number, "")
    why = f": {short(start.limit, 100)}" if start.limit else ""
    return Finding(
        f"{evidence.entry} was killed by signal {number}{f' ({name})' if name else ''}{why}.",
        "It used more memory or time than it may, or killed itself; start the server and nothing else.",
        place(evidence, evidence.entry),
    )


def _silent(evidence: Evidence, start: Start) -> Finding | None:
    """Still running, and no socket listens: a loop, or something that waits."""
    if start.state is not StartState.SILENT:
        return None
    for module in modules(evidence):
        for placed in module.placed:
            what = _endless(placed) if _runs_at_start(evidence, placed) else None
            if what:
                return _stuck(evidence, module, placed, what)
    return Finding(
        f"{evidence.entry} was still running after {start.seconds:.0f} seconds, and no server listened.",
        "See to it that app.run() is reached at once.",
        place(evidence, evidence.entry),
    )


def _stuck(evidence: Evidence, module: Module, placed: Placed, what: str) -> Finding:
    at = spot(evidence, module, placed.node)
    return Finding(f"{at} {what}, so the server is never started.", "Take it out, or move it into a view.", at)


def _runs_at_start(evidence: Evidence, placed: Placed) -> bool:
    return placed.function is None or (
        not placed.function.decorator_list and called_anywhere(evidence, placed.function)
    )


def _endless(placed: Placed) -> str | None:
    """What a statement does that may not end, to be read after its line."""
    node = placed.node
    if isinstance(node, ast.While) and not any(isinstance(n, ast.Return) for n in ast.walk(node)):
        breaks = any(isinstance(n, ast.Break) for n in ast.walk(node))
        always = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return None if always and breaks else f"begins a loop that does not end (`while {shown(node.test, 40)}`)"
    if isinstance(node, ast.Call) and _waits(node):
        return f"waits in {shown(node, 40)}"
    return None


def _waits(call: ast.Call) -> bool:
    """Whether it may wait for ever; what is given to a `join` are texts to be put together."""
    name = called_name(call)
    return name in _WAITS and (name != "join" or not call.args)


def _broken(evidence: Evidence, start: Start) -> Finding | None:
    return broken_file(evidence) if start.state is StartState.ENDED and not (start.exit and start.exit.clean) else None


def _ended(evidence: Evidence, start: Start) -> Finding | None:
    if start.state is not StartState.ENDED:
        return None
    file = evidence.file(evidence.entry)
    if file and file.text is not None and not file.text.strip():
        return Finding(
            f"{evidence.entry} is empty.", "Write the lab's program into it.", place(evidence, evidence.entry)
        )
    if file and file.text is None:
        return Finding(
            f"{evidence.entry} ended without starting a server, and is {short(file.note) or 'no text'}.",
            "Hand in the program itself, as a text file of ordinary size.",
        )
    return no_run(evidence)


def _mute(evidence: Evidence, start: Start) -> Finding | None:
    """It listens, and nothing comes back."""
    if not start.listening:
        return None
    at = start.address
    where = f" on {at.host}:{at.port}" if at else ""
    return Finding(
        f"{evidence.entry} listens{where}, but no request gets an HTTP answer in time.",
        "Let Flask serve the pages: `app.run(...)`.",
    )


_RECOGNISERS: tuple[Callable[[Evidence, Start], Finding | None], ...] = (
    _not_started,
    over_limit,
    _crashed,
    _unbound,
    _killed,
    _silent,
    _broken,
    _ended,
    _mute,
)
