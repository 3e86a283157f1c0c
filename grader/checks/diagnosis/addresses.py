"""Host and port: what the run call asks for, and why it cannot be had."""

from __future__ import annotations

import ast
import re
from typing import Literal

from grader.checks.diagnosis.crash import Crash, Rule
from grader.checks.diagnosis.finding import Finding, short
from grader.checks.diagnosis.numbers import seed_call
from grader.checks.diagnosis.program import Draw, Run, draws, is_draw, runs, spot
from grader.checks.diagnosis.source import UNKNOWN, Module, shown
from grader.model import Evidence, Location, Start

_HOST = "host='0.0.0.0'"
_PORT = "port=random.randint(2000, 9000)"
_LAST_PORT = 65535
_UNBOUND = (
    "Name or service not known", "Name does not resolve", "nodename nor servname", "failure in name resolution",
    "No address associated", "Cannot assign requested address", "Can't assign requested address", "Invalid argument",
)  # fmt: skip


def run_call(evidence: Evidence) -> Run | None:
    """The call that starts the server, the guarded one first."""
    every = list(runs(evidence))
    return next((r for r in every if r.placed.guard is not None), every[0] if every else None)


def address(evidence: Evidence, what: Literal["host", "port"], seen: str) -> Finding:
    """Why the server listens where it does."""
    run = run_call(evidence)
    if run is None:
        hint = f"Write `app.run({_HOST}, {_PORT})`."
        return Finding(f"The server listens on {what} {short(seen, 60) or 'unknown'}.", hint)
    return _host(evidence, run, seen) if what == "host" else _port(evidence, run, seen)


def _host(evidence: Evidence, run: Run, seen: str) -> Finding:
    at = spot(evidence, run.module, run.host or run.call)
    if run.host is None:
        return Finding(
            f"{at} gives {run.words} no host, so the server listens on {short(seen, 60) or '127.0.0.1'} only.",
            f"Write `{run.words}({_HOST}, ...)`.",
            at,
        )
    return Finding(f"{at} asks for the host {_named(run.module, run.host)}.", f"Write `{_HOST}`.", at)


def _named(module: Module, node: ast.expr) -> str:
    """An expression, with its value where a name stands for it."""
    value = module.value(node) if isinstance(node, ast.Name) else UNKNOWN
    return shown(node) if value is UNKNOWN else f"{shown(node)}, which is {short(repr(value), 60)}"


def _port(evidence: Evidence, run: Run, seen: str) -> Finding:
    node = run.port
    at = spot(evidence, run.module, node or run.call)
    if node is None:
        return Finding(
            f"{at} gives {run.words} no port, so the server takes {short(seen, 20) or '5000'}.",
            f"Write `{run.words}(..., {_PORT})`.",
            at,
        )
    value = run.module.value(node)
    if isinstance(value, int) and not 0 <= value <= _LAST_PORT:
        return _out_of_range(node, at)
    draw = _draw_of(evidence, run.module, node)
    if draw is not None:
        line = spot(evidence, draw.module, draw.call)
        source = draw.call if draw.can_give(seen) else draw.whole
        return Finding(f"{line}: {shown(source)} can give {short(seen, 20)}.", f"Write `{_PORT}`.", line)
    return Finding(f"{at} asks for the port {_named(run.module, node)}.", f"Write `{_PORT}`.", at)


def _draw_of(evidence: Evidence, module: Module, node: ast.expr) -> Draw | None:
    """The draw that an expression is, holds, or names."""
    held = {id(n) for n in ast.walk(node)}
    named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    for name in named:
        held |= {id(n) for value in module.assigned.get(name, []) for n in ast.walk(value)}
    return next((d for d in draws(evidence) if id(d.call) in held), None)


def constant_port(evidence: Evidence, port: int) -> Finding:
    """Why the port is the same at every start."""
    run = run_call(evidence)
    hint = f"Write `{_PORT}`."
    if run is None:
        return Finding(f"The server takes the port {port} at every start.", hint)
    at = spot(evidence, run.module, run.port or run.call)
    if run.port is None:
        return Finding(
            f"{at} gives {run.words} no port, so it is {port} at every start.",
            f"Write `{run.words}(..., {_PORT})`.",
            at,
        )
    draw = _draw_of(evidence, run.module, run.port)
    if draw is None:
        return Finding(f"{at} asks for the port {shown(run.port)}, which is {port} at every start.", hint, at)
    return _seeded(evidence, port) or Finding(
        f"{spot(evidence, draw.module, draw.call)}: {shown(draw.call)} gives {port} at every start.",
        hint,
        spot(evidence, draw.module, draw.call),
    )


def _seeded(evidence: Evidence, port: int) -> Finding | None:
    found = seed_call(evidence)
    if found is None:
        return None
    at = spot(evidence, *found)
    return Finding(
        f"{at} fixes the random numbers with {shown(found[1])}, so the port is {port} at every start.",
        "Take this line out.",
        at,
    )


