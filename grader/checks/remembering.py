"""A memory of what was made from texts, bounded by what that takes together.

A parsed page takes thirty times the room of its text, and more where it holds little but tags: sixty-four of the
largest that are read, as a hostile program can send them, would take gigabytes if only their number were bounded.
What was read of a page takes little, and is kept for longer than the parsed page.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

MOST = 6 << 20  # characters, each tag as many as one that is parsed takes room: less than 300 MB
_MOST_ENTRIES = 64
_TAG = 30

T = TypeVar("T")


def parsed_weight(text: str) -> int:
    """What a text weighs once it is parsed."""
    return len(text) + _TAG * text.count("<")


def remembering(weigh: Callable[[Any], int], most: int, entries: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Keep the latest results of a pure function, so many and so much of them; what it raises is not kept. `weigh`
    tells what one weighs, by the first argument."""

    def remember(make: Callable[..., T]) -> Callable[..., T]:
        kept: OrderedDict[tuple[object, ...], tuple[T, int]] = OrderedDict()
        lock = threading.Lock()

        @wraps(make)
        def made_or_kept(first: Any, *rest: object) -> T:
            key = (first, *rest)
            with lock:
                if key in kept:
                    kept.move_to_end(key)
                    return kept[key][0]
            made = make(first, *rest)
            with lock:
                kept[key] = made, weigh(first)
                _forget(kept, most, entries)
            return made

        return made_or_kept

    return remember


def remembered(make: Callable[..., T]) -> Callable[..., T]:
    """`make` with its latest results kept, where what it makes of a text is a tree or the like."""
    return remembering(parsed_weight, MOST, _MOST_ENTRIES)(make)


def _forget(kept: OrderedDict[tuple[object, ...], tuple[T, int]], most: int, entries: int) -> None:
    """Drop the oldest, until no more is kept than may be; the newest always is."""
    weight = sum(weight for _, weight in kept.values())
    while len(kept) > 1 and (len(kept) > entries or weight > most):
        _, (_, dropped) = kept.popitem(last=False)
        weight -= dropped
