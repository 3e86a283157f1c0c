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
from grader.launch.running import Running, addresses
from grader.model import (
    Address,
    AddressSource,
    Condition,
    EntryKind,
    Limits,
    Start,
    StartState,
    Submission,
)

__all__ = ["Box", "Running", "Unusable"]

_MARGIN_SECONDS = 10.0
_OUT_OF_TIME = "the time for this submission was used up before"
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
            listeners=addresses(answer),
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


def _folder_name(name: str) -> str:
    """The submission's name as a folder's: for the eyes of the program only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name.rsplit("/", 1)[-1].removesuffix(".zip"))[:40].strip("_") or "lab"