# ---------------------------------------------------------------------------------------------------- cannot be bound


def cannot_bind(evidence: Evidence, start: Start) -> Finding | None:
    """The server's own words for an address that it cannot have; Werkzeug prints them and ends without a traceback."""
    log = start.log[-4000:]
    if "in use" in log:
        return _in_use(evidence)
    if any(words in log for words in _UNBOUND):
        return _bad_host(evidence)
    if "Permission denied" in log:
        return _privileged(evidence)
    return None


def _in_use(evidence: Evidence) -> Finding:
    every = list(runs(evidence))
    if len(every) > 1:
        at = spot(evidence, every[1].module, every[1].call)
        first = spot(evidence, every[0].module, every[0].call)
        return Finding(
            f"{at} starts a second server on the port that {first} has taken.",
            f"Keep one call of {every[1].words}.",
            at,
        )
    at_run = spot(evidence, every[0].module, every[0].call) if every else None
    return Finding("The program binds its port twice: the port is in use.", "Start one server only, once.", at_run)


def _bad_host(evidence: Evidence) -> Finding:
    run = run_call(evidence)
    value = run.module.value(run.host) if run else UNKNOWN
    at = spot(evidence, run.module, run.host or run.call) if run else None
    if not isinstance(value, str):
        return Finding("The server cannot listen on the host that the program asks for.", f"Write `{_HOST}`.", at)
    return Finding(
        f"{at} asks for the host '{short(value, 80)}', {_host_fault(value)}.", f"Write `{_HOST}`, without more.", at
    )


def _host_fault(host: str) -> str:
    if "://" in host:
        return "which is a URL and no host"
    if re.search(r":\d+$", host):
        return "which has a port in it"
    if host != host.strip():
        return "which has a space in it"
    if re.fullmatch(r"[\d.]+", host):
        parts = host.split(".")
        valid = len(parts) == 4 and all(p.isdigit() and int(p[:4]) <= 255 for p in parts)
        return "which is not an address of this machine" if valid else "which is no valid address"
    return "which is no name of this machine"


def _privileged(evidence: Evidence) -> Finding:
    run = run_call(evidence)
    at = spot(evidence, run.module, run.port or run.call) if run else None
    return Finding(
        f"{at or 'The program'} asks for a port below 1024, which only the system may use.", f"Write `{_PORT}`.", at
    )


def port_range(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """A port that no port can be."""
    run = run_call(crash.evidence)
    if run is None or run.port is None:
        return crash.find(f"{crash.where} asks for a port outside of 0 to {_LAST_PORT}.", f"Write `{_PORT}`.")
    return _out_of_range(run.port, spot(crash.evidence, run.module, run.port))


def _out_of_range(port: ast.expr, at: Location) -> Finding:
    return Finding(f"{at} asks for the port {shown(port)}; ports go from 0 to {_LAST_PORT}.", f"Write `{_PORT}`.", at)


def port_text(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """A port that is no number: text, or `random.randint` without parentheses."""
    run = run_call(crash.evidence)
    if run is None or run.port is None or not _at_call(crash, run):
        return None
    at = spot(crash.evidence, run.module, run.port)
    value = run.module.value(run.port)
    if isinstance(value, str):
        return Finding(
            f"{at} gives the port as text: {shown(run.port)}.", f"Write a number without quotes: `{_PORT}`.", at
        )
    if isinstance(run.port, ast.Attribute | ast.Name) and not is_draw(run.port):
        return Finding(f"{at} gives {shown(run.port)} as the port, which is no number.", f"Write `{_PORT}`.", at)
    return Finding(f"{at} gives a port that is no whole number: {shown(run.port)}.", f"Write `{_PORT}`.", at)


def _at_call(crash: Crash, run: Run) -> bool:
    """Whether the exception came out of the run call."""
    frame = crash.frame
    last = run.call.end_lineno or run.call.lineno
    return frame is not None and frame.path == run.module.path and run.call.lineno <= frame.line <= last


def host_error(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """An address that a server without Werkzeug's words cannot have."""
    message = crash.traceback.message
    if "in use" in message:
        return _in_use(crash.evidence)
    if any(words in message for words in _UNBOUND) and run_call(crash.evidence):
        return _bad_host(crash.evidence)
    return None


def denied_port(crash: Crash, _match: re.Match[str]) -> Finding | None:
    """PermissionError of bind()."""
    run = run_call(crash.evidence)
    return _privileged(crash.evidence) if run and _at_call(crash, run) else None


RULES: tuple[Rule, ...] = (
    ("OverflowError", r"port must be 0-65535", port_range),
    ("TypeError", r"port must be an integer|int\(\) argument must be|cannot be interpreted as an integer", port_text),
    ("ValueError", r"invalid literal for int\(\)", port_text),
    ("OSError", r"", host_error),
    ("gaierror", r"", host_error),
    ("PermissionError", r"", denied_port),
)
