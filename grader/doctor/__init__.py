"""What this machine offers for running other people's programs: every level tried, and what to do for a higher one.

diagnosis  what is found, as data
machine    the system below
advice     what to do
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata

from grader import __version__
from grader.doctor.advice import advice
from grader.doctor.diagnosis import Attempt, Diagnosis, Gate, Interpreter, Package, Trial
from grader.doctor.machine import browser, look
from grader.errors import GraderError
from grader.launch.box import Unusable
from grader.launch.launcher import Launcher
from grader.launch.selftest import Finding
from grader.launch.warm import WarmInterpreter
from grader.model import Level
from grader.render.cleaning import one_line

__all__ = ["Diagnosis", "examine"]

_OF_PROGRAMS = ("flask", "werkzeug", "jinja2")
_OF_GRADER = ("urllib3", "beautifulsoup4", "lxml", "google-re2", "PyYAML", "jsonschema", "Jinja2", "click",
              "rich")  # fmt: skip
_UNTRIED = "no program can be started without an interpreter"


def examine(warm: WarmInterpreter) -> Diagnosis:
    """Try everything, with the interpreter that programs are to be run with; it has been told what to load."""
    machine = look()
    programs = _programs(warm)
    trials = [Trial(level, _UNTRIED) if programs.problem else _tried(warm, level) for level in Level]
    return Diagnosis(
        level=next((trial.level for trial in trials if trial.works), None),
        machine=machine,
        programs=programs,
        grader=_grader(),
        memory=_memory(trials),
        browser=browser(),
        database=_database(),
        trials=tuple(trials),
        advice=() if programs.problem else advice(machine, programs, trials),
    )


def _programs(warm: WarmInterpreter) -> Interpreter:
    try:
        told = warm.about(_OF_PROGRAMS)
    except GraderError as error:
        return Interpreter(warm.python, "", "", (), problem=one_line(str(error)))
    versions = {name: one_line(str(version), 40) for name, version in told["versions"].items()}
    packages = tuple(Package(name, versions[name]) for name in _OF_PROGRAMS)
    closed = tuple(Gate(path, right) for path, right, _ in told["closed"])
    return Interpreter(warm.python, told["executable"], one_line(told["python"], 40), packages, closed)


def _grader() -> Interpreter:
    packages = (Package("weblab-grader", __version__), *_installed(_OF_GRADER))
    return Interpreter(sys.executable, os.path.realpath(sys.executable), platform.python_version(), packages)


def _installed(names: Iterable[str]) -> Iterable[Package]:
    for name in names:
        try:
            yield Package(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Package(name, "")


def _tried(warm: WarmInterpreter, level: Level) -> Trial:
    """Start the probe submission at this very level."""
    launcher = Launcher(warm, lowest=level, highest=level)
    try:
        found = launcher.findings()
    except (Unusable, GraderError) as error:
        return Trial(level, one_line(str(error)))
    attempts = tuple(_attempt(finding, level) for finding in found)
    out = [attempt.words for attempt in attempts if attempt.result == "out"]
    problem = f"the probe submission gets out: it can {'; it can '.join(out[:3])}" if out else ""
    isolation = launcher.isolation
    return Trial(level, problem, attempts, isolation.mechanisms, isolation.missing)


def _attempt(finding: Finding, level: Level) -> Attempt:
    result = "held" if not finding.out else "out" if finding.breaks(level) else "open"
    return Attempt(finding.attempt.name, finding.attempt.words, result, one_line(finding.detail, 200))


def _memory(trials: Sequence[Trial]) -> str:
    """How it is limited, in the keeper's own words."""
    mechanisms = next((trial.mechanisms for trial in trials if trial.works), ())
    return "; ".join(word for word in mechanisms if "memory" in word)


def _database() -> str:
    own = f"SQLite {sqlite3.sqlite_version}"
    if importlib.util.find_spec("psycopg") is None:
        return f"{own}; no PostgreSQL, for psycopg is not installed"
    return f"{own}; PostgreSQL by psycopg {metadata.version('psycopg')}"
