"""The HTTP client: sends requests to a student's server and reports what came back, whatever came back."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.cookiejar import CookieJar

from grader.model import Exchange, Failure, FailureKind, Limits, Redirect, Request
from grader.probe.browser import headers_of
from grader.probe.cookies import Jar
from grader.probe.curl import curl_line
from grader.probe.failure import AnswerError, clean
from grader.probe.headers import Headers
from grader.probe.received import Received, received
from grader.probe.redirects import MOST_REDIRECTS, Hop, next_hop, too_many
from grader.probe.sending import with_cookies, without_replaced
from grader.probe.target import encode_target
from grader.probe.transport import Transport
from grader.probe.wire import Deadline, Wire, late

_HEAD_BYTES = 256 << 10


def cookie_jar() -> CookieJar:
    """Make an empty jar with a browser's rules for this machine."""
    return Jar()


class Client:
    """Talks to one running server.

    `connect(seconds)` gives a connected socket and is the only way to the server: no URL decides where a request goes.
    `port` is the student's own, for the Host header. Starts of one submission may share `cookies`. Nothing stays open
    between two requests.
    """

    def __init__(
        self,
        connect: Callable[[float], socket.socket],
        *,
        port: int,
        limits: Limits,
        cookies: CookieJar | None = None,
    ) -> None:
        self._connect = connect
        self._port = port
        self._limits = limits
        self._cookies = cookie_jar() if cookies is None else cookies

    def send(self, request: Request, *, exchange_id: str, start_id: str, at: float = 0.0) -> Exchange:
        """Send `request`, and follow its redirects if it says so, all within `limits.request_seconds`.

        Never raises: `Exchange.failure` says why there is no usable answer, and what did come is kept.
        """
        deadline = Deadline(self._limits.request_seconds)
        hop = Hop(request.method.upper(), encode_target(request.path), request.headers, request.body)
        sent = self._with_cookies(hop)
        last, redirects, cookies_set = self._walk(hop, request.follow, deadline)
        return Exchange(
            id=exchange_id,
            start=start_id,
            request=request,
            status=last.status,
            reason=last.reason,
            headers=last.headers,
            body=last.body,
            body_bytes=last.body_bytes,
            truncated=last.truncated,
            redirects=redirects,
            failure=last.failure,
            at=at,
            seconds=deadline.seconds - deadline.left(),
            curl=curl_line(request, sent, keep_cookies=cookies_set),
            port=self._port,
        )

    def _walk(self, hop: Hop, follow: bool, deadline: Deadline) -> tuple[Received, tuple[Redirect, ...], bool]:
        """Return the last answer of a chain, the redirects that led to it, and whether any of those set a cookie."""
        redirects: list[Redirect] = []
        cookies_set = False
        while True:
            answer = self._ask(hop, deadline)
            try:
                onward = self._onward(hop, answer, redirects) if follow else None
            except AnswerError as error:
                answer, onward = replace(answer, failure=error.failure), None
            if onward is None:
                return answer, tuple(redirects), cookies_set
            redirects.append(Redirect(hop.target, answer.status or 0, answer.header("location") or "", answer.headers))
            cookies_set = cookies_set or answer.header("set-cookie") is not None
            hop = replace(onward, headers=without_replaced(onward.headers, answer.headers))

    def _onward(self, hop: Hop, answer: Received, redirects: Sequence[Redirect]) -> Hop | None:
        """Return the next request of the chain, if there is one."""
        if answer.failure:
            return None
        onward = next_hop(hop, answer.status, answer.header("location"), self._port)
        if onward and len(redirects) == MOST_REDIRECTS:
            raise too_many([hop.target, *(redirect.path for redirect in redirects)], onward.target)
        return onward

    def _ask(self, hop: Hop, deadline: Deadline) -> Received:
        """Send one request and read its answer."""
        try:
            transport = Transport(self._wire(deadline))
        except AnswerError as error:
            return Received(failure=error.failure)
        raw, failure = bytearray(), None
        try:
            self._exchange(transport, hop, raw)
        except AnswerError as error:
            failure = error.failure
        except ValueError as error:
            failure = Failure(FailureKind.MALFORMED, f"the request cannot be sent: {clean(str(error))[:200]}")
        except OSError as error:
            failure = Failure(FailureKind.CLOSED, f"the connection failed: {clean(str(error))[:200]}")
        finally:
            transport.close()
        return received(transport.answer, bytes(raw), failure, self._limits.body_bytes)

    def _wire(self, deadline: Deadline) -> Wire:
        """Connect to the server; the budget leaves room for headers and for the overhead of chunks."""
        try:
            plain = self._connect(max(deadline.left(), 0.001))
        except TimeoutError as error:
            raise late(deadline, begun=False) from error
        except OSError as error:
            message = f"nobody accepted the connection to port {self._port}"
            raise AnswerError(FailureKind.REFUSED, message) from error
        return Wire(plain, deadline, 2 * self._limits.body_bytes + _HEAD_BYTES)

    def _exchange(self, transport: Transport, hop: Hop, raw: bytearray) -> None:
        """Send a request; what comes of its body goes into `raw`, until it is complete or larger than the limit."""
        answer = transport.open(hop.method, hop.target, self._headers(hop), hop.body)
        if answer.listed("Set-Cookie"):
            self._cookies.extract_cookies(answer, self._addressed(hop))
        while len(raw) <= self._limits.body_bytes and (part := answer.part()):
            raw += part

    def _headers(self, hop: Hop) -> Headers:
        """Return all headers of a request; where it has a body, its length is the body's."""
        host = f"127.0.0.1:{self._port}"
        told = headers_of(hop, self._with_cookies(hop), f"http://{host}")
        if all(name.lower() != "host" for name, _ in told):
            told = (("Host", host), *told)
        if not hop.body:
            return told
        length = ("Content-Length", str(len(hop.body)))
        others = [pair for pair in told if pair[0].lower() != "content-length"]
        place = next((n for n, pair in enumerate(told) if pair[0].lower() == "content-length"), len(others))
        return (*others[:place], length, *others[place:])

    def _with_cookies(self, hop: Hop) -> Headers:
        """Return the headers of a hop, with the cookies of the jar beside those that the hop brings itself."""
        if next(iter(self._cookies), None) is None:
            return with_cookies(hop.headers, "")
        addressed = self._addressed(hop)
        self._cookies.add_cookie_header(addressed)
        return with_cookies(hop.headers, addressed.get_header("Cookie") or "")

    def _addressed(self, hop: Hop) -> urllib.request.Request:
        """Return what a cookie jar wants to know of a request."""
        return urllib.request.Request(f"http://127.0.0.1:{self._port}{hop.target}")
