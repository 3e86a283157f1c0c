"""Dates as sites write them into names, in a few languages."""

from __future__ import annotations

import re
from datetime import datetime

# The beginnings of the months' names in English, French, Spanish, German, Dutch, Portuguese and Italian.
_MONTHS = (
    ("jan", "ene", "gen", "jän"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "maa", "mrt", "mrz"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mei", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "out", "ott"),
    ("nov",),
    ("dec", "déc", "dez", "dic"),
)
_WORD = re.compile(r"[^\W\d]{3,}")
_NUMBER = re.compile(r"\d+")
_HALF = re.compile(r"([ap])\.?\s?m\b", re.IGNORECASE)


def read_date(text: str) -> str | None:
    """A date with its time as ISO 8601, or None where it cannot be told: "Oct 3, 2024 1159 PM", "3 oct. 2024 23:59"."""
    months = [month for word in _WORD.findall(text) for month in [_month(word)] if month]
    day, year, *clock = [*_NUMBER.findall(text), "", ""]
    digits = "".join(clock)
    if len(months) != 1 or len(year) != 4 or not 1 <= len(digits) <= 4:
        return None
    hour, minute = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
    half = _HALF.search(text)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[1].lower() == "p" else 0)
    try:
        return datetime(int(year), months[0], int(day), hour, minute).isoformat()  # no zone is named
    except ValueError:
        return None


def _month(word: str) -> int:
    folded = word.casefold()
    found = [n for n, names in enumerate(_MONTHS, 1) for name in names if folded.startswith(name)]
    return found[0] if found else 0
