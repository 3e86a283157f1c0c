from __future__ import annotations

import gzip
import zlib

import pytest

from grader.model import FailureKind
from grader.probe.coding import decode
from grader.probe.failure import AnswerError

TEXT = b"Hello, there!" * 100


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (TEXT, []),
        (TEXT, ["identity"]),
        (TEXT, [""]),
        (gzip.compress(TEXT, mtime=0), ["gzip"]),
        (gzip.compress(TEXT, mtime=0), [" X-GZIP "]),
        (gzip.compress(TEXT, mtime=0), ["identity", "gzip"]),
        (zlib.compress(TEXT), ["deflate"]),
        (raw_deflate(TEXT), ["deflate"]),
    ],
)
def test_a_body_is_decoded(body: bytes, codings: list[str]) -> None:
    assert decode(body, codings, limit=10_000, complete=True) == TEXT


@pytest.mark.parametrize(
    ("body", "codings", "words"),
    [
        (TEXT, ["br"], "encoded as br"),
        (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), ["gzip", "gzip"], "encoded as gzip, gzip"),
        (TEXT, ["gzip"] * 5000, "encoded as gzip"),
        (TEXT, ["gzip"], "it is not"),
        (TEXT, ["deflate"], "it is not"),
        (gzip.compress(TEXT, mtime=0)[:-9], ["gzip"], "ends too early"),
    ],
)
def test_a_coding_that_cannot_be_read_is_named(body: bytes, codings: list[str], words: str) -> None:
    with pytest.raises(AnswerError, match=words) as caught:
        decode(body, codings, limit=10_000, complete=True)
    assert caught.value.failure.kind is FailureKind.MALFORMED
    assert len(str(caught.value)) < 200


def test_no_more_than_one_byte_over_the_limit_is_decoded() -> None:
    assert decode(gzip.compress(bytes(1 << 24)), ["gzip"], limit=1000, complete=True) == bytes(1001)


def test_what_came_of_an_incomplete_body_is_decoded() -> None:
    assert TEXT.startswith(decode(gzip.compress(TEXT, mtime=0)[:-12], ["gzip"], limit=10_000, complete=False)[:13])


def test_an_empty_body_needs_no_coding() -> None:
    assert decode(b"", ["br", "gzip"], limit=10, complete=True) == b""
