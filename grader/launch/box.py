"""One submission's sandbox, and the programs started in it, one after the other."""

from __future__ import annotations

import base64
import math
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grader.errors import LaunchError
from grader.launch import output
from grader.launch.child.channel import Channel, Closed
from grader.model import (
    Address,
    AddressSource,
    AppClaim,
    Condition,
    EntryKind,
    Exit,
    Limits,
    Mode,
    RouteClaim,
    Start,
    StartState,
    Submission,
)

_MARGIN_SECONDS = 10.0
_OUT_OF_TIME = "the time for this submission was used up before"
_SIGNAL_OF_LIMIT = {24: "cpu_seconds", 25: "file_bytes"}  # SIGXCPU, SIGXFSZ
_STATES = {"listening": StartState.LISTENING, "ended": StartState.ENDED, "silent": StartState.SILENT,
           "imported": StartState.ENDED}  # fmt: skip


class Unusable(Exception):
    """The sandbox of this level could not be entered by a start: the level does not work here after all."""


class Box:
    """Where the programs of one submission run. Made by `Launcher.open`."""

    def __init__(
        self,
        channel: Channel,
        submission: Submission,
        limits: Limits,
        *,
        cold: bool,
        note: Callable[[Sequence[str], Sequence[str]], None],
        ready: Callable[[], None],
    ) -> None:
        self._channel, self._submission, self.limits = channel, submission, limits
        self._source: AddressSource | None = None
        self._cold, self._note, self._ready = cold, note, ready
        self._shown = _folder_name(submission.name)

    def _enter(self) -> AddressSource:
        """Wait until the keeper is inside; what it tells first. Raises Unusable."""
        if self._source is None:
            answer, _ = self._receive()
            if not answer["ready"]:
                raise Unusable(str(answer["problem"]))
            self._note(answer["mechanisms"], answer["missing"])
            self._ready()
            self._source = AddressSource(answer["source"])
        return self._source

    @contextmanager
    def start(self, condition: Condition, id: str, occurrence: int = 0, until: float = math.inf) -> Iterator[Running]:
        """Start the program under a condition; when the block is left, all of its processes are gone. Not begun after
        `until`, by the monotonic clock, and not waited for beyond it."""
        unmade = Start(id, condition, occurrence, StartState.FAILED)
        missing = [o.path for o in condition.overlays if o.replaces and not self._has(o.path)]
        if missing:
            unmade = replace(unmade, problem=f"there is no {missing[0]} to replace")
            yield Running(None, self._mapper(), unmade)
            return
        source = self._enter()
        begun = time.monotonic()
        if begun >= until:
            yield Running(None, self._mapper(), replace(unmade, limit="total", problem=_OUT_OF_TIME))
            return
        seconds = min(self.limits.start_seconds, until - begun)
        answer = self.ask(self._order(condition, seconds), seconds)
        running = Running(self, self._mapper(), self._begun(unmade, answer, seconds), source, begun)
        running.hear(answer)
        try:
            yield running
        finally:
            running.stop()

    def _begun(self, unmade: Start, answer: dict[str, Any], seconds: float) -> Start:
        """What became of a start that was waited for so long. Raises LaunchError, Unusable."""
        state = str(answer["state"])
        if state.startswith("fault"):
            raise LaunchError(
                f"A start could not be begun: {state.partition(': ')[2]}.", "Grade this submission again."
            )
        if state.startswith("unavailable"):
            raise Unusable(answer.get("problem") or state.partition(": ")[2])
        if state == "silent" and seconds < self.limits.start_seconds:  # it might have listened in the time of a start
            return replace(unmade, limit="total", problem=_OUT_OF_TIME)
        return replace(
            unmade,
            state=_STATES[state],
            listeners=_addresses(answer),
            ready_seconds=round(float(answer["seconds"]), 4) if state == "listening" else None,
            limit=f"no listening socket within {seconds:g} s" if state == "silent" else "",
        )

    def ask(self, order: dict[str, Any], seconds: float = 0.0) -> dict[str, Any]:
        """One order to the keeper, and its answer."""
        answer, descriptors = self._exchange(order, seconds)
        assert not descriptors
        return answer

    def client(self, address: Address, seconds: float, hear: Callable[[dict[str, Any]], None]) -> socket.socket:
        """A socket connected to a listener of the program; `hear` gets what is new until then. Raises OSError."""
        answer, (descriptor,) = self._exchange({"do": "socket", "host": address.host, "port": address.port})
        client = socket.socket(fileno=descriptor)
        hear(answer)
        try:
            client.settimeout(seconds)
            client.connect(tuple(answer["endpoint"]))
        except OSError:
            client.close()
            raise
        return client

    def _exchange(self, order: dict[str, Any], seconds: float = 0.0) -> tuple[dict[str, Any], list[int]]:
        self._channel.socket.settimeout(seconds + _MARGIN_SECONDS)
        try:
            self._channel.send(order)
        except Closed as error:
            raise self._gone(error) from error
        return self._receive()

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        try:
            return self._channel.receive()
        except (Closed, TimeoutError) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> LaunchError:
        return LaunchError(
            f"The keeper of {self._submission.name}'s sandbox is gone ({error}).", "Grade this submission again."
        )

    def close(self) -> None:
        """End whatever runs, and the sandbox with it."""
        self._channel.close()

    def _order(self, condition: Condition, seconds: float) -> dict[str, Any]:
        submission = self._submission
        package = submission.entry.split("/")[-2] if submission.entry_kind is EntryKind.PACKAGE else ""
        return {
            "do": "start",
            "mode": condition.mode.value,
            "pin": condition.pin.value,
            "overlays": [[o.path, base64.b64encode(o.content).decode()] for o in condition.overlays],
            "entry": submission.entry,
            "home": submission.home,
            "package": package,
            "factory": submission.factory,
            "folder": self._shown,
            "names": [],
            "cold": self._cold,
            "seconds": seconds,
        }

    def _has(self, path: str) -> bool:
        home = self._submission.home
        full = path if home == "." else f"{home}/{path}"
        return any(f.path == full for f in self._submission.files)

    def _mapper(self) -> output.Mapper:
        return output.Mapper(self._submission.files, self._shown)


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
        self._listeners = _addresses(answer) or self._listeners

    def catch_up(self) -> None:
        """Bring the log up to date."""
        if self._box is not None:
            self.hear(self._box.ask({"do": "news"}))

    def look(self) -> tuple[Address, ...]:
        """Every address at which the program listens now; the log is brought up to date, too."""
        if self._box is not None:
            answer = self._box.ask({"do": "look"})
            self.hear(answer)
            return _addresses(answer)
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
            apps=tuple(_app(c) for c in _list(claim.get("apps"))),
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


