"""A running program as its keeper has it: its output, and what it says about itself."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import time
from typing import Any

from .usage import Overrun
from .watch import Program

_CLAIM_BYTES = 256 << 10
_READ = 64 << 10
_PAUSE_WHEN_FLOODED = 0.002


class Log:
    """A program's output: its first bytes, and a short end; what lies between is counted and dropped."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor = descriptor
        self.most, self.total, self.sent = most, 0, 0
        self._head, self._tail = bytearray(), b""
        self._tail_bytes = most // 8
        self.open = True
        os.set_blocking(descriptor, False)

    def drain(self, rounds: int = 4) -> None:
        """Take what is there; a flood is taken slowly, so that it costs the program's time and not ours."""
        for _ in range(rounds):
            try:
                data = os.read(self.descriptor, _READ)
            except BlockingIOError:
                return
            if not data:
                self.open = False
                return
            self.total += len(data)
            room = self.most - len(self._head)
            self._head += data[:room]
            if len(data) > room:
                self._tail = (self._tail + data[room:])[-self._tail_bytes :]
                time.sleep(_PAUSE_WHEN_FLOODED)

    def news(self) -> dict[str, Any]:
        """What was not told yet of the head, and how much there is in all."""
        data, self.sent = bytes(self._head[self.sent :]), len(self._head)
        return {"log": data.decode("utf-8", "replace"), "log_total": self.total}

    def end(self) -> dict[str, Any]:
        """The rest: where something was dropped, the last bytes, too."""
        told = self.news()
        dropped = self.total - len(self._head) - len(self._tail)
        told["log_dropped"], told["log_tail"] = dropped, self._tail.decode("utf-8", "replace")
        return told


class Started:
    """A running program with the keeper's ends of its pipes."""

    def __init__(self, program: Program, pipes: tuple[int, int, int, int], most_log: int) -> None:
        self.program = program
        log, self.claims, self.ask, self._fault = pipes
        self.log = Log(log, most_log)
        self.claimed = b""
        self._claiming = True
        self._claim: dict[str, Any] | None = None  # once its line has ended
        self.overrun: Overrun | None = None
        self.begun = time.monotonic()
        os.set_blocking(self.claims, False)
        os.set_blocking(self._fault, False)

    def fault(self) -> str:
        """What went wrong on our side before the student's code began; empty where nothing did."""
        try:
            return os.read(self._fault, 4096).decode("utf-8", "replace")
        except BlockingIOError:
            return ""

    def claims_to_come(self) -> list[int]:
        """Where the program may yet say something about itself."""
        return [self.claims] if self._claiming else []

    def read_claims(self) -> None:
        """Take what the program said about itself, up to a limit."""
        with contextlib.suppress(BlockingIOError):
            while self._claiming:
                data = os.read(self.claims, _READ)
                self.claimed += data
                self._claiming = bool(data) and len(self.claimed) < _CLAIM_BYTES

    def claim(self) -> dict[str, Any]:
        """The first line of it, as a literal; nothing where it is none, or none that could be told to the grader."""
        self.read_claims()
        if self._claim is None:
            line, end, _ = self.claimed.partition(b"\n")
            self._claim = _plain(line) if end else None
        return self._claim or {}

    def close(self) -> None:
        for descriptor in (self.log.descriptor, self.claims, self.ask, self._fault):
            os.close(descriptor)


def _plain(line: bytes) -> dict[str, Any]:
    """The mapping that a line says; empty where it is none, or holds what JSON has no word for: the program may have
    written anything here, and the message to the grader must not fail by it."""
    try:
        told = json.loads(json.dumps(ast.literal_eval(line.decode("utf-8")), allow_nan=False))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
