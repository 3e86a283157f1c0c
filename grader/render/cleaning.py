"""Text that a student's program had a hand in, made fit to be shown anywhere."""

from __future__ import annotations

import re

# C0 but tab and line feed, DEL, C1, what turns the direction of text, line separators, surrogates without their pair
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def clean(text: str) -> str:
    """With every control character replaced; line ends become line feeds."""
    return _UNFIT.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str, most: int = 400) -> str:
    """Cleaned, on one line, cut after `most` characters."""
    line = " ".join(clean(text[: most * 4]).split())
    return line if len(line) <= most else line[: most - 1] + "…"
