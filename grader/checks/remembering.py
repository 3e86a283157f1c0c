"""A memory of what was made from texts, bounded by what that takes together.

A parsed page takes thirty times the room of its text, and more where it holds little but tags: sixty-four of the
largest that are read, as a hostile program can send them, would take gigabytes if only their number were bounded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

MOST = 6 << 20  # characters, each tag as many as one that is parsed takes room: less than 300 MB
_MOST_ENTRIES = 64
_TAG = 30

T = TypeVar("T")


def remembered(make: Callable[..., T]) -> Callable[..., T]:
    """`make`, which is pure, with its latest results kept; what it raises is not. The first argument is the text."""
    kept: OrderedDict[tuple[object, ...], tuple[T, int]] = OrderedDict()
    lock = threading.Lock()

    @wraps(make)
    def remembering(text: str, *rest: object) -> T:
        key = (text, *rest)
        with lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key][0]
        made = make(text, *rest)
        with lock:
            kept[key] = made, len(text) + _TAG * text.count("<")
            _forget(kept)
        return made

    return remembering


def _forget(kept: OrderedDict[tuple[object, ...], tuple[T, int]]) -> None:
    """Drop the oldest, until no more is kept than may be; the newest always is."""
    weight = sum(weight for _, weight in kept.values())
    while len(kept) > 1 and (len(kept) > _MOST_ENTRIES or weight > MOST):
        _, (_, dropped) = kept.popitem(last=False)
        weight -= dropped
