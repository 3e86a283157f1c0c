"""Text that is wrapped for a terminal."""

from __future__ import annotations

import textwrap

WIDTH = 80


def wrapped(text: str, indent: str = "", further: str | None = None) -> list[str]:
    """A text in lines of at most 80 characters, but for words that are longer; `further` begins all but the first, and
    is two spaces more than `indent` where it is left out."""
    hanging = f"{indent}  " if further is None else further
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
