"""Things as people call them: what is called exactly so goes before what merely has the same words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from grader.checks.text import MAX_TEXT, tokens

T = TypeVar("T")

# Signs that are part of a word: C++ and C# are not C, and A+ is not A.
_SIGNS = re.compile(r"(?<=[^\W\d_])[+#]+")


def called(things: Iterable[T], name: str, names_of: Callable[[T], Iterable[str]]) -> list[T]:
    """The things that have this name, case and white space aside; where there are none, those that have its words."""
    known = list(things)
    return exactly(known, name, names_of) or [t for t in known if any(same_words(n, name) for n in names_of(t))]


def exactly(things: Iterable[T], name: str, names_of: Callable[[T], Iterable[str]]) -> list[T]:
    """The things that have this name, case and white space aside."""
    plain = _plain(name)
    return [thing for thing in things if plain and any(_plain(n) == plain for n in names_of(thing))]


def same_words(one: str, other: str) -> bool:
    """Whether two names read the same, without regard to case, white space and punctuation; those of signs alone,
    exactly."""
    if _words(one) or _words(other):
        return _words(one) == _words(other)
    return bool(_plain(one)) and _plain(one) == _plain(other)


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name[:MAX_TEXT]).split()).casefold()


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    return (*tokens(name), *_SIGNS.findall(name[:MAX_TEXT]))