def _addresses(answer: dict[str, Any]) -> tuple[Address, ...]:
    return tuple(Address(str(host), int(port)) for host, port in answer.get("listeners", ()))


def _exit(pair: list[int] | None) -> Exit | None:
    if pair is None:
        return None
    code, signal = pair
    return Exit(signal=signal) if signal >= 0 else Exit(code=code)


def _list(value: object) -> list[dict[str, Any]]:
    """What a program claims may be anything: only a list of mappings is one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return output.clean(value)[:500] if isinstance(value, str) else None


def _app(claim: dict[str, Any]) -> AppClaim:
    return AppClaim(
        _text(claim.get("name")) or "?",
        _text(claim.get("templates")),
        _text(claim.get("static")),
        _text(claim.get("static_url")),
        tuple(_route(c) for c in _list(claim.get("routes"))),
    )


def _route(claim: dict[str, Any]) -> RouteClaim:
    methods = claim.get("methods")
    line = claim.get("line")
    return RouteClaim(
        _text(claim.get("rule")) or "?",
        tuple(m for m in methods if isinstance(m, str)) if isinstance(methods, list) else (),
        _text(claim.get("endpoint")) or "",
        claim.get("needs") is True,
        _text(claim.get("file")) or "",
        line if isinstance(line, int) else 0,
    )


def _folder_name(name: str) -> str:
    """The submission's name as a folder's: for the eyes of the program only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name.rsplit("/", 1)[-1].removesuffix(".zip"))[:40].strip("_") or "lab"
