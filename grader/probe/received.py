"""The answer to one request of a chain, as far as it came."""

from __future__ import annotations

from grader.frozen import dataclass
from grader.model import Failure
from grader.probe.coding import decode
from grader.probe.failure import AnswerError
from grader.probe.headers import Headers
from grader.probe.transport import Answer


@dataclass(frozen=True)
class Received:
    """The fields of an Exchange that come from the server."""

    status: int | None = None
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    body_bytes: int = 0
    truncated: bool = False
    failure: Failure | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header whose name is given in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def received(answer: Answer | None, raw: bytes, failure: Failure | None, limit: int) -> Received:
    """Tell what came of `answer`, with the part of its body that was read, decoded and cut at `limit`."""
    if answer is None:
        return Received(failure=failure)
    codings = answer.listed("Content-Encoding")
    try:
        body = decode(raw, codings, limit=limit, complete=failure is None and len(raw) <= limit)
    except AnswerError as error:
        body, failure = b"", failure or error.failure
    truncated = len(body) > limit
    return Received(
        status=answer.seen_status,
        reason=answer.seen_reason,
        headers=answer.fields(),
        body=body[:limit],
        body_bytes=max(len(body), answer.declared or 0) if truncated and body is raw else len(body),
        truncated=truncated,
        failure=failure,
    )
