"""Content codings, decoded by hand, so that a small body can never become a large one in memory."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from grader.model import FailureKind
from grader.probe.failure import AnswerError

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_WINDOWS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW_DEFLATE)}  # deflate: browsers take both


def decode(body: bytes, codings: Sequence[str], *, limit: int, complete: bool) -> bytes:
    """Return the first `limit` + 1 bytes, or all, of a body behind at most one coding.

    `complete` says that the whole body came: then its coding must come to its end too.
    Raises AnswerError for a coding that was not asked for, for several on top of each other, and for broken data.
    """
    names = [name for name in (coding.strip().lower() for coding in codings) if name not in ("", "identity")]
    if not names or not body:
        return body
    if len(names) > 1 or names[0] not in _WINDOWS:
        message = f"the body is encoded as {', '.join(names)[:80]}, which the request did not offer to read"
        raise AnswerError(FailureKind.MALFORMED, message)
    return _inflate(body, names[0], limit=limit, complete=complete)


def _inflate(body: bytes, name: str, *, limit: int, complete: bool) -> bytes:
    for window in _WINDOWS[name]:
        decompressor = zlib.decompressobj(window)
        try:
            decoded = decompressor.decompress(body, limit + 1)
        except zlib.error:
            continue
        if complete and len(decoded) <= limit and not decompressor.eof:
            raise AnswerError(FailureKind.MALFORMED, f"the {name} data of the body ends too early")
        return decoded
    raise AnswerError(FailureKind.MALFORMED, f"the headers say that the body is {name} data, and it is not")
