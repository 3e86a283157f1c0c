"""At which address does the server listen?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.checks.reach import KNOCK, NATURAL, PINS, answered, discarded, start_of, starts_of, unmade
from grader.checks.verdict import failed, no_server, used_up
from grader.frozen import dataclass
from grader.model import Address, Condition, Evidence, Flag, Observation, Outcome, Start, StartState, passed

if TYPE_CHECKING:
    from grader.checks.diagnosis import Finding

MOST_STARTS = 21  # of a program whose port never varies
FEW_STARTS = 3  # ... and does not even where random draws are pinned to their ends

Located = tuple[tuple[Start, Address], ...]  # the starts that listened, each with where

# What can vary a port without a draw that is pinned.
_CLOCK = (
    r"(?m)^[ \t]*(?:import|from)[ \t].*\b(?:time|datetime|uuid|tempfile|numpy)\b|\burandom\b|\bgetpid\b|\btoken_\w+"
)


@dataclass(frozen=True)
class PortRange:
    """The ports from `from_` to `to`, both included."""

    from_: int
    to: int

    def __post_init__(self) -> None:
        for name, port in (("from", self.from_), ("to", self.to)):
            if not 0 <= port <= 65535:
                raise ValueError(f"{name} is a port from 0 to 65535; this is {port}")
        if self.from_ > self.to:
            raise ValueError(f"from {self.from_} to {self.to} leaves no port; the lower one stands first")

    def __contains__(self, port: int) -> bool:
        return self.from_ <= port <= self.to


@dataclass(frozen=True)
class Listens:
    """The server asks for one of the hosts `host`, for ports within `port`, and (`varies`) not always for the same.

    Ports are judged on natural starts and on starts with random draws pinned to their lowest and highest values.
    """

    host: tuple[str, ...] = ()
    port: PortRange | None = None
    varies: bool = False

    def __post_init__(self) -> None:
        if not (self.host or self.port or self.varies):
            raise ValueError("say what is asked of the address: host, port or varies")

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """Natural starts until two ports differ, and where ports matter both pinned ones, once a server was seen."""
        yield Observation(NATURAL, 0, (KNOCK,))
        first = start_of(evidence, NATURAL)
        if first is None or first.state in (StartState.SILENT, StartState.FAILED) or not (self.port or self.varies):
            return
        if self.varies:
            for occurrence in range(1, self._starts_wanted(evidence)):
                yield Observation(NATURAL, occurrence, (KNOCK,))
        if _located(evidence, NATURAL):
            for pin in PINS:
                yield Observation(Condition(pin=pin), 0, (KNOCK,))

    @staticmethod
    def _starts_wanted(evidence: Evidence) -> int:
        made = starts_of(evidence, NATURAL)
        ports = _ports(evidence, NATURAL)
        if len(made) < 2 or not ports or len(set(ports)) > 1:
            return max(2, len(made))
        pinned = [port for pin in PINS for port in _ports(evidence, Condition(pin=pin))]
        constant = len(pinned) == len(PINS) and set(pinned) == set(ports)
        most = FEW_STARTS if constant and not _reads_clock(evidence) else MOST_STARTS
        return max(len(made), min(len(made) + 1, most))

    def judge(self, evidence: Evidence) -> Outcome:
        """Judges every address seen; a pinned start that did not listen is left out."""
        natural = _located(evidence, NATURAL)
        if not natural:
            return no_server(evidence, self._expected)
        outcome = (
            self._host_fault(evidence, natural)
            or self._range_fault(evidence, natural)
            or self._constant_fault(evidence, natural)
            or passed(f"The server listens on {self._expected}.", [start.id for start, _ in natural])
        )
        return replace(outcome, flags=self._flags(evidence))

    def _host_fault(self, evidence: Evidence, natural: Located) -> Outcome | None:
        for start, address in natural if self.host else ():
            if address.host not in self.host:
                from grader.checks import diagnosis

                finding = diagnosis.address(evidence, "host", address.host)
                return failed(self._expected, f"host {address.host}", finding, evidence=[start.id])
        return None

    def _range_fault(self, evidence: Evidence, natural: Located) -> Outcome | None:
        if self.port is None:
            return None
        # Pinned starts first: what they show is the same at every grading.
        pinned = [located for pin in PINS for located in _located(evidence, Condition(pin=pin))]
        for start, address in (*pinned, *natural):
            if address.port not in self.port:
                from grader.checks import diagnosis

                finding = self._with_own_range(diagnosis.address(evidence, "port", str(address.port)))
                return failed(self._expected, f"port {address.port}", finding, evidence=[start.id])
        return None

    def _constant_fault(self, evidence: Evidence, natural: Located) -> Outcome | None:
        ports = [address.port for _, address in natural]
        if not self.varies or len(set(ports)) > 1:
            return None
        late = next((start for start in starts_of(evidence, NATURAL) if start.limit == "total"), None)
        if late is not None:  # who knows at which port it would have listened
            return used_up(self._expected, late.problem, [late.id])
        from grader.checks import diagnosis

        times = f"at each of {len(ports)} starts" if len(ports) > 1 else "at the only start that was seen to listen"
        finding = self._with_own_range(diagnosis.constant_port(evidence, ports[0]))
        return failed(self._expected, f"port {ports[0]} {times}", finding, evidence=[start.id for start, _ in natural])

    def _with_own_range(self, finding: Finding) -> Finding:
        """The hint with this rubric's range, where it is another one than the lab's."""
        if self.port is None:
            return finding
        own = f"randint({self.port.from_}, {self.port.to})"
        return replace(finding, hint=finding.hint.replace("randint(2000, 9000)", own))

    def _flags(self, evidence: Evidence) -> tuple[Flag, ...]:
        if not (self.port or self.varies):
            return ()
        made = [(pin, start_of(evidence, Condition(pin=pin))) for pin in PINS]
        lost = [pin for pin, start in made if start and not start.listening and not unmade(start)]
        return tuple(discarded(pin, "the program started no server") for pin in lost)

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return (f"The server listens on {self._expected}.",)

    @property
    def _expected(self) -> str:
        wanted = [f"host {' or '.join(self.host)}"] if self.host else []
        if self.port:
            wanted.append(f"a port from {self.port.from_} to {self.port.to}")
        if self.varies:
            wanted.append("not always the same port")
        return ", ".join(wanted)


def _located(evidence: Evidence, condition: Condition) -> Located:
    """The starts that listened. Of natural ones those that answered: a socket that never does is no server's."""
    starts = [s for s in starts_of(evidence, condition) if s.listening]
    if condition == NATURAL:
        starts = [s for s in starts if answered(evidence, NATURAL, s.occurrence)]
    return tuple((s, s.address) for s in starts if s.address)


def _ports(evidence: Evidence, condition: Condition) -> list[int]:
    return [address.port for _, address in _located(evidence, condition)]


def _reads_clock(evidence: Evidence) -> bool:
    return any(f.text and f.path.endswith(".py") and re.search(_CLOCK, f.text) for f in evidence.files)
