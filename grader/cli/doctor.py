"""`grade doctor`: what this machine offers, and what to do for more."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from grader.cli.saying import say
from grader.launch.warm import WarmInterpreter

if TYPE_CHECKING:
    from grader.doctor.diagnosis import Advice, Attempt, Diagnosis, Interpreter, Machine, Trial

_WIDTH, _KEY = 80, 12
_ONLY_PROCESS, _NONE = 1, 3
_RESULTS = {"held": "held", "open": "open", "out": "GOT OUT"}
_ERROR = re.compile(r"^\w+: (?:\[Errno \d+\] )?(?P<words>.*?)(?:: '.*')?$")


@click.command(
    epilog="Exit status: 0 a level with walls works, 1 only process does, 3 none.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--python", "interpreter", metavar="PATH", help="The Python that students' programs are to be run with.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="What standard output gets.")
def doctor(interpreter: str | None, format: str) -> int:
    """Try every level of isolation on this machine, and say what to do for a higher one."""
    warm = WarmInterpreter(interpreter or sys.executable)
    try:
        warm.load(() if interpreter else ("flask",))
        from grader.doctor import examine

        diagnosis = examine(warm)
    finally:
        warm.close()
    if format == "json":
        sys.stdout.buffer.write(_json(diagnosis).encode())
        sys.stdout.flush()
    else:
        say(text(diagnosis), nl=False)
    return _status(diagnosis)


def _status(diagnosis: Diagnosis) -> int:
    if diagnosis.level is None:
        return _NONE
    return _ONLY_PROCESS if diagnosis.level == "process" else 0


def _json(diagnosis: Diagnosis) -> str:
    import json
    from dataclasses import asdict

    return json.dumps(asdict(diagnosis), indent=2, ensure_ascii=False) + "\n"


def text(diagnosis: Diagnosis) -> str:
    """For people, 80 columns wide."""
    return "\n".join(_lines(diagnosis)) + "\n"


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield from _entry("Level", *_level(diagnosis))
    yield ""
    yield from _entry("Machine", _machine(diagnosis.machine))
    yield from _entry("Programs", *_interpreter(diagnosis.programs))
    yield from _entry("Grader", *_interpreter(diagnosis.grader))
    if diagnosis.memory:
        yield from _entry("Memory", *_memory(diagnosis))
    browser = diagnosis.browser or "none found"
    yield from _entry("Browser", f"{browser} (only the grader's own tests of its HTML report use one)")
    yield from _entry("Database", diagnosis.database)
    for trial in diagnosis.trials:
        yield ""
        yield from _trial(trial)
    yield ""
    yield from _todo(diagnosis)


def _entry(key: str, *values: str) -> Iterator[str]:
    for number, value in enumerate(values):
        yield from _wrapped(value, f"{key if number == 0 else '':<{_KEY}}", " " * _KEY)


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def _level(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.level is None:
        yield "none: no student's program can be run here"
    for trial in diagnosis.trials:
        if trial.works:
            yield f"{trial.level.value}: students' programs are run at this one"
            return
        yield f"not {trial.level.value}: {trial.problem}"


def _machine(machine: Machine) -> str:
    wsl = f", WSL {machine.wsl}" if machine.wsl else ""
    where = f"in a container, as it seems ({machine.container})" if machine.container else "in no container"
    named = f"{machine.distribution}, " if machine.distribution else ""
    return (
        f"{named}{machine.system} {machine.kernel}, {machine.machine}{wsl}, {where}, "
        f"as {'root' if machine.root else 'an ordinary user'}"
    )


def _interpreter(interpreter: Interpreter) -> Iterator[str]:
    if interpreter.problem:
        yield f"{interpreter.path}: {interpreter.problem}"
        return
    behind = f" ({interpreter.executable})" if interpreter.executable != interpreter.path else ""
    yield f"Python {interpreter.version}, {interpreter.path}{behind}"
    yield ", ".join(f"{p.name} {p.version or '(not installed)'}" for p in interpreter.packages)


def _memory(diagnosis: Diagnosis) -> Iterator[str]:
    yield diagnosis.memory
    if diagnosis.machine.systemd and "cgroup" in diagnosis.memory and "no cgroup" in diagnosis.memory:
        yield f"for one: systemd-run {'' if diagnosis.machine.root else '--user '}--scope -p Delegate=yes grade PATH"


def _trial(trial: Trial) -> Iterator[str]:
    if trial.works:
        held = sum(1 for attempt in trial.attempts if attempt.result == "held")
        left = len(trial.attempts) - held
        more = f"; {left} succeeded (open), as this level allows" if left else ""
        yield from _entry(trial.level.value, f"works: {held} attempts to get out failed{more}")
    else:
        yield from _entry(trial.level.value, f"does not work here: {trial.problem}")
    for attempt in trial.attempts:
        yield from _attempt(attempt)
    if trial.missing:
        yield from _wrapped(f"missing  {', '.join(trial.missing)}", "  ", " " * 11)


def _attempt(attempt: Attempt) -> list[str]:
    error = _ERROR.match(attempt.detail)
    detail = error["words"] if error else attempt.detail
    words = attempt.words if not detail else f"{attempt.words}: {_short(detail)}"
    return _wrapped(words, f"  {_RESULTS[attempt.result]:<8} ", " " * 11)


def _short(detail: str, most: int = 60) -> str:
    detail = detail[:1].lower() + detail[1:]
    return detail if len(detail) <= most else detail[: most - 3] + "..."


def _todo(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.programs.problem:
        yield "What to do: give --python a Python that has Flask, or install it for this one."
    elif not diagnosis.advice:
        yield "Nothing to do: the highest level works."
    else:
        yield "What to do for a higher level"
        for advice in diagnosis.advice:
            yield ""
            yield from _advice(advice)


def _advice(advice: Advice) -> Iterator[str]:
    yield from _wrapped(advice.text, "  ", "  ")
    for command in advice.commands:
        yield f"    {command}"
