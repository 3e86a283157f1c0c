"""What is asked once more at the end of a start: a program may count the requests of a grading, and answer by that.

A few requests, so that it costs next to nothing; what brings a page of the same shape is forgotten at once.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence

from grader.model import Exchange, Request
from grader.observe.order import changes_nothing

_MOST = 3
_QUICK_SECONDS = 0.05
_ANY_DIGIT = bytes.maketrans(b"123456789", b"0" * 9)


def worth_asking_again(asked: Sequence[Exchange], seed: str, fixed: Collection[Request] = ()) -> list[Request]:
    """Those that change nothing and were answered quickly; a few of them, drawn by the work and the rubric, so that it
    is the same ones at every grading and nobody knows which."""
    slow = {e.request for e in asked if e.failure is not None or e.seconds >= _QUICK_SECONDS}
    candidates = [
        request
        for request in dict.fromkeys(e.request for e in asked)
        if changes_nothing(request) and request not in (*slow, *fixed)
    ]
    return random.Random(seed).sample(candidates, min(_MOST, len(candidates)))  # noqa: S311 - it has to be the same


def otherwise(later: Iterable[Exchange], before: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """Those answers that look like none before to the same request, whatever the numbers in them are."""
    found = tuple(later)
    requests = {e.request for e in found}
    shapes = {(e.request, _shape(e)) for e in before if e.request in requests}
    return tuple(e for e in found if (e.request, _shape(e)) not in shapes)


def _shape(exchange: Exchange) -> tuple[int | None, bytes]:
    """The answer with every number 0. Each pass halves the runs of digits: a page of nothing but numbers takes no
    longer than another."""
    body = exchange.body.translate(_ANY_DIGIT)
    while b"00" in body:
        body = body.replace(b"00", b"0")
    return exchange.status, body
