"""Requests to one running program, each noted with the output that the program wrote meanwhile."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.cookiejar import CookieJar

from grader.launch.box import Running
from grader.model import Address, Exchange, Failure, FailureKind, Limits, Request
from grader.probe.client import Client, cookie_jar

_USED_UP = "the time for this submission was used up"
_LATE_LISTENER_SECONDS = 1.0
_SILENT_LISTENERS = 2  # so many may take the whole time of a request before the one that answers


class Conversation:
    """Requests to one running program, over whichever of its listeners answers HTTP. None is sent after `until`, by the
    monotonic clock, and none is waited for beyond it. `tell` hears of each before it is sent."""

    def __init__(
        self,
        running: Running,
        limits: Limits,
        until: float = math.inf,
        tell: Callable[[Request], None] | None = None,
    ) -> None:
        self._running, self._limits, self._until, self._tell = running, limits, until, tell
        self._address: Address | None = None
        self._cookies: dict[str, CookieJar] = {}
        self._offset: int | None = None  # where in the log this exchange begins; None until it is connected
        self.exchanges: list[Exchange] = []

    def send(self, request: Request, seconds: float | None = None) -> Exchange:
        """Send it, and note what came back with the output that the program wrote meanwhile."""
        left = self._until - time.monotonic()
        if left <= 0:
            self.skip(request, f"it was not asked: {_USED_UP}", limit="total")
            return self.exchanges[-1]
        if self._tell is not None:
            self._tell(request)
        self._offset = None
        most = self._limits.request_seconds if seconds is None else seconds
        exchange = self._first_answer(request, self._next_id(), min(most, left))
        if exchange.failure is not None and left < most and time.monotonic() >= self._until:
            failure = replace(exchange.failure, message=f"{exchange.failure.message}, when {_USED_UP}")
            exchange = replace(exchange, failure=failure, limit="total")
        offset = self._running.log_length if self._offset is None else self._offset
        self._running.catch_up()
        log = self._running.log_since(offset)
        exchange = replace(
            exchange, log=log, log_span=(offset, offset + len(log)), traceback=self._running.traceback_in(log)
        )
        self.exchanges.append(exchange)
        return exchange

    @property
    def answered(self) -> bool:
        """Whether any request got an answer."""
        return self._address is not None

    def forget_cookies(self) -> None:
        """Go on as browsers that have never been here."""
        self._cookies.clear()

    def skip(self, request: Request, why: str, limit: str = "") -> None:
        """Note that it was not sent."""
        failure = Failure(FailureKind.TIMEOUT, why)
        self.exchanges.append(Exchange(self._next_id(), self._running.id, request, failure=failure, limit=limit))

    def _next_id(self) -> str:
        return f"{self._running.id}.{len(self.exchanges) + 1}"

    def _first_answer(self, request: Request, id: str, most: float) -> Exchange:
        """From the listener that answered before, else from the first that does: a silent decoy counts for nothing."""
        if self._address is not None:
            return self._send_to(self._address, request, id, most)
        tried: set[Address] = set()
        begun = time.monotonic()
        until = min(begun + _LATE_LISTENER_SECONDS, self._until)
        end = begun + max(_LATE_LISTENER_SECONDS, _SILENT_LISTENERS * most)  # however many listen and say nothing
        end = min(end, self._until)
        exchange = Exchange(id, self._running.id, request, failure=Failure(FailureKind.REFUSED, "nothing listens"))
        listeners = self._running.listeners
        while True:
            untried = [address for address in listeners if address not in tried]
            for address in untried:
                if time.monotonic() > end:
                    return exchange
                tried.add(address)
                exchange = self._send_to(address, request, id, min(most, max(end - time.monotonic(), 0.01)))
                if exchange.status is not None:
                    self._address = address
                    self._running.answered(address)
                    return exchange
            if time.monotonic() > (end if untried else until):
                return exchange
            time.sleep(0.02)
            listeners = self._running.look()

    def _send_to(self, address: Address, request: Request, id: str, seconds: float) -> Exchange:
        client = self._client(address, request.browser, seconds)
        return client.send(request, exchange_id=id, start_id=self._running.id, at=round(self._running.at, 4))

    def _connect(self, address: Address, seconds: float) -> socket.socket:
        client = self._running.connect(address, seconds)
        if self._offset is None:
            self._offset = self._running.log_length
        return client

    def _client(self, address: Address, browser: str, seconds: float) -> Client:
        """For one listener, with the cookies of a browser."""
        limits = replace(self._limits, request_seconds=seconds)
        cookies = self._cookies.setdefault(browser, cookie_jar())
        reach = partial(self._connect, address)
        return Client(reach, port=address.port, limits=limits, cookies=cookies)
