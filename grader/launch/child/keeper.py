"""The keeper of one submission: makes the sandbox, starts the program in it, watches it from outside.

It lives in the program's network but outside its process namespace. The grader speaks to it by messages (`channel`):

    start   -> state, listeners, exit, log        once something listens, the program has ended, or time is up
    look    -> listeners, exit, log               what is new
    news    -> exit, log                          the same, but for listeners, which take longest to find out
    socket  -> exit, log, endpoint                the same, with one client socket that lives in the program's network
    stop    -> listeners, exit, log, claims       every process of the start is gone

One start at a time. When the grader hangs up, or dies, everything ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Sequence
from typing import Any

from .channel import Channel, Closed, Message
from .started import Started
from .usage import EVERY_SECONDS, Watchdog
from .watch import Unavailable, Watch

_TICK, _SLOWEST_TICK, _LATE = 0.01, 0.05, 1 / 8
_MOMENT = 0.001
_GRACE = 0.3


class Keeper:
    """Serves one grader over one channel."""

    def __init__(self, channel: Channel, watch: Watch, limits: Message) -> None:
        self.channel, self.watch, self.limits = channel, watch, limits
        self.started: Started | None = None
        self.watchdog = Watchdog(limits)
        self.worked = False  # whether a program was started
        self._ready: list[Any] = []  # what there was to read when something was waited for last

    def serve(self) -> None:
        """Until the grader hangs up; then every process of the program is ended."""
        try:
            while True:
                self._wait_for_order()
                message, _ = self.channel.receive()
                answer, descriptors = getattr(self, "_" + message["do"])(message)
                try:
                    self.channel.send(answer, descriptors)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
        except Closed:
            pass
        finally:
            self._end()
            self.watch.leave()

    def _wait_for_order(self) -> None:
        while not self._pump(EVERY_SECONDS if self._watched else None):
            pass

    @property
    def _watched(self) -> bool:
        """Whether a program runs that has kept within its limits so far."""
        return self.started is not None and self.started.overrun is None and self.watch.has("watchdog")

    def _pump(self, seconds: float | None, also: Sequence[int] = ()) -> bool:
        """Do what has to be done meanwhile, for at most `seconds` or until something comes, `also` in one of these
        descriptors; whether the grader said something, or hung up."""
        sources: list[Any] = [self.channel.socket, *self.watch.sources(), *also]
        if self.started is not None and self.started.log.open:
            sources.append(self.started.log.descriptor)
        ready, _, _ = select.select(sources, [], [], seconds)
        self._ready = ready
        if self.started is not None and self.started.log.descriptor in ready:
            self.started.log.drain()
        self.watch.answer(ready)
        if self.started is not None and self._watched:
            self._look_at_limits(self.started)
        return self.channel.socket in ready

    def _look_at_limits(self, started: Started) -> None:
        """End a program whose processes together have passed a limit."""
        if self.watchdog.due():
            program = started.program
            self._note_of_kernel(started)
            if started.overrun is None:
                started.overrun = self.watchdog.look(program.roots(), lambda: self.watch.disk_used(program))
            if started.overrun is not None:
                program.kill()

    def _note_of_kernel(self, started: Started) -> None:
        """Note it where the kernel has ended one of its processes for what all of them use."""
        if self.watch.group is not None and started.overrun is None:
            started.overrun = self.watch.group.overrun()

    # ------------------------------------------------------------------------------------------------------- orders

    def _start(self, order: Message) -> tuple[Message, list[int]]:
        self._end()
        log, log_end = os.pipe()
        claims, claims_end = os.pipe()
        ask_end, ask = os.pipe()
        fault, order["fault"] = os.pipe()
        order["limits"], order["without"] = self.limits, sorted(self.watch.setting.without)
        try:
            program = self.watch.start(order, log_end, claims_end, ask_end)
        except Unavailable as error:
            os.set_blocking(fault, False)
            with contextlib.suppress(BlockingIOError):  # what the new process said, if anything
                error.args = (f"{error} {os.read(fault, 1000).decode('utf-8', 'replace')}".strip(),)
            for descriptor in (log, claims, ask, fault):
                os.close(descriptor)
            if self.worked:  # so it is not the level
                return {"state": f"fault: {error}"}, []
            return {"state": "unavailable", "problem": str(error)}, []
        finally:
            for descriptor in (log_end, claims_end, ask_end, order["fault"]):
                os.close(descriptor)
        self.started = started = Started(program, (log, claims, ask, fault), self.limits["log_bytes"])
        self.watchdog = Watchdog(self.limits, program.used_before, self.watch.in_buffers)
        state = self._until_ready(started, order)
        self.worked = self.worked or not state.startswith("unavailable")
        if order["mode"] == "import" and state == "listening":
            self._ask_for_claims(started)
        seconds = time.monotonic() - started.begun
        return {"state": state, "seconds": seconds, "listeners": self._listeners(), **self._new(started)}, []

    def _until_ready(self, started: Started, order: Message) -> str:
        """listening, ended, silent, or (modes that import) imported.

        Whoever prints a line with its listening is seen at once, others an eighth of their time later at most.
        """
        deadline = started.begun + order["seconds"]
        grace_until = None  # type: float | None
        while True:
            tick = min(max(_TICK, (time.monotonic() - started.begun) * _LATE), _SLOWEST_TICK)
            if self._pump(tick, [*started.program.news(), *started.claims_to_come()]):
                raise Closed("the grader hung up during a start")
            changed = self._may_have_changed(started)
            if changed:
                started.read_claims()
            problem = started.program.problem() if changed else ""
            if problem:  # the level does not work here, unless it did for another start
                return ("fault: " if self.worked else "unavailable: ") + problem
            if self.watch.listeners():
                return "listening"
            if changed and started.program.ended():
                fault = started.fault()
                return f"fault: {fault}" if fault else "ended"
            now = time.monotonic()
            if order["mode"] == "import" and started.claim().get("imported"):
                if not started.program.busy() or (grace_until is not None and now > grace_until):
                    return "imported"
                grace_until = grace_until or now + _GRACE
            if now > deadline:
                return "silent"

    def _may_have_changed(self, started: Started) -> bool:
        """Whether anything but its output may be new of a program: asking costs more than being told."""
        return not self._ready or self._ready != [started.log.descriptor] or not started.program.news()

    def _ask_for_claims(self, started: Started) -> None:
        """The program serves while it is imported: a thread of ours inside it is asked for its app objects."""
        with contextlib.suppress(OSError):
            os.write(started.ask, b"?")
        until = time.monotonic() + _GRACE
        while not started.claim() and time.monotonic() < until and not self._pump(_TICK):
            pass

    def _listeners(self) -> list[list[Any]]:
        return [list(address) for address in self.watch.listeners()]

    def _look(self, order: Message) -> tuple[Message, list[int]]:
        news, _ = self._news(order)
        return {**news, "listeners": self._listeners() if self.started is not None else []}, []

    def _news(self, _: Message) -> tuple[Message, list[int]]:
        if self.started is None:
            return {"exit": None}, []
        self._pump(0)
        self.started.log.drain()
        return self._new(self.started), []

    def _new(self, started: Started) -> Message:
        self._note_of_kernel(started)
        return {"exit": started.program.exit(), "overrun": started.overrun, **started.log.news()}

    def _socket(self, order: Message) -> tuple[Message, list[int]]:
        client, endpoint = self.watch.client((order["host"], order["port"]))
        news, _ = self._news(order)
        return {"endpoint": list(endpoint), **news}, [client.detach()]

    def _stop(self, _: Message) -> tuple[Message, list[int]]:
        return self._end(), []

    def _end(self) -> Message:
        if self.started is None:
            return {"exit": None}
        started, self.started = self.started, None
        self._settle(started)
        exit_before = started.program.exit()
        claim, listeners = started.claim(), self._listeners()
        self._note_of_kernel(started)
        self.watch.stop(started.program)
        started.log.drain(1 << 10)
        answer = {"exit": exit_before, "overrun": started.overrun, "claim": claim, "listeners": listeners}
        answer.update(started.log.end())
        started.close()
        return answer

    def _settle(self, started: Started) -> None:
        """A program that has ended is given a moment in which its last words arrive."""
        until = time.monotonic() + 0.05
        while started.log.open and started.program.ended() and time.monotonic() < until:
            started.log.drain()
            time.sleep(_MOMENT)


def serve(end: socket.socket, watch: Watch, limits: Message) -> None:
    """Be the keeper: enter the sandbox, say so, take orders."""
    channel = Channel(end)
    try:
        watch.limit_together()
        watch.enter()
    except (OSError, Unavailable, AttributeError) as error:  # the last where the system has no such call at all
        channel.send({"ready": False, "problem": _words(error)})
        return
    told = {"mechanisms": watch.mechanisms, "missing": watch.missing, "source": watch.source}
    channel.send({"ready": True, **told})
    Keeper(channel, watch, limits).serve()


def _words(error: Exception) -> str:
    """An error of the system's without its number."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f" ({error.filename})" if error.filename else "")
    return str(error)
