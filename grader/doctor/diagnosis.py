"""What the doctor finds, as data."""

from __future__ import annotations

from grader.frozen import dataclass
from grader.model import Level


@dataclass(frozen=True)
class Machine:
    """The system below the grader. Empty texts and None: it does not tell, or has no such thing."""

    system: str
    distribution: str
    kernel: str
    machine: str
    container: str
    wsl: int | None
    root: bool
    can_change_user: bool
    restricted_by_apparmor: bool
    unprivileged_namespaces: bool
    most_user_namespaces: int | None
    ptrace_scope: int
    security_modules: tuple[str, ...]
    systemd: bool


@dataclass(frozen=True)
class Package:
    """An installed distribution; no version: it is not installed."""

    name: str
    version: str


@dataclass(frozen=True)
class Gate:
    """What keeps a user without rights from an interpreter, and the right that chmod gives."""

    path: str
    right: str


@dataclass(frozen=True)
class Interpreter:
    """One Python. `path` as it was named, `executable` the file behind it; `problem`: why it cannot be used."""

    path: str
    executable: str
    version: str
    packages: tuple[Package, ...]
    closed: tuple[Gate, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Attempt:
    """One thing that the probe submission tried. `result`: held, open (it succeeds, as it does at this level), or
    out (it must not succeed there, and does)."""

    name: str
    words: str
    result: str
    detail: str


@dataclass(frozen=True)
class Trial:
    """One level, tried. `problem`: why it cannot be used."""

    level: Level
    problem: str
    attempts: tuple[Attempt, ...] = ()
    mechanisms: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether programs may be run at this level."""
        return not self.problem


@dataclass(frozen=True)
class Advice:
    """What to do for more isolation: why, and the commands."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """All of it. `level` is what programs are run at; None: they cannot be run at all."""

    level: Level | None
    machine: Machine
    programs: Interpreter
    grader: Interpreter
    memory: str
    browser: str
    database: str
    trials: tuple[Trial, ...]
    advice: tuple[Advice, ...]
