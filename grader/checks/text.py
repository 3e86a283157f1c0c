"""Text as people compare it: without regard to case, white space and punctuation, but exact in its numbers.

A text is read as tokens. The letters of neighbouring words are joined (`Hel<b>lo</b>` is `Hello`), each number is a
token of its own, and everything else is dropped. A number keeps what belongs to it: its sign, its decimal point, its
exponent; commas between groups of three digits are only a way of writing (`12,345` is 12345).

A pattern is a text in which `{number}` stands for exactly one number.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

NUMBER = "{number}"
MAX_TEXT = 10_000  # characters that are compared; normalising longer runs of accents takes quadratic time

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_TOKEN = re.compile(
    r"""
    (?P<number>
        (?: (?<!\w) [+\-\u2212] )?           # a sign stands directly before the digits, and not after a word
        (?: \d{1,3} (?: ,\d{3} )+ (?!\d)     # 12,345
          | \d+
          | (?<![^\s+\-\u2212]) (?=\.\d)     # .5
        )
        (?: \.\d+ )?
        (?: e[+-]?\d{1,4} (?!\d) )?
    )
    | (?P<letters> [^\W\d_]+ )
    """,
    re.VERBOSE,
)


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text: runs of letters, and numbers (each told apart by `is_number`)."""
    return tuple(_read(text))


def _read(text: str, like: tuple[str, ...] | None = None) -> list[str]:
    """Its tokens; where they are to be `like` others, up to the first that shows that they are not."""
    found: list[str] = []
    short = " ".join(text[:MAX_TEXT].split())  # ten thousand line ends, each looked at, would take time
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", short).casefold()):
        letters = match["letters"]
        if not letters:
            found.append(match["number"].replace(",", "").replace("\u2212", "-").lstrip("+"))
        elif found and not is_number(found[-1]):
            found[-1] += letters
        else:
            found.append(letters)
        if like is not None and _differs(found, like):
            break
    return found


def _differs(found: list[str], like: tuple[str, ...]) -> bool:
    """Whether the latest token is one too many, or letters that are not so, whatever follows them."""
    return len(found) > len(like) or (not is_number(found[-1]) and not like[len(found) - 1].startswith(found[-1]))


def is_number(token: str) -> bool:
    """Whether a token is a number rather than letters."""
    return token[-1].isdecimal()


def is_integer(number: str) -> bool:
    """Whether a number is written as an integer: 5 is, 5.0 and 5e0 are not."""
    return number.removeprefix("-").isdecimal()


def value(number: str) -> Decimal:
    """What a number token is worth."""
    return Decimal(number)


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text, in order."""
    return tuple(t for t in tokens(text) if is_number(t))


@lru_cache(maxsize=256)
def parse_pattern(pattern: str) -> tuple[str, ...]:
    """The tokens of a pattern, with `{number}` where any number may stand.

    Raises ValueError, in words for the author of a rubric, for a pattern that nothing could be compared with.
    """
    parsed: list[str] = []
    unknown = [p for p in _PLACEHOLDER.findall(pattern) if p != NUMBER]
    if unknown:
        raise ValueError(f"{unknown[0]} stands for nothing in {pattern!r}; {NUMBER} stands for a number")
    for index, piece in enumerate(pattern.split(NUMBER)):
        parsed += ([NUMBER] if index else []) + list(tokens(piece))
    if not parsed:
        raise ValueError(f"{pattern!r} holds no letter and no number to compare with")
    return tuple(parsed)


def match(pattern: str, text: str) -> tuple[str, ...] | None:
    """The numbers that stand for `{number}` where the whole text reads the pattern, None where it does not."""
    wanted = parse_pattern(pattern)
    found = _read(text, wanted)
    if len(wanted) != len(found):
        return None
    held: list[str] = []
    for want, have in zip(wanted, found, strict=True):
        if want == NUMBER and is_number(have):
            held.append(have)
        elif want != have:
            return None
    return tuple(held)


def is_token(text: str) -> bool:
    """Whether a text may be the name of a header or a cookie (RFC 9110, token)."""
    return bool(_NAME.fullmatch(text))
