"""A started program, as the grader sees it."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.launch import output
from grader.launch.claims import claimed_apps
from grader.model import Address, AddressSource, Condition, Exit, Limits, Mode, Start

if TYPE_CHECKING:
    from grader.launch.box import Box

_SIGNAL_OF_LIMIT = {24: "cpu_seconds", 25: "file_bytes"}  # SIGXCPU, SIGXFSZ


class Running:
    """A started program: where it listens, how to reach it, what it printed. `start` is what is known by now."""

    def __init__(
        self,
        box: Box | None,
        mapper: output.Mapper,
        start: Start,
        source: AddressSource | None = None,
        begun: float = 0.0,
    ) -> None:
        self._box, self._mapper, self._begun, self._source = box, mapper, begun, source
        self._log: list[str] = []
        self._length = 0
        self._fields: dict[str, Any] = {}
        self._first = start
        self._exit: list[int] | None = None
        self._limits = box.limits if box is not None else Limits()
        self._limit = start.limit
        self._listeners = start.listeners

    @property
    def id(self) -> str:
        """Of the start."""
        return self._first.id

    @property
    def condition(self) -> Condition:
        """Under which it was started."""
        return self._first.condition

    @property
    def listening(self) -> bool:
        """Whether something listens that can be asked."""
        return self._first.listening

    @property
    def listeners(self) -> tuple[Address, ...]:
        """Every address at which the program was last seen to listen."""
        return self._listeners

    @property
    def at(self) -> float:
        """Seconds since the start was begun."""
        return time.monotonic() - self._begun

    @property
    def log_length(self) -> int:
        """Characters of the log that were heard so far."""
        return self._length

    def log_since(self, offset: int) -> str:
        """The log from a character on."""
        return "".join(self._log)[offset:]

    def traceback_in(self, text: str) -> Any:
        """The last traceback of a part of the log, or None."""
        return self._mapper.traceback(text)

    def hear(self, answer: dict[str, Any]) -> None:
        """Take in what the keeper tells of the program."""
        text = output.clean(str(answer.get("log", "")))
        self._log.append(text)
        self._length += len(text)
        self._exit = answer.get("exit") or self._exit
        if answer.get("overrun"):
            name, used = answer["overrun"]
            self._limit = overrun(str(name), float(used), self._limits)
        self._listeners = addresses(answer) or self._listeners

    def catch_up(self) -> None:
        """Bring the log up to date."""
        if self._box is not None:
            self.hear(self._box.ask({"do": "news"}))

    def look(self) -> tuple[Address, ...]:
        """Every address at which the program listens now; the log is brought up to date, too."""
        if self._box is not None:
            answer = self._box.ask({"do": "look"})
            self.hear(answer)
            return addresses(answer)
        return ()

    def connect(self, address: Address, seconds: float) -> socket.socket:
        """A socket connected to one of its listeners; the log is brought up to date, too. Raises OSError."""
        if self._box is None:
            raise ConnectionRefusedError("the program was not started")
        return self._box.client(address, seconds, self.hear)

    def answered(self, address: Address) -> None:
        """Note which listener gave an HTTP answer."""
        self._fields.setdefault("address", address)
        self._fields["answered"] = True

    def stop(self) -> None:
        """End every process of it; then `start` is complete."""
        if self._box is None:
            return
        answer = self._box.ask({"do": "stop"})
        self._box = None
        self.hear(answer)
        dropped = int(answer.get("log_dropped", 0))
        if dropped > 0 or answer.get("log_tail"):
            self._log.append(f"\n[... {dropped} bytes left out ...]\n" + output.clean(str(answer.get("log_tail", ""))))
        claim = answer.get("claim") or {}
        self._fields.update(
            seconds=round(self.at, 4),
            log_truncated=dropped > 0,
            apps=claimed_apps(claim),
            imported=claim.get("imported") is True if self.condition.mode is not Mode.RUN else None,
        )

    def _named_by_the_kernel(self) -> str:
        """The limit that killed the program by a signal of its own; empty where none did."""
        number = self._exit[1] if self._exit else -1
        name = _SIGNAL_OF_LIMIT.get(number, "")
        return f"{name}: more than {getattr(self._limits, name)}" if name else ""

    @property
    def start(self) -> Start:
        """All that is known of the start."""
        first = self._listeners[0] if self._listeners else None
        log = "".join(self._log)
        fields = {
            "address": first,
            "address_source": self._source if self._listeners else None,
            "listeners": self._listeners,
            "exit": _exit(self._exit),
            "log": log,
            "traceback": self._mapper.traceback(log),
            "limit": self._limit or self._named_by_the_kernel(),
            **self._fields,
        }
        return replace(self._first, **fields)


def overrun(name: str, used: float, limits: Limits) -> str:
    """What a program used of a limit, and how much that allows, in a few words that begin with the limit's name."""
    most = getattr(limits, name)
    if name.endswith("_bytes"):
        return f"{name}: {used / (1 << 20):.0f} MB were used, {most / (1 << 20):g} MB are allowed"
    unit = " s" if name.endswith("_seconds") else ""
    return f"{name}: {used:g}{unit} were used, {most:g}{unit} are allowed"


def addresses(answer: dict[str, Any]) -> tuple[Address, ...]:
    """Where the program listens, as the keeper tells."""
    return tuple(Address(str(host), int(port)) for host, port in answer.get("listeners", ()))


def _exit(pair: list[int] | None) -> Exit | None:
    if pair is None:
        return None
    code, signal = pair
    return Exit(signal=signal) if signal >= 0 else Exit(code=code)
