"""One request over one wire: the standard library's HTTP, with strict reading of what comes back.

No library above it: what those add (pools, retries, proxies and passwords from the environment, redirects, guessed
charsets) is what a grader must not have, and loading them took a fifth of a cold grading. Whatever http.client raises
on a hostile answer is translated in `Answer`.
"""

from __future__ import annotations

import errno
import http.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from grader.model import FailureKind
from grader.probe.failure import AnswerError, clean
from grader.probe.headers import Headers
from grader.probe.wire import Wire

_PART = 64 << 10
_MOST_INTERIM = 20
_NO_BODY = (204, 304)
_READS_NO_FURTHER = (errno.EPIPE, errno.ECONNRESET)  # a server that has not read all may yet have answered


class Answer(http.client.HTTPResponse):
    """An answer whose framing is checked: a length that is doubtful or does not hold is an AnswerError."""

    def __init__(self, wire: Wire, method: str | None) -> None:
        super().__init__(wire, method=method)
        self._wire = wire
        self._of_head = method == "HEAD"
        self._taken = 0
        self.declared: int | None = None

    def begin(self) -> None:
        """Read status line and headers; raises AnswerError where they cannot be read or contradict themselves."""
        with self._strictly():
            super().begin()
        if self._wire.ended:
            raise AnswerError(FailureKind.CLOSED, "the server closed the connection in the middle of the headers")
        self._frame()

    def _read_status(self) -> tuple[str, int, str]:
        """That of the final answer: browsers pass over what comes before it, such as 103 Early Hints. http.client knows
        100 alone, and passes over any number of it."""
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # what `begin` itself calls
            if not 100 <= status < 200 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise _malformed(f"more than {_MOST_INTERIM} interim answers came before an answer")

    def part(self) -> bytes:
        """Read the next bytes of the body, empty at its end; raises AnswerError where it is not what was announced."""
        try:
            with self._strictly():
                data = self._next()
        except AnswerError as error:
            if error.failure.kind is FailureKind.MALFORMED:
                raise
            of_all = "" if self.declared is None else f" of {self.declared:,}"
            message = f"{error}: {self._taken:,}{of_all} bytes of the body came"
            raise AnswerError(error.failure.kind, message) from error
        self._taken += len(data)
        return data

    @property
    def seen_status(self) -> int | None:
        """The status, once it has been read."""
        return self.status if isinstance(self.status, int) else None

    @property
    def seen_reason(self) -> str:
        """The words after the status, cleaned."""
        return _text(self.reason) if self.seen_status else ""

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the headers as they came, in order, duplicates kept, control characters replaced."""
        return tuple((_text(name), _text(value)) for name, value in self._message.items())

    def listed(self, name: str) -> list[str]:
        """Return the items of all headers of that name, split at commas."""
        return [item.strip() for value in self._message.get_all(name, []) for item in value.split(",")]

    @property
    def _message(self) -> http.client.HTTPMessage:
        return self.headers or http.client.HTTPMessage()

    def _frame(self) -> None:
        transfer = [coding.lower() for coding in self.listed("Transfer-Encoding")]
        if transfer not in ([], ["chunked"], ["identity"]):
            raise _malformed(f"the body is sent as {', '.join(transfer)[:80]}, which no browser reads")
        if self.chunked or self._of_head or self.status < 200 or self.status in _NO_BODY:
            return
        lengths = set(self.listed("Content-Length"))
        if len(lengths) > 1:
            raise _malformed("the answer has several Content-Length headers that contradict each other")
        for length in lengths:
            if not (length.isascii() and length.isdecimal() and len(length) < 100):
                raise _malformed(f"Content-Length is not a number of bytes: {length[:80]}")
            self.length = self.declared = int(length)

    def _next(self) -> bytes:
        if self.fp is None or self.length is None:
            return super().read1(_PART)
        if self.length == 0:
            if self.declared is not None and self._exceeded():
                raise _malformed("the body is longer than its Content-Length says")
            return b""
        data = self.fp.read1(min(_PART, self.length))
        self.length -= len(data)
        if not data:
            raise AnswerError(FailureKind.CLOSED, "the server closed the connection before the answer was complete")
        return data

    def _exceeded(self) -> bool:
        self._wire.stop_waiting()
        try:
            return bool(self.fp.peek(1).strip())
        except AnswerError:  # the server is gone, or sent far too much: in both cases all that was declared has come
            return False

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        try:
            yield
        except http.client.RemoteDisconnected as error:
            raise AnswerError(FailureKind.CLOSED, "the server closed the connection without an answer") from error
        except (http.client.BadStatusLine, http.client.UnknownProtocol) as error:
            raise _malformed(f"the answer is not HTTP: it begins with {str(error)[:80]}") from error
        except http.client.IncompleteRead as error:
            if self._wire.ended:
                message = "the server closed the connection before the answer was complete"
                raise AnswerError(FailureKind.CLOSED, message) from error
            raise _malformed("the chunks of the body cannot be told apart") from error
        except (http.client.HTTPException, ValueError) as error:
            raise _malformed(f"the answer cannot be read: {str(error)[:80]}") from error


class _Connection(http.client.HTTPConnection):
    """Writes a request as http.client does, which refuses what would break out of a header or the request line."""

    def __init__(self, wire: Wire) -> None:
        super().__init__("127.0.0.1")
        self.auto_open = 0  # the wire is the only way to the server
        self.sock = wire

    def write(self, method: str, target: str, headers: Headers, body: bytes) -> None:
        """Send a request whose headers are all given, in their order."""
        self.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            self.putheader(name, value.encode())
        self.endheaders(body or None)


class Transport:
    """Sends one request over a wire. `answer` is what came, as far as it came, also when `open` raised."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.answer: Answer | None = None

    def open(self, method: str, target: str, headers: Headers, body: bytes) -> Answer:
        """Send the request and read status and headers. Raises AnswerError, OSError, and ValueError where the request
        cannot be sent."""
        try:
            _Connection(self._wire).write(method, target, headers, body)
        except http.client.InvalidURL as error:
            raise ValueError(str(error)) from error
        except OSError as error:
            if error.errno not in _READS_NO_FURTHER:
                raise
        self.answer = Answer(self._wire, method)
        self.answer.begin()
        return self.answer

    def close(self) -> None:
        """Reset the connection."""
        if self.answer is not None:
            self.answer.close()
        self._wire.close()


def _malformed(message: str) -> AnswerError:
    return AnswerError(FailureKind.MALFORMED, message)


def _text(header: str) -> str:
    """Read a header as UTF-8 where it is that, else as the Latin-1 that http.client takes it for; cleaned."""
    if not header.isascii():
        with suppress(UnicodeError):
            header = header.encode("latin-1").decode("utf-8")
    return clean(header)
