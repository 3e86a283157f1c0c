"""Where what came differs from what was asked, word by word.

Both are sentences that quote texts: `an <h1> reads "Hello, there!"`, `an <h1> is "Hello there"`. What came is compared
with the quoted text that is nearest to it; the sentences around are the grader's own words, and differ anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from grader.frozen import dataclass

_QUOTED = re.compile(r'"([^"]*)"')
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 200  # of one text: a student's program chooses them, and comparing takes their product in time
_MOST_TEXTS = 6
_MOST_READ = 4000  # characters of a sentence
_ALIKE = 0.3  # below, everything differs, and marks would only be noise
_NUMBER = "N"  # stands for any number in what was asked


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether the other has nothing that is the same there."""

    text: str
    differs: bool = False


Pieces = tuple[Piece, ...]


def differences(expected: str, actual: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces, with the words marked that differ between what they quote."""
    found = _nearest(_quoted(expected), _quoted(actual))
    if found is None:
        return (Piece(expected),), (Piece(actual),)
    (wanted, came), (in_wanted, in_came) = found, _compared(*(text[0] for text in found))
    return _within(expected, wanted[0], wanted[1], in_wanted), _within(actual, came[0], came[1], in_came)


def quoted_in(text: str) -> str:
    """The first text that a sentence quotes."""
    return next((found for found, _ in _quoted(text)), "")


def _quoted(text: str) -> list[tuple[str, int]]:
    """Quoted texts, each with its place."""
    return [(m[1], m.start(1)) for m in _QUOTED.finditer(text[:_MOST_READ]) if m[1]][:_MOST_TEXTS]


_Quote = tuple[str, int]


def _nearest(wanted: Sequence[_Quote], came: Sequence[_Quote]) -> tuple[_Quote, _Quote] | None:
    pairs = [(_likeness(w[0], c[0]), w, c) for w in wanted for c in came[:1]]
    best = max(pairs, key=lambda pair: pair[0], default=None)
    return best[1:] if best is not None and best[0] >= _ALIKE else None


def _likeness(wanted: str, came: str) -> float:
    """From 0 to 1, white space aside."""
    words = ([word for word in _split(text) if not word.isspace()] for text in (wanted, came))
    return _matcher(*words).ratio()


def _split(text: str) -> list[str]:
    return _WORDS.findall(text)[:_MOST_WORDS]


def _matcher(one: list[str], other: list[str]) -> SequenceMatcher[str]:
    any_number = _NUMBER in one
    compared = [_NUMBER if any_number and word.isdecimal() else word for word in other]
    return SequenceMatcher(None, one, compared, autojunk=False)


def _compared(wanted: str, came: str) -> tuple[Pieces, Pieces]:
    one, other = _split(wanted), _split(came)
    left, right = [], []
    for kind, a, b, c, d in _matcher(one, other).get_opcodes():
        differs = kind != "equal"
        left.append(Piece("".join(one[a:b]), differs))
        right.append(Piece("".join(other[c:d]), differs))
    return tuple(left), tuple(right)


def _within(text: str, quoted: str, place: int, pieces: Pieces) -> Pieces:
    """The pieces in their sentence. What lies beyond the words that were compared is not marked."""
    rest = quoted[sum(len(piece.text) for piece in pieces) :]
    around = Piece(text[:place]), *pieces, Piece(rest + text[place + len(quoted) :])
    return tuple(piece for piece in around if piece.text)
