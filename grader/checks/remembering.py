"""A memory of what was made from texts, bounded by how long those texts are together.

A parsed page takes seventy times the room of its text: sixty-four pages of the largest size that is read, as a hostile
program can send them, would fill the machine's memory if only their number were bounded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

MOST_CHARACTERS = 2 << 20
_MOST_ENTRIES = 64

T = TypeVar("T")


def remembered(make: Callable[..., T]) -> Callable[..., T]:
    """`make`, which is pure, with its latest results kept; what it raises is not. The first argument is the text."""
    kept: OrderedDict[tuple[object, ...], T] = OrderedDict()
    lock = threading.Lock()

    @wraps(make)
    def remembering(text: str, *rest: object) -> T:
        key = (text, *rest)
        with lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = make(text, *rest)
        with lock:
            kept[key] = made
            _forget(kept)
        return made

    return remembering


def _forget(kept: OrderedDict[tuple[object, ...], T]) -> None:
    """Drop the oldest, until no more is kept than may be; the newest always is."""
    length = sum(len(str(key[0])) for key in kept)
    while len(kept) > 1 and (len(kept) > _MOST_ENTRIES or length > MOST_CHARACTERS):
        key, _ = kept.popitem(last=False)
        length -= len(str(key[0]))
